/** Devices of Entra and their records. See `EntraDevices` in contract/readings.ts for what is promised. */
import type { Kysely, Transaction } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import type { Schema } from './schema.ts';
import type { EntraDevices as EntraDevicesOfStore, EntraRecord } from './store.ts';

/** What is forgotten when the link moves on. */
interface Gone {
  readonly devices: readonly string[];
  readonly records: readonly EntraRecord[];
}

/** Rows of three tables; the contract is at `EntraDevices` in contract/readings.ts. */
export class EntraDevices implements EntraDevicesOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async link(scope: string): Promise<string | null> {
    const row = await this.#database
      .selectFrom('entraLinks')
      .select('link')
      .where('scope', '=', scope)
      .executeTakeFirst();
    return row?.link ?? null;
  }

  async next(scope: string, reading: string, link: string, gone: Gone): Promise<void> {
    const next = { nextOf: reading, nextLink: link, nextGone: JSON.stringify(gone) };
    await this.#database
      .insertInto('entraLinks')
      .values({ scope, link: null, ...next })
      .onConflict((conflict) => conflict.column('scope').doUpdateSet(next))
      .execute();
  }

  async learn(scope: string, devices: readonly { readonly id: string; readonly deviceId: string }[]): Promise<void> {
    const rows = [...new Map(devices.map(({ id, deviceId }) => [id, { scope, id, deviceId }])).values()];
    await atomically(this.#database, async (transaction) => {
      for (const some of chunks(rows, ROWS_PER_STATEMENT)) {
        await transaction
          .insertInto('entraDevices')
          .values(some)
          .onConflict((conflict) =>
            conflict.columns(['scope', 'id']).doUpdateSet((row) => ({ deviceId: row.ref('excluded.deviceId') })),
          )
          .execute();
      }
    });
  }

  async learnRecords(scope: string, records: readonly EntraRecord[]): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      for (const some of chunks(records, ROWS_PER_STATEMENT)) {
        await transaction
          .insertInto('entraRecords')
          .values(some.map(({ recordId, deviceId }) => ({ scope, recordId, deviceId })))
          .onConflict((conflict) => conflict.columns(['scope', 'deviceId', 'recordId']).doNothing())
          .execute();
      }
    });
  }

  async deviceIds(scope: string, ids: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const some of chunks(ids, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('entraDevices')
        .select('deviceId')
        .where('scope', '=', scope)
        .where('id', 'in', some)
        .execute();
      found.push(...rows.map(({ deviceId }) => deviceId));
    }
    return found;
  }

  async records(scope: string, deviceIds: readonly string[]): Promise<EntraRecord[]> {
    const found: EntraRecord[] = [];
    for (const some of chunks(deviceIds, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('entraRecords')
        .select(['recordId', 'deviceId'])
        .where('scope', '=', scope)
        .where('deviceId', 'in', some)
        .execute();
      found.push(...rows.map(({ recordId, deviceId }) => ({ recordId, deviceId })));
    }
    return found;
  }
}

/** The reading is shown: its link counts from now on, in the transaction that shows it. */
export async function moveEntraLink(
  transaction: Transaction<Schema>,
  { scope, syncId }: { readonly scope: string; readonly syncId: string },
): Promise<void> {
  const row = await transaction
    .selectFrom('entraLinks')
    .selectAll()
    .where('scope', '=', scope)
    .where('nextOf', '=', syncId)
    .executeTakeFirst();
  if (row === undefined) return;
  const { devices, records } = JSON.parse(row.nextGone ?? '{"devices":[],"records":[]}') as Gone;
  for (const some of chunks(devices, ROWS_PER_STATEMENT))
    await transaction.deleteFrom('entraDevices').where('scope', '=', scope).where('id', 'in', some).execute();
  for (const { deviceId, recordId } of records) {
    await transaction
      .deleteFrom('entraRecords')
      .where('scope', '=', scope)
      .where('deviceId', '=', deviceId)
      .where('recordId', '=', recordId)
      .execute();
  }
  await transaction
    .updateTable('entraLinks')
    .set({ link: row.nextLink, nextOf: null, nextLink: null, nextGone: null })
    .where('scope', '=', scope)
    .execute();
}

/** Nothing is known of the MDM any more. */
export async function forgetEntra(transaction: Transaction<Schema>, scope: string): Promise<void> {
  for (const table of ['entraLinks', 'entraDevices', 'entraRecords'] as const)
    await transaction.deleteFrom(table).where('scope', '=', scope).execute();
}
