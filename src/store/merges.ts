/** Which records are one device, and which were. See `Merges` in contract/happened.ts for what is promised. */
import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import { addCounts, countUp } from './counters.ts';
import { RowInsert } from './insert-rows.ts';
import type { Schema } from './schema.ts';
import type { FoundMerge, Merged, Merges as MergesOfStore } from './store.ts';

const PUT = new RowInsert(
  'merges',
  ['easKey', 'organization', 'mdmKey', 'by', 'since', 'until', 'hardware'],
  (insert) =>
    insert.onConflict((conflict) =>
      conflict.column('easKey').doUpdateSet((row) => ({
        mdmKey: row.ref('excluded.mdmKey'),
        by: row.ref('excluded.by'),
        since: row.ref('excluded.since'),
        until: row.ref('excluded.until'),
        hardware: row.ref('excluded.hardware'),
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
   *   they are one             the row says until when    as it was; by and hardware: the row is of that one, as of now
   *                                                       what found
   *   they were, and parted    –                          one again, as of now        the row is of that one, as of now
   *
   *   counted are those that are one
   */
  async settle(organization: string, found: readonly FoundMerge[], at: string): Promise<string[]> {
    return atomically(this.#database, async (transaction) => {
      const rows = await rowsOf(
        transaction,
        found.map(({ easKey }) => easKey),
      );
      const kept = new Map(rows.map((row) => [row.easKey, row]));
      const parted: string[] = [];
      const counts = new Map<string, number>();
      const gone: string[] = [];
      const put: Schema['merges'][] = [];
      for (const { easKey, mdmKey, by, hardware } of found) {
        const row = kept.get(easKey);
        const before = row?.until === null ? row : undefined;
        const told = hardware === undefined ? null : JSON.stringify(hardware);
        const isSame = before?.mdmKey === mdmKey && before.by === by;
        if (isSame && row?.hardware === told) continue;
        if (before === undefined && mdmKey === null) continue;
        if (before !== undefined) {
          countUp(counts, counterOf(before.by), -1);
          if (before.mdmKey !== mdmKey) parted.push(before.mdmKey);
        }
        if (mdmKey === null) gone.push(easKey);
        else {
          countUp(counts, counterOf(by), 1);
          const since = before?.mdmKey === mdmKey ? before.since : at;
          put.push({ easKey, organization, mdmKey, by: by ?? '', since, until: null, hardware: told });
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
    return new Map(rows.map((row) => [row.easKey, mergedOf(row)]));
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

function mergedOf({ easKey, mdmKey, by, since, until, hardware }: Schema['merges']): Merged {
  const told = hardware === null ? {} : { hardware: JSON.parse(hardware) as string[] };
  return { easKey, mdmKey, by, since, until, ...told };
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
