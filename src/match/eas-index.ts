/**
 * What the match rules need of all EAS records of a snapshot besides the one at hand, some 80 bytes a record (measured with EAS
 * IDs of 26 letters); to tell whom a key reaches too, some 110 (with a UPN and another address, and 10 for each further one).
 */
import { recognizeEasClient } from '../model/eas-client.ts';
import { hardwareKeys } from '../model/join-keys.ts';
import type { JoinKey } from '../model/join-keys.ts';
import { foldEasId } from '../model/keys.ts';
import type { EasRecord, Platform } from '../model/records.ts';
import { grownFloat64, grownInt32, grownRoom } from './flat-memory.ts';
import { FoldedHash } from '../model/folded-hash.ts';
import { HashRows } from './hash-rows.ts';
import { isoTime } from './iso-time.ts';
import { TextArena } from './text-arena.ts';
import { UserKeys } from './user-keys.ts';

/** One EAS record, cut down to what other records of its mailbox are compared by. */
export interface EasEntry {
  /** Folded. */
  readonly easId: string;
  readonly platform: Platform | null;
  readonly native: boolean | null;
  readonly model: string | null;
  /** Milliseconds since 1970, NaN if unknown. */
  readonly firstSyncAt: number;
  readonly lastSyncAt: number;
}

const PLATFORMS: readonly (Platform | null)[] = [null, 'ios', 'android', 'windows', 'macos', 'other'];
const NATIVES: readonly (boolean | null)[] = [null, true, false];
const PLATFORM_BITS = 7;
const NATIVE_SHIFT = 3;

// A row's facts: the row of this bucket added before it (+ 1, so that zeroed memory means none), client and model, four
// numbers for the mailbox, place of the EAS ID. Next to each other, so that a look-up costs one or two cache lines.
const STRIDE = 7;
const NEXT = 0;
const CLIENT = 1;
const MAILBOX = 2;
const MAILBOX_LENGTH = 4;
const EAS_ID = 6;
// CLIENT: platform, native, then how the mailbox is kept, whether the row was replaced or removed, then the model's number.
const CLIENT_BITS = 31;
const IS_TEXT = 32;
const DEAD = 64;
const MODEL_SHIFT = 7;

/** What a record is found by: its EAS ID, a UPN and an address besides. With more the room grows. */
const NAMES = 3;
/** Of so many records one tells a serial number or an IMEI. */
const HARDWARE_TOLD = 4;

/** Separates EAS IDs from the names of users. */
const EAS_ID_SEED = 0xea51d;

/*
 *   a change                      the row it had              further rows
 *   a record is added             –                           a new one
 *   is added again                dead, out of its bucket     a new one, which takes over where the texts are
 *   is removed                    dead, out of its bucket     none
 *
 * Dead rows keep their memory until the owner makes a new index: see waste.
 */

/**
 * The EAS records of one organization by mailbox, filled page by page, pages may repeat; records that change are added again
 * or removed. Optional for the matcher: without it nothing is concluded that needs the whole picture
 * (a serial number unique on Exchange's side, a device that returned under a new id).
 */
export class EasIndex {
  readonly #hash = new FoldedHash();
  readonly #texts = new TextArena();
  readonly #byHardware: HashRows;
  // UPNs, addresses and EAS IDs; the GUIDs are in the rows.
  readonly #byName: HashRows | null;
  readonly #names: UserKeys;
  readonly #easIdHash = new FoldedHash(EAS_ID_SEED);
  readonly #models: (string | null)[] = [null];
  readonly #modelNumbers = new Map<string, number>();
  readonly #mailbox = new Int32Array(MAILBOX_LENGTH);
  #facts: Int32Array<ArrayBuffer>;
  #syncs: Float64Array<ArrayBuffer>;
  #buckets: Int32Array<ArrayBuffer>;
  #rows = 0;
  #size = 0;

  /**
   * @param expected how many records to make room for; it grows beyond
   * @param options.reachable it is to answer {@link mailboxesReachedBy}, for some 30 bytes more a record
   */
  constructor(expected = 16, { reachable = false }: { readonly reachable?: boolean } = {}) {
    this.#names = new UserKeys(this.#hash);
    this.#byHardware = new HashRows(Math.ceil(expected / HARDWARE_TOLD));
    this.#byName = reachable ? new HashRows(expected * NAMES) : null;
    const room = Math.max(16, expected);
    this.#facts = new Int32Array(room * STRIDE);
    this.#syncs = new Float64Array(room * 2);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(room)));
  }

  /** How many different records are in it. */
  get size(): number {
    return this.#size;
  }

  /** The part of its rows that were replaced or removed, 0 to 1: they keep their memory, and a new index has none. */
  get waste(): number {
    return this.#rows === 0 ? 0 : 1 - this.#size / this.#rows;
  }

  /** Adds a page of records, in any order. A record added again replaces the earlier one. */
  add(records: Iterable<EasRecord>): void {
    for (const record of records) this.#add(record);
  }

  /** When records of it were heard of last: sync times change without the record. Others are passed over. */
  heard(records: Iterable<EasRecord>): void {
    for (const { mailbox, easId, lastSyncAt } of records) {
      const row = this.#rowOf(mailbox.id, foldEasId(easId));
      if (row >= 0) this.#syncs[row * 2 + 1] = isoTime(lastSyncAt);
    }
  }

  /** Forgets a record; true if it was there. */
  remove(mailboxId: string, easId: string): boolean {
    const row = this.#rowOf(mailboxId, foldEasId(easId));
    if (row < 0) return false;
    this.#bury(row);
    return true;
  }

  /** The records of a mailbox (GUID), by EAS ID. */
  ofMailbox(mailboxId: string): EasEntry[] {
    const entries = this.#rowsOf(mailboxId).map((row) => this.#entry(row));
    return entries.length < 2 ? entries : entries.sort((a, b) => (a.easId < b.easId ? -1 : 1));
  }

  /** True if exactly one EAS ID of the organization shows this serial number or IMEI (as {@link hardwareKeys} names it). */
  isUnique(hardware: JoinKey): boolean {
    const easIds = new Set<string>();
    this.#hash.of(hardware);
    const { lo, hi } = this.#hash;
    let entry = this.#byHardware.first(lo, hi);
    for (; entry >= 0 && easIds.size < 2; entry = this.#byHardware.next(entry, lo, hi)) {
      const row = this.#byHardware.row(entry);
      if (this.#isLive(row)) easIds.add(this.#easId(row));
    }
    return easIds.size === 1;
  }

  /**
   * The mailboxes that have a record with this key, by their folded GUIDs, in order, each once. A key of a kind that is not
   * known reaches none. What is found by hash is near certain: there may be one too many, never one too few.
   */
  mailboxesReachedBy(key: JoinKey): string[] {
    const mailboxes = new Set<string>();
    for (const row of this.#rowsReachedBy(key)) mailboxes.add(this.#mailboxOf(row));
    return [...mailboxes].sort();
  }

  #rowsReachedBy(key: JoinKey): number[] {
    if (this.#byName === null) throw new Error('The index was made without what it needs to tell whom a key reaches.');
    const colon = key.indexOf(':');
    const text = key.slice(colon + 1);
    switch (key.slice(0, colon)) {
      case 'mailbox':
        return this.#rowsOf(text);
      case 'user':
        this.#hash.of(text);
        return [...this.#rowsUnder(this.#byName, this.#hash), ...this.#rowsOf(text), ...this.#rowsOfTextLike(text)];
      case 'eas-id':
        this.#easIdHash.of(text);
        return this.#rowsUnder(this.#byName, this.#easIdHash);
      case 'serial':
      case 'imei':
        this.#hash.of(key);
        return this.#rowsUnder(this.#byHardware, this.#hash);
      default:
        return [];
    }
  }

  #rowsUnder(byHash: HashRows, { lo, hi }: FoldedHash): number[] {
    return byHash.under(lo, hi).filter((row) => this.#isLive(row));
  }

  #add(record: EasRecord): void {
    const easId = foldEasId(record.easId);
    const isText = this.#readMailbox(record.mailbox.id);
    const known = this.#rowRead(record.mailbox.id, isText, easId);
    const row = known < 0 ? this.#newRow(record.mailbox.id, isText, easId) : this.#rowInPlaceOf(known);
    const { platform, native } = recognizeEasClient(record.device);
    this.#facts[row * STRIDE + CLIENT] =
      PLATFORMS.indexOf(platform) |
      (NATIVES.indexOf(native) << NATIVE_SHIFT) |
      (this.#facts[row * STRIDE + CLIENT]! & IS_TEXT) |
      (this.#modelNumber(record.device.model) << MODEL_SHIFT);
    this.#syncs[row * 2] = isoTime(record.firstSyncAt);
    this.#syncs[row * 2 + 1] = isoTime(record.lastSyncAt);
    for (const key of hardwareKeys(record)) {
      this.#hash.of(key);
      this.#byHardware.add(this.#hash.lo, this.#hash.hi, row);
    }
    if (this.#byName !== null) this.#addNames(this.#byName, record, row);
  }

  #addNames(byName: HashRows, { easId, mailbox }: EasRecord, row: number): void {
    this.#easIdHash.of(easId);
    byName.add(this.#easIdHash.lo, this.#easIdHash.hi, row);
    this.#names.ofMailboxNames(mailbox);
    for (let i = 0; i < this.#names.count; i++) byName.add(this.#names.lo(i), this.#names.hi(i), row);
  }

  /** Behind {@link #readMailbox}. */
  #newRow(mailboxId: string, isText: boolean, easId: string): number {
    const row = this.#nextRow();
    const at = row * STRIDE;
    if (isText) {
      this.#facts[at + CLIENT] = IS_TEXT;
      this.#mailbox[2] = this.#texts.push(mailboxId.toLowerCase());
    }
    for (let i = 0; i < MAILBOX_LENGTH; i++) this.#facts[at + MAILBOX + i] = this.#mailbox[i]!;
    this.#facts[at + EAS_ID] = this.#texts.push(easId);
    this.#link(row);
    return row;
  }

  // Mailbox and EAS ID are the same texts: they are kept once.
  #rowInPlaceOf(known: number): number {
    const row = this.#nextRow();
    this.#facts.copyWithin(row * STRIDE, known * STRIDE, (known + 1) * STRIDE);
    this.#bury(known);
    this.#link(row);
    return row;
  }

  #nextRow(): number {
    if ((this.#rows + 1) * STRIDE > this.#facts.length) this.#grow();
    this.#size++;
    return this.#rows++;
  }

  #bury(row: number): void {
    this.#facts[row * STRIDE + CLIENT]! |= DEAD;
    this.#size--;
    this.#unlink(row);
  }

  #link(row: number): void {
    const bucket = this.#bucketOf(row);
    this.#facts[row * STRIDE + NEXT] = this.#buckets[bucket]!;
    this.#buckets[bucket] = row + 1;
  }

  // A mailbox whose records change often must not get slower with every change.
  #unlink(row: number): void {
    const bucket = this.#bucketOf(row);
    const next = this.#facts[row * STRIDE + NEXT]!;
    if (this.#buckets[bucket] === row + 1) {
      this.#buckets[bucket] = next;
      return;
    }
    let before = this.#buckets[bucket]! - 1;
    while (this.#facts[before * STRIDE + NEXT] !== row + 1) before = this.#facts[before * STRIDE + NEXT]! - 1;
    this.#facts[before * STRIDE + NEXT] = next;
  }

  #bucketOf(row: number): number {
    return this.#bucket(this.#facts, row * STRIDE + MAILBOX, this.#isText(row));
  }

  // A GUID's own bits spread well enough once they are mixed; of a text there is the hash (its place is not in it).
  #bucket(numbers: Int32Array, at: number, isText: boolean): number {
    let mixed = numbers[at]! ^ Math.imul(numbers[at + 1]!, 0x9e3779b1);
    if (!isText) mixed ^= Math.imul(numbers[at + 2]!, 0x5f356495) ^ Math.imul(numbers[at + 3]!, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 13)) & (this.#buckets.length - 1);
  }

  /** Its numbers, for what is looked up next: those of a GUID, or the hash of any other text. True for a text. */
  #readMailbox(mailboxId: string): boolean {
    if (readGuid(mailboxId, this.#mailbox)) return false;
    this.#hash.of(mailboxId);
    this.#mailbox[0] = this.#hash.lo;
    this.#mailbox[1] = this.#hash.hi;
    this.#mailbox[2] = this.#mailbox[3] = 0;
    return true;
  }

  #rowsOf(mailboxId: string): number[] {
    const isText = this.#readMailbox(mailboxId);
    const rows: number[] = [];
    for (let row = this.#firstOf(isText); row >= 0; row = this.#after(row))
      if (this.#isOf(row, mailboxId, isText)) rows.push(row);
    return rows;
  }

  #rowRead(mailboxId: string, isText: boolean, easId: string): number {
    let row = this.#firstOf(isText);
    while (row >= 0 && !(this.#isOf(row, mailboxId, isText) && this.#texts.is(this.#easIdPlace(row), easId)))
      row = this.#after(row);
    return row;
  }

  /** The row of the bucket of the mailbox that was read. */
  #firstOf(isText: boolean): number {
    return this.#buckets[this.#bucket(this.#mailbox, 0, isText)]! - 1;
  }

  #after(row: number): number {
    return this.#facts[row * STRIDE + NEXT]! - 1;
  }

  // What a bucket holds is compared: another mailbox's records must not become this one's.
  #isOf(row: number, mailboxId: string, isText: boolean): boolean {
    if (this.#isText(row) !== isText) return false;
    return isText ? this.#mailboxText(row) === mailboxId.toLowerCase() : this.#isMailbox(row);
  }

  // Users are compared trimmed, mailboxes are not: what is kept as a text is compared by its hash.
  #rowsOfTextLike(text: string): number[] {
    this.#hash.of(text);
    const { lo, hi } = this.#hash;
    this.#mailbox[0] = lo;
    this.#mailbox[1] = hi;
    const rows: number[] = [];
    for (let row = this.#firstOf(true); row >= 0; row = this.#after(row)) {
      const at = row * STRIDE + MAILBOX;
      if (this.#isText(row) && this.#facts[at] === lo && this.#facts[at + 1] === hi) rows.push(row);
    }
    return rows;
  }

  #rowOf(mailboxId: string, easId: string): number {
    return this.#rowRead(mailboxId, this.#readMailbox(mailboxId), easId);
  }

  #isLive(row: number): boolean {
    return (this.#facts[row * STRIDE + CLIENT]! & DEAD) === 0;
  }

  #isMailbox(row: number): boolean {
    const at = row * STRIDE + MAILBOX;
    for (let i = 0; i < MAILBOX_LENGTH; i++) if (this.#facts[at + i] !== this.#mailbox[i]) return false;
    return true;
  }

  #isText(row: number): boolean {
    return (this.#facts[row * STRIDE + CLIENT]! & IS_TEXT) !== 0;
  }

  #mailboxOf(row: number): string {
    return this.#isText(row) ? this.#mailboxText(row) : guidAt(this.#facts, row * STRIDE + MAILBOX);
  }

  #mailboxText(row: number): string {
    return this.#texts.at(this.#facts[row * STRIDE + MAILBOX + 2]! >>> 0);
  }

  #entry(row: number): EasEntry {
    const facts = this.#facts[row * STRIDE + CLIENT]!;
    const client = facts & CLIENT_BITS;
    return {
      easId: this.#easId(row),
      platform: PLATFORMS[client & PLATFORM_BITS]!,
      native: NATIVES[client >> NATIVE_SHIFT]!,
      model: this.#models[facts >>> MODEL_SHIFT]!,
      firstSyncAt: this.#syncs[row * 2]!,
      lastSyncAt: this.#syncs[row * 2 + 1]!,
    };
  }

  #easId(row: number): string {
    return this.#texts.at(this.#easIdPlace(row));
  }

  #easIdPlace(row: number): number {
    return this.#facts[row * STRIDE + EAS_ID]! >>> 0;
  }

  // A million phones have a thousand models: each text is kept once.
  #modelNumber(model: string | null): number {
    if (model === null) return 0;
    const known = this.#modelNumbers.get(model);
    if (known !== undefined) return known;
    this.#models.push(model);
    this.#modelNumbers.set(model, this.#models.length - 1);
    return this.#models.length - 1;
  }

  #grow(): void {
    const room = grownRoom(this.#syncs.length / 2);
    this.#facts = grownInt32(this.#facts, room * STRIDE);
    this.#syncs = grownFloat64(this.#syncs, room * 2);
    if (room <= this.#buckets.length) return;
    this.#buckets = grownInt32(this.#buckets, this.#buckets.length * 2).fill(0);
    for (let row = 0; row < this.#rows; row++) if (this.#isLive(row)) this.#link(row);
  }
}

const GUID_LENGTH = '01234567-89ab-cdef-0123-456789abcdef'.length;

/** Reads a GUID's 32 digits into four numbers: 16 bytes in place of a text of 40. False if it is written in another way. */
function readGuid(text: string, into: Int32Array): boolean {
  if (text.length !== GUID_LENGTH) return false;
  let digits = 0;
  let number = 0;
  for (let i = 0; i < GUID_LENGTH; i++) {
    const code = text.charCodeAt(i);
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (code !== 45) return false;
      continue;
    }
    const digit = hexDigit(code);
    if (digit < 0) return false;
    number = (number << 4) | digit;
    if (++digits % 8 === 0) into[digits / 8 - 1] = number;
  }
  return true;
}

/** The GUID of four numbers, in lower case. */
function guidAt(numbers: Int32Array, at: number): string {
  let digits = '';
  for (let i = 0; i < MAILBOX_LENGTH; i++) digits += (numbers[at + i]! >>> 0).toString(16).padStart(8, '0');
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)];
  return parts.join('-');
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
