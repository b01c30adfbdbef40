/** Forgetting what is old. See `Retention` in contract/happened.ts for what is promised. */
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';
import type { OldActivation, OldMail, Retention as RetentionOfStore } from './store.ts';

/** Rows that may be forgotten; the contract is at `Retention` in contract/happened.ts. */
export class Retention implements RetentionOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async mails(before: string, { after, rows }: { after: string; rows: number }): Promise<OldMail[]> {
    const mails = await this.#database
      .selectFrom('mails')
      .select('id')
      .where('id', '>', after)
      .where('state', 'in', ['done', 'given-up'])
      .where('createdAt', '<', before)
      .orderBy('id')
      .limit(rows)
      .execute();
    if (mails.length === 0) return [];
    const ids = mails.map(({ id }) => id);
    const about = await this.#database
      .selectFrom('mailDevices')
      .select(['mailId', 'deviceKey'])
      .where('mailId', 'in', ids)
      .execute();
    const keys = new Map<string, string[]>(ids.map((id) => [id, []]));
    for (const { mailId, deviceKey } of about) keys.get(mailId)?.push(deviceKey);
    return [...keys].map(([id, deviceKeys]) => ({ id, deviceKeys }));
  }

  async removeMails(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('mailDevices').where('mailId', 'in', ids).execute();
      await transaction.deleteFrom('mails').where('id', 'in', ids).execute();
    });
  }

  async activations(before: string, { after, rows }: { after: number; rows: number }): Promise<OldActivation[]> {
    return this.#database
      .selectFrom('activations')
      .select(['no', 'at', 'mailbox', 'easId'])
      .where('no', '>', after)
      .where('at', '<', before)
      .orderBy('no')
      .limit(rows)
      .execute();
  }

  async removeActivations(numbers: readonly number[]): Promise<void> {
    if (numbers.length === 0) return;
    await this.#database.deleteFrom('activations').where('no', 'in', numbers).execute();
  }

  async removeRuns(before: string, { rows }: { rows: number }): Promise<number> {
    // They come in the order of time: the oldest are the first.
    const first = await this.#database.selectFrom('history').select(['no', 'at']).orderBy('no').limit(rows).execute();
    const old = first.filter(({ at }) => at < before).map(({ no }) => no);
    if (old.length > 0) await this.#database.deleteFrom('history').where('no', 'in', old).execute();
    return old.length;
  }

  async removeChecks(before: string, { rows }: { rows: number }): Promise<number> {
    const old = await this.#database
      .selectFrom('checks')
      .select(['node', 'target'])
      .where('at', '<', before)
      .limit(rows)
      .execute();
    for (const { node, target } of old)
      await this.#database.deleteFrom('checks').where('node', '=', node).where('target', '=', target).execute();
    return old.length;
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

  async removeTakenOff(before: string, { rows }: { rows: number }): Promise<number> {
    const old = await this.#database
      .selectFrom('takenOff')
      .select(['organization', 'mailboxId', 'easIdFolded', 'list'])
      .where('takenOffAt', '<', before)
      .orderBy('takenOffAt')
      .limit(rows)
      .execute();
    for (const key of old)
      await this.#database
        .deleteFrom('takenOff')
        .where((where) => where.and(key))
        .where('takenOffAt', '<', before)
        .execute();
    return old.length;
  }
}
