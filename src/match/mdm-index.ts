/** The join keys of one MDM snapshot, a few dozen bytes a record; the records themselves stay in the store. */
import type { Compliance, MdmRecord, Platform } from '../model/records.ts';
import { FoldedHash } from './folded-hash.ts';
import { HashRows } from './hash-rows.ts';
import { TextColumn } from './text-column.ts';
import { UserKeys } from './user-keys.ts';

const PLATFORMS: readonly Platform[] = ['other', 'ios', 'android', 'windows', 'macos'];
const COMPLIANCES: readonly Compliance[] = ['unknown', 'compliant', 'in-grace', 'noncompliant'];
// One byte a row: platform, three flags, compliance.
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
  readonly #keys = new TextColumn();
  readonly #byKey: HashRows;
  readonly #byEasId: HashRows;
  readonly #byUser: HashRows;
  readonly #byHardware: HashRows;
  readonly #models: (string | null)[] = [null];
  readonly #modelNumbers = new Map<string, number>();
  #flags = new Uint8Array(1024);
  #model = new Int32Array(1024);
  #userFrom = new Int32Array(1025);
  #enrolledAt = new Float64Array(1024);
  #lastSeenAt = new Float64Array(1024);
  #rows = 0;
  #size = 0;

  /** @param expected how many records to make room for; it grows beyond */
  constructor(expected = 1024) {
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

  /** Adds a page of records, in any order. */
  add(records: Iterable<MdmRecord>): void {
    for (const record of records) this.#add(record);
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
    return this.#keys.at(row);
  }

  /** Rows in the order of their keys, which does not depend on the order of adding. */
  byKeyOrder(rows: readonly number[]): number[] {
    if (rows.length < 2) return [...rows];
    const keyed = rows.map((row) => ({ row, key: this.key(row) }));
    return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
  }

  platform(row: number): Platform {
    return PLATFORMS[this.#flags[row]! & PLATFORM_BITS]!;
  }

  model(row: number): string | null {
    return this.#models[this.#model[row]!]!;
  }

  /** As it was read; a grace period's date is on the record only. */
  compliance(row: number): Compliance {
    return COMPLIANCES[this.#flags[row]! >> COMPLIANCE_SHIFT]!;
  }

  /** False for rows that were replaced or removed. */
  isLive(row: number): boolean {
    return (this.#flags[row]! & DEAD) === 0;
  }

  isManaged(row: number): boolean {
    return (this.#flags[row]! & MANAGED) !== 0;
  }

  hasEasId(row: number): boolean {
    return (this.#flags[row]! & HAS_EAS_ID) !== 0;
  }

  /** Milliseconds since 1970, NaN if unknown. */
  enrolledAt(row: number): number {
    return this.#enrolledAt[row]!;
  }

  /** Milliseconds since 1970, NaN if unknown. */
  lastSeenAt(row: number): number {
    return this.#lastSeenAt[row]!;
  }

  /** Calls `visit` with each live, managed row that reports the EAS ID with this hash. */
  eachWithEasId(lo: number, hi: number, visit: (row: number) => void): void {
    for (let entry = this.#byEasId.first(lo, hi); entry >= 0; entry = this.#byEasId.next(entry)) {
      const row = this.#byEasId.row(entry);
      if ((this.#flags[row]! & (DEAD | MANAGED)) === MANAGED) visit(row);
    }
  }

  /** True if the row's user is known by one of `keys`. */
  isOfUser(row: number, keys: UserKeys): boolean {
    const end = this.#userFrom[row + 1]!;
    for (let entry = this.#userFrom[row]!; entry < end; entry++) {
      for (let i = 0; i < keys.count; i++) if (this.#byUser.is(entry, keys.lo(i), keys.hi(i))) return true;
    }
    return false;
  }

  /** The live, managed rows of a user, ascending, each once. */
  rowsOfUser(keys: UserKeys): number[] {
    const found = new Set<number>();
    for (let i = 0; i < keys.count; i++) {
      let entry = this.#byUser.first(keys.lo(i), keys.hi(i));
      for (; entry >= 0; entry = this.#byUser.next(entry)) {
        const row = this.#byUser.row(entry);
        if ((this.#flags[row]! & (DEAD | MANAGED)) === MANAGED) found.add(row);
      }
    }
    return [...found].sort((a, b) => a - b);
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

  #rowsWithHardware(hash: FoldedHash): number[] {
    const found = new Set<number>();
    for (let entry = this.#byHardware.first(hash.lo, hash.hi); entry >= 0; entry = this.#byHardware.next(entry)) {
      const row = this.#byHardware.row(entry);
      if ((this.#flags[row]! & (DEAD | MANAGED)) === MANAGED) found.add(row);
    }
    return [...found].sort((a, b) => a - b);
  }

  #add(record: MdmRecord): void {
    const lastSeenAt = time(record.lastSeenAt);
    const earlier = this.rowOfKey(record.key);
    if (earlier >= 0) {
      if (this.#lastSeenAt[earlier]! > lastSeenAt) return;
      this.#bury(earlier);
    }
    // rowOfKey left the key's hash behind.
    this.#byKey.add(this.#hash.lo, this.#hash.hi, this.#rows);
    if (this.#rows + 1 >= this.#flags.length) this.#grow();
    const row = this.#rows++;
    this.#size++;
    this.#keys.push(record.key);
    this.#enrolledAt[row] = time(record.enrolledAt);
    this.#lastSeenAt[row] = lastSeenAt;
    this.#model[row] = this.#modelNumber(record.device.model);
    this.#flags[row] =
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
    this.#userFrom[row + 1] = this.#byUser.count;
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
  }

  #bury(row: number): void {
    this.#flags[row]! |= DEAD;
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

  #grow(): void {
    const size = this.#flags.length * 2;
    const flags = new Uint8Array(size);
    flags.set(this.#flags);
    this.#flags = flags;
    const model = new Int32Array(size);
    model.set(this.#model);
    this.#model = model;
    const userFrom = new Int32Array(size + 1);
    userFrom.set(this.#userFrom);
    this.#userFrom = userFrom;
    const enrolledAt = new Float64Array(size);
    enrolledAt.set(this.#enrolledAt);
    this.#enrolledAt = enrolledAt;
    const lastSeenAt = new Float64Array(size);
    lastSeenAt.set(this.#lastSeenAt);
    this.#lastSeenAt = lastSeenAt;
  }
}

/** The digits of an IMEI or MEID-sized number, or null: shorter ones and all zeros are placeholders (3GPP TS 23.003: 14 to 16 digits). */
export function imeiDigits(imei: string): string | null {
  const digits = /^\d+$/.test(imei) ? imei : imei.replace(/\D/g, '');
  return digits.length < 14 || digits.length > 16 || /^0+$/.test(digits) ? null : digits;
}

function time(text: string | null): number {
  return text === null ? Number.NaN : Date.parse(text);
}
