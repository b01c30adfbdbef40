/**
 * What a large reading stages before it ends, out of memory: in a file of SQLite's own making that has no name and is gone
 * with the process, as the reading is. From there the rows come back in the order of their keys.
 *
 * Keys come in any order, and an index that is filled in any order is written nearly whole with each transaction: a first
 * reading of a million records cost the disk 14 times its size. Sorted, it costs what is added.
 */
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { asConnectorError } from '../errors.ts';
import { chunks } from './chunks.ts';
import { inOrder } from './generation-walk.ts';

/** A row to be staged. */
export interface StagedRow {
  readonly key: string;
  readonly hash: string;
  readonly record: string;
}

/** Pages of the file that are kept in memory. */
const CACHE_KIB = 4096;
/** Rows of all runs that are in memory while they are merged, if each run has its share; and the least a run has. */
const ROWS_MERGED = 10_000;
const LEAST_ROWS = 25;
/** Rows that are added, or read back, in one turn of the event loop: some two milliseconds. */
const ROWS_A_TURN = 1000;

/** The order of the runs: any will do, and JavaScript's own is the fastest. */
export function compareRows(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Rows that came together, each run sorted by its keys. */
export class ReadingSpool {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  /** The last row of each run. */
  readonly #ends: number[] = [];
  #rows = 0;
  /** One run after the other. */
  #adding: Promise<void> = Promise.resolve();

  /** Throws ERR_STORE_WRITE, as all of it does, where the machine has no room for temporary files. */
  constructor() {
    // Without a name: https://sqlite.org/inmemorydb.html#temp_db
    this.#database = guarded(() => new DatabaseSync(''));
    this.#insert = guarded(() => {
      this.#database.exec(`pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -${CACHE_KIB}`);
      this.#database.exec(
        'create table "rows" ("no" integer primary key, "key" text, "hash" text, "record" text) strict',
      );
      return this.#database.prepare('insert into "rows" values (?, ?, ?, ?)');
    });
  }

  /** @param rows in the order of {@link compareRows}; each replaces one with the same key that came before */
  add(rows: readonly StagedRow[]): Promise<void> {
    this.#adding = this.#adding.then(() => this.#addRun(rows));
    return this.#adding;
  }

  async #addRun(rows: readonly StagedRow[]): Promise<void> {
    for (const some of chunks(rows, ROWS_A_TURN)) {
      // Its reading has ended meanwhile.
      if (!this.#database.isOpen) return;
      guarded(() => {
        this.#database.exec('begin');
        for (const { key, hash, record } of some) this.#insert.run((this.#rows += 1), key, hash, record);
        this.#database.exec('commit');
      });
      await setImmediate();
    }
    this.#ends.push(this.#rows);
  }

  /** All rows in the order of {@link compareRows}, in pages of any size. */
  merged(): AsyncGenerator<readonly StagedRow[]> {
    const step = Math.min(ROWS_A_TURN, Math.max(LEAST_ROWS, Math.floor(ROWS_MERGED / this.#ends.length)));
    const select = guarded(() =>
      this.#database.prepare('select * from "rows" where "no" > ? and "no" <= ? order by "no" limit ?'),
    );
    let inThisTurn = 0;
    const runs = this.#ends.map((end, at) => {
      let last = this.#ends[at - 1] ?? 0;
      return async (): Promise<(StagedRow & { readonly no: number })[]> => {
        const rows = guarded(() => select.all(last, end, step)) as unknown as (StagedRow & { readonly no: number })[];
        last = rows.at(-1)?.no ?? last;
        inThisTurn += rows.length;
        if (inThisTurn >= ROWS_A_TURN) {
          inThisTurn = 0;
          await setImmediate();
        }
        return rows;
      };
    });
    return inOrder(runs, { step, compare: compareRows });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
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
