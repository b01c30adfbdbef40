/** Plans of the access switch, staged and held. See `HeldPlans` in contract/effects.ts for what is promised. */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import { ConnectorError } from '../errors.ts';
import { atomically } from './atomically.ts';
import { eachOf } from './each-of.ts';
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
import { touchPlanned } from './touched.ts';

/** Rows of one statement: some ten milliseconds. Eight parameters each, far under both engines' limits. */
const STEP = 500;

/** Rows that one statement may go through without finding any: a millisecond or two. */
const WINDOW = 1_000;

/** Which changes of a plan. */
interface Wanted {
  readonly planId: string;
  /** Null: any. */
  readonly classes: readonly string[] | null;
  readonly keys?: readonly string[];
  readonly reason?: string;
}

/** A part of a plan in the order of its keys: those after one, up to another; null: to the end. */
interface Window {
  readonly after: string;
  readonly until: string | null;
}

/** The plans as rows, a head and its changes; the contract is at `HeldPlans` in contract/effects.ts. */
export class HeldPlans implements HeldPlansOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async stage({ id, organization, at, simulated }: StagedPlan): Promise<void> {
    const state = { valid: 0, held: null, goes: null, simulated: simulated ? 1 : 0, touchedAt: at, rowsOf: null };
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
    const planId = await this.#rowsOf(id);
    return this.#page({ planId, classes: classes ?? null, ...(keys === undefined ? {} : { keys }) }, after, limit);
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
      if (held !== null) await this.#takeAllBut(await this.#rowsOf(id), held);
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
    return this.#page(await this.#wantedOf(id, filter), after, limit);
  }

  async count(id: string, filter: HeldChangeFilter = {}): Promise<number> {
    const wanted = await this.#wantedOf(id, filter);
    let count = 0;
    for await (const window of this.#windows(wanted, '')) {
      const row = await this.#fitting(wanted, window)
        .select((query) => query.fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      count += Number(row.count);
    }
    return count;
  }

  async take(id: string, keys: readonly string[]): Promise<void> {
    const planId = await this.#rowsOf(id);
    for (let start = 0; start < keys.length; start += STEP)
      await this.#database
        .deleteFrom('heldChanges')
        .where('planId', '=', planId)
        .where('key', 'in', keys.slice(start, start + STEP))
        .execute();
  }

  async remove(id: string): Promise<boolean> {
    return atomically(this.#database, async (transaction) => {
      const held = await new HeldPlans(transaction).held(id);
      await transaction.updateTable('heldPlans').set({ valid: 2 }).where('id', '=', id).execute();
      if (held === null) return false;
      // What was to happen to them, nobody wants any more: the next sync decides anew.
      await touchPlanned(transaction, {
        id: await new HeldPlans(transaction).#rowsOf(id),
        organization: held.organization,
      });
      return true;
    });
  }

  async mailboxes(id: string): Promise<{ classes: string[]; count: number }[]> {
    const counts = new Map<string, number>();
    const counted = (classes: ReadonlySet<string>): void => {
      const names = JSON.stringify([...classes].sort());
      if (classes.size > 0) counts.set(names, (counts.get(names) ?? 0) + 1);
    };
    const wanted = { planId: await this.#rowsOf(id), classes: null };
    // In the order of the keys the changes of a mailbox come one after the other.
    let mailbox = { id: '', classes: new Set<string>() };
    for await (const window of this.#windows(wanted, '')) {
      const rows = await this.#fitting(wanted, window).select(['key', 'class', 'mailboxId']).orderBy('key').execute();
      for (const { class: name, mailboxId } of rows) {
        if (mailboxId !== mailbox.id) {
          counted(mailbox.classes);
          mailbox = { id: mailboxId, classes: new Set() };
        }
        mailbox.classes.add(name);
      }
    }
    counted(mailbox.classes);
    return [...counts].map(([names, count]) => ({ classes: JSON.parse(names) as string[], count }));
  }

  async ofMailboxes(id: string, mailboxIds: readonly string[]): Promise<HeldChange[]> {
    const classes = await this.#heldClasses(id);
    const planId = await this.#rowsOf(id);
    if (classes?.length === 0) return [];
    const rows = await eachOf<Schema['heldChanges'], string>(
      this.#database,
      mailboxIds,
      (mailboxId) => sql`select * from "heldChanges"
        where "planId" = ${planId} and "mailboxId" = ${mailboxId.toLowerCase()}`,
      // By its key, SQLite would go through the whole plan for each mailbox, so as not to sort.
      sql`"mailboxId"`,
    );
    return rows.filter((row) => classes?.includes(row.class) ?? true).map(toHeldChange);
  }

  async takeOver(id: string, older: string, without: readonly string[]): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      const plans = new HeldPlans(transaction);
      const planId = await plans.#rowsOf(older);
      await plans.take(older, without);
      for await (const { after, until } of plans.#windows({ planId: id, classes: null }, '')) {
        await transaction
          .updateTable('heldChanges')
          .set({ planId })
          .where('planId', '=', id)
          .where('key', '>', after)
          .$if(until !== null, (query) => query.where('key', '<=', until ?? ''))
          .execute();
      }
      await transaction.updateTable('heldPlans').set({ rowsOf: planId }).where('id', '=', id).execute();
      await transaction.deleteFrom('heldPlans').where('id', '=', older).execute();
    });
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
      await this.#clearOne(plan.rowsOf ?? plan.id);
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

  /** The plan that a plan's changes are rows of. */
  async #rowsOf(id: string): Promise<string> {
    const row = await this.#database.selectFrom('heldPlans').select('rowsOf').where('id', '=', id).executeTakeFirst();
    return row?.rowsOf ?? id;
  }

  async #wantedOf(id: string, { keys, reason, mailbox }: HeldChangeFilter): Promise<Wanted> {
    const classes = await this.#heldClasses(id);
    const planId = await this.#rowsOf(id);
    const ofMailbox = mailbox === undefined ? undefined : await this.#keysOf(planId, mailbox.toLowerCase());
    const both = keys === undefined ? ofMailbox : keys.filter((key) => ofMailbox?.includes(key) ?? true);
    return {
      planId,
      classes,
      ...(both === undefined ? {} : { keys: both }),
      ...(reason === undefined ? {} : { reason }),
    };
  }

  /** By the mailbox's id there is an index; by its owner, as only a person asks, the plan is gone through in steps. */
  async #keysOf(planId: string, mailbox: string): Promise<string[]> {
    const byId = await this.#database
      .selectFrom('heldChanges')
      .select('key')
      .where('planId', '=', planId)
      .where('mailboxId', '=', mailbox)
      .execute();
    const keys = new Set(byId.map(({ key }) => key));
    const wanted = { planId, classes: null };
    for await (const window of this.#windows(wanted, '')) {
      const byOwner = await this.#fitting(wanted, window).select('key').where('owner', '=', mailbox).execute();
      for (const { key } of byOwner) keys.add(key);
    }
    return [...keys];
  }

  async #page(wanted: Wanted, after: string | undefined, limit: number): Promise<HeldChange[]> {
    const found: HeldChange[] = [];
    for await (const window of this.#windows(wanted, after ?? '')) {
      const rows = await this.#fitting(wanted, window)
        .selectAll()
        .orderBy('key')
        .limit(limit - found.length)
        .execute();
      for (const row of rows) found.push(toHeldChange(row));
      if (found.length >= limit) break;
    }
    return found;
  }

  /**
   * A plan in windows of so many of its changes: what is rare in it is looked for in steps, and not in one statement that
   * goes through a million rows. What is asked for by keys is one window.
   */
  async *#windows({ planId, keys, classes }: Wanted, after: string): AsyncGenerator<Window> {
    if (keys?.length === 0 || classes?.length === 0) return;
    if (keys !== undefined) {
      yield { after, until: null };
      return;
    }
    for (let start = after; ;) {
      const last = await this.#database
        .selectFrom('heldChanges')
        .select('key')
        .where('planId', '=', planId)
        .where('key', '>', start)
        .orderBy('key')
        .offset(WINDOW - 1)
        .limit(1)
        .executeTakeFirst();
      yield { after: start, until: last?.key ?? null };
      if (last === undefined) return;
      start = last.key;
      await setImmediate();
    }
  }

  #fitting({ planId, classes, keys, reason }: Wanted, { after, until }: Window) {
    return this.#database
      .selectFrom('heldChanges')
      .where('planId', '=', planId)
      .where('key', '>', after)
      .$if(until !== null, (query) => query.where('key', '<=', until ?? ''))
      .$if(classes !== null, (query) => query.where('class', 'in', classes ?? []))
      .$if(keys !== undefined, (query) => query.where('key', 'in', keys ?? []))
      .$if(reason !== undefined, (query) => query.where('reason', '=', reason ?? ''));
  }

  /** Deletes the changes of other classes, in steps. */
  async #takeAllBut(planId: string, classes: readonly string[]): Promise<void> {
    for await (const { after, until } of this.#windows({ planId, classes: null }, '')) {
      await this.#database
        .deleteFrom('heldChanges')
        .where('planId', '=', planId)
        .where('key', '>', after)
        .$if(until !== null, (query) => query.where('key', '<=', until ?? ''))
        .where('class', 'not in', classes)
        .execute();
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
