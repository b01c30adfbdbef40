/**
 * What may be written of a valid plan, on its way into the outbox.
 * In: a plan. Out: nothing. Changes: the outbox; of a plan in rows, those that are handed on.
 */
import type { PlanVerdict } from '../../access/brake.ts';
import { overtaken } from '../../access/outbox.ts';
import { classOf } from '../../access/plan-tally.ts';
import type { PlannedChange } from '../../access/plan.ts';
import { chunks } from '../../store/chunks.ts';
import type { StoreParts } from '../../store/store.ts';
import { dropWaiting, openChanges, queueTogether } from './apply-changes.ts';
import type { StagedPlan } from './staged-plan.ts';
import { pendingOf, stagedChangeOf } from './stored-changes.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';

/** Changes that are put into the outbox in one transaction. */
const TOGETHER = 500;

type QueueParts = Pick<SwitchParts, 'store' | 'exchange' | 'now'>;

/**
 * Puts the changes of a plan in memory that may go into the outbox, in the transaction in which the plan becomes valid: then
 * nothing else knows of them. Those of a plan in rows are known by their rows.
 */
export async function plannedInMemory(
  { store, exchange, now }: QueueParts,
  plan: StagedPlan,
  verdict: PlanVerdict,
): Promise<(together: StoreParts) => Promise<void>> {
  if (plan.areRows) return async () => {};
  const open = await openChanges(store, exchange.organization);
  const changes: PlannedChange[] = [];
  for await (const page of plan.pages(verdict, 'goes')) changes.push(...page);
  const at = timeOf(now);
  return async (together) => {
    for (const some of chunks(changes, TOGETHER)) await queueTogether(together, some, open, at);
  };
}

/**
 * After a plan has become valid: what of it may go and is rows is put into the outbox, and waiting changes that its sync has overtaken
 * are dropped. One that Exchange was asked for, and nobody knows yet whether it did it, stays until that is known: what was
 * done is told, wanted or not.
 * @param decided keys of the devices decided about that had a change waiting
 */
export async function queuePlan(
  parts: QueueParts,
  plan: StagedPlan,
  verdict: PlanVerdict,
  decided: ReadonlySet<string>,
): Promise<void> {
  await dropOvertaken(parts, plan, verdict, decided);
  await queueRest(parts);
}

/** Puts changes into the outbox. */
export async function queueChanges(parts: QueueParts, changes: readonly PlannedChange[]): Promise<void> {
  const open = await openChanges(parts.store, parts.exchange.organization);
  const at = timeOf(parts.now);
  for (let start = 0; start < changes.length; start += TOGETHER) {
    await parts.store.together((store) => queueTogether(store, changes.slice(start, start + TOGETHER), open, at));
  }
}

/** Puts what valid plans in rows still have to go into the outbox: each page is there, or still in the plan. */
export async function queueRest({ store, exchange, now }: QueueParts): Promise<void> {
  const { organization } = exchange;
  for (const { id, goes } of await store.plans.going(organization)) {
    const open = await openChanges(store, organization);
    const at = timeOf(now);
    for (let after = ''; ;) {
      const rows = await store.plans.staged(id, { classes: goes, after, limit: TOGETHER });
      if (rows.length === 0) break;
      const keys = rows.map(({ key }) => key);
      await store.together(async (together) => {
        await queueTogether(together, rows.map(stagedChangeOf), open, at);
        await together.plans.take(id, keys);
      });
      after = keys.at(-1)!;
    }
    // In steps: of a million changes nothing is deleted in one transaction. Cut off, the next sync goes on with it.
    await store.plans.gone(id);
  }
}

/** True if a valid plan has changes that are not in the outbox yet. While none is under way. */
export async function isAnythingGoing({ store, exchange }: Pick<QueueParts, 'store' | 'exchange'>): Promise<boolean> {
  return (await store.plans.going(exchange.organization)).length > 0;
}

async function dropOvertaken(
  { store, exchange }: Pick<QueueParts, 'store' | 'exchange'>,
  plan: StagedPlan,
  verdict: PlanVerdict,
  decided: ReadonlySet<string>,
): Promise<void> {
  if (decided.size === 0) return;
  const open = await openChanges(store, exchange.organization);
  for (const keys of chunksOf(decided, TOGETHER)) {
    const waiting = (await store.outbox.getMany(keys)).map(pendingOf);
    const wanted = (await plan.find(keys)).filter((change) => verdict.of(classOf(change)) === 'goes');
    for (const pending of overtaken(waiting, decided, wanted)) await dropWaiting(store, pending, open);
  }
}

function* chunksOf(keys: Iterable<string>, size: number): Generator<string[]> {
  let some: string[] = [];
  for (const key of keys) {
    some.push(key);
    if (some.length < size) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
