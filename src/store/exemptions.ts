/** Devices that are exempt for a time. See `Exemptions` in contract/links.ts for what is promised. */
import type { Kysely, Selectable } from 'kysely';
import type { Exemption } from '../model/exemption.ts';
import { atomically } from './atomically.ts';
import type { Schema } from './schema.ts';
import type { Exemptions as ExemptionsOfStore } from './store.ts';
import { touchMailboxes } from './touched.ts';

/** The exemptions as rows; the contract is at `Exemptions` in contract/links.ts. */
export class Exemptions implements ExemptionsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async put({ key, organization, mailboxId, easId, until, note, by, since }: Exemption): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await touchMailboxes(transaction, [organization], [mailboxId]);
      await transaction
        .insertInto('exemptions')
        .values({ key, organization, mailboxId, easId, until, note, by, since })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ until, note, by, since }))
        .execute();
    });
  }

  async remove(key: string): Promise<boolean> {
    return atomically(this.#database, async (transaction) => {
      const gone = await transaction
        .deleteFrom('exemptions')
        .where('key', '=', key)
        .returning(['organization', 'mailboxId'])
        .executeTakeFirst();
      if (gone !== undefined) await touchMailboxes(transaction, [gone.organization], [gone.mailboxId]);
      return gone !== undefined;
    });
  }

  async get(key: string): Promise<Exemption | null> {
    const row = await this.#database.selectFrom('exemptions').selectAll().where('key', '=', key).executeTakeFirst();
    return row === undefined ? null : toExemption(row);
  }

  async list(organization: string): Promise<Exemption[]> {
    const rows = await this.#database
      .selectFrom('exemptions')
      .selectAll()
      .where('organization', '=', organization)
      .orderBy('until')
      .orderBy('key')
      .execute();
    return rows.map(toExemption);
  }
}

function toExemption(row: Selectable<Schema['exemptions']>): Exemption {
  const { key, organization, mailboxId, easId, until, note, by, since } = row;
  return { key, organization, mailboxId, easId, until, note, by, since };
}
