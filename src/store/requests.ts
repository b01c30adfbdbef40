/** What is asked of the instance that works. See `InstanceRequests` in contract/instances.ts for what is promised. */
import type { Kysely, Selectable } from 'kysely';
import type { Schema } from './schema.ts';
import type { InstanceRequest, InstanceRequests as RequestsOfStore, Json } from './store.ts';

/** The requests as rows; the contract is at `InstanceRequests` in contract/instances.ts. */
export class InstanceRequests implements RequestsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add(requests: readonly InstanceRequest[]): Promise<void> {
    if (requests.length === 0) return;
    const rows = requests.map((request) => ({ ...request, payload: JSON.stringify(request.payload) }));
    await this.#database.insertInto('requests').values(rows).execute();
  }

  async list({ organization, topic }: { organization?: string; topic?: string }): Promise<InstanceRequest[]> {
    const rows = await this.#database
      .selectFrom('requests')
      .selectAll()
      .$if(organization !== undefined, (query) => query.where('organization', '=', organization ?? ''))
      .$if(topic !== undefined, (query) => query.where('topic', '=', topic ?? ''))
      .orderBy('no')
      .execute();
    return rows.map(toRequest);
  }

  async begin(id: string): Promise<void> {
    await this.#database
      .updateTable('requests')
      .set(({ eb }) => ({ tries: eb('tries', '+', 1) }))
      .where('id', '=', id)
      .execute();
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#database.deleteFrom('requests').where('id', 'in', ids).execute();
  }
}

function toRequest({ payload, ...row }: Selectable<Schema['requests']>): InstanceRequest {
  const { id, organization, node, topic, askedBy, askedFrom, askedAt, tries } = row;
  return { id, organization, node, topic, askedBy, askedFrom, askedAt, tries, payload: JSON.parse(payload) as Json };
}
