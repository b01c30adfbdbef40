/** The join keys of one MDM snapshot, a few dozen bytes a record; the records themselves stay in the store. */
import { imeiDigits } from '../model/join-keys.ts';
import type { Compliance, MdmRecord, Platform } from '../model/records.ts';
import { grownFloat64, grownInt32, grownRoom } from './flat-memory.ts';
import { FoldedHash } from '../model/folded-hash.ts';
import { HashRows } from './hash-rows.ts';
import { isoTime } from './iso-time.ts';
import { TextArena } from './text-arena.ts';
import { UserKeys } from './user-keys.ts';

// A row's facts.
const STRIDE = 5;
const FLAGS = 0;
const MODEL = 1;
const USER_FROM = 2;
const KEY = 3;
const HARDWARE_FROM = 4;

const PLATFORMS: readonly Platform[] = ['other', 'ios', 'android', 'windows', 'macos'];
const COMPLIANCES: readonly Compliance[] = ['unknown', 'compliant', 'in-grace', 'noncompliant'];
// FLAGS: platform, three flags, compliance.
const PLATFORM_BITS = 7;
const MANAGED = 8;
const HAS_EAS_ID = 16;
const DEAD = 32;
const COMPLIANCE_SHIFT = 6;

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
  readonly #models: (string | null)[] = [null];
  readonly #modelNumbers = new Map<string, number>();
  // A row's facts lie together: one cache line. The row after the last one tells where its user keys and
  // hardware numbers would begin.
  #facts: Int32Array<ArrayBuffer>;
  #enrolledAt: Float64Array<ArrayBuffer>;
  #lastSeenAt: Float64Array<ArrayBuffer>;
  #rows = 0;
  #size = 0;

  /** @param expected how many records to make room for; it grows beyond */
  constructor(expected = 16) {
    const room = Math.max(16, expected);
    this.#facts = new Int32Array(room * STRIDE);
    this.#enrolledAt = new Float64Array(room);
    this.#lastSeenAt = new Float64Array(room);
    this.#byKey = new HashRows(expected);
    this.#byEasId = new HashRows(expected);
    this.#byUser = new HashRows(expected * 2);
    this.#byHardware = new HashRows(expected);
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

  /** The row of a record, or -1. */
  rowOfKey(key: string): number {
    this.#hash.of(key);
    let entry = this.#byKey.first(this.#hash.lo, this.#hash.hi);
    while (entry >= 0 && !this.isLive(this.#byKey.row(entry))) entry = this.#byKey.next(entry);
    return entry < 0 ? -1 : this.#byKey.row(entry);
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

  /**
   * The first entry under the EAS ID with this hash, or -1; {@link nextWithEasId} gives the further ones.
   * Entries of rows that are not {@link isUsable} are passed over.
   */
  firstWithEasId(lo: number, hi: number): number {
    return this.#usableEasId(this.#byEasId.first(lo, hi));
  }

  /** The entry after `entry`, or -1. */
  nextWithEasId(entry: number): number {
    return this.#usableEasId(this.#byEasId.next(entry));
  }

  /** The row of such an entry. */
  rowWithEasId(entry: number): number {
    return this.#byEasId.row(entry);
  }

  /** The keys of the records with this EAS ID whose rows are {@link isUsable}, in order, each once. */
  keysWithEasId(easId: string): string[] {
    this.#hash.of(easId);
    const keys = new Set<string>();
    let entry = this.firstWithEasId(this.#hash.lo, this.#hash.hi);
    for (; entry >= 0; entry = this.nextWithEasId(entry)) keys.add(this.key(this.rowWithEasId(entry)));
    return [...keys].sort();
  }

  /** The live rows with this EAS ID whose devices the MDM does not manage, each once. */
  unmanagedWithEasId(easId: string): number[] {
    this.#hash.of(easId);
    let entry = this.#byEasId.first(this.#hash.lo, this.#hash.hi);
    if (entry < 0) return [];
    const rows = new Set<number>();
    for (; entry >= 0; entry = this.#byEasId.next(entry)) {
      const row = this.#byEasId.row(entry);
      if (this.isLive(row) && !this.isManaged(row)) rows.add(row);
    }
    return [...rows];
  }

  /** True if the row's record reports the EAS ID, and is {@link isUsable}. */
  reports(row: number, easId: string): boolean {
    this.#hash.of(easId);
    let entry = this.firstWithEasId(this.#hash.lo, this.#hash.hi);
    while (entry >= 0 && this.#byEasId.row(entry) !== row) entry = this.nextWithEasId(entry);
    return entry >= 0;
  }

  /** True for live rows of devices that the MDM manages. */
  isUsable(row: number): boolean {
    return (this.#flags(row) & (DEAD | MANAGED)) === MANAGED;
  }

  /** True if the row's user is known by one of `keys`. */
  isOfUser(row: number, keys: UserKeys): boolean {
    const end = this.#facts[(row + 1) * STRIDE + USER_FROM]!;
    for (let entry = this.#facts[row * STRIDE + USER_FROM]!; entry < end; entry++) {
      for (let i = 0; i < keys.count; i++) if (this.#byUser.is(entry, keys.lo(i), keys.hi(i))) return true;
    }
    return false;
  }

  /** True if the row's user is known by the key with this hash. */
  hasUserKey(row: number, lo: number, hi: number): boolean {
    const end = this.#facts[(row + 1) * STRIDE + USER_FROM]!;
    for (let entry = this.#facts[row * STRIDE + USER_FROM]!; entry < end; entry++) {
      if (this.#byUser.is(entry, lo, hi)) return true;
    }
    return false;
  }

  /** The live, managed rows of a user, ascending, each once. */
  rowsOfUser(keys: UserKeys): number[] {
    const found: number[] = [];
    for (let i = 0; i < keys.count; i++) {
      let entry = this.#byUser.first(keys.lo(i), keys.hi(i));
      for (; entry >= 0; entry = this.#byUser.next(entry)) {
        const row = this.#byUser.row(entry);
        if (this.isUsable(row) && row !== found.at(-1)) found.push(row);
      }
    }
    return found.length < 2 ? found : [...new Set(found)].sort((a, b) => a - b);
  }

  /** The live, managed rows with this serial number. */
  rowsWithSerial(serial: string): number[] {
    this.#serialHash.of(serial);
    return this.#rowsWithHardware(this.#serialHash);
  }

  /** The live, managed rows with this IMEI (digits only are compared). */
  rowsWithImei(imei: string): number[] {
    const digits = imeiDigits(imei);
    if (digits === null) return [];
    this.#imeiHash.of(digits);
    return this.#rowsWithHardware(this.#imeiHash);
  }

  /** True if the row's record tells a serial number or an IMEI. */
  hasHardware(row: number): boolean {
    return this.#hardwareFrom(row) < this.#hardwareFrom(row + 1);
  }

  /** The live, managed rows with a serial number or IMEI of this one, itself among them. */
  rowsWithHardwareOf(row: number): number[] {
    const found = new Set<number>();
    for (let own = this.#hardwareFrom(row); own < this.#hardwareFrom(row + 1); own++) {
      for (let entry = this.#byHardware.firstLike(own); entry >= 0; entry = this.#byHardware.next(entry)) {
        const other = this.#byHardware.row(entry);
        if (this.isUsable(other)) found.add(other);
      }
    }
    return [...found];
  }

  #hardwareFrom(row: number): number {
    return this.#facts[row * STRIDE + HARDWARE_FROM]!;
  }

  #usableEasId(from: number): number {
    let entry = from;
    while (entry >= 0 && !this.isUsable(this.#byEasId.row(entry))) entry = this.#byEasId.next(entry);
    return entry;
  }

  #rowsWithHardware(hash: FoldedHash): number[] {
    const found = new Set<number>();
    for (let entry = this.#byHardware.first(hash.lo, hash.hi); entry >= 0; entry = this.#byHardware.next(entry)) {
      const row = this.#byHardware.row(entry);
      if (this.isUsable(row)) found.add(row);
    }
    return [...found].sort((a, b) => a - b);
  }

  // rowOfKey has just looked for the earlier row, and left the key's hash behind.
  #put(record: MdmRecord, earlier: number): void {
    if (earlier >= 0) this.#bury(earlier);
    this.#byKey.add(this.#hash.lo, this.#hash.hi, this.#rows);
    if (this.#rows + 1 >= this.#lastSeenAt.length) this.#grow();
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
    this.#facts[(row + 1) * STRIDE + USER_FROM] = this.#byUser.count;
    if (record.device.serial !== null) {
      this.#serialHash.of(record.device.serial);
      this.#byHardware.add(this.#serialHash.lo, this.#serialHash.hi, row);
    }
    for (const imei of record.device.imeis) {
      const digits = imeiDigits(imei);
      if (digits === null) continue;
      this.#imeiHash.of(digits);
      this.#byHardware.add(this.#imeiHash.lo, this.#imeiHash.hi, row);
    }
    this.#facts[(row + 1) * STRIDE + HARDWARE_FROM] = this.#byHardware.count;
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
    this.#facts = grownInt32(this.#facts, size * STRIDE);
    this.#enrolledAt = grownFloat64(this.#enrolledAt, size);
    this.#lastSeenAt = grownFloat64(this.#lastSeenAt, size);
  }
}
