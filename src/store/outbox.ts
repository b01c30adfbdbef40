/** Changes on their way to Exchange. */
import type { Kysely, Selectable } from 'kysely';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { Json, Outbox as OutboxOfStore, OutboxChange, OutboxState } from './store.ts';

/** The outbox as rows; the contract is at `Outbox` in store.ts. */
export class Outbox implements OutboxOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async put(change: OutboxChange): Promise<void> {
    const { key, organization, mailboxId, state, attempts, createdAt, nextAttemptAt } = change;
    const row: Schema['outbox'] = {
      key,
      organization,
      mailboxId,
      state,
      attempts,
      createdAt,
      nextAttemptAt,
      lastError: change.lastError === null ? null : JSON.stringify(change.lastError),
      change: JSON.stringify(change.change),
    };
    await this.#database
      .insertInto('outbox')
      .values(row)
      .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
      .execute();
  }

  async due(now: string, options: { organization?: string; limit?: number } = {}): Promise<OutboxChange[]> {
    const { organization, limit = 1000 } = options;
    return inSteps<OutboxChange>(async (last, rows) => {
      const found = await this.#database
        .selectFrom('outbox')
        .selectAll()
        .where('state', '=', 'waiting')
        .where('nextAttemptAt', '<=', now)
        .$if(organization !== undefined, (query) => query.where('organization', '=', organization ?? ''))
        .$if(last !== undefined, (query) =>
          query.where((where) =>
            where(where.refTuple('nextAttemptAt', 'key'), '>', where.tuple(last!.nextAttemptAt, last!.key)),
          ),
        )
        .orderBy('nextAttemptAt')
        .orderBy('key')
        .limit(rows)
        .execute();
      return found.map(toChange);
    }, limit);
  }

  async update(
    key: string,
    fields: Partial<Pick<OutboxChange, 'state' | 'attempts' | 'nextAttemptAt' | 'lastError'>>,
  ): Promise<boolean> {
    const { lastError, ...plain } = fields;
    const text = lastError === undefined ? {} : { lastError: lastError === null ? null : JSON.stringify(lastError) };
    const values = { ...plain, ...text };
    if (Object.keys(values).length === 0) return false;
    const done = await this.#database.updateTable('outbox').set(values).where('key', '=', key).executeTakeFirst();
    return done.numUpdatedRows > 0n;
  }

  async getMany(keys: readonly string[]): Promise<OutboxChange[]> {
    if (keys.length === 0) return [];
    const rows = await this.#database.selectFrom('outbox').selectAll().where('key', 'in', keys).execute();
    return rows.map(toChange);
  }

  async remove(key: string): Promise<boolean> {
    const done = await this.#database.deleteFrom('outbox').where('key', '=', key).executeTakeFirst();
    return done.numDeletedRows > 0n;
  }

  async isUnderWay(mailboxId: string, now: string): Promise<boolean> {
    const row = await this.#database
      .selectFrom('outbox')
      .select('key')
      .where('mailboxId', '=', mailboxId)
      .where((where) =>
        where.or([
          where('state', '=', 'sending'),
          where.and([where('state', '=', 'waiting'), where('attempts', '=', 0), where('nextAttemptAt', '<=', now)]),
        ]),
      )
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  async list(filter: { organization?: string; state?: OutboxState } = {}): Promise<OutboxChange[]> {
    const { organization, state } = filter;
    return inSteps<OutboxChange>(async (last, rows) => {
      const found = await this.#database
        .selectFrom('outbox')
        .selectAll()
        .where('key', '>', last?.key ?? '')
        .$if(organization !== undefined, (query) => query.where('organization', '=', organization ?? ''))
        .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'waiting'))
        .orderBy('key')
        .limit(rows)
        .execute();
      return found.map(toChange);
    });
  }
}

function toChange(row: Selectable<Schema['outbox']>): OutboxChange {
  const { key, organization, mailboxId, state, attempts, createdAt, nextAttemptAt } = row;
  const lastError = row.lastError === null ? null : (JSON.parse(row.lastError) as OutboxChange['lastError']);
  const change = JSON.parse(row.change) as Json;
  return { key, organization, mailboxId, state, attempts, createdAt, nextAttemptAt, lastError, change };
}
