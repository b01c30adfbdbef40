/** The end of a sync: hold, write or only say what would be written, and report. */
import type { GuardProblem } from '../../src/access/guard-plan.ts';
import type { Json } from '../../src/store/store.ts';
import type { Outcome } from '../on-input.ts';
import type { Msg } from '../red.ts';
import { queueChanges } from '../../src/connector/sync/apply-changes.ts';
import { groupChanges } from '../../src/access/changes-by-reason.ts';
import { enforce } from './enforce.ts';
import { holdPlan } from '../../src/connector/sync/held-plans.ts';
import { keepSimulation } from '../../src/connector/sync/sync-report.ts';
import type { SyncReport } from '../../src/connector/sync/sync-report.ts';
import type { Scene } from './scene.ts';
import type { SyncDecisions, SyncOutcome } from '../../src/connector/sync/decide-sync.ts';
import { takeForGood } from '../../src/connector/sync/decide-sync.ts';
import { noCounts } from '../../src/connector/sync/sync-report.ts';
import { statusOf, tellChange, tellHeld, tellProblem } from './tell.ts';
import type { Counts } from '../../src/connector/sync/sync-report.ts';

/** What a page says of its sync. */
export interface PageSync {
  readonly id: string;
  readonly kind: string;
  readonly organization: string;
  /** When the EAS reading began that it was made from. */
  readonly startedAt: string | null;
  readonly last: boolean;
  readonly page: number;
  readonly dryRun: boolean;
  readonly maxAgeHours: number;
}

/** A sync that the switch is in the middle of. */
export interface OpenSync {
  readonly id: string;
  readonly decisions: SyncDecisions;
  /** Milliseconds since 1970. */
  readonly began: number;
}

/**
 * Ends a sync: plans, holds what guard or brake keep back, writes the rest (Enforce) or only says it (Simulate, dry run),
 * and reports on output 4. Rejects when the store or the configuration fails; a change that Exchange refuses does not.
 */
export async function finishSync(scene: Scene, msg: Msg, page: PageSync, sync: OpenSync): Promise<Outcome> {
  const outcome = await sync.decisions.finish();
  const mode = scene.settings.mode === 'enforce' && !page.dryRun ? 'enforce' : 'simulate';
  const counts: Counts = {
    ...noCounts(),
    devices: outcome.plan.counts.devices,
    held: outcome.held?.changes.length ?? 0,
    undecided: sync.decisions.undecided,
    unchanged: outcome.plan.counts.unchanged,
  };
  const unreadable = outcome.problems.find(({ about }) => about === 'directory');
  if (unreadable !== undefined) tellProblem(scene, msg, unreadable);
  let { held } = outcome;
  if (mode === 'simulate') {
    for (const change of outcome.apply) tellChange(scene, msg, change, { applied: false, attempts: 0 }, counts);
  } else {
    held = await write(scene, msg, page, sync.decisions, outcome, counts);
  }
  const report = reportOf({ page, sync, outcome: { ...outcome, held }, mode, counts });
  if (mode === 'simulate') await keepSimulation(scene.store, scene.node.name || scene.node.type, report);
  await scene.store.history.add({
    syncId: page.id,
    at: new Date().toISOString(),
    subject: 'access',
    organization: page.organization,
    ok: counts.failed === 0 && held === null && outcome.problems.length === 0,
    tookMs: report.tookMs,
    report: report as unknown as Json,
  });
  scene.run.send([null, null, null, { topic: 'report', payload: report } as unknown as Msg]);
  return statusOf(mode, counts);
}

function toldProblem({ code, text, details }: GuardProblem): NonNullable<SyncReport['problems']>[number] {
  return { code, text, ...(details === undefined ? {} : { details }) };
}

async function write(
  scene: Scene,
  msg: Msg,
  page: PageSync,
  { decider, mdmReadAt }: SyncDecisions,
  outcome: SyncOutcome,
  counts: Counts,
): Promise<SyncOutcome['held']> {
  const { store } = scene;
  const { organization, maxAgeHours } = page;
  await takeForGood(store, organization, outcome.measures);
  if (outcome.measures.length > 0) await decider.switchOn?.keep();
  for (const entry of outcome.gone) await store.entries.remove(entry);
  for (const entry of outcome.confirmed) await store.entries.record(entry);
  const { held, isNew } = await holdPlan(store, organization, outcome.held);
  if (held !== null && isNew) tellHeld(scene, msg, held.changes, held.reason);
  await queueChanges(store, organization, outcome.apply, outcome.decided);
  const keys = new Set(outcome.apply.map(({ key }) => key));
  const ended = { keys, at: outcome.plan.at, mdmReadAt, decider };
  await enforce(scene, msg, { organization, maxAgeHours, counts, sync: ended });
  return held;
}

function reportOf(of: {
  page: PageSync;
  sync: OpenSync;
  outcome: SyncOutcome;
  mode: 'simulate' | 'enforce';
  counts: Counts;
}): SyncReport {
  const { page, sync, outcome, mode, counts } = of;
  const { held, plan, problems } = outcome;
  const { decider } = sync.decisions;
  const away = decider.mdmAway();
  return {
    sync: {
      id: page.id,
      kind: page.kind,
      organization: page.organization,
      ...(page.dryRun ? { dryRun: true as const } : {}),
    },
    mode,
    counts,
    changesByReason: plan.counts.changesByReason,
    diff: groupChanges(plan.changes, held?.changes ?? []),
    ...(held === null ? {} : { held: { id: held.id, reason: held.reason, count: held.changes.length } }),
    ...(problems.length === 0 ? {} : { problems: problems.map(toldProblem) }),
    ...(away === null ? {} : { mdmAway: away }),
    ...(decider.switchOn === null ? {} : { switchOn: decider.switchOn.report() }),
    tookMs: Date.now() - sync.began,
  };
}
