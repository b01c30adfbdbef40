/** Returns that were believed. See `Returns` in contract/happened.ts for what is promised. */
import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import type { Schema } from './schema.ts';
import type { DeviceReturn, Returns as ReturnsOfStore } from './store.ts';

/** Twice what a return counts. */
const KEPT_MS = 60 * 24 * 3_600_000;

/** One row a mailbox and MDM record; the contract is at `Returns` in contract/happened.ts. */
export class Returns implements ReturnsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async put(organization: string, returns: readonly DeviceReturn[]): Promise<void> {
    const latest = returns.reduce((time, { at }) => Math.max(time, at), Number.NEGATIVE_INFINITY);
    if (!Number.isFinite(latest)) return;
    await atomically(this.#database, async (transaction) => {
      await transaction
        .deleteFrom('returns')
        .where('organization', '=', organization)
        .where('at', '<', new Date(latest - KEPT_MS).toISOString())
        .execute();
      for (const { mailboxId, mdmKey, easKey, at } of returns) {
        const value = { easKey, at: new Date(at).toISOString() };
        await transaction
          .insertInto('returns')
          .values({ organization, mailboxId, mdmKey, ...value })
          .onConflict((conflict) => conflict.columns(['organization', 'mailboxId', 'mdmKey']).doUpdateSet(value))
          .execute();
      }
    });
  }

  async of(organization: string, mailboxIds: readonly string[]): Promise<DeviceReturn[]> {
    const found: DeviceReturn[] = [];
    for (const some of chunks(mailboxIds, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('returns')
        .select(['mailboxId', 'mdmKey', 'easKey', 'at'])
        .where('organization', '=', organization)
        .where('mailboxId', 'in', some)
        .orderBy('mailboxId')
        .orderBy('mdmKey')
        .execute();
      found.push(...rows.map((row) => ({ ...row, at: Date.parse(row.at) })));
    }
    return found;
  }
}
