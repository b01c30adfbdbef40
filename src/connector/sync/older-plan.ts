/**
 * The held plan that a sync about some devices goes on with: its changes for the others were decided rightly, and stay.
 * In: the mailboxes that the sync is about. Out: what is left of the plan. Changes: nothing.
 */
import { PlanTally } from '../../access/plan-tally.ts';
import type { PlanSummary } from '../../access/plan-tally.ts';
import { chunks } from '../../store/chunks.ts';
import type { HeldPlan, Store } from '../../store/store.ts';
import { isPlannedRow, keptHead, stagedChangeOf } from './stored-changes.ts';
import type { KeptHead } from './stored-changes.ts';

/** Mailboxes that are looked for at once, and rows that are read at once. */
const AT_ONCE = 500;

/** A held plan without what a sync has decided anew. */
export interface OlderPlan {
  readonly id: string;
  /** Keys of its changes that are gone. */
  readonly without: readonly string[];
  readonly rest: PlanSummary;
}

/** Null: nothing is held, or a version before this one has held it. @param mailboxIds folded */
export async function olderPlan(
  { plans }: Pick<Store, 'plans'>,
  organization: string,
  mailboxIds: readonly string[],
): Promise<OlderPlan | null> {
  const held = (await plans.list()).find((row) => row.organization === organization);
  const head = held === undefined ? null : keptHead(held);
  if (held === undefined || head === null) return null;
  const gone = new PlanTally();
  const without = new Set<string>();
  for (const some of chunks(mailboxIds, AT_ONCE)) {
    for (const row of await plans.ofMailboxes(held.id, some)) {
      without.add(row.key);
      if (isPlannedRow(row)) gone.add(stagedChangeOf(row));
    }
  }
  const whole = await withClasses(plans, held, head);
  return { id: held.id, without: [...without], rest: gone.leftOf(whole, await examples(plans, held, without)) };
}

/** Some of what is left, to be shown. */
async function examples(plans: Store['plans'], { id }: HeldPlan, without: ReadonlySet<string>): Promise<PlanTally> {
  const some = new PlanTally();
  for (const row of await plans.changes(id, { limit: AT_ONCE }))
    if (!without.has(row.key) && isPlannedRow(row)) some.add(stagedChangeOf(row));
  return some;
}

/** A plan of before this version does not say what its classes come to: they are counted once. */
async function withClasses(plans: Store['plans'], { id }: HeldPlan, head: KeptHead): Promise<PlanSummary> {
  if (head.classes !== undefined) return { ...head, classes: head.classes };
  const all = new PlanTally();
  for (let after = ''; ;) {
    const rows = await plans.changes(id, { after, limit: AT_ONCE });
    for (const row of rows) if (isPlannedRow(row)) all.add(stagedChangeOf(row));
    if (rows.length < AT_ONCE) return all.summary(() => true);
    after = rows.at(-1)!.key;
  }
}
