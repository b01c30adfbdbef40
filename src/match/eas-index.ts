/** What the match rules need of all EAS records of a snapshot besides the one at hand, some 80 bytes a record. */
import { recognizeEasClient } from '../model/eas-client.ts';
import { foldEasId } from '../model/keys.ts';
import type { EasRecord, Platform } from '../model/records.ts';
import { grownFloat64, grownInt32 } from './flat-memory.ts';
import { FoldedHash } from './folded-hash.ts';
import { HashRows } from './hash-rows.ts';
import { isoTime } from './iso-time.ts';
import { imeiDigits } from './mdm-index.ts';
import { TextArena } from './text-arena.ts';

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

// A row's facts: client, model, mailbox, EAS ID.
const STRIDE = 4;
const CLIENT = 0;
const MODEL = 1;
const MAILBOX = 2;
const EAS_ID = 3;

/**
 * The EAS records of one organization by mailbox, filled page by page, pages may repeat.
 * Optional for the matcher: without it nothing is concluded that needs the whole picture
 * (a serial number unique on Exchange's side, a device that returned under a new id).
 */
export class EasIndex {
  readonly #hash = new FoldedHash();
  readonly #texts = new TextArena();
  readonly #byMailbox: HashRows;
  readonly #byHardware = new HashRows();
  readonly #models: (string | null)[] = [null];
  readonly #modelNumbers = new Map<string, number>();
  #facts = new Int32Array(1024 * STRIDE);
  #syncs = new Float64Array(1024 * 2);
  #rows = 0;

  /** @param expected how many records to make room for; it grows beyond */
  constructor(expected = 1024) {
    this.#byMailbox = new HashRows(expected);
  }

  /** How many different records are in it. */
  get size(): number {
    return this.#rows;
  }

  /** Adds a page of records, in any order. A record added again replaces the earlier one. */
  add(records: Iterable<EasRecord>): void {
    for (const record of records) this.#add(record);
  }

  /** The records of a mailbox (GUID), by EAS ID. */
  ofMailbox(mailboxId: string): EasEntry[] {
    const entries = this.#rowsOf(mailboxId).map((row) => this.#entry(row));
    return entries.sort((a, b) => (a.easId < b.easId ? -1 : 1));
  }

  /** True if exactly one EAS ID of the organization shows this serial number or IMEI (as {@link hardwareKeys} names it). */
  isUnique(hardware: string): boolean {
    const easIds = new Set<string>();
    this.#hash.of(hardware);
    let entry = this.#byHardware.first(this.#hash.lo, this.#hash.hi);
    for (; entry >= 0 && easIds.size < 2; entry = this.#byHardware.next(entry)) {
      easIds.add(this.#text(this.#byHardware.row(entry), EAS_ID));
    }
    return easIds.size === 1;
  }

  #add(record: EasRecord): void {
    const easId = foldEasId(record.easId);
    const known = this.#rowsOf(record.mailbox.id).find((row) => this.#text(row, EAS_ID) === easId);
    const row = known ?? this.#newRow(record.mailbox.id, easId);
    const { platform, native } = recognizeEasClient(record.device);
    this.#facts[row * STRIDE + CLIENT] = PLATFORMS.indexOf(platform) | (NATIVES.indexOf(native) << NATIVE_SHIFT);
    this.#facts[row * STRIDE + MODEL] = this.#modelNumber(record.device.model);
    this.#syncs[row * 2] = isoTime(record.firstSyncAt);
    this.#syncs[row * 2 + 1] = isoTime(record.lastSyncAt);
    for (const key of hardwareKeys(record)) {
      this.#hash.of(key);
      this.#byHardware.add(this.#hash.lo, this.#hash.hi, row);
    }
  }

  #newRow(mailboxId: string, easId: string): number {
    if ((this.#rows + 1) * STRIDE > this.#facts.length) this.#grow();
    const row = this.#rows++;
    this.#hash.of(mailboxId);
    this.#byMailbox.add(this.#hash.lo, this.#hash.hi, row);
    this.#facts[row * STRIDE + MAILBOX] = this.#texts.push(mailboxId.toLowerCase());
    this.#facts[row * STRIDE + EAS_ID] = this.#texts.push(easId);
    return row;
  }

  // What the hash finds is compared: another mailbox's records must not become this one's.
  #rowsOf(mailboxId: string): number[] {
    const folded = mailboxId.toLowerCase();
    const rows: number[] = [];
    this.#hash.of(mailboxId);
    let entry = this.#byMailbox.first(this.#hash.lo, this.#hash.hi);
    for (; entry >= 0; entry = this.#byMailbox.next(entry)) {
      const row = this.#byMailbox.row(entry);
      if (this.#text(row, MAILBOX) === folded) rows.push(row);
    }
    return rows;
  }

  #entry(row: number): EasEntry {
    const client = this.#facts[row * STRIDE + CLIENT]!;
    return {
      easId: this.#text(row, EAS_ID),
      platform: PLATFORMS[client & PLATFORM_BITS]!,
      native: NATIVES[client >> NATIVE_SHIFT]!,
      model: this.#models[this.#facts[row * STRIDE + MODEL]!]!,
      firstSyncAt: this.#syncs[row * 2]!,
      lastSyncAt: this.#syncs[row * 2 + 1]!,
    };
  }

  #text(row: number, fact: typeof MAILBOX | typeof EAS_ID): string {
    return this.#texts.at(this.#facts[row * STRIDE + fact]! >>> 0);
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
    this.#facts = grownInt32(this.#facts, this.#facts.length * 2);
    this.#syncs = grownFloat64(this.#syncs, this.#syncs.length * 2);
  }
}

/** The serial number in a legacy Apple EAS ID (`Appl` + serial: practical365.com), or null. */
export function serialInEasId(easId: string): string | null {
  const id = easId.trim();
  return /^appl[0-9a-z]{8,14}$/i.test(id) ? id.slice(4) : null;
}

/** The names under which a record's hardware is compared: `serial:…` and `imei:…`. */
export function hardwareKeys(record: EasRecord): string[] {
  const serial = serialInEasId(record.easId);
  const imei = record.device.imei === null ? null : imeiDigits(record.device.imei);
  return [...(serial === null ? [] : [`serial:${serial}`]), ...(imei === null ? [] : [`imei:${imei}`])];
}
