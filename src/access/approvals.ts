/** Approvals that outlive a sync: a change a person approved is not held for the same again before it is written. Pure. */
import type { GuardProblem } from './guard-plan.ts';
import type { Approval, PlannedChange } from './plan.ts';

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
 * The approval of the waiting change that counts for the change a sync asks for; null: there is none.
 * @param waiting the device's change that is not written yet; null: it has none
 */
export function approvalOf(change: PlannedChange, waiting: PlannedChange | null): Approval | null {
  const approval = waiting?.approval;
  if (waiting === null || approval === undefined || waiting.action !== change.action) return null;
  return waiting.decision.reason.code === change.decision.reason.code ? approval : null;
}

/**
 * True if what was approved for `approvedFor` passes brake and guard now.
 * @param approvedFor code of the brake or guard that had held it; null: it was not approved
 * @param problems why the guard lets nothing be lowered in this sync
 */
export function isPast(approvedFor: string | null, problems: readonly Pick<GuardProblem, 'code'>[]): boolean {
  return approvedFor !== null && problems.every(({ code }) => code === approvedFor);
}
