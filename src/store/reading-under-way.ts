/**
 * A full reading under way, as far as its pages came to this process: what of it is not written yet, and what it has seen.
 * It ends with the process, and so does the reading.
 */
import { ConnectorError } from '../errors.ts';
import { addContent } from '../model/reading-content.ts';
import type { ReadingContent } from '../model/reading-content.ts';
import { KnownUsers } from '../model/known-users.ts';
import { chunks } from './chunks.ts';
import { ReadingSpool } from './reading-spool.ts';
import { SeenRecords } from './seen-records.ts';
import { StagedRows } from './staged-rows.ts';
import type { StagedRow, TextRow } from './staged-rows.ts';
import type { SnapshotRecord, SnapshotSource } from './store.ts';

/** Rows that wait in memory, some five megabytes; more of them wait in a file. */
const ROWS_IN_MEMORY = 5_000;
/** At least so often a reading says that it is alive. */
const SILENT_MS = 60_000;

/** One reading of this process. */
export class ReadingUnderWay {
  readonly no: number;
  readonly source: SnapshotSource;
  readonly scope: string;
  readonly seen: SeenRecords;
  /** What differs from what is shown, by key: as far as it does not wait in the file. */
  staged = new StagedRows();
  /** Takes its place next: a few megabytes that are not asked for anew each time. */
  #spare: StagedRows | null = null;
  #firstPage: number | null = null;
  #nextPage: number | null = null;
  #content: ReadingContent = {};
  #users: KnownUsers | null = null;
  #isOpened = false;
  #spool: ReadingSpool | null = null;
  /** When the store heard of it last, in milliseconds since 1970. */
  #heardAt: number;

  /**
   * @param expected records that the last one had
   * @param now milliseconds since 1970
   */
  constructor({ no, source, scope }: Pick<ReadingUnderWay, 'no' | 'source' | 'scope'>, expected: number, now: number) {
    this.seen = new SeenRecords(expected);
    this.no = no;
    this.source = source;
    this.scope = scope;
    this.#heardAt = now;
  }

  /** True once everybody finds the row of the reading. */
  get isOpened(): boolean {
    return this.#isOpened;
  }

  opened(): void {
    this.#isOpened = true;
  }

  /** What the pages of an MDM say so far. */
  get content(): ReadingContent {
    return this.#content;
  }

  /** The users that they name. */
  get users(): KnownUsers {
    return (this.#users ??= KnownUsers.none());
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
    const mdm = records.filter((record) => record.kind === 'mdm');
    this.#content = addContent(this.#content, mdm);
    for (const { user } of mdm) this.users.addUser(user);
  }

  async stage(rows: readonly TextRow[]): Promise<void> {
    for (const row of rows) this.staged.set(row);
    if (this.staged.size < ROWS_IN_MEMORY) return;
    this.#spool ??= new ReadingSpool();
    const full = this.#take();
    await this.#spool.add(full);
    full.clear();
    this.#spare = full;
  }

  /** False: nothing says what it has staged under this key, if anything. */
  knows(key: string): boolean {
    return this.#spool === null || this.staged.has(key);
  }

  /** True once the store should hear that it is alive. @param now milliseconds since 1970 */
  isSilent(now: number): boolean {
    return now - this.#heardAt >= SILENT_MS;
  }

  heard(now: number): void {
    this.#heardAt = now;
  }

  /**
   * All that is staged, in the order of the keys; at its end nothing is staged any more.
   * @param size of a page, which is valid until the next one; the last has less
   */
  async *take(size: number): AsyncGenerator<StagedRow[]> {
    const rest = this.#take();
    if (this.#spool === null) {
      yield* chunks(rest.rows(), size);
      return;
    }
    await this.#spool.add(rest);
    yield* this.#spool.merged(size);
    await this.close();
  }

  #take(): StagedRows {
    const rows = this.staged;
    this.staged = this.#spare ?? new StagedRows();
    this.#spare = null;
    return rows;
  }

  /** It goes on no further. */
  async close(): Promise<void> {
    const spool = this.#spool;
    this.#spool = null;
    await spool?.close();
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
