/**
 * Refuses pages that hold what another page of their sequence holds. A node between ours that asks a server puts back what a page
 * carried from where it was kept, as from a variable of the flow: if two pages are under way by then, both get what the second one
 * carried, and the records of the first one are lost. Number and length of both are right.
 * In: pages as they come. Out: a refusal. Changes: what it remembers, some hundred bytes a page.
 */
import { createHash } from 'node:crypto';
import { ConnectorError } from '../../errors.ts';
import type { DeviceRecord } from '../../model/records.ts';
import type { SnapshotRecord } from '../../store/store.ts';

/** A page of records or devices. */
interface NumberedPage {
  /** From 0. */
  readonly page: number;
  readonly records: readonly (SnapshotRecord | DeviceRecord)[];
}

/** Of one sequence. */
export class SeenPages {
  /** Their numbers, by what they hold. */
  readonly #pages = new Map<string, number>();

  /**
   * Takes the next page; one may come again.
   * @throws ConnectorError ERR_INPUT_INVALID for one with the very records of another page
   */
  take({ page, records }: NumberedPage): void {
    if (records.length === 0) return;
    const hash = createHash('sha256');
    for (const record of records) hash.update(`${nameOf(record)}\n`);
    const content = hash.digest('base64');
    const other = this.#pages.get(content) ?? page;
    if (other !== page) throw mixedUp(page + 1, other + 1);
    this.#pages.set(content, page);
  }
}

/** A record of Exchange comes once more in its reading when a further partnership of its device was found. */
function nameOf(record: SnapshotRecord | DeviceRecord): string {
  if (!('kind' in record) || record.kind !== 'eas') return record.key;
  return `${record.key} ${record.partnerships?.length}`;
}

function mixedUp(page: number, other: number): ConnectorError {
  return new ConnectorError(
    'ERR_INPUT_INVALID',
    `Page ${page} came with what page ${other} holds, and the records of one of the two are lost: a node before this one keeps what a page carries where the next page overwrites it, as in a variable of the flow. Keep it in the message.`,
    { details: { page, other } },
  );
}
