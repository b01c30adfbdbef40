/** The rows of devices that Exchange has no more. See `GoneDevices` in contract/happened.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { readEasRecordKey } from '../model/keys.ts';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import { eachOf } from './each-of.ts';
import type { Schema } from './schema.ts';
import type { GoneDevices as GoneDevicesOfStore, UndecidedDevice } from './store.ts';

/** What was decided about none of them is how they are found; the contract is at `GoneDevices` in contract/happened.ts. */
export class GoneDevices implements GoneDevicesOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async undecided({ after, rows }: { after: string; rows: number }): Promise<UndecidedDevice[]> {
    return this.#database
      .selectFrom('devices')
      .select(['key', 'organization', 'goneAt'])
      .where('decision', 'is', null)
      .where('key', '>', after)
      .orderBy('key')
      .limit(rows)
      .execute();
  }

  async mark(keys: readonly string[], goneAt: string | null): Promise<void> {
    for (const some of chunks(keys, ROWS_PER_STATEMENT))
      await this.#database
        .updateTable('devices')
        .set({ goneAt })
        .where('key', 'in', some)
        .where('decision', 'is', null)
        .execute();
  }

  async referredTo(keys: readonly string[]): Promise<Set<string>> {
    const found = await eachOf<{ key: string }, string>(
      this.#database,
      keys,
      (key) =>
        sql`select ${key} as "key" where ${sql.join(
          referencesTo(key).map((one) => sql`exists (${one})`),
          sql` or `,
        )}`,
      sql`"key"`,
    );
    return new Set(found.map(({ key }) => key));
  }

  async remove(keys: readonly string[]): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
        const gone = await transaction
          .deleteFrom('devices')
          .where('key', 'in', some)
          // Who came back meanwhile stays.
          .where('decision', 'is', null)
          .where('goneAt', 'is not', null)
          .returning('key')
          .execute();
        if (gone.length === 0) continue;
        const ofGone = gone.map(({ key }) => key);
        await transaction.deleteFrom('attempts').where('key', 'in', ofGone).execute();
      }
    });
  }
}

/*
 *   refers to a device                                  until
 *   a change on its way, news that are owed             they are done
 *   a held plan                                         it is approved, discarded or made anew
 *   a mail                                              a year after it was made, and the block is over
 *   an entry of ours on a list, and that it is missed   it is taken off
 *   an exemption, a pairing, an activation, a merge     they are forgotten themselves
 *   the timeline                                        90 days after the block was closed
 *
 *   The audit names it by its key alone, and for good.
 */

/** Each a question to an index. */
function referencesTo(key: string): RawBuilder<unknown>[] {
  const { organization = '', mailboxId = '', easId = '' } = readEasRecordKey(key) ?? {};
  return [
    sql`select 1 from "outbox" where "key" = ${key}`,
    sql`select 1 from "announcements" where "deviceKey" = ${key}`,
    sql`select 1 from "heldChanges" where "planId" in (select coalesce("rowsOf", "id") from "heldPlans") and "key" = ${key}`,
    sql`select 1 from "mailDevices" where "deviceKey" = ${key}`,
    sql`select 1 from "entries" where "organization" = ${organization} and "mailboxId" = ${mailboxId} and "easIdFolded" = ${easId}`,
    sql`select 1 from "missed" where "key" = ${key}`,
    sql`select 1 from "exemptions" where "key" = ${key}`,
    sql`select 1 from "pairings" where "easKey" = ${key}`,
    sql`select 1 from "activations" where "mailbox" = ${mailboxId} and lower("easId") = ${easId}`,
    sql`select 1 from "merges" where "easKey" = ${key}`,
    sql`select 1 from "timeline" where "deviceKey" = ${key}`,
  ];
}
