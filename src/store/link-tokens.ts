/** The links in mails. */
import type { Kysely, Selectable } from 'kysely';
import { chunks } from './chunks.ts';
import type { Schema } from './schema.ts';
import type { IssuedToken, NewToken, LinkTokens as LinkTokensOfStore } from './store.ts';

const TOKENS_PER_STATEMENT = 100;

export class LinkTokens implements LinkTokensOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async issue(...tokens: readonly NewToken[]): Promise<void> {
    for (const some of chunks(tokens, TOKENS_PER_STATEMENT)) {
      const rows = some.map(({ tokenId, purpose, mailboxId, easId, issuedAt, expiresAt, linkBase = null }) => ({
        tokenId,
        purpose,
        mailboxId: mailboxId.toLowerCase(),
        easId,
        issuedAt,
        expiresAt,
        linkBase,
        openedAt: null,
        usedAt: null,
      }));
      await this.#database.insertInto('tokens').values(rows).execute();
    }
  }

  async find(tokenId: string): Promise<IssuedToken | null> {
    const row = await this.#database.selectFrom('tokens').selectAll().where('tokenId', '=', tokenId).executeTakeFirst();
    return row === undefined ? null : toToken(row);
  }

  async open(tokenId: string, at: string): Promise<boolean> {
    const done = await this.#database
      .updateTable('tokens')
      .set({ openedAt: at })
      .where('tokenId', '=', tokenId)
      .where('openedAt', 'is', null)
      .executeTakeFirst();
    return done.numUpdatedRows > 0n;
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
  const { tokenId, purpose, mailboxId, easId, issuedAt, expiresAt, linkBase, openedAt, usedAt } = row;
  return { tokenId, purpose, mailboxId, easId, issuedAt, expiresAt, linkBase, openedAt, usedAt };
}
