/**
 * The held plan that a sync about some devices goes on with: its changes for the others were decided rightly, and stay.
 * In: the mailboxes that the sync is about. Out: what is left of the plan. Changes: nothing.
 */
import { countMailboxes, sumOfMailboxes } from '../../access/mailbox-counts.ts';
import type { MailboxCounts } from '../../access/mailbox-counts.ts';
import { PlanTally } from '../../access/plan-tally.ts';
import type { PlanSummary } from '../../access/plan-tally.ts';
import { chunks } from '../../store/chunks.ts';
import type { HeldChange, HeldPlan, Store } from '../../store/store.ts';
import { isPlannedRow, keptHead, stagedChangeOf } from './stored-changes.ts';

/** Mailboxes that are looked for at once, and rows that are read at once. */
const AT_ONCE = 500;

/** A held plan without what a sync has decided anew. */
export interface OlderPlan {
  readonly id: string;
  /** Keys of its changes that are gone. */
  readonly without: readonly string[];
  readonly rest: PlanSummary;
  /** Of how many mailboxes the rest is. */
  readonly mailboxes: MailboxCounts;
}

/**
 * Null: nothing is held, or a version before this one has held it, which the first sync after the upgrade, about every device,
 * decides anew. @param mailboxIds folded
 */
export async function olderPlan(
  { plans }: Pick<Store, 'plans'>,
  organization: string,
  mailboxIds: readonly string[],
): Promise<OlderPlan | null> {
  const held = (await plans.list()).find((row) => row.organization === organization);
  const head = held === undefined ? null : keptHead(held);
  const { classes, mailboxes } = head ?? {};
  if (held === undefined || head === null || classes === undefined || mailboxes === undefined) return null;
  const gone = new PlanTally();
  // A hundred thousand changes would take three hundred megabytes.
  const without = new Map<string, Pick<HeldChange, 'mailboxId' | 'class'>>();
  for (const some of chunks(mailboxIds, AT_ONCE)) {
    for (const row of await plans.ofMailboxes(held.id, some)) {
      without.set(row.key, { mailboxId: row.mailboxId, class: row.class });
      if (isPlannedRow(row)) gone.add(stagedChangeOf(row));
    }
  }
  return {
    id: held.id,
    without: [...without.keys()],
    rest: gone.leftOf({ ...head, classes }, await examples(plans, held, without)),
    mailboxes: sumOfMailboxes(mailboxes, countMailboxes(without.values()), -1),
  };
}

/** Some of what is left, to be shown. */
async function examples(
  plans: Store['plans'],
  { id }: HeldPlan,
  without: ReadonlyMap<string, unknown>,
): Promise<PlanTally> {
  const some = new PlanTally();
  for (const row of await plans.changes(id, { limit: AT_ONCE }))
    if (!without.has(row.key) && isPlannedRow(row)) some.add(stagedChangeOf(row));
  return some;
}
