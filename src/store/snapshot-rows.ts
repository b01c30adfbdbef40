/** The rows of readings: staged, taken out, looked up by key. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder, Transaction } from 'kysely';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import { GONE_HASH } from './generation-walk.ts';
import type { Engine } from './dialects.ts';
import { RowInsert } from './insert-rows.ts';
import type { Schema } from './schema.ts';
import type { StagedRow } from './staged-rows.ts';

/** Rows that one statement asks for, two parameters each. */
const ROWS_ASKED_FOR = 2_000;
/** What a row holds that takes a record out. */
export const GONE_RECORD = 'null';

/** What a row says by its hash. */
export interface KeptHash {
  readonly generation: number;
  readonly key: string;
  readonly hash: string;
}

/** The latest row of each key, as far as there is one. */
export async function hashesOf(
  database: Kysely<Schema>,
  generations: readonly number[],
  keys: readonly string[],
): Promise<Map<string, KeptHash>> {
  if (generations.length === 0) return new Map();
  const found = await ofKeys(database, { generations, keys }, sql`"hash"`);
  return latestOf(found.map(({ generation, key, value }) => ({ generation, key, hash: value })));
}

/** The rows of these keys. */
export async function rowsOfKeys(database: Kysely<Schema>, generations: readonly number[], keys: readonly string[]) {
  const found = await ofKeys(database, { generations, keys }, sql`cast("reading" as text) || ' ' || "record"`);
  return found.map(({ generation, key, value }) => {
    const end = value.indexOf(' ');
    return { generation, key, reading: Number(value.slice(0, end)), record: value.slice(end + 1) };
  });
}

/**
 * What the rows of these keys say, one question a row to the index. Of one condition on all of them, or a join, PostgreSQL
 * would rather read a whole generation, where its statistics are older than that, or pages are dear.
 */
async function ofKeys(
  database: Kysely<Schema>,
  { generations, keys }: { readonly generations: readonly number[]; readonly keys: readonly string[] },
  value: RawBuilder<unknown>,
): Promise<{ readonly generation: number; readonly key: string; readonly value: string }[]> {
  const found: { readonly generation: number; readonly key: string; readonly value: string }[] = [];
  for (const some of chunks(keys, Math.max(1, Math.floor(ROWS_ASKED_FOR / generations.length)))) {
    const wanted = generations.flatMap((generation) =>
      some.map((key) => sql`(cast(${generation} as integer), cast(${key} as text))`),
    );
    const { rows } = await sql<{ generation: number; key: string; value: string | null }>`
      select "column1" as "generation", "column2" as "key", (
        select ${value} from "records" where "generation" = "wanted"."column1" and "key" = "wanted"."column2"
      ) as "value" from (values ${sql.join(wanted)}) as "wanted"`.execute(database);
    for (const { value: one, ...row } of rows) if (one !== null) found.push({ ...row, value: one });
  }
  return found;
}

/** Of each key the row of the latest generation. */
export function latestOf<T extends { readonly generation: number; readonly key: string }>(
  rows: readonly T[],
): Map<string, T> {
  const latest = new Map<string, T>();
  for (const row of rows) if ((latest.get(row.key)?.generation ?? -1) < row.generation) latest.set(row.key, row);
  return latest;
}

const STAGED = new RowInsert(
  'records',
  ['generation', 'key', 'reading', 'hash', 'record'],
  (insert) =>
    insert.onConflict((conflict) =>
      conflict.columns(['generation', 'key']).doUpdateSet((excluded) => ({
        hash: excluded.ref('excluded.hash'),
        record: excluded.ref('excluded.record'),
      })),
    ),
  { cast: 'record' },
);

/**
 * A row that comes again for the same reading replaces the one before.
 * @param textOf see `Engine.textOf`
 */
export async function stage(
  transaction: Transaction<Schema>,
  no: number,
  rows: readonly StagedRow[],
  textOf: Engine['textOf'],
): Promise<void> {
  const texts = rows.map(({ key, hash, record }) => ({
    key,
    hash,
    record: typeof record === 'string' ? record : textOf(record),
  }));
  await STAGED.run(transaction, texts, { generation: no, reading: no });
}

/** Records that a reading takes out; what it has itself stays. */
export async function stageGone(database: Kysely<Schema>, no: number, keys: readonly string[]): Promise<void> {
  for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
    await database
      .insertInto('records')
      .values(some.map((key) => ({ generation: no, key, reading: no, hash: GONE_HASH, record: GONE_RECORD })))
      .onConflict((conflict) => conflict.columns(['generation', 'key']).doNothing())
      .execute();
  }
}

/** Undefined: a reading has staged nothing. */
export function anyRow(database: Kysely<Schema>, no: number): Promise<{ readonly key: string } | undefined> {
  return database.selectFrom('records').select('key').where('generation', '=', no).limit(1).executeTakeFirst();
}

/** True for a row of a record, and not of one that is taken out. */
export function isThere(row: { readonly hash: string } | undefined): boolean {
  return row !== undefined && row.hash !== GONE_HASH;
}

/** The rows of one generation, those that take a record out too. */
export async function* rowsOf(
  transaction: Transaction<Schema>,
  no: number,
): AsyncGenerator<{ readonly key: string; readonly hash: string }[]> {
  let after = '';
  for (;;) {
    const rows = await transaction
      .selectFrom('records')
      .select(['key', 'hash'])
      .where('generation', '=', no)
      .where('key', '>', after)
      .orderBy('key')
      .limit(ROWS_PER_STATEMENT)
      .execute();
    if (rows.length > 0) yield rows;
    if (rows.length < ROWS_PER_STATEMENT) return;
    after = rows.at(-1)!.key;
  }
}
