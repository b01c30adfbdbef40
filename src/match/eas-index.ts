/** What the match rules need of all EAS records of a snapshot besides the one at hand. */
import { recognizeEasClient } from '../model/eas-client.ts';
import { foldEasId } from '../model/keys.ts';
import type { EasRecord, Platform } from '../model/records.ts';
import { imeiDigits } from './mdm-index.ts';

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

/**
 * The EAS records of one organization by mailbox, filled page by page, pages may repeat.
 * Optional for the matcher: without it nothing is concluded that needs the whole picture
 * (a serial number unique on Exchange's side, a device that returned under a new id).
 */
export class EasIndex {
  readonly #mailboxes = new Map<string, EasEntry[]>();
  // Serial or IMEI → the one folded EAS ID that shows it, or null if several do.
  readonly #hardware = new Map<string, string | null>();
  readonly #texts = new Map<string, string>();

  /** Adds a page of records, in any order. */
  add(records: Iterable<EasRecord>): void {
    for (const record of records) this.#add(record);
  }

  /** The records of a mailbox (GUID), as they were added. */
  ofMailbox(mailboxId: string): readonly EasEntry[] {
    return this.#mailboxes.get(mailboxId.toLowerCase()) ?? [];
  }

  /** True if exactly one EAS ID of the organization shows this serial number or IMEI (as {@link hardwareKeys} names it). */
  isUnique(hardware: string): boolean {
    return typeof this.#hardware.get(hardware) === 'string';
  }

  #add(record: EasRecord): void {
    const entry = entryOf(record, (text) => this.#intern(text));
    const mailboxId = record.mailbox.id.toLowerCase();
    const entries = this.#mailboxes.get(mailboxId);
    if (!entries) this.#mailboxes.set(mailboxId, [entry]);
    else replaceOrPush(entries, entry);
    for (const key of hardwareKeys(record)) {
      const known = this.#hardware.get(key);
      if (known === undefined) this.#hardware.set(key, entry.easId);
      else if (known !== entry.easId) this.#hardware.set(key, null);
    }
  }

  // A million phones have a thousand models: keep each text once.
  #intern(text: string | null): string | null {
    if (text === null) return null;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
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
  return [...(serial === null ? [] : [`serial:${serial.toLowerCase()}`]), ...(imei === null ? [] : [`imei:${imei}`])];
}

function entryOf(record: EasRecord, intern: (text: string | null) => string | null): EasEntry {
  const { platform, native } = recognizeEasClient(record.device);
  return {
    easId: foldEasId(record.easId),
    platform,
    native,
    model: intern(record.device.model),
    firstSyncAt: Date.parse(record.firstSyncAt ?? ''),
    lastSyncAt: Date.parse(record.lastSyncAt ?? ''),
  };
}

function replaceOrPush(entries: EasEntry[], entry: EasEntry): void {
  const at = entries.findIndex((other) => other.easId === entry.easId);
  if (at < 0) entries.push(entry);
  else entries[at] = entry;
}
