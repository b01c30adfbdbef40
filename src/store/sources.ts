/** The MDM sources that are deployed. See `Sources` in contract/readings.ts for what is promised. */
import type { Kysely, Selectable, Transaction } from 'kysely';
import { atomically } from './atomically.ts';
import type { Schema } from './schema.ts';
import type { AnnouncedSource, GoneSource, SourceNote, Sources as SourcesOfStore } from './store.ts';

/** The deployed MDM sources as rows; the contract is at `Sources` in contract/readings.ts. */
export class Sources implements SourcesOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /*
   *   the node's row before    other nodes with that scope    the scope before    this scope
   *   none                     –                              –                   is deployed, not gone
   *   of this scope            any                            –                   is deployed, not gone
   *   of another scope         some                           stays deployed      is deployed, not gone
   *   of another scope         none                           is gone             is deployed, not gone
   */
  async announce({
    nodeId,
    scope,
    provider,
    name,
    announcedAt,
    expected = false,
    notes = [],
  }: AnnouncedSource): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      const before = await rowOf(transaction, nodeId);
      const told = notes.length === 0 ? null : JSON.stringify(notes);
      const row = { scope, provider, name, expected: expected ? 1 : 0, notes: told };
      await transaction
        .insertInto('sources')
        .values({ nodeId, announcedAt, ...row })
        .onConflict((conflict) => conflict.column('nodeId').doUpdateSet(row))
        .execute();
      if (before !== undefined && before.scope !== scope) await miss(transaction, before, announcedAt);
      await transaction.deleteFrom('goneSources').where('scope', '=', scope).execute();
    });
  }

  async remove(nodeId: string, at: string): Promise<boolean> {
    return atomically(this.#database, async (transaction) => {
      const before = await rowOf(transaction, nodeId);
      if (before === undefined) return false;
      await transaction.deleteFrom('sources').where('nodeId', '=', nodeId).execute();
      await miss(transaction, before, at);
      return true;
    });
  }

  async list(): Promise<AnnouncedSource[]> {
    const rows = await this.#database.selectFrom('sources').selectAll().orderBy('scope').orderBy('nodeId').execute();
    return rows.map(({ nodeId, scope, provider, name, announcedAt, expected, notes }) => ({
      nodeId,
      scope,
      provider,
      name,
      announcedAt,
      ...(expected === 1 ? { expected: true } : {}),
      ...(notes === null ? {} : { notes: JSON.parse(notes) as SourceNote[] }),
    }));
  }

  async gone(): Promise<GoneSource[]> {
    const rows = await this.#database.selectFrom('goneSources').selectAll().orderBy('scope').execute();
    return rows.map(({ scope, name, goneAt }) => ({ scope, name, goneAt }));
  }
}

/** A scope that no node has any more is missed since then. */
async function miss(
  transaction: Transaction<Schema>,
  { scope, name }: Selectable<Schema['sources']>,
  goneAt: string,
): Promise<void> {
  const other = await transaction.selectFrom('sources').select('nodeId').where('scope', '=', scope).executeTakeFirst();
  if (other !== undefined) return;
  await transaction
    .insertInto('goneSources')
    .values({ scope, name, goneAt })
    .onConflict((conflict) => conflict.column('scope').doNothing())
    .execute();
}

function rowOf(transaction: Transaction<Schema>, nodeId: string): Promise<Selectable<Schema['sources']> | undefined> {
  return transaction.selectFrom('sources').selectAll().where('nodeId', '=', nodeId).executeTakeFirst();
}
