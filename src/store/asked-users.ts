/** Users that the MDMs were asked for. See `AskedUsers` in contract/readings.ts for what is promised. */
import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks } from './chunks.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { AskedUsers as AskedUsersOfStore } from './store.ts';
import { touchMailboxes } from './touched.ts';

const ROWS_PER_STATEMENT = 100;

/** One row a mailbox; the contract is at `AskedUsers` in contract/readings.ts. */
export class AskedUsers implements AskedUsersOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async list(organization: string): Promise<Map<string, string>> {
    const rows = await inSteps<Pick<Schema['asked'], 'mailboxId' | 'at'>>((last, limit) =>
      this.#database
        .selectFrom('asked')
        .select(['mailboxId', 'at'])
        .where('organization', '=', organization)
        .where('mailboxId', '>', last?.mailboxId ?? '')
        .orderBy('mailboxId')
        .limit(limit)
        .execute(),
    );
    return new Map(rows.map(({ mailboxId, at }) => [mailboxId, at]));
  }

  async put(organization: string, mailboxIds: readonly string[], at: string): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      for (const some of chunks(mailboxIds, ROWS_PER_STATEMENT)) {
        await transaction
          .insertInto('asked')
          .values(some.map((mailboxId) => ({ organization, mailboxId: mailboxId.toLowerCase(), at })))
          .onConflict((conflict) => conflict.columns(['organization', 'mailboxId']).doUpdateSet({ at }))
          .execute();
      }
      await touchMailboxes(transaction, [organization], mailboxIds);
    });
  }

  async forget(organization: string, before: string): Promise<void> {
    await this.#database
      .deleteFrom('asked')
      .where('organization', '=', organization)
      .where('at', '<', before)
      .execute();
  }
}
