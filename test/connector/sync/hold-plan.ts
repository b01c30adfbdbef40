/** Holds a plan as a sync does, without one. */
import type { HoldReason } from '../../../src/access/brake.ts';
import type { PlannedChange } from '../../../src/access/plan.ts';
import { makeValid } from '../../../src/connector/sync/held-plans.ts';
import { StagedPlan } from '../../../src/connector/sync/staged-plan.ts';
import type { KeptHead } from '../../../src/connector/sync/stored-changes.ts';
import type { Store } from '../../../src/store/store.ts';

/** @returns the head of the plan as it is held */
export async function holdPlan(
  store: Store,
  {
    changes,
    reason,
    ...head
  }: { id: string; organization: string; at: string; reason: HoldReason; changes: readonly PlannedChange[] },
): Promise<KeptHead> {
  const flow = { run: 'run', hears: () => false, notifiers: () => [], storeless: () => [], untold: new Set<string>() };
  const parts = { store, flow, now: () => Date.parse(head.at) };
  const plan = new StagedPlan(parts, { ...head, simulated: false });
  for (const change of changes) plan.add(change);
  const kept = { ...head, reason, ...plan.tally.summary(() => true) };
  await makeValid(
    parts,
    plan,
    { of: () => 'held', reason, doubts: [], isFirst: false },
    { held: kept, older: null },
    async () => {},
  );
  return kept;
}
