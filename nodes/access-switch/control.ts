/** What a person asks of the access switch by message: approve, discard, undo, retry. */
import { approved } from '../../src/access/approvals.ts';
import type { HeldPlan } from '../../src/access/brake.ts';
import { planUndo } from '../../src/access/undo.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { DeviceRecord, EasRecord } from '../../src/model/records.ts';
import type { SnapshotInfo, Store } from '../../src/store/store.ts';
import { connectionOf } from '../connections.ts';
import type { Outcome } from '../on-input.ts';
import type { Msg } from '../red.ts';
import { dueChanges, queueChanges } from '../../src/connector/sync/apply-changes.ts';
import { enforce, mayWrite } from './enforce.ts';
import { dropPlans, settlePlan, takePlan } from '../../src/connector/sync/held-plans.ts';
import type { Scene } from './scene.ts';
import { forgetSwitchOn } from '../../src/connector/sync/gentle-start.ts';
import { believe, takeForGood } from '../../src/connector/sync/decide-sync.ts';
import type { GuardHeldPlan } from '../../src/connector/sync/decide-sync.ts';
import { noCounts } from '../../src/connector/sync/sync-report.ts';
import { statusOf } from './tell.ts';

/** Handles a control message. @param maxAgeHours how long an MDM reading, and so a planned block, stays usable */
export async function control(scene: Scene, msg: Msg, maxAgeHours: number): Promise<Outcome> {
  switch (msg.topic) {
    case 'approve':
      return approvePlan(scene, msg, maxAgeHours);
    case 'discard':
      return discardPlan(scene, msg);
    case 'undo':
      return undo(scene, msg, maxAgeHours);
    case 'retry':
    case 'due':
      return retry(scene, msg, maxAgeHours);
    default:
      throw new ConnectorError('ERR_INPUT_INVALID', 'msg.topic is none of device, approve, discard, undo, retry.');
  }
}

async function approvePlan(scene: Scene, msg: Msg, maxAgeHours: number): Promise<Outcome> {
  const { store } = scene;
  if (scene.settings.mode !== 'enforce') {
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'The access switch simulates: a plan is carried out in "Enforce" only.',
    );
  }
  const organization = organizationOf(scene);
  const held = await takePlan(store, organization, planOf(msg));
  const changes = await settlePlan(store, held, 'approve', whoOf(scene, msg));
  // A person has looked at the readings that were in doubt: as they were told, they are this organization's measure from now on.
  const doubted = await doubtedReadings(store, held);
  await takeForGood(store, organization, doubted);
  await believe(store, organization, doubted);
  // Approved is as good as planned: the block does not count as an old one. The approval stays with it until it is written.
  const at = new Date().toISOString();
  const { id, reason } = held;
  await queueChanges(
    store,
    organization,
    changes.map((change) =>
      approved(change, { by: change.approvedBy ?? 'unknown', at, plan: id, reason: reason.code }),
    ),
    new Set(),
  );
  return carryOutAndReport(scene, msg, organization, maxAgeHours);
}

/** The readings a plan was held for. Plans of older versions do not carry them. */
async function doubtedReadings(
  store: Store,
  held: HeldPlan & Partial<GuardHeldPlan>,
): Promise<readonly SnapshotInfo[]> {
  if (held.doubted !== undefined) return held.doubted;
  return (held.reason.code as string) === 'ERR_SNAPSHOT_SHRUNKEN' ? store.snapshots.list('mdm') : [];
}

async function discardPlan(scene: Scene, msg: Msg): Promise<Outcome> {
  const held = await takePlan(scene.store, organizationOf(scene), planOf(msg));
  await settlePlan(scene.store, held, 'discard', whoOf(scene, msg));
  return { key: 'discarded' };
}

/** Takes back every entry of the ledger; what waits or is held is dropped, so that it does not come back by itself. */
async function undo(scene: Scene, msg: Msg, maxAgeHours: number): Promise<Outcome> {
  const { store } = scene;
  const organization = organizationOf(scene);
  for (const { key } of await store.outbox.list({ organization })) await store.outbox.remove(key);
  await dropPlans(store, organization);
  await forgetSwitchOn(store, organization);
  const entries = await store.entries.list({ organization });
  const at = new Date().toISOString();
  const keys = planUndo({ entries, at }).map(({ key }) => key);
  const records = await store.snapshots.getMany<EasRecord>(keys);
  const devices = new Map([...records].map(([key, eas]) => [key, undoDevice(eas)]));
  const { person } = whoOf(scene, msg);
  const changes = planUndo({ entries, devices, at }).map((change) => ({ ...change, approvedBy: person }));
  await queueChanges(store, organization, changes, new Set());
  const outcome = await carryOutAndReport(scene, msg, organization, maxAgeHours);
  return outcome.fill === 'yellow' ? outcome : { key: 'undone', values: { count: entries.length } };
}

function undoDevice(eas: EasRecord): DeviceRecord {
  const reason = { code: 'snapshot-incomplete', text: 'Undo does not ask the MDM.' } as const;
  return { key: eas.key, status: 'eas', eas, match: { by: null, evidence: [] }, reason };
}

async function retry(scene: Scene, msg: Msg, maxAgeHours: number): Promise<Outcome> {
  const { store, settings } = scene;
  const organization = organizationOf(scene);
  if (msg.topic === 'retry') {
    const now = new Date().toISOString();
    for (const { key } of await store.outbox.list({ organization })) {
      await store.outbox.update(key, { state: 'waiting', nextAttemptAt: now });
    }
  }
  const due = await dueChanges({ store, organization, maxAgeHours, only: mayWrite(settings) });
  return due.length === 0
    ? { fill: 'grey', key: 'unchanged' }
    : carryOutAndReport(scene, msg, organization, maxAgeHours);
}

async function carryOutAndReport(scene: Scene, msg: Msg, organization: string, maxAgeHours: number): Promise<Outcome> {
  const began = Date.now();
  const counts = noCounts();
  await enforce(scene, msg, { organization, maxAgeHours, counts, sync: null });
  const sync = { id: String(msg.topic), kind: 'control', organization };
  const payload = { sync, mode: 'enforce', counts, tookMs: Date.now() - began };
  scene.run.send([null, null, null, { topic: 'report', payload } as Msg]);
  return statusOf('enforce', counts);
}

/** The only organization that this switch approves, tries or takes back anything of. */
function organizationOf({ RED, definition }: Scene): string {
  return connectionOf(RED, definition, 'server', 'exchange-server').organization;
}

/** The plan that a control message names. */
function planOf({ payload }: Msg): string {
  return typeof payload === 'string' ? payload.trim() : '';
}

function whoOf({ node }: Scene, msg: Msg): { node: string; person: string | null } {
  const by = msg['by'];
  return { node: node.name || node.id, person: typeof by === 'string' && by.trim() !== '' ? by.trim() : null };
}
