/**
 * Counts of an organization's rows, changed in the transactions that change the rows: the brake, the guards and the reports
 * need whole counts, and counting a million rows takes longer than a small sync may.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** Adds to a count that is being made. */
export function countUp(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

/** Adds differences to the kept counts. Always in the order of the names: two transactions do not wait for each other. */
export async function addCounts(
  transaction: Transaction<Schema>,
  organization: string,
  counts: ReadonlyMap<string, number>,
): Promise<void> {
  for (const [name, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (count === 0) continue;
    await transaction
      .insertInto('counters')
      .values({ organization, name, count })
      .onConflict((conflict) =>
        conflict.columns(['organization', 'name']).doUpdateSet((row) => ({ count: row('counters.count', '+', count) })),
      )
      .execute();
  }
}

/** The counts whose names begin so, by the rest of their names; none of nothing. */
export async function countsOf(
  database: Kysely<Schema>,
  organization: string,
  prefix: string,
): Promise<Record<string, number>> {
  const rows = await database
    .selectFrom('counters')
    .select(['name', 'count'])
    .where('organization', '=', organization)
    .where('name', '>=', prefix)
    .where('name', '<', `${prefix}\u{10ffff}`)
    .orderBy('name')
    .execute();
  return Object.fromEntries(
    rows.filter(({ count }) => count !== 0).map(({ name, count }) => [name.slice(prefix.length), count]),
  );
}
