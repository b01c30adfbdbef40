/** The join keys of one MDM snapshot, a few dozen bytes a record; the records themselves stay in the store. */
import { imeiDigits } from '../model/join-keys.ts';
import { foldName } from '../model/keys.ts';
import type { Compliance, MdmRecord, Platform } from '../model/records.ts';
import { grownFloat64, grownInt32, grownRoom } from './flat-memory.ts';
import { FoldedHash } from '../model/folded-hash.ts';
import { HashRows } from './hash-rows.ts';
import { isoTime } from './iso-time.ts';
import { TextArena } from './text-arena.ts';
import { UserKeys } from './user-keys.ts';

// A row's facts.
const STRIDE = 4;
const FLAGS = 0;
const MODEL = 1;
const KEY = 2;
const HARDWARE_FROM = 3;

const PLATFORMS: readonly Platform[] = ['other', 'ios', 'android', 'windows', 'macos'];
const COMPLIANCES: readonly Compliance[] = ['unknown', 'compliant', 'in-grace', 'noncompliant'];
// FLAGS: platform, three flags, compliance.
const PLATFORM_BITS = 7;
const MANAGED = 8;
const HAS_EAS_ID = 16;
const DEAD = 32;
const COMPLIANCE_SHIFT = 6;

/** What a record has of them; with more the room grows. */
const USER_KEYS = 2;
const HARDWARE_NUMBERS = 2;

/** Separates serial numbers and IMEIs from each other. */
const SERIAL_SEED = 0x5e71a1;
const IMEI_SEED = 0x1e1;

/**
 * An index over MDM records, filled page by page. Rows are numbered as they are added.
 * A record added again replaces the earlier one unless that was seen later: pages may repeat and overlap.
 * What it finds by hash is near certain, not certain: compare the record itself before acting on it.
 */
export class MdmIndex {
  readonly #hash = new FoldedHash();
  readonly #serialHash = new FoldedHash(SERIAL_SEED);
  readonly #imeiHash = new FoldedHash(IMEI_SEED);
  readonly #users = new UserKeys(this.#hash);
  readonly #keys = new TextArena();
  readonly #byKey: HashRows;
  readonly #byEasId: HashRows;
  readonly #byUser: HashRows;
  readonly #byHardware: HashRows;
  /** Of each row's hardware numbers the lower halves of their hashes, row by row. */
  #hardware: Int32Array<ArrayBuffer>;
  #hardwareCount = 0;
  readonly #models: (string | null)[] = [null];
  readonly #modelNumbers = new Map<string, number>();
  // A row's facts lie together: one cache line. The row after the last one tells where its hardware numbers would begin.
  #facts: Int32Array<ArrayBuffer>;
  #enrolledAt: Float64Array<ArrayBuffer>;
  #lastSeenAt: Float64Array<ArrayBuffer>;
  #rows = 0;
  #size = 0;

  /** @param expected how many records to make room for; it grows beyond */
  constructor(expected = 16) {
    const room = Math.max(16, expected);
    this.#facts = new Int32Array((room + 1) * STRIDE);
    this.#enrolledAt = new Float64Array(room);
    this.#lastSeenAt = new Float64Array(room);
    this.#byKey = new HashRows(expected);
    this.#byEasId = new HashRows(expected);
    this.#byUser = new HashRows(expected * USER_KEYS);
    this.#byHardware = new HashRows(expected * HARDWARE_NUMBERS);
    this.#hardware = new Int32Array(room * HARDWARE_NUMBERS);
  }

  /** How many different records are in it. */
  get size(): number {
    return this.#size;
  }

  /** One more than the highest row number; rows that were replaced or removed are still numbered. */
  get rows(): number {
    return this.#rows;
  }

  /** The part of its rows that were replaced or removed, 0 to 1: they keep their memory, and a new index has none. */
  get waste(): number {
    return this.#rows === 0 ? 0 : 1 - this.#size / this.#rows;
  }

  /** Adds a page of records, in any order. */
  add(records: Iterable<MdmRecord>): void {
    for (const record of records) {
      const earlier = this.rowOfKey(record.key);
      if (earlier < 0 || !(this.#lastSeenAt[earlier]! > isoTime(record.lastSeenAt))) this.#put(record, earlier);
    }
  }

  /** Takes a record in place of the one with its key, whichever was seen later. */
  replace(record: MdmRecord): void {
    this.#put(record, this.rowOfKey(record.key));
  }

  /** When a record of it was heard of last: that changes without the record. Another one is passed over. */
  heard({ key, lastSeenAt }: Pick<MdmRecord, 'key' | 'lastSeenAt'>): void {
    const row = this.rowOfKey(key);
    if (row >= 0) this.#lastSeenAt[row] = isoTime(lastSeenAt);
  }

  /** Forgets a record; true if it was there. */
  remove(key: string): boolean {
    const row = this.rowOfKey(key);
    if (row < 0) return false;
    this.#bury(row);
    return true;
  }

  /** The row of a record, or -1. Keys are compared themselves: a record must not take the place of another one. */
  rowOfKey(key: string): number {
    this.#hash.of(key);
    const { lo, hi } = this.#hash;
    let entry = this.#byKey.first(lo, hi);
    while (entry >= 0 && !this.#isOfKey(this.#byKey.row(entry), key)) entry = this.#byKey.next(entry, lo, hi);
    return entry < 0 ? -1 : this.#byKey.row(entry);
  }

  #isOfKey(row: number, key: string): boolean {
    if (!this.isLive(row)) return false;
    return this.#keys.is(this.#facts[row * STRIDE + KEY]! >>> 0, key) || foldName(this.key(row)) === foldName(key);
  }

  /** The key of a row's record. */
  key(row: number): string {
    return this.#keys.at(this.#facts[row * STRIDE + KEY]! >>> 0);
  }

  /** Rows in the order of their keys, which does not depend on the order of adding. */
  byKeyOrder(rows: readonly number[]): number[] {
    if (rows.length < 2) return [...rows];
    const keyed = rows.map((row) => ({ row, key: this.key(row) }));
    return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
  }

  platform(row: number): Platform {
    return PLATFORMS[this.#flags(row) & PLATFORM_BITS]!;
  }

  model(row: number): string | null {
    return this.#models[this.#facts[row * STRIDE + MODEL]!]!;
  }

  /** As it was read; a grace period's date is on the record only. */
  compliance(row: number): Compliance {
    return COMPLIANCES[this.#flags(row) >> COMPLIANCE_SHIFT]!;
  }

  /** False for rows that were replaced or removed. */
  isLive(row: number): boolean {
    return (this.#flags(row) & DEAD) === 0;
  }

  isManaged(row: number): boolean {
    return (this.#flags(row) & MANAGED) !== 0;
  }

  hasEasId(row: number): boolean {
    return (this.#flags(row) & HAS_EAS_ID) !== 0;
  }

  /** Milliseconds since 1970, NaN if unknown. */
  enrolledAt(row: number): number {
    return this.#enrolledAt[row]!;
  }

  /** Milliseconds since 1970, NaN if unknown. */
  lastSeenAt(row: number): number {
    return this.#lastSeenAt[row]!;
  }

  /** The row with the EAS ID with this hash; -1: no row that {@link isUsable} has it, or several do, or one in two spellings. */
  onlyWithEasId(lo: number, hi: number): number {
    const entry = this.#usableEasId(this.#byEasId.first(lo, hi), lo, hi);
    if (entry < 0 || this.#usableEasId(this.#byEasId.next(entry, lo, hi), lo, hi) >= 0) return -1;
    return this.#byEasId.row(entry);
  }

  /** The keys of the records with this EAS ID whose rows are {@link isUsable}, in order, each once. */
  keysWithEasId(easId: string): string[] {
    const keys = new Set<string>();
    for (const row of this.usableWithEasId(easId)) keys.add(this.key(row));
    return [...keys].sort();
  }

  /** The live rows with this EAS ID whose devices the MDM does not manage, each once. */
  unmanagedWithEasId(easId: string): number[] {
    const rows = this.#rowsUnder(this.#byEasId, this.#hash, easId);
    return [...new Set(rows.filter((row) => this.isLive(row) && !this.isManaged(row)))];
  }

  /** The rows with this EAS ID that are {@link isUsable}, each once: a record may report an id in two spellings. */
  usableWithEasId(easId: string): number[] {
    const rows = this.#rowsUnder(this.#byEasId, this.#hash, easId);
    return [...new Set(rows.filter((row) => this.isUsable(row)))];
  }

  /** True if the row's record reports the EAS ID, and is {@link isUsable}. */
  reports(row: number, easId: string): boolean {
    this.#hash.of(easId);
    return this.isUsable(row) && this.#byEasId.has(this.#hash.lo, this.#hash.hi, row);
  }

  /** True for live rows of devices that the MDM manages. */
  isUsable(row: number): boolean {
    return (this.#flags(row) & (DEAD | MANAGED)) === MANAGED;
  }

  /** True if the row's user is known by one of `keys`. */
  isOfUser(row: number, keys: UserKeys): boolean {
    for (let i = 0; i < keys.count; i++) if (this.#byUser.has(keys.lo(i), keys.hi(i), row)) return true;
    return false;
  }

  /** True if the row's user is known by the key with this hash. */
  hasUserKey(row: number, lo: number, hi: number): boolean {
    return this.#byUser.has(lo, hi, row);
  }

  /** The live, managed rows of a user, ascending, each once. */
  rowsOfUser(keys: UserKeys): number[] {
    const found: number[] = [];
    for (let i = 0; i < keys.count; i++) {
      const [lo, hi] = [keys.lo(i), keys.hi(i)];
      for (let entry = this.#byUser.first(lo, hi); entry >= 0; entry = this.#byUser.next(entry, lo, hi)) {
        const row = this.#byUser.row(entry);
        if (this.isUsable(row) && row !== found.at(-1)) found.push(row);
      }
    }
    return found.length < 2 ? found : [...new Set(found)].sort((a, b) => a - b);
  }

  /** The live, managed rows with this serial number. */
  rowsWithSerial(serial: string): number[] {
    return this.#withHardware(this.#serialHash, serial);
  }

  /** The live, managed rows with this IMEI (digits only are compared). */
  rowsWithImei(imei: string): number[] {
    const digits = imeiDigits(imei);
    return digits === null ? [] : this.#withHardware(this.#imeiHash, digits);
  }

  /** True if the row's record tells a serial number or an IMEI. */
  hasHardware(row: number): boolean {
    return this.#hardwareFrom(row) < this.#hardwareFrom(row + 1);
  }

  /** The live, managed rows with a serial number or IMEI of this one, itself among them. */
  rowsWithHardwareOf(row: number): number[] {
    const found = new Set<number>();
    for (let own = this.#hardwareFrom(row); own < this.#hardwareFrom(row + 1); own++) {
      const lo = this.#hardware[own]!;
      for (const hi of this.#byHardware.higherHalves(lo, row))
        for (const other of this.#byHardware.under(lo, hi)) if (this.isUsable(other)) found.add(other);
    }
    return [...found];
  }

  #hardwareFrom(row: number): number {
    return this.#facts[row * STRIDE + HARDWARE_FROM]!;
  }

  #usableEasId(from: number, lo: number, hi: number): number {
    let entry = from;
    while (entry >= 0 && !this.isUsable(this.#byEasId.row(entry))) entry = this.#byEasId.next(entry, lo, hi);
    return entry;
  }

  #rowsUnder(byHash: HashRows, hash: FoldedHash, text: string): number[] {
    hash.of(text);
    return byHash.under(hash.lo, hash.hi);
  }

  #withHardware(hash: FoldedHash, number: string): number[] {
    const rows = this.#rowsUnder(this.#byHardware, hash, number).filter((row) => this.isUsable(row));
    return [...new Set(rows)].sort((a, b) => a - b);
  }

  // rowOfKey has just looked for the earlier row, and left the key's hash behind.
  #put(record: MdmRecord, earlier: number): void {
    if (earlier >= 0) this.#bury(earlier);
    this.#byKey.add(this.#hash.lo, this.#hash.hi, this.#rows);
    if (this.#rows === this.#lastSeenAt.length) this.#grow();
    const row = this.#rows++;
    this.#size++;
    const isSameKey = earlier >= 0 && this.key(earlier) === record.key;
    this.#facts[row * STRIDE + KEY] = isSameKey ? this.#facts[earlier * STRIDE + KEY]! : this.#keys.push(record.key);
    this.#enrolledAt[row] = isoTime(record.enrolledAt);
    this.#lastSeenAt[row] = isoTime(record.lastSeenAt);
    this.#facts[row * STRIDE + MODEL] = this.#modelNumber(record.device.model);
    this.#facts[row * STRIDE + FLAGS] =
      Math.max(0, PLATFORMS.indexOf(record.device.platform)) |
      (record.managed ? MANAGED : 0) |
      (record.easIds.length > 0 ? HAS_EAS_ID : 0) |
      (Math.max(0, COMPLIANCES.indexOf(record.compliance)) << COMPLIANCE_SHIFT);
    this.#addJoinKeys(record, row);
  }

  #addJoinKeys(record: MdmRecord, row: number): void {
    for (const easId of record.easIds) {
      this.#hash.of(easId);
      this.#byEasId.add(this.#hash.lo, this.#hash.hi, row);
    }
    this.#users.ofMdmUser(record.user);
    for (let i = 0; i < this.#users.count; i++) this.#byUser.add(this.#users.lo(i), this.#users.hi(i), row);
    if (record.device.serial !== null) this.#addHardware(this.#serialHash, record.device.serial, row);
    for (const imei of record.device.imeis) {
      const digits = imeiDigits(imei);
      if (digits !== null) this.#addHardware(this.#imeiHash, digits, row);
    }
    this.#facts[(row + 1) * STRIDE + HARDWARE_FROM] = this.#hardwareCount;
  }

  #addHardware(hash: FoldedHash, number: string, row: number): void {
    hash.of(number);
    this.#byHardware.add(hash.lo, hash.hi, row);
    if (this.#hardwareCount === this.#hardware.length)
      this.#hardware = grownInt32(this.#hardware, grownRoom(this.#hardwareCount));
    this.#hardware[this.#hardwareCount++] = hash.lo;
  }

  #bury(row: number): void {
    this.#facts[row * STRIDE + FLAGS]! |= DEAD;
    this.#size--;
  }

  #modelNumber(model: string | null): number {
    if (model === null) return 0;
    const known = this.#modelNumbers.get(model);
    if (known !== undefined) return known;
    this.#models.push(model);
    this.#modelNumbers.set(model, this.#models.length - 1);
    return this.#models.length - 1;
  }

  #flags(row: number): number {
    return this.#facts[row * STRIDE + FLAGS]!;
  }

  #grow(): void {
    const size = grownRoom(this.#lastSeenAt.length);
    this.#facts = grownInt32(this.#facts, (size + 1) * STRIDE);
    this.#enrolledAt = grownFloat64(this.#enrolledAt, size);
    this.#lastSeenAt = grownFloat64(this.#lastSeenAt, size);
  }
}
