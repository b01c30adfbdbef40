/** The MDM sources that are deployed. See `Sources` in contract/readings.ts for what is promised. */
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';
import type { AnnouncedSource, Sources as SourcesOfStore } from './store.ts';

/** The deployed MDM sources as rows; the contract is at `Sources` in contract/readings.ts. */
export class Sources implements SourcesOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async announce({ nodeId, scope, provider, name, announcedAt }: AnnouncedSource): Promise<void> {
    await this.#database
      .insertInto('sources')
      .values({ nodeId, scope, provider, name, announcedAt })
      .onConflict((conflict) => conflict.column('nodeId').doUpdateSet({ scope, provider, name }))
      .execute();
  }

  async remove(nodeId: string): Promise<boolean> {
    const done = await this.#database.deleteFrom('sources').where('nodeId', '=', nodeId).executeTakeFirst();
    return done.numDeletedRows > 0n;
  }

  async list(): Promise<AnnouncedSource[]> {
    const rows = await this.#database.selectFrom('sources').selectAll().orderBy('scope').orderBy('nodeId').execute();
    return rows.map(({ nodeId, scope, provider, name, announcedAt }) => ({
      nodeId,
      scope,
      provider,
      name,
      announcedAt,
    }));
  }
}
