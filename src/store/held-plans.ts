/** Plans that wait for a person. See `HeldPlans` in store.ts for what is promised. */
import { setImmediate } from 'node:timers/promises';
import type { Kysely, Selectable } from 'kysely';
import { atomically } from './atomically.ts';
import type { Schema } from './schema.ts';
import type { HeldChange, HeldChangeFilter, HeldPlan, HeldPlans as HeldPlansOfStore, Json } from './store.ts';

/** Rows of one transaction: some ten milliseconds. Seven parameters each, far under both engines' limits. */
const STEP = 500;

/** The held plans as rows, a head and its changes; the contract is at `HeldPlans` in store.ts. */
export class HeldPlans implements HeldPlansOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async hold({ id, organization, at, reason, plan }: HeldPlan, changes: Iterable<HeldChange>): Promise<void> {
    await this.#dropStaged(organization);
    const head = { id, organization, at, reason, plan: JSON.stringify(plan) };
    await this.#database
      .insertInto('heldPlans')
      .values({ ...head, valid: 0 })
      .execute();
    for (const some of inChunks(changes, STEP)) {
      const rows = some.map(({ change, ...one }) => ({
        planId: id,
        key: one.key,
        action: one.action,
        reason: one.reason,
        mailboxId: one.mailboxId.toLowerCase(),
        owner: one.owner,
        change: JSON.stringify(change),
      }));
      await this.#database.insertInto('heldChanges').values(rows).execute();
      await setImmediate();
    }
    await atomically(this.#database, async (transaction) => {
      await transaction
        .updateTable('heldPlans')
        .set({ valid: 2 })
        .where('organization', '=', organization)
        .where('id', '<>', id)
        .execute();
      await transaction.updateTable('heldPlans').set({ valid: 1 }).where('id', '=', id).execute();
    });
    await this.#clear();
  }

  async update(id: string, plan: Json): Promise<boolean> {
    const done = await this.#database
      .updateTable('heldPlans')
      .set({ plan: JSON.stringify(plan) })
      .where('id', '=', id)
      .where('valid', '=', 1)
      .executeTakeFirst();
    return done.numUpdatedRows > 0n;
  }

  async held(id: string): Promise<HeldPlan | null> {
    const row = await this.#valid().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toPlan(row);
  }

  async list(): Promise<HeldPlan[]> {
    return (await this.#valid().orderBy('organization').execute()).map(toPlan);
  }

  async changes(
    id: string,
    { after, limit, ...filter }: HeldChangeFilter & { after?: string; limit: number },
  ): Promise<HeldChange[]> {
    const rows = await this.#fitting(id, filter)
      .selectAll()
      .where('key', '>', after ?? '')
      .orderBy('key')
      .limit(limit)
      .execute();
    return rows.map(toHeldChange);
  }

  async count(id: string, filter: HeldChangeFilter = {}): Promise<number> {
    const row = await this.#fitting(id, filter)
      .select((query) => query.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async take(id: string, keys: readonly string[]): Promise<void> {
    for (const some of inChunks(keys, STEP))
      await this.#database.deleteFrom('heldChanges').where('planId', '=', id).where('key', 'in', some).execute();
  }

  async remove(id: string): Promise<boolean> {
    const done = await this.#database
      .updateTable('heldPlans')
      .set({ valid: 2 })
      .where('id', '=', id)
      .where('valid', '=', 1)
      .executeTakeFirst();
    await this.#clear();
    return done.numUpdatedRows > 0n;
  }

  #valid() {
    return this.#database.selectFrom('heldPlans').selectAll().where('valid', '=', 1);
  }

  #fitting(id: string, { keys, reason, mailbox }: HeldChangeFilter) {
    return this.#database
      .selectFrom('heldChanges')
      .where('planId', '=', id)
      .$if(keys !== undefined, (query) =>
        // No key is empty, and an empty list is no SQL.
        keys?.length === 0 ? query.where('key', '=', '') : query.where('key', 'in', keys ?? []),
      )
      .$if(reason !== undefined, (query) => query.where('reason', '=', reason ?? ''))
      .$if(mailbox !== undefined, (query) =>
        query.where((where) =>
          where.or([
            where('mailboxId', '=', mailbox?.toLowerCase() ?? ''),
            where('owner', '=', mailbox?.toLowerCase() ?? ''),
          ]),
        ),
      );
  }

  /** What an earlier holding of this organization left when it was cut off. */
  async #dropStaged(organization: string): Promise<void> {
    await this.#database
      .updateTable('heldPlans')
      .set({ valid: 2 })
      .where('organization', '=', organization)
      .where('valid', '=', 0)
      .execute();
  }

  /** Deletes the changes of plans that are held no more, in steps, then their heads. */
  async #clear(): Promise<void> {
    const gone = await this.#database.selectFrom('heldPlans').select('id').where('valid', '=', 2).execute();
    for (const { id } of gone) {
      await this.#clearOne(id);
      await this.#database.deleteFrom('heldPlans').where('id', '=', id).execute();
    }
  }

  async #clearOne(planId: string): Promise<void> {
    for (;;) {
      const keys = await this.#database
        .selectFrom('heldChanges')
        .select('key')
        .where('planId', '=', planId)
        .orderBy('key')
        .limit(STEP)
        .execute();
      if (keys.length === 0) return;
      // A range with both ends: whatever the statistics say, it is a small part of the index.
      await this.#database
        .deleteFrom('heldChanges')
        .where('planId', '=', planId)
        .where('key', '>=', keys[0]!.key)
        .where('key', '<=', keys.at(-1)!.key)
        .execute();
      await setImmediate();
    }
  }
}

function* inChunks<T>(all: Iterable<T>, size: number): Generator<T[]> {
  let some: T[] = [];
  for (const one of all) {
    some.push(one);
    if (some.length < size) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

function toPlan({ id, organization, at, reason, plan }: Selectable<Schema['heldPlans']>): HeldPlan {
  return { id, organization, at, reason, plan: JSON.parse(plan) as Json };
}

function toHeldChange(row: Selectable<Schema['heldChanges']>): HeldChange {
  const { key, action, reason, mailboxId, owner } = row;
  return { key, action, reason, mailboxId, owner, change: JSON.parse(row.change) as Json };
}
