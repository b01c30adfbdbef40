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
import { readRow } from './staged-rows.ts';
import type { ReadRow, StagedRow, StagedRows } from './staged-rows.ts';

/** Bytes that are added in one turn of the event loop, in about a millisecond. */
const BYTES_A_TURN = 2 ** 20;
/** Bytes of all runs that are in memory while they are merged, if each run has its share; and the least a run has. */
const BYTES_MERGED = 10 * 2 ** 20;
const LEAST_BYTES = 2 ** 14;
/** Rows that are read back in one turn, in some two milliseconds. */
const ROWS_A_TURN = 1000;
/** In place of a run's number. */
const NOBODY = -1;

/** Rows in the order of their keys, somewhere in the file. */
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
  /** What is about to be added: a new one each time would have all garbage collected all the time. */
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

  /**
   * All rows in the order of their keys, of each key the one that came last.
   * @param size rows of a page, whose records are valid until the next page; the last page has less
   */
  async *merged(size: number): AsyncGenerator<StagedRow[], void> {
    const share = Math.max(LEAST_BYTES, Math.floor(BYTES_MERGED / this.#runs.length));
    const rows = new FirstOfRuns(this.#runs.map((run) => new RunReader(run, share, this.#read)));
    const records = new Records();
    let page: StagedRow[] = [];
    let last: string | undefined;
    let taken = 0;
    for (let run = rows.first(); run !== null; run = rows.first()) {
      const row = run.row!;
      // Of equal keys the latest run's came first.
      if (row.key !== last) page.push({ key: row.key, hash: row.hash, record: records.add(run.bytes, row) });
      last = row.key;
      rows.skip();
      if (page.length === size) {
        yield page;
        page = [];
        records.clear();
      }
      taken += 1;
      if (taken % ROWS_A_TURN === 0) await setImmediate();
    }
    if (page.length > 0) yield page;
  }

  readonly #read = (into: Buffer, from: number): void => {
    if (this.#isClosed || this.#file === null) {
      throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The reading was ended while it was being kept.');
    }
    const file = this.#file;
    guarded(() => file.read(into, from));
  };

  /** Takes the file away. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }
}

/** Records of a page: one buffer for all of them, which is used again. */
class Records {
  #bytes = Buffer.allocUnsafe(BYTES_A_TURN);
  #used = 0;

  /** A copy of the record, valid until they are cleared. */
  add(bytes: Buffer, { recordFrom, to }: ReadRow): Buffer {
    const size = to - recordFrom;
    // What is in the smaller one stays there.
    if (this.#used + size > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, size));
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += bytes.copy(this.#bytes, from, recordFrom, to);
    return this.#bytes.subarray(from, this.#used);
  }

  clear(): void {
    this.#used = 0;
  }
}

/** One run as it is read. */
class RunReader {
  readonly #to: number;
  readonly #read: (into: Buffer, from: number) => void;
  /** Where in the file what was not read yet begins. */
  #at: number;
  #end = 0;
  /** What was read: its row is in it until the next one is. */
  bytes: Buffer;
  /** Null: there is none any more. */
  row: ReadRow | null = null;

  /** @param share bytes that are read at once */
  constructor({ from, to }: Run, share: number, read: (into: Buffer, from: number) => void) {
    this.#at = from;
    this.#to = to;
    this.#read = read;
    this.bytes = Buffer.allocUnsafe(Math.min(share, to - from));
    this.next();
  }

  next(): void {
    let from = this.row?.to ?? 0;
    this.row = readRow(this.bytes, from, this.#end);
    while (this.row === null && (this.#at < this.#to || from < this.#end)) {
      this.#readOn(from);
      from = 0;
      this.row = readRow(this.bytes, from, this.#end);
    }
  }

  /** What is left comes to the beginning, and what follows in the file behind it. A row may be longer than the share. */
  #readOn(from: number): void {
    const left = this.#end - from;
    const isFull = left === this.bytes.length;
    const bytes = isFull ? Buffer.allocUnsafe(left * 2) : this.bytes;
    this.bytes.copy(bytes, 0, from, this.#end);
    const size = Math.min(bytes.length - left, this.#to - this.#at);
    this.#read(bytes.subarray(left, left + size), this.#at);
    this.#at += size;
    this.#end = left + size;
    this.bytes = bytes;
  }
}

/**
 * Of many runs the one whose row comes first, of equal keys the latest run. A tree of losers: where two runs have met, the one
 * that lost waits, and whoever is first meets again only those on its own way; half the comparisons of a heap.
 */
class FirstOfRuns {
  readonly #runs: readonly RunReader[];
  /** By place in the tree; the leaves, which are the runs, follow. The first one has won. */
  readonly #losers: number[];

  constructor(runs: readonly RunReader[]) {
    this.#runs = runs;
    this.#losers = Array.from<number>({ length: runs.length }).fill(NOBODY);
    for (let no = runs.length - 1; no >= 0; no -= 1) this.#climb(no);
  }

  /** Null: no run has a row any more. */
  first(): RunReader | null {
    const run = this.#runs[this.#losers[0] ?? NOBODY];
    return run === undefined || run.row === null ? null : run;
  }

  /** The first one's row was taken. */
  skip(): void {
    const [first] = this.#losers;
    this.#runs[first!]!.next();
    this.#climb(first!);
  }

  #climb(from: number): void {
    const losers = this.#losers;
    let winner = from;
    for (let place = (from + this.#runs.length) >> 1; place > 0; place >>= 1) {
      const other = losers[place]!;
      // Nobody has come here yet: only the next one goes on.
      if (other === NOBODY) {
        losers[place] = winner;
        return;
      }
      if (!this.#isBefore(other, winner)) continue;
      losers[place] = winner;
      winner = other;
    }
    losers[0] = winner;
  }

  #isBefore(one: number, other: number): boolean {
    const [left, right] = [this.#runs[one]!.row, this.#runs[other]!.row];
    if (left === null || right === null) return left !== null;
    return left.key < right.key || (left.key === right.key && one > other);
  }
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
