/** Forgetting what is old. See `Retention` in store.ts for what is promised. */
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';
import type { Forgettable, OldRow, Retention as RetentionOfStore } from './store.ts';

/** What a decision about a row needs to know of it. */
const COLUMNS = {
  history: ['no', 'at'],
  notifications: ['no', 'at', 'deviceKey'],
  activations: ['no', 'at', 'mailbox', 'easId'],
} as const;

/** Rows that may be forgotten; the contract is at `Retention` in store.ts. */
export class Retention implements RetentionOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async page(of: Forgettable, { after, rows }: { after: number; rows: number }): Promise<OldRow[]> {
    // One of the three, all with these columns but the last two: Kysely wants to know which.
    const table = of as 'activations';
    return this.#database
      .selectFrom(table)
      .select(COLUMNS[table])
      .where('no', '>', after)
      .orderBy('no')
      .limit(rows)
      .execute();
  }

  async remove(of: Forgettable, numbers: readonly number[]): Promise<void> {
    if (numbers.length === 0) return;
    await this.#database.deleteFrom(of).where('no', 'in', numbers).execute();
  }

  async removeTokens(expiredBefore: string, { rows }: { rows: number }): Promise<number> {
    const old = await this.#database
      .selectFrom('tokens')
      .select('tokenId')
      .where('expiresAt', '<', expiredBefore)
      .orderBy('expiresAt')
      .limit(rows)
      .execute();
    if (old.length === 0) return 0;
    const ids = old.map(({ tokenId }) => tokenId);
    await this.#database.deleteFrom('tokens').where('tokenId', 'in', ids).execute();
    return ids.length;
  }
}
