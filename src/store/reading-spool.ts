/**
 * What a large reading stages before it ends, out of memory: in a file that has no name and is gone with the process, as the
 * reading is. From there the rows come back in the order of their keys.
 *
 * Keys come in any order, and an index that is filled in any order is written nearly whole with each transaction: a first
 * reading of a million records cost the disk 14 times its size. Sorted, it costs what is added.
 */
import { setImmediate } from 'node:timers/promises';
import { asConnectorError, ConnectorError } from '../errors.ts';
import { openScratchFile } from './scratch-file.ts';
import type { ScratchFile } from './scratch-file.ts';
import { compareRows, rowsOfLines } from './staged-rows.ts';
import type { StagedRow, StagedRows } from './staged-rows.ts';

/** Bytes that are added in one turn of the event loop, in about a millisecond. */
const BYTES_A_TURN = 2 ** 20;
/** Bytes of all runs that are in memory while they are merged, if each run has its share; and the least a run has. */
const BYTES_MERGED = 10 * 2 ** 20;
const LEAST_BYTES = 2 ** 14;
/** Rows that are read back in one turn, in some two milliseconds. */
const ROWS_A_TURN = 1000;
const LINE_FEED = 10;

/** Lines in the order of their keys, somewhere in the file. */
interface Run {
  readonly from: number;
  readonly to: number;
}

/** Rows that came together, each run sorted by its keys. */
export class ReadingSpool {
  #file: ScratchFile | null = null;
  readonly #runs: Run[] = [];
  #isClosed = false;
  /** One run after the other. */
  #adding: Promise<void> = Promise.resolve();
  /** What is about to be added, or was just read: a new one each time would have all garbage collected all the time. */
  #bytes = Buffer.allocUnsafe(BYTES_A_TURN);

  /**
   * Throws ERR_STORE_WRITE where the disk of the temporary files is full.
   * @param rows each replaces one with the same key that came before
   */
  add(rows: StagedRows): Promise<void> {
    this.#adding = this.#adding.then(() => this.#add(rows));
    return this.#adding;
  }

  async #add(rows: StagedRows): Promise<void> {
    // Its reading has ended meanwhile.
    if (this.#isClosed) return;
    const file = (this.#file ??= openScratchFile());
    const from = file.size;
    for (const bytes of rows.pieces(this.#bytes)) {
      guarded(() => file.add(bytes));
      await setImmediate();
      if (this.#isClosed) return;
    }
    if (file.size > from) this.#runs.push({ from, to: file.size });
  }

  /** All rows in the order of {@link compareRows}, of each key the one that came last, in pages. */
  async *merged(): AsyncGenerator<StagedRow[], void> {
    const heap = new RunHeap(this.#runs.map((run, no) => this.#readerOf(run, no)));
    let page: StagedRow[] = [];
    let last: string | undefined;
    for (let row = heap.take(); row !== null; row = heap.take()) {
      // Of equal keys the latest run's came first.
      if (row.key === last) continue;
      last = row.key;
      page.push(row);
      if (page.length < ROWS_A_TURN) continue;
      yield page;
      page = [];
      await setImmediate();
    }
    if (page.length > 0) yield page;
  }

  #readerOf(run: Run, no: number): RunReader {
    const share = Math.max(LEAST_BYTES, Math.floor(BYTES_MERGED / this.#runs.length));
    return new RunReader(no, run, share, (from, size) => {
      if (this.#isClosed || this.#file === null) {
        throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The reading was ended while it was being kept.');
      }
      const file = this.#file;
      if (this.#bytes.length < size) this.#bytes = Buffer.allocUnsafe(size);
      const bytes = this.#bytes.subarray(0, size);
      guarded(() => file.read(bytes, from));
      return bytes;
    });
  }

  /** Takes the file away. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }
}

/** One run as it is read. */
class RunReader {
  readonly no: number;
  readonly #to: number;
  readonly #share: number;
  readonly #read: (from: number, size: number) => Buffer;
  #at: number;
  #rows: StagedRow[] = [];
  #taken = 0;

  /** @param share bytes that are read at once @param read its bytes are valid until the next ones are read */
  constructor(no: number, { from, to }: Run, share: number, read: (from: number, size: number) => Buffer) {
    this.no = no;
    this.#at = from;
    this.#to = to;
    this.#share = share;
    this.#read = read;
  }

  /** The row that comes next; null: there is none. */
  next(): StagedRow | null {
    if (this.#taken >= this.#rows.length) this.#readOn();
    return this.#rows[this.#taken] ?? null;
  }

  skip(): void {
    this.#taken += 1;
  }

  #readOn(): void {
    this.#taken = 0;
    this.#rows = [];
    const left = this.#to - this.#at;
    if (left === 0) return;
    // A line may be longer than the share.
    for (let size = Math.min(this.#share, left); ; size = Math.min(size * 2, left)) {
      const bytes = this.#read(this.#at, size);
      const end = bytes.lastIndexOf(LINE_FEED);
      if (end < 0) continue;
      this.#rows = rowsOfLines(bytes.toString('utf8', 0, end));
      this.#at += end + 1;
      return;
    }
  }
}

/** A run, and its next row. */
interface Waiting {
  readonly run: RunReader;
  row: StagedRow;
}

/** Of many runs the row that comes first, of equal keys that of the latest run. A binary heap: its first one is the least. */
class RunHeap {
  readonly #waiting: Waiting[] = [];

  constructor(runs: readonly RunReader[]) {
    for (const run of runs) {
      const row = run.next();
      if (row !== null) this.#waiting.push({ run, row });
    }
    for (let at = this.#waiting.length >> 1; at >= 0; at -= 1) this.#sink(at);
  }

  take(): StagedRow | null {
    const [first] = this.#waiting;
    if (first === undefined) return null;
    const { row, run } = first;
    run.skip();
    const next = run.next();
    if (next !== null) first.row = next;
    else {
      const last = this.#waiting.pop()!;
      if (last !== first) this.#waiting[0] = last;
    }
    this.#sink(0);
    return row;
  }

  #sink(from: number): void {
    const waiting = this.#waiting;
    const moved = waiting[from];
    if (moved === undefined) return;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= waiting.length) break;
      if (child + 1 < waiting.length && isBefore(waiting[child + 1]!, waiting[child]!)) child += 1;
      if (!isBefore(waiting[child]!, moved)) break;
      waiting[at] = waiting[child]!;
      at = child;
    }
    waiting[at] = moved;
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  const order = compareRows(one.row.key, other.row.key);
  return order < 0 || (order === 0 && one.run.no > other.run.no);
}

function guarded<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw asConnectorError(
      error,
      'ERR_STORE_WRITE',
      `A large reading could not be kept in a temporary file: ${(error as Error).message}.`,
    );
  }
}
