/** Plans of the access switch, staged and held. See `HeldPlans` in contract/effects.ts for what is promised. */
import { setImmediate } from 'node:timers/promises';
import type { Kysely, Selectable } from 'kysely';
import { ConnectorError } from '../errors.ts';
import { atomically } from './atomically.ts';
import type { Schema } from './schema.ts';
import type {
  HeldChange,
  HeldChangeFilter,
  HeldPlan,
  HeldPlans as HeldPlansOfStore,
  Json,
  PlanClasses,
  StagedPlan,
} from './store.ts';

/** Rows of one statement: some ten milliseconds. Eight parameters each, far under both engines' limits. */
const STEP = 500;

/** The plans as rows, a head and its changes; the contract is at `HeldPlans` in contract/effects.ts. */
export class HeldPlans implements HeldPlansOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async stage({ id, organization, at, simulated }: StagedPlan): Promise<void> {
    const state = { valid: 0, held: null, goes: null, simulated: simulated ? 1 : 0, touchedAt: at };
    await this.#database
      .insertInto('heldPlans')
      .values({ id, organization, at, reason: '', plan: 'null', ...state })
      .execute();
  }

  async put(id: string, changes: readonly HeldChange[], at: string): Promise<string[]> {
    return atomically(this.#database, async (transaction) => {
      const touched = await transaction
        .updateTable('heldPlans')
        .set({ touchedAt: at })
        .where('id', '=', id)
        .where('valid', '=', 0)
        .executeTakeFirst();
      if (touched.numUpdatedRows === 0n)
        throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The plan of this sync was dropped before its end.');
      const keys: string[] = [];
      for (let start = 0; start < changes.length; start += STEP) {
        const rows = changes.slice(start, start + STEP).map((change) => toRow(id, change));
        const put = await transaction
          .insertInto('heldChanges')
          .values(rows)
          .onConflict((conflict) => conflict.columns(['planId', 'key']).doNothing())
          .returning('key')
          .execute();
        for (const { key } of put) keys.push(key);
      }
      return keys;
    });
  }

  async validate({ id, at, reason, plan }: HeldPlan, { held, goes }: PlanClasses): Promise<void> {
    const done = await this.#database
      .updateTable('heldPlans')
      .set({
        at,
        reason,
        plan: JSON.stringify(plan),
        valid: 1,
        held: JSON.stringify(held),
        goes: JSON.stringify(goes),
      })
      .where('id', '=', id)
      .where('valid', '=', 0)
      .executeTakeFirst();
    if (done.numUpdatedRows === 0n)
      throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The plan of this sync was dropped before its end.');
  }

  async staged(
    id: string,
    {
      classes,
      keys,
      after,
      limit,
    }: { classes?: readonly string[]; keys?: readonly string[]; after?: string; limit: number },
  ): Promise<HeldChange[]> {
    if (classes?.length === 0 || keys?.length === 0) return [];
    const rows = await this.#database
      .selectFrom('heldChanges')
      .selectAll()
      .where('planId', '=', id)
      .where('key', '>', after ?? '')
      .$if(classes !== undefined, (query) => query.where('class', 'in', classes ?? []))
      .$if(keys !== undefined, (query) => query.where('key', 'in', keys ?? []))
      .orderBy('key')
      .limit(limit)
      .execute();
    return rows.map(toHeldChange);
  }

  async going(organization: string): Promise<(Pick<HeldPlan, 'id' | 'at'> & PlanClasses)[]> {
    const rows = await this.#database
      .selectFrom('heldPlans')
      .select(['id', 'at', 'held', 'goes'])
      .where('organization', '=', organization)
      .where('valid', '=', 1)
      .where('goes', 'is not', null)
      .execute();
    return rows.map(({ id, at, held, goes }) => ({ id, at, held: classesIn(held) ?? [], goes: classesIn(goes) ?? [] }));
  }

  async gone(id: string): Promise<void> {
    const row = await this.#database.selectFrom('heldPlans').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined || row.valid !== 1) return;
    const held = classesIn(row.held);
    if (held === null || held.length > 0) {
      if (held !== null) await this.#takeAllBut(id, held);
      await this.#database.updateTable('heldPlans').set({ held: null, goes: null }).where('id', '=', id).execute();
      return;
    }
    await this.remove(id);
    await this.clear();
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
    const row = await this.#held().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toPlan(row);
  }

  async list(): Promise<HeldPlan[]> {
    return (await this.#held().orderBy('organization').execute()).map(toPlan);
  }

  async changes(
    id: string,
    { after, limit, ...filter }: HeldChangeFilter & { after?: string; limit: number },
  ): Promise<HeldChange[]> {
    const rows = await this.#fitting(id, await this.#heldClasses(id), filter)
      .selectAll()
      .where('key', '>', after ?? '')
      .orderBy('key')
      .limit(limit)
      .execute();
    return rows.map(toHeldChange);
  }

  async count(id: string, filter: HeldChangeFilter = {}): Promise<number> {
    const row = await this.#fitting(id, await this.#heldClasses(id), filter)
      .select((query) => query.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async take(id: string, keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += STEP)
      await this.#database
        .deleteFrom('heldChanges')
        .where('planId', '=', id)
        .where('key', 'in', keys.slice(start, start + STEP))
        .execute();
  }

  async remove(id: string): Promise<boolean> {
    const wasHeld = (await this.held(id)) !== null;
    await this.#database.updateTable('heldPlans').set({ valid: 2 }).where('id', '=', id).execute();
    return wasHeld;
  }

  async removeOthers(organization: string, but: string | null): Promise<void> {
    await this.#database
      .updateTable('heldPlans')
      .set({ valid: 2 })
      .where('organization', '=', organization)
      .where('valid', '=', 1)
      .where('id', '<>', but ?? '')
      .execute();
  }

  async clear(cutOff?: { organization: string | null; before: string }): Promise<void> {
    const others = await this.#database.selectFrom('heldPlans').selectAll().where('valid', '<>', 1).execute();
    const isCutOff = ({ organization, simulated, touchedAt }: (typeof others)[number]): boolean =>
      cutOff !== undefined && ((organization === cutOff.organization && simulated === 0) || touchedAt < cutOff.before);
    for (const plan of others) {
      if (plan.valid === 0 && !isCutOff(plan)) continue;
      if (plan.valid === 0) await this.remove(plan.id);
      await this.#clearOne(plan.id);
      await this.#database.deleteFrom('heldPlans').where('id', '=', plan.id).execute();
    }
  }

  #held() {
    return this.#database
      .selectFrom('heldPlans')
      .selectAll()
      .where('valid', '=', 1)
      .where((where) => where.or([where('held', 'is', null), where('held', '<>', '[]')]));
  }

  /** Null: all of them. */
  async #heldClasses(id: string): Promise<string[] | null> {
    const row = await this.#database
      .selectFrom('heldPlans')
      .select('held')
      .where('id', '=', id)
      .where('valid', '=', 1)
      .executeTakeFirst();
    return row === undefined ? [] : classesIn(row.held);
  }

  #fitting(id: string, classes: readonly string[] | null, { keys, reason, mailbox }: HeldChangeFilter) {
    // No key and no class is a blank, and an empty list is no SQL.
    const some = (list: readonly string[]): readonly string[] => (list.length === 0 ? [' '] : list);
    return this.#database
      .selectFrom('heldChanges')
      .where('planId', '=', id)
      .$if(classes !== null, (query) => query.where('class', 'in', some(classes ?? [])))
      .$if(keys !== undefined, (query) => query.where('key', 'in', some(keys ?? [])))
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

  /** Deletes the changes of other classes, in steps. */
  async #takeAllBut(planId: string, classes: readonly string[]): Promise<void> {
    for (;;) {
      const keys = await this.#database
        .selectFrom('heldChanges')
        .select('key')
        .where('planId', '=', planId)
        .where('class', 'not in', classes)
        .orderBy('key')
        .limit(STEP)
        .execute();
      if (keys.length === 0) return;
      await this.take(
        planId,
        keys.map(({ key }) => key),
      );
      await setImmediate();
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

function classesIn(text: string | null): string[] | null {
  return text === null ? null : (JSON.parse(text) as string[]);
}

function toPlan({ id, organization, at, reason, plan }: Selectable<Schema['heldPlans']>): HeldPlan {
  return { id, organization, at, reason, plan: JSON.parse(plan) as Json };
}

function toRow(planId: string, { change, mailboxId, ...plain }: HeldChange): Schema['heldChanges'] {
  const { key, class: name, action, reason, owner } = plain;
  return {
    planId,
    key,
    class: name,
    action,
    reason,
    mailboxId: mailboxId.toLowerCase(),
    owner,
    change: JSON.stringify(change),
  };
}

function toHeldChange(row: Selectable<Schema['heldChanges']>): HeldChange {
  const { key, class: name, action, reason, mailboxId, owner } = row;
  return { key, class: name, action, reason, mailboxId, owner, change: JSON.parse(row.change) as Json };
}
