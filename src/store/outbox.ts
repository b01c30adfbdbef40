/** Changes on their way to Exchange. */
import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import { atomically } from './atomically.ts';
import { eachOf } from './each-of.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { Json, Outbox as OutboxOfStore, OutboxChange, OutboxState } from './store.ts';
import { touchMailboxes } from './touched.ts';

/** The outbox as rows; the contract is at `Outbox` in contract/effects.ts. */
export class Outbox implements OutboxOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async put(change: OutboxChange): Promise<void> {
    await this.putMany([change]);
  }

  async putMany(changes: readonly OutboxChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#database
      .insertInto('outbox')
      .values(changes.map(toRow))
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((row) => ({
          organization: row.ref('excluded.organization'),
          mailboxId: row.ref('excluded.mailboxId'),
          state: row.ref('excluded.state'),
          turn: row.ref('excluded.turn'),
          attempts: row.ref('excluded.attempts'),
          createdAt: row.ref('excluded.createdAt'),
          nextAttemptAt: row.ref('excluded.nextAttemptAt'),
          lastError: row.ref('excluded.lastError'),
          change: row.ref('excluded.change'),
        })),
      )
      .execute();
  }

  async due(
    now: string,
    { organization, limit = 1000, after }: { organization: string; limit?: number; after?: OutboxChange | undefined },
  ): Promise<OutboxChange[]> {
    const first = after === undefined ? 0 : DUE.findIndex(([turn, state]) => isOf(after, turn, state));
    const due: OutboxChange[] = [];
    for (const [turn, state] of DUE.slice(Math.max(0, first))) {
      const from = after !== undefined && isOf(after, turn, state) ? after : undefined;
      const rows = await inSteps<OutboxChange>(async (last, wanted) => {
        const since = last ?? from;
        const found = await this.#database
          .selectFrom('outbox')
          .selectAll()
          .where('organization', '=', organization)
          .where('state', '=', state)
          .where('turn', '=', turn)
          .where('nextAttemptAt', '<=', now)
          .$if(since !== undefined, (query) =>
            query.where((where) =>
              where(where.refTuple('nextAttemptAt', 'key'), '>', where.tuple(since!.nextAttemptAt, since!.key)),
            ),
          )
          .orderBy('nextAttemptAt')
          .orderBy('key')
          .limit(wanted)
          .execute();
        return found.map(toChange);
      }, limit - due.length);
      for (const row of rows) due.push(row);
      if (due.length >= limit) break;
    }
    return due;
  }

  async reserve(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#database.updateTable('outbox').set({ state: 'reserved' }).where('key', 'in', keys).execute();
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
    return atomically(this.#database, async (transaction) => {
      const gone = await transaction
        .deleteFrom('outbox')
        .where('key', '=', key)
        .returning(['organization', 'mailboxId'])
        .executeTakeFirst();
      if (gone === undefined) return false;
      await touchMailboxes(transaction, [gone.organization], [gone.mailboxId]);
      return true;
    });
  }

  async mailboxes(organization: string): Promise<string[]> {
    const mailboxes = await inSteps<{ key: string; mailboxId: string }, string>(
      (last, rows) =>
        this.#database
          .selectFrom('outbox')
          .select(['key', 'mailboxId'])
          .where('key', '>', last?.key ?? '')
          .where('organization', '=', organization)
          .orderBy('key')
          .limit(rows)
          .execute(),
      undefined,
      ({ mailboxId }) => mailboxId.toLowerCase(),
    );
    return [...new Set(mailboxes)];
  }

  async underWay(mailboxIds: readonly string[], now: string): Promise<Set<string>> {
    const rows = await eachOf<{ readonly mailboxId: string }, string>(
      this.#database,
      mailboxIds,
      (id) => sql`select distinct "mailboxId" from "outbox"
        where "mailboxId" = ${id} and "state" in ('planned', 'reserved') and "nextAttemptAt" <= ${now}`,
      sql`"mailboxId"`,
    );
    return new Set(rows.map(({ mailboxId }) => mailboxId));
  }

  async ofMailboxes(mailboxIds: readonly string[]): Promise<OutboxChange[]> {
    const rows = await eachOf<Selectable<Schema['outbox']>, string>(
      this.#database,
      mailboxIds,
      (id) => sql`select * from "outbox" where "mailboxId" = ${id}`,
      sql`"key"`,
    );
    return rows.map(toChange);
  }

  async list(
    filter: { organization?: string; state?: OutboxState; after?: string; limit?: number } = {},
  ): Promise<OutboxChange[]> {
    const { organization, state, after = '', limit } = filter;
    return inSteps<OutboxChange>(async (last, rows) => {
      const found = await this.#database
        .selectFrom('outbox')
        .selectAll()
        .where('key', '>', last?.key ?? after)
        .$if(organization !== undefined, (query) => query.where('organization', '=', organization ?? ''))
        .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'planned'))
        .orderBy('key')
        .limit(rows)
        .execute();
      return found.map(toChange);
    }, limit);
  }

  async count({ organization, state }: { organization: string; state?: OutboxState }): Promise<number> {
    const row = await this.#database
      .selectFrom('outbox')
      .select((query) => query.fn.countAll().as('count'))
      .where('organization', '=', organization)
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'planned'))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async hurry(organization: string, at: string): Promise<void> {
    await this.#database
      .updateTable('outbox')
      .set((row) => ({
        nextAttemptAt: at,
        state: row
          .case()
          .when('state', '=', 'attention')
          .then('later' as const)
          .else(row.ref('state'))
          .end(),
      }))
      .where('organization', '=', organization)
      .where('state', 'in', ['planned', 'later', 'next-sync', 'attention'])
      .execute();
  }

  async goOn(organization: string): Promise<boolean> {
    const done = await this.#database
      .updateTable('outbox')
      .set((row) => ({
        state: row
          .case()
          .when('attempts', '=', 0)
          .then('planned' as const)
          .else('later' as const)
          .end(),
      }))
      .where('organization', '=', organization)
      .where('state', '=', 'waiting-for-mail')
      .executeTakeFirst();
    return done.numUpdatedRows > 0n;
  }
}

/** Which changes may be due, in the order of their turn. */
const DUE = [
  [0, 'planned'],
  [0, 'later'],
  [1, 'planned'],
  [1, 'later'],
] as const;

function isOf(change: Pick<OutboxChange, 'turn' | 'state'>, turn: 0 | 1, state: OutboxState): boolean {
  return change.turn === turn && change.state === state;
}

function toRow({ lastError, change, ...plain }: OutboxChange): Schema['outbox'] {
  const { key, organization, mailboxId, state, turn, attempts, createdAt, nextAttemptAt } = plain;
  return {
    key,
    organization,
    mailboxId,
    state,
    turn,
    attempts,
    createdAt,
    nextAttemptAt,
    lastError: lastError === null ? null : JSON.stringify(lastError),
    change: JSON.stringify(change),
  };
}

function toChange(row: Selectable<Schema['outbox']>): OutboxChange {
  const { key, organization, mailboxId, state, turn, attempts, createdAt, nextAttemptAt } = row;
  const lastError = row.lastError === null ? null : (JSON.parse(row.lastError) as OutboxChange['lastError']);
  const change = JSON.parse(row.change) as Json;
  return { key, organization, mailboxId, state, turn, attempts, createdAt, nextAttemptAt, lastError, change };
}
