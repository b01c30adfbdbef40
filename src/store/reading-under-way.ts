/**
 * A full reading under way, as far as its pages came to this process: what of it is not written yet, and what it has seen.
 * It ends with the process, and so does the reading.
 */
import { ConnectorError } from '../errors.ts';
import { addContent } from '../model/reading-content.ts';
import type { ReadingContent } from '../model/reading-content.ts';
import type { SnapshotRecord, SnapshotSource } from './store.ts';
import { SeenRecords } from './seen-records.ts';

/** A row to be staged. */
export interface StagedRow {
  readonly key: string;
  readonly hash: string;
  readonly record: string;
}

/**
 * Rows that are written in one transaction. Keys come in any order: each transaction writes nearly every page of the index,
 * and with 500 rows a transaction the disk takes twenty-five times the data, with 5,000 thirteen. The commit is one turn of
 * the event loop, some 70 ms at a million records; with more rows it is longer.
 */
const ROWS_PER_WRITE = 5_000;
/** A reading that writes nothing says at least so often that it is alive. */
const SILENT_MS = 60_000;

/** One reading of this process. */
export class ReadingUnderWay {
  readonly no: number;
  readonly source: SnapshotSource;
  readonly scope: string;
  readonly seen = new SeenRecords();
  /** What differs from what is shown and is not written yet, by key. */
  staged = new Map<string, StagedRow>();
  #firstPage: number | null = null;
  #nextPage: number | null = null;
  #content: ReadingContent = {};
  #isOpened = false;
  #hasWritten = false;
  /** Milliseconds since 1970. */
  #writtenAt: number;

  /** @param now milliseconds since 1970 */
  constructor({ no, source, scope }: Pick<ReadingUnderWay, 'no' | 'source' | 'scope'>, now: number) {
    this.no = no;
    this.source = source;
    this.scope = scope;
    this.#writtenAt = now;
  }

  /** True once everybody finds the row of the reading. */
  get isOpened(): boolean {
    return this.#isOpened;
  }

  opened(): void {
    this.#isOpened = true;
  }

  /** True if there may be rows of it in the store. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** What the pages of an MDM say so far. */
  get content(): ReadingContent {
    return this.#content;
  }

  /** Pages may come again, but none may be missing: throws ERR_SNAPSHOT_INCOMPLETE. */
  refuseGap(page: number | undefined): void {
    refusePageGap(page, { first: this.#firstPage, next: this.#nextPage });
  }

  /** A page whose records are staged. */
  counted(page: number | undefined, records: readonly SnapshotRecord[]): void {
    const isAgain = page !== undefined && page < (this.#nextPage ?? page);
    if (page !== undefined) {
      this.#firstPage ??= page;
      this.#nextPage = Math.max(this.#nextPage ?? 0, page + 1);
    }
    if (isAgain) return;
    this.#content = addContent(
      this.#content,
      records.filter((record) => record.kind === 'mdm'),
    );
  }

  /** @param now milliseconds since 1970 */
  isToBeWritten(now: number): boolean {
    return this.staged.size >= ROWS_PER_WRITE || now - this.#writtenAt >= SILENT_MS;
  }

  /** What is to be written now, in the order of the keys. */
  take(now: number): StagedRow[] {
    const rows = [...this.staged.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
    this.staged = new Map();
    this.#writtenAt = now;
    this.#hasWritten ||= rows.length > 0;
    return rows;
  }
}

/** Throws ERR_SNAPSHOT_INCOMPLETE if a page before this one did not come. @param known of the pages that did */
export function refusePageGap(
  page: number | undefined,
  known: { readonly first: number | null; readonly next: number | null },
): void {
  if (page === undefined) return;
  const first = known.first ?? page;
  if (first <= 1 && page <= (known.next ?? first)) return;
  throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', `Page ${page} came, but a page before it did not.`);
}
