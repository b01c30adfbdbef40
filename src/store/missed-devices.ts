/** Since when devices are missed. See `MissedDevices` in contract/effects.ts for what is promised. */
import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { MissedDevice, MissedDevices as MissedDevicesOfStore } from './store.ts';

/** One row a device; the contract is at `MissedDevices` in contract/effects.ts. */
export class MissedDevices implements MissedDevicesOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async settle(organization: string, keys: readonly string[], at: string): Promise<void> {
    const known = new Set(await this.#keysOf(organization));
    const missed = new Set(keys);
    const back = [...known].filter((key) => !missed.has(key));
    const gone = [...missed].filter((key) => !known.has(key));
    if (back.length === 0 && gone.length === 0) return;
    await atomically(this.#database, async (transaction) => {
      for (const some of chunks(back, ROWS_PER_STATEMENT))
        await transaction.deleteFrom('missed').where('key', 'in', some).execute();
      for (const some of chunks(gone, ROWS_PER_STATEMENT)) {
        await transaction
          .insertInto('missed')
          .values(some.map((key) => ({ key, organization, since: at, lookedAt: '' })))
          .onConflict((conflict) => conflict.column('key').doNothing())
          .execute();
      }
    });
  }

  async since(organization: string, time: string, limit: number): Promise<MissedDevice[]> {
    return this.#database
      .selectFrom('missed')
      .select(['key', 'since'])
      .where('organization', '=', organization)
      .where('since', '<=', time)
      .orderBy('lookedAt')
      .orderBy('key')
      .limit(limit)
      .execute();
  }

  async looked(keys: readonly string[], at: string): Promise<void> {
    for (const some of chunks(keys, ROWS_PER_STATEMENT))
      await this.#database.updateTable('missed').set({ lookedAt: at }).where('key', 'in', some).execute();
  }

  #keysOf(organization: string): Promise<string[]> {
    return inSteps<{ key: string; lookedAt: string }, string>(
      (last, limit) =>
        this.#database
          .selectFrom('missed')
          .select(['key', 'lookedAt'])
          .where('organization', '=', organization)
          .$if(last !== undefined, (query) =>
            query.where((where) =>
              where(where.refTuple('lookedAt', 'key'), '>', where.tuple(last?.lookedAt ?? '', last?.key ?? '')),
            ),
          )
          .orderBy('lookedAt')
          .orderBy('key')
          .limit(limit)
          .execute(),
      undefined,
      ({ key }) => key,
    );
  }
}
