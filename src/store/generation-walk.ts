/**
 * The rows of several generations as one list in the order of their keys: of equal keys the latest generation's row counts,
 * and one that takes its record out is left away.
 */
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** A row that takes a record out has no content. */
export const GONE_HASH = '';

/** One row; `record` is there if it was asked for. */
export interface WalkedRow {
  readonly key: string;
  readonly reading: number;
  readonly hash: string;
  readonly record?: string;
}

/** Text is ordered by its bytes in UTF-8, as both engines do. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (one !== other) return weightOf(one) - weightOf(other);
  }
  return left.length - right.length;
}

/** What needs two halves comes after everything that needs one. */
function weightOf(half: number): number {
  if (half < 0xd800) return half;
  return half < 0xe000 ? half + 0x2000 : half - 0x800;
}

interface Walking {
  readonly step: number;
  readonly afterStep?: (() => Promise<void>) | undefined;
}

/** One list of rows in the order of their keys, read in steps. */
interface Cursor<T> {
  readonly next: () => Promise<T[]>;
  rows: T[];
  /** Of those rows, the first that was not taken yet. */
  taken: number;
  isDone: boolean;
}

/**
 * Walks through the generations.
 * @param generations the earliest first
 * @param options.step rows of one generation that are read at once; a page has up to as many
 * @param options.afterStep called after each reading of rows; what it throws ends the walk
 */
export async function* walk(
  database: Kysely<Schema>,
  generations: readonly number[],
  { step, records, afterStep }: Walking & { readonly records: boolean },
): AsyncGenerator<WalkedRow[]> {
  const lists = generations.map((generation) => {
    let after = '';
    return async (): Promise<WalkedRow[]> => {
      const rows = await rowsAfter(database, { generation, after, step, records });
      after = rows.at(-1)?.key ?? after;
      return rows;
    };
  });
  for await (const page of inOrder(lists, { step, afterStep })) {
    const shown = page.filter(({ hash }) => hash !== GONE_HASH);
    if (shown.length > 0) yield shown;
  }
}

/**
 * Several lists as one, each in the order of its keys: of equal keys the row of the latest list counts.
 * @param lists each call has the next rows of its list; the earliest list first
 * @param options.step with fewer rows than that a list ends; a page has up to as many
 * @param options.compare the order of the keys in each list
 */
export async function* inOrder<T extends { readonly key: string }>(
  lists: readonly (() => Promise<T[]>)[],
  { step, compare = compareKeys, afterStep }: Walking & { readonly compare?: typeof compareKeys },
): AsyncGenerator<T[]> {
  const cursors: Cursor<T>[] = lists.map((next) => ({ next, rows: [], taken: 0, isDone: false }));
  for (;;) {
    for (const cursor of cursors) {
      if (cursor.isDone || cursor.taken < cursor.rows.length) continue;
      cursor.rows = await cursor.next();
      cursor.taken = 0;
      cursor.isDone = cursor.rows.length < step;
    }
    await afterStep?.();
    const page = merge(cursors, compare);
    for (let start = 0; start < page.length; start += step) yield page.slice(start, start + step);
    if (cursors.every(({ isDone, rows, taken }) => isDone && taken >= rows.length)) return;
  }
}

async function rowsAfter(
  database: Kysely<Schema>,
  { generation, after, step, records }: { generation: number; after: string; step: number; records: boolean },
): Promise<WalkedRow[]> {
  return database
    .selectFrom('records')
    .select(['key', 'reading', 'hash'])
    .$if(records, (query) => query.select('record'))
    .where('generation', '=', generation)
    .where('key', '>', after)
    .orderBy('key')
    .limit(step)
    .execute();
}

/** What can be said without reading on, taken from the cursors. */
function merge<T extends { readonly key: string }>(cursors: readonly Cursor<T>[], compare: typeof compareKeys): T[] {
  const [only] = cursors;
  if (cursors.length === 1 && only !== undefined) {
    const rows = only.rows.slice(only.taken);
    only.taken = only.rows.length;
    return rows;
  }
  const until = cursors
    .filter(({ isDone }) => !isDone)
    .map(({ rows }) => rows.at(-1)!.key)
    .sort(compare)[0];
  const rows: T[] = [];
  let sources = 0;
  for (const cursor of cursors) {
    const before = cursor.taken;
    while (cursor.taken < cursor.rows.length) {
      const row = cursor.rows[cursor.taken]!;
      if (until !== undefined && compare(row.key, until) > 0) break;
      rows.push(row);
      cursor.taken += 1;
    }
    if (cursor.taken > before) sources += 1;
  }
  if (sources < 2) return rows;
  // Of equal keys the order of the lists stays.
  rows.sort((left, right) => compare(left.key, right.key));
  return rows.filter(({ key }, at) => rows[at + 1]?.key !== key);
}
