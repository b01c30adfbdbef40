/** One row a device that a reading had. See `Devices` in contract/happened.ts for what is promised. */
import type { Kysely } from 'kysely';
import type { EasRecord } from '../model/records.ts';
import { chunks } from './chunks.ts';
import { GONE_HASH } from './generation-walk.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { Devices as DevicesOfStore, ToldDevice } from './store.ts';

/** Rows in one statement, far under both engines' limits on parameters. */
const ROWS_PER_STATEMENT = 500;
/** Keys of a reading that are compared at once, in about a millisecond. */
const KEYS_PER_STEP = 1000;

/** The devices as rows; the contract is at `Devices` in contract/happened.ts. */
export class Devices implements DevicesOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async told(organization: string): Promise<Map<string, string>> {
    const rows = await inSteps<{ key: string; told: string | null }>((last, limit) =>
      this.#database
        .selectFrom('devices')
        .select(['key', 'told'])
        .where('organization', '=', organization)
        .where('told', 'is not', null)
        .where('key', '>', last?.key ?? '')
        .orderBy('key')
        .limit(limit)
        .execute(),
    );
    return new Map(rows.map(({ key, told }) => [key, told ?? '']));
  }

  async tell(devices: readonly ToldDevice[]): Promise<void> {
    for (const some of chunks(devices, ROWS_PER_STATEMENT)) {
      await this.#database
        .insertInto('devices')
        .values(
          some.map(({ key, organization, firstSyncAt, at, told }) => ({
            key,
            organization,
            firstSyncAt,
            firstReadAt: at,
            told,
          })),
        )
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet((excluded) => ({ told: excluded.ref('excluded.told') })),
        )
        .execute();
    }
  }

  async readBy(keys: readonly string[], time: string): Promise<Set<string>> {
    const found = new Set<string>();
    for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('devices')
        .select('key')
        .where('key', 'in', some)
        .where('firstReadAt', '<=', time)
        .execute();
      for (const { key } of rows) found.add(key);
    }
    return found;
  }
}

/**
 * Adds the devices that a reading of Exchange had first: the keys of its records and those of the devices are compared in
 * the database, in steps, and only new ones are read. Cut off, the next reading adds the rest.
 */
export async function addNewDevices(
  database: Kysely<Schema>,
  reading: { readonly no: number; readonly scope: string; readonly startedAt: string },
): Promise<void> {
  let after = '';
  for (;;) {
    const step = await nextKeys(database, reading.no, after);
    if (step === null) return;
    for (const keys of chunks(await newKeys(database, reading.no, step), ROWS_PER_STATEMENT))
      await add(database, reading, keys);
    after = step.last;
  }
}

/** The records are read here: PostgreSQL takes no JSON with half a character in it, and phones name themselves. */
async function add(
  database: Kysely<Schema>,
  { no, scope, startedAt }: Parameters<typeof addNewDevices>[1],
  keys: readonly string[],
): Promise<void> {
  const rows = await database
    .selectFrom('records')
    .select(['key', 'record'])
    .where('generation', '=', no)
    .where('key', 'in', keys)
    // Without statistics PostgreSQL would go through the whole generation for each step.
    .where('key', '>=', keys[0] ?? '')
    .where('key', '<=', keys.at(-1) ?? '')
    .execute();
  if (rows.length === 0) return;
  await database
    .insertInto('devices')
    .values(
      rows.map(({ key, record }) => {
        const { firstSyncAt } = JSON.parse(record) as Pick<EasRecord, 'firstSyncAt'>;
        return { key, organization: scope, firstSyncAt, firstReadAt: startedAt, told: null };
      }),
    )
    // Another process may have read the same.
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
}

/** A range of the keys of a reading. */
interface Keys {
  readonly first: string;
  readonly last: string;
}

async function nextKeys(database: Kysely<Schema>, generation: number, after: string): Promise<Keys | null> {
  const { first, last } = await database
    .selectFrom(
      database
        .selectFrom('records')
        .select('key')
        .where('generation', '=', generation)
        .where('key', '>', after)
        .orderBy('key')
        .limit(KEYS_PER_STEP)
        .as('step'),
    )
    .select(({ fn }) => [fn.min<string | null>('key').as('first'), fn.max<string | null>('key').as('last')])
    .executeTakeFirstOrThrow();
  return first === null || last === null ? null : { first, last };
}

/** Both sides are ranges of an index, whatever PostgreSQL knows of the tables. */
async function newKeys(database: Kysely<Schema>, generation: number, { first, last }: Keys): Promise<string[]> {
  const rows = await database
    .selectFrom('records')
    .select('key')
    .where('generation', '=', generation)
    .where('key', '>=', first)
    .where('key', '<=', last)
    .where('hash', '<>', GONE_HASH)
    .except((from) => from.selectFrom('devices').select('key').where('key', '>=', first).where('key', '<=', last))
    .orderBy('key')
    .execute();
  return rows.map(({ key }) => key);
}
