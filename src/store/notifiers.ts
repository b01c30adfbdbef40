/** What the deployed notifiers say of themselves. See `Notifiers` in contract/mails.ts for what is promised. */
import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import type { Engine } from './dialects.ts';
import type { Schema } from './schema.ts';
import type { NotifierRow, Notifiers as NotifiersOfStore } from './store.ts';

/** The deployed notifiers as rows; the contract is at `Notifiers` in contract/mails.ts. */
export class Notifiers implements NotifiersOfStore {
  readonly #database: Kysely<Schema>;
  readonly #engine: Pick<Engine, 'lock'>;

  constructor(database: Kysely<Schema>, engine: Pick<Engine, 'lock'>) {
    this.#database = database;
    this.#engine = engine;
  }

  async list(): Promise<NotifierRow[]> {
    const rows = await this.#database.selectFrom('notifiers').selectAll().orderBy('node').execute();
    return rows.map((row) => ({ ...row }));
  }

  async edit(node: string, change: (kept: NotifierRow | null) => NotifierRow | null): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await this.#engine.lock(transaction, `notifier ${node}`);
      const kept = await transaction.selectFrom('notifiers').selectAll().where('node', '=', node).executeTakeFirst();
      const row = change(kept ?? null);
      if (row === (kept ?? null)) return;
      await transaction.deleteFrom('notifiers').where('node', '=', node).execute();
      if (row !== null) await transaction.insertInto('notifiers').values(row).execute();
    });
  }
}
