/** Mails that were sent, and the links in them. */
import type { Kysely, Selectable } from 'kysely';
import type { Schema } from './schema.ts';
import type {
  IssuedToken,
  LinkTokens as LinkTokensOfStore,
  NotificationRecord,
  Notifications as NotificationsOfStore,
} from './store.ts';

export class Notifications implements NotificationsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async record(notification: NotificationRecord): Promise<void> {
    await this.#database.insertInto('notifications').values(toNotification(notification)).execute();
  }

  async find(deviceKey: string, kind?: string): Promise<NotificationRecord[]> {
    const rows = await this.#database
      .selectFrom('notifications')
      .selectAll()
      .where('deviceKey', '=', deviceKey)
      .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
      .orderBy('no')
      .execute();
    return rows.map(toNotification);
  }

  async list(options: { limit?: number } = {}): Promise<NotificationRecord[]> {
    const { limit = 100 } = options;
    const rows = await this.#database
      .selectFrom('notifications')
      .selectAll()
      .orderBy('no', 'desc')
      .limit(limit)
      .execute();
    return rows.map(toNotification);
  }
}

function toNotification(row: NotificationRecord): NotificationRecord {
  const { deviceKey, kind, at, blockedAt, address, outcome, messageId, note, episode } = row;
  return { deviceKey, kind, at, blockedAt, address, outcome, messageId, note, episode };
}

export class LinkTokens implements LinkTokensOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async issue(token: Omit<IssuedToken, 'usedAt'>): Promise<void> {
    const { tokenId, purpose, mailboxId, easId, issuedAt, expiresAt } = token;
    await this.#database
      .insertInto('tokens')
      .values({ tokenId, purpose, mailboxId: mailboxId.toLowerCase(), easId, issuedAt, expiresAt, usedAt: null })
      .execute();
  }

  async find(tokenId: string): Promise<IssuedToken | null> {
    const row = await this.#database.selectFrom('tokens').selectAll().where('tokenId', '=', tokenId).executeTakeFirst();
    return row === undefined ? null : toToken(row);
  }

  async use(tokenId: string, at: string): Promise<IssuedToken | null> {
    await this.#database
      .updateTable('tokens')
      .set({ usedAt: at })
      .where('tokenId', '=', tokenId)
      .where('usedAt', 'is', null)
      .execute();
    return this.find(tokenId);
  }
}

function toToken(row: Selectable<Schema['tokens']>): IssuedToken {
  const { tokenId, purpose, mailboxId, easId, issuedAt, expiresAt, usedAt } = row;
  return { tokenId, purpose, mailboxId, easId, issuedAt, expiresAt, usedAt };
}
