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

/** One generation, read in steps. */
interface Cursor {
  readonly generation: number;
  rows: WalkedRow[];
  /** Of those rows, the first that was not taken yet. */
  next: number;
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
  { step, records, afterStep }: { step: number; records: boolean; afterStep?: () => Promise<void> },
): AsyncGenerator<WalkedRow[]> {
  const cursors: Cursor[] = generations.map((generation) => ({ generation, rows: [], next: 0, isDone: false }));
  for (;;) {
    for (const cursor of cursors) await fill(database, cursor, step, records);
    await afterStep?.();
    const page = merge(cursors);
    for (let start = 0; start < page.length; start += step) yield page.slice(start, start + step);
    if (cursors.every(({ isDone, rows, next }) => isDone && next >= rows.length)) return;
  }
}

async function fill(database: Kysely<Schema>, cursor: Cursor, step: number, records: boolean): Promise<void> {
  if (cursor.isDone || cursor.next < cursor.rows.length) return;
  const after = cursor.rows.at(-1)?.key ?? '';
  cursor.rows = await database
    .selectFrom('records')
    .select(['key', 'reading', 'hash'])
    .$if(records, (query) => query.select('record'))
    .where('generation', '=', cursor.generation)
    .where('key', '>', after)
    .orderBy('key')
    .limit(step)
    .execute();
  cursor.next = 0;
  cursor.isDone = cursor.rows.length < step;
}

/** What can be said without reading on, taken from the cursors. */
function merge(cursors: readonly Cursor[]): WalkedRow[] {
  const [only] = cursors;
  if (cursors.length === 1 && only !== undefined) {
    const rows = only.rows.slice(only.next);
    only.next = only.rows.length;
    return rows.filter(({ hash }) => hash !== GONE_HASH);
  }
  const until = cursors
    .filter(({ isDone }) => !isDone)
    .map(({ rows }) => rows.at(-1)!.key)
    .sort(compareKeys)[0];
  const latest = new Map<string, WalkedRow>();
  let sources = 0;
  for (const cursor of cursors) {
    const before = cursor.next;
    while (cursor.next < cursor.rows.length) {
      const row = cursor.rows[cursor.next]!;
      if (until !== undefined && compareKeys(row.key, until) > 0) break;
      latest.set(row.key, row);
      cursor.next += 1;
    }
    if (cursor.next > before) sources += 1;
  }
  const rows = [...latest.values()].filter(({ hash }) => hash !== GONE_HASH);
  return sources < 2 ? rows : rows.sort((left, right) => compareKeys(left.key, right.key));
}
