/**
 * What a large reading stages before it ends, out of memory: in files of SQLite's own making that have no name and are gone
 * with the process, as the reading is. From there the rows come back in the order of their keys.
 *
 * Keys come in any order, and an index that is filled in any order is written nearly whole with each transaction: a first
 * reading of a million records cost the disk 14 times its size. Sorted, it costs what is added.
 */
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { asConnectorError, ConnectorError } from '../errors.ts';
import { chunks } from './chunks.ts';
import { inOrder } from './generation-walk.ts';

/** A row to be staged. */
export interface StagedRow {
  readonly key: string;
  readonly hash: string;
  readonly record: string;
}

/** Pages of a file that are kept in memory. */
const CACHE_KIB = 1024;
/** Rows of all runs that are in memory while they are merged, if each run has its share; and the least a run has. */
const ROWS_MERGED = 10_000;
const LEAST_ROWS = 25;
/** Some hundred megabytes. */
const ROWS_A_FILE = 100_000;
const SELECT = 'select * from "rows" where "no" > ? and "no" <= ? order by "no" limit ?';
/** Rows that are added, or read back, in one turn of the event loop: some two milliseconds. */
const ROWS_A_TURN = 1000;

/** The order of the runs: any will do, and JavaScript's own is the fastest. */
export function compareRows(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** One file. To close a large one, which takes it away, is one turn of the event loop: 0.2 seconds a gigabyte. */
interface File {
  readonly database: DatabaseSync;
  readonly insert: StatementSync;
  rows: number;
}

/** A run of rows: where it is. */
interface Run {
  readonly file: File;
  readonly from: number;
  readonly to: number;
}

/** Rows that came together, each run sorted by its keys. */
export class ReadingSpool {
  readonly #files: File[] = [];
  readonly #runs: Run[] = [];
  #isClosed = false;
  /** One run after the other. */
  #adding: Promise<void> = Promise.resolve();

  /**
   * Throws ERR_STORE_WRITE where the disk of the temporary files is full.
   * @param rows in the order of {@link compareRows}; each replaces one with the same key that came before
   */
  add(rows: readonly StagedRow[]): Promise<void> {
    this.#adding = this.#adding.then(() => this.#add(rows));
    return this.#adding;
  }

  async #add(rows: readonly StagedRow[]): Promise<void> {
    // Its reading has ended meanwhile.
    if (this.#isClosed) return;
    const last = this.#files.at(-1);
    const file = last === undefined || last.rows >= ROWS_A_FILE ? this.#newFile() : last;
    const from = file.rows;
    for (const some of chunks(rows, ROWS_A_TURN)) {
      guarded(() => {
        file.database.exec('begin');
        for (const { key, hash, record } of some) file.insert.run((file.rows += 1), key, hash, record);
        file.database.exec('commit');
      });
      await setImmediate();
      if (this.#isClosed) return;
    }
    this.#runs.push({ file, from, to: file.rows });
  }

  #newFile(): File {
    const file = guarded(openFile);
    this.#files.push(file);
    return file;
  }

  /** All rows in the order of {@link compareRows}, in pages of any size. */
  merged(): AsyncGenerator<readonly StagedRow[]> {
    const step = Math.min(ROWS_A_TURN, Math.max(LEAST_ROWS, Math.floor(ROWS_MERGED / this.#runs.length)));
    const selects = new Map(this.#files.map((file) => [file, guarded(() => file.database.prepare(SELECT))]));
    let inThisTurn = 0;
    const runs = this.#runs.map(({ file, from, to }) => {
      let last = from;
      return async (): Promise<(StagedRow & { readonly no: number })[]> => {
        if (this.#isClosed)
          throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The reading was ended while it was being kept.');
        const rows = guarded(() => selects.get(file)!.all(last, to, step)) as unknown as (StagedRow & { no: number })[];
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

  /** Takes the files away, one in a turn. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { database } of this.#files.splice(0)) {
      database.close();
      await setImmediate();
    }
  }
}

/** A file of its own; where the machine has no place for temporary files (a container that may write nothing but its data), memory. */
function openFile(): File {
  const database = openTemporary() ?? new DatabaseSync(':memory:');
  database.exec(`pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -${CACHE_KIB}`);
  database.exec('create table "rows" ("no" integer primary key, "key" text, "hash" text, "record" text) strict');
  return { database, insert: database.prepare('insert into "rows" values (?, ?, ?, ?)'), rows: 0 };
}

/** Without a name: https://sqlite.org/inmemorydb.html#temp_db. Null: SQLite finds no place for it, which shows when it needs one. */
function openTemporary(): DatabaseSync | null {
  const database = new DatabaseSync('');
  try {
    database.exec('pragma cache_size = 10; create table "probe" as select zeroblob(200000); drop table "probe"');
    return database;
  } catch {
    database.close();
    return null;
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
