/** What Autodiscover checks came to. See `Checks` in contract/happened.ts for what is promised. */
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';
import type { Checks as ChecksOfStore, KeptCheck } from './store.ts';

/** The last results as rows; the contract is at `Checks` in contract/happened.ts. */
export class Checks implements ChecksOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async put({ node, target, texts, ...rest }: KeptCheck): Promise<void> {
    const result = { ...rest, texts: JSON.stringify(texts) };
    await this.#database
      .insertInto('checks')
      .values({ node, target, ...result })
      .onConflict((conflict) => conflict.columns(['node', 'target']).doUpdateSet(result))
      .execute();
  }

  async list(rows: number): Promise<KeptCheck[]> {
    const found = await this.#database
      .selectFrom('checks')
      .selectAll()
      .orderBy('at', 'desc')
      .orderBy('node')
      .orderBy('target')
      .limit(rows)
      .execute();
    return found.map(({ texts, ...row }) => ({ ...row, texts: JSON.parse(texts) as KeptCheck['texts'] }));
  }

  async forget(node: string): Promise<void> {
    await this.#database.deleteFrom('checks').where('node', '=', node).execute();
  }
}
