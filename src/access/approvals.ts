/** Approvals that outlive a sync: a change a person approved is not held for the same again before it is written. Pure. */
import type { GuardProblem } from './guard-plan.ts';
import type { Approval, PlannedChange } from './plan.ts';

/** A plan's changes, parted by whether a person has approved them already. */
export interface ApprovedChanges {
  /** May be written past the brake and the guard that held them; marked with the approval. */
  readonly approved: readonly PlannedChange[];
  /** Meet guard and brake as ever. */
  readonly others: readonly PlannedChange[];
}

/** Marks a change as approved; it counts as planned at that moment. */
export function approved(change: PlannedChange, approval: Approval): PlannedChange {
  return { ...change, plannedAt: approval.at, approvedBy: approval.by, approval };
}

/*
 *   the sync asks for              problems now                      the approved change
 *   nothing of this device         any                               goes (outbox.ts, overtaken)
 *   another action, or for another reason                            meets guard and brake as ever
 *   the same, for the same reason  none                              is written, past the brake
 *   the same, for the same reason  only that which held it           is written, past brake and guard
 *   the same, for the same reason  another one                       meets the guard: nobody approved that
 */

/**
 * Parts what was approved from what was not.
 * @param waiting the approved changes that are not written yet
 * @param problems why the guard lets nothing be lowered in this sync
 */
export function partApproved(
  changes: readonly PlannedChange[],
  waiting: readonly PlannedChange[],
  problems: readonly Pick<GuardProblem, 'code'>[],
): ApprovedChanges {
  const known = new Map(waiting.map((change) => [change.key, change]));
  const parts: { approved: PlannedChange[]; others: PlannedChange[] } = { approved: [], others: [] };
  for (const change of changes) {
    const approval = approvalOf(change, known.get(change.key), problems);
    if (approval === null) parts.others.push(change);
    else parts.approved.push({ ...change, approvedBy: approval.by, approval });
  }
  return parts;
}

function approvalOf(
  change: PlannedChange,
  waiting: PlannedChange | undefined,
  problems: readonly Pick<GuardProblem, 'code'>[],
): Approval | null {
  const approval = waiting?.approval;
  if (waiting === undefined || approval === undefined || waiting.action !== change.action) return null;
  if (waiting.decision.reason.code !== change.decision.reason.code) return null;
  return problems.every(({ code }) => code === approval.reason) ? approval : null;
}
