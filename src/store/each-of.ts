/** The same question about many keys, in one statement. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { chunks } from './chunks.ts';
import type { Schema } from './schema.ts';

/** SQLite takes 500 in one statement: https://sqlite.org/limits.html */
const ASKED_AT_ONCE = 100;

/**
 * What each of the questions finds. Of a list of keys PostgreSQL thinks, without statistics, that it had better read all
 * rows; each question of its own goes by an index.
 * @param ask one `select`, without an order and a limit of its own
 */
export async function eachOf<Row, T>(
  database: Kysely<Schema>,
  asked: readonly T[],
  ask: (one: T) => RawBuilder<unknown>,
  order: RawBuilder<unknown>,
): Promise<Row[]> {
  const found: Row[] = [];
  for (const some of chunks(asked, ASKED_AT_ONCE)) {
    const { rows } = await sql<Row>`
      select * from (${sql.join(some.map(ask), sql` union all `)}) as "found" order by ${order}`.execute(database);
    for (const row of rows) found.push(row);
  }
  return found;
}
