/** What a person asks of the access switch by message: approve, discard, undo, retry. */
import { planUndo } from '../../src/access/undo.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { DeviceRecord, EasRecord } from '../../src/model/records.ts';
import { connectionOf } from '../connections.ts';
import type { Outcome } from '../on-input.ts';
import type { Msg } from '../red.ts';
import { dueChanges, queueChanges } from './carry-out.ts';
import { enforce, mayWrite } from './enforce.ts';
import { dropPlans, settlePlan, takePlan } from './held-plan.ts';
import type { Scene } from './scene.ts';
import { forgetSwitchOn } from './switch-on.ts';
import { believe, takeForGood } from './sync-decisions.ts';
import type { GuardHeldPlan } from './sync-decisions.ts';
import { noCounts, statusOf } from './tell.ts';

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
  const held = await takePlan(store, msg);
  const changes = await settlePlan(store, held, 'approve', whoOf(scene, msg));
  // A person has looked at the readings that were in doubt: as they were told, they are the measure from now on.
  const { doubted = [] } = held as Partial<GuardHeldPlan>;
  await takeForGood(store, doubted);
  await believe(store, held.organization, doubted);
  // Approved is as good as planned: the block does not count as an old one.
  const plannedAt = new Date().toISOString();
  await queueChanges(
    store,
    held.organization,
    changes.map((change) => ({ ...change, plannedAt })),
    new Set(),
  );
  return carryOutAndReport(scene, msg, held.organization, maxAgeHours);
}

async function discardPlan(scene: Scene, msg: Msg): Promise<Outcome> {
  const held = await takePlan(scene.store, msg);
  await settlePlan(scene.store, held, 'discard', whoOf(scene, msg));
  return { key: 'discarded' };
}

/** Takes back every entry of the ledger; what waits or is held is dropped, so that it does not come back by itself. */
async function undo(scene: Scene, msg: Msg, maxAgeHours: number): Promise<Outcome> {
  const { store } = scene;
  const { organization } = connectionOf(scene.RED, scene.definition, 'server', 'exchange-server');
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
  const { organization } = connectionOf(scene.RED, scene.definition, 'server', 'exchange-server');
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
  await enforce(scene, msg, { organization, maxAgeHours, counts, decider: null });
  const sync = { id: String(msg.topic), kind: 'control', organization };
  const payload = { sync, mode: 'enforce', counts, tookMs: Date.now() - began };
  scene.run.send([null, null, null, { topic: 'report', payload } as Msg]);
  return statusOf('enforce', counts);
}

function whoOf({ node }: Scene, msg: Msg): { node: string; person: string | null } {
  const by = msg['by'];
  return { node: node.name || node.id, person: typeof by === 'string' && by.trim() !== '' ? by.trim() : null };
}
