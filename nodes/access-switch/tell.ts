/** The access switch's messages: one for each device that changed or needs a person, and their counts. */
import type { ApplyResult } from '../../src/access/apply.ts';
import type { PlannedChange } from '../../src/access/plan.ts';
import { ERROR_HELP } from '../../src/errors.ts';
import type { AccessChange, DeviceNews, DeviceRecord } from '../../src/model/records.ts';
import type { Counts } from '../../src/connector/sync/sync-report.ts';
import type { Outcome } from '../on-input.ts';
import type { Msg } from '../red.ts';
import type { Scene } from './scene.ts';
import type { Undecided } from '../../src/connector/sync/decide-sync.ts';

/** Tells what became of one change that was tried. */
export function tellResult(scene: Scene, msg: Msg, result: ApplyResult, attempts: number, counts: Counts): void {
  const { outcome, change } = result;
  if (outcome === 'applied') return tellChange(scene, msg, change, { applied: true, attempts, at: result.at }, counts);
  if (outcome === 'waits') counts.nextSync += 1;
  else if (outcome === 'failed' || outcome === 'refused') counts.failed += 1;
  else {
    counts.unchanged += 1;
    return;
  }
  const problem = {
    code: outcome === 'waits' ? 'waits-for-sync' : (result.error?.code ?? 'ERR_APPLY_FAILED'),
    text: result.text ?? ERROR_HELP.ERR_APPLY_FAILED,
  };
  const { device, decision } = change;
  tell(scene, msg, 2, { device, decision, change: changeOf(change, { applied: false, attempts }), problem });
}

/** Tells of one change that was made or, in a simulation, would be. */
export function tellChange(
  scene: Scene,
  msg: Msg,
  change: PlannedChange,
  how: { applied: boolean; attempts: number; at?: string },
  counts: Counts,
): void {
  if (change.action === 'block') counts.blocked += 1;
  else if (change.action === 'allow') counts.allowed += 1;
  else counts.released += 1;
  const done = counts.blocked + counts.allowed + counts.released;
  scene.run.progress('applying', { done, count: Math.max(done, counts.devices) });
  const { device, decision } = change;
  tell(scene, msg, change.action === 'block' ? 0 : 1, { device, decision, change: changeOf(change, how) });
}

/** Tells of changes that wait for a person. */
export function tellHeld(
  scene: Scene,
  msg: Msg,
  changes: readonly PlannedChange[],
  problem: { readonly code: string; readonly text: string },
): void {
  for (const change of changes) {
    const { device, decision } = change;
    tell(scene, msg, 2, { device, decision, change: changeOf(change, { applied: false, attempts: 0 }), problem });
  }
}

/** Tells of a problem that concerns no single device. */
export function tellProblem(scene: Scene, msg: Msg, problem: { readonly code: string; readonly text: string }): void {
  tell(scene, msg, 2, { device: null, decision: null, change: null, problem });
}

/** Tells of devices that need a person's eye, once for each reason and not at every sync. */
export class Told {
  readonly #reasons = new Map<string, string>();

  page(scene: Scene, msg: Msg, devices: readonly DeviceRecord[], undecided: readonly Undecided[]): void {
    const open = new Set(undecided.map(({ device }) => device.key));
    for (const { key } of devices) if (!open.has(key)) this.#reasons.delete(key);
    for (const { device, decision } of undecided) {
      const { code, text } = decision.reason;
      if (this.#reasons.get(device.key) === code) continue;
      this.#reasons.set(device.key, code);
      tell(scene, msg, 2, { device, decision, change: null, problem: { code, text } });
    }
  }
}

/** The status that counts come to. */
export function statusOf(mode: 'simulate' | 'enforce', counts: Counts): Outcome {
  const { blocked, allowed, released, failed, held, nextSync } = counts;
  if (held > 0) return { fill: 'yellow', key: mode === 'simulate' ? 'wouldHold' : 'held', values: { count: held } };
  if (failed > 0) return { fill: 'yellow', key: 'attention', values: { count: failed } };
  if (nextSync > 0) return { fill: 'yellow', key: 'nextSync', values: { count: nextSync } };
  if (blocked + allowed + released === 0 && mode === 'enforce') return { key: 'unchanged' };
  const key = mode === 'simulate' ? (released > 0 ? 'wouldRelease' : 'simulated') : released > 0 ? 'released' : 'done';
  return { key, values: { blocked, allowed, ...(released > 0 ? { released } : {}) } };
}

function changeOf(change: PlannedChange, how: { applied: boolean; attempts: number; at?: string }): AccessChange {
  const { from, to } = change;
  return { from, to, at: how.at ?? new Date().toISOString(), applied: how.applied, attempts: how.attempts };
}

function tell(scene: Scene, msg: Msg, output: 0 | 1 | 2, news: DeviceNews): void {
  const outputs: (Msg | null)[] = [null, null, null, null];
  outputs[output] = {
    ...(msg._msgid === undefined ? {} : { _msgid: msg._msgid }),
    topic: 'device',
    payload: news,
  } as Msg;
  scene.run.send(outputs);
}
