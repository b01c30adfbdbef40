/** Which mailboxes lost access. See `Lowered` in contract/effects.ts for what is promised. */
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';
import type { Lowered as LoweredOfStore } from './store.ts';

const KEPT_MS = 2 * 86_400_000;

/** One row a mailbox and kind; the contract is at `Lowered` in contract/effects.ts. */
export class Lowered implements LoweredOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add(organization: string, mailboxId: string, kind: string, at: string): Promise<void> {
    await this.#database
      .insertInto('lowered')
      .values({ organization, mailboxId: mailboxId.toLowerCase(), kind, at })
      .onConflict((conflict) =>
        conflict.columns(['organization', 'mailboxId', 'kind']).doUpdateSet((row) => ({ at: row.ref('excluded.at') })),
      )
      .execute();
  }

  async since(organization: string, time: string): Promise<ReadonlyMap<string, number>> {
    await this.#forget(organization, new Date(Date.parse(time) - KEPT_MS).toISOString());
    const rows = await this.#database
      .selectFrom('lowered')
      .select((query) => ['kind', query.fn.countAll().as('count')])
      .where('organization', '=', organization)
      .where('at', '>=', time)
      .groupBy('kind')
      .execute();
    return new Map(rows.map(({ kind, count }) => [kind, Number(count)]));
  }

  async #forget(organization: string, before: string): Promise<void> {
    const old = await this.#database
      .selectFrom('lowered')
      .select('at')
      .where('organization', '=', organization)
      .where('at', '<', before)
      .limit(1)
      .execute();
    if (old.length === 0) return;
    await this.#database
      .deleteFrom('lowered')
      .where('organization', '=', organization)
      .where('at', '<', before)
      .execute();
  }
}
