/** Which records are one device, and which were. See `Merges` in contract/happened.ts for what is promised. */
import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import { addCounts, countUp } from './counters.ts';
import { RowInsert } from './insert-rows.ts';
import type { Schema } from './schema.ts';
import type { Merged, Merges as MergesOfStore } from './store.ts';

const PUT = new RowInsert('merges', ['easKey', 'organization', 'mdmKey', 'by', 'since', 'until'], (insert) =>
  insert.onConflict((conflict) =>
    conflict.column('easKey').doUpdateSet((row) => ({
      mdmKey: row.ref('excluded.mdmKey'),
      by: row.ref('excluded.by'),
      since: row.ref('excluded.since'),
      until: row.ref('excluded.until'),
    })),
  ),
);

/** One row an EAS record; the contract is at `Merges` in contract/happened.ts. */
export class Merges implements MergesOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /*
   *   the row before           found: nothing             the same record             another record
   *   there is none            –                          a row                       a row
   *   they are one             the row says until when    as it was; by: what found   the row is of that one, as of now
   *   they were, and parted    –                          one again, as of now        the row is of that one, as of now
   *
   *   counted are those that are one
   */
  async settle(
    organization: string,
    found: readonly (Pick<Merged, 'easKey'> & { readonly mdmKey: string | null; readonly by: string | null })[],
    at: string,
  ): Promise<string[]> {
    return atomically(this.#database, async (transaction) => {
      const kept = await new Merges(transaction).getMany(found.map(({ easKey }) => easKey));
      const parted: string[] = [];
      const counts = new Map<string, number>();
      const gone: string[] = [];
      const put: Schema['merges'][] = [];
      for (const { easKey, mdmKey, by } of found) {
        const row = kept.get(easKey);
        const before = row?.until === null ? row : undefined;
        if (before !== undefined && before.mdmKey === mdmKey && before.by === by) continue;
        if (before === undefined && mdmKey === null) continue;
        if (before !== undefined) {
          countUp(counts, counterOf(before.by), -1);
          if (before.mdmKey !== mdmKey) parted.push(before.mdmKey);
        }
        if (mdmKey === null) gone.push(easKey);
        else {
          countUp(counts, counterOf(by), 1);
          const since = before?.mdmKey === mdmKey ? before.since : at;
          put.push({ easKey, organization, mdmKey, by: by ?? '', since, until: null });
        }
      }
      for (const some of chunks(gone, ROWS_PER_STATEMENT))
        await transaction.updateTable('merges').set({ until: at }).where('easKey', 'in', some).execute();
      await PUT.run(transaction, put);
      await addCounts(transaction, organization, counts);
      return parted;
    });
  }

  async getMany(easKeys: readonly string[]): Promise<Map<string, Merged>> {
    const rows = await rowsOf(this.#database, easKeys);
    return new Map(rows.map(({ easKey, mdmKey, by, since, until }) => [easKey, { easKey, mdmKey, by, since, until }]));
  }

  async withMdm(organization: string, mdmKeys: readonly string[]): Promise<string[]> {
    const keys: string[] = [];
    for (const some of chunks(mdmKeys, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('merges')
        .select(['easKey', 'organization'])
        .where('mdmKey', 'in', some)
        .execute();
      for (const row of rows) if (row.organization === organization) keys.push(row.easKey);
    }
    return keys;
  }
}

async function rowsOf(database: Kysely<Schema>, easKeys: readonly string[]): Promise<Schema['merges'][]> {
  const rows: Schema['merges'][] = [];
  for (const some of chunks(easKeys, ROWS_PER_STATEMENT))
    rows.push(...(await database.selectFrom('merges').selectAll().where('easKey', 'in', some).execute()));
  return rows;
}

/** EAS records that Exchange has no more are one with nothing, and what they were one with is forgotten. */
export async function forgetMerges(
  database: Kysely<Schema>,
  organization: string,
  easKeys: readonly string[],
): Promise<void> {
  await atomically(database, async (transaction) => {
    const none = easKeys.map((easKey) => ({ easKey, mdmKey: null, by: null }));
    await new Merges(transaction).settle(organization, none, '');
    for (const some of chunks(easKeys, ROWS_PER_STATEMENT))
      await transaction.deleteFrom('merges').where('easKey', 'in', some).execute();
  });
}

/** The MDM records that these EAS records are one with. */
export async function mergedWith(database: Kysely<Schema>, easKeys: readonly string[]): Promise<string[]> {
  return (await rowsOf(database, easKeys)).filter(({ until }) => until === null).map(({ mdmKey }) => mdmKey);
}

function counterOf(by: string | null): string {
  return `merged:${by ?? ''}`;
}
