import type { ApplyResult, MdmReReader } from '../../src/access/apply.ts';
import { approve, discard } from '../../src/access/brake.ts';
import type { HeldPlan } from '../../src/access/brake.ts';
import { decideAccess } from '../../src/access/decide-access.ts';
import type { PlannedChange } from '../../src/access/plan.ts';
import type { Rule } from '../../src/access/rules.ts';
import { planUndo } from '../../src/access/undo.ts';
import { ConnectorError, ERROR_HELP } from '../../src/errors.ts';
import { readManagedDevice } from '../../src/graph/managed-devices.ts';
import type { AccessChange, Decision, DeviceRecord, EasRecord, MdmRecord } from '../../src/model/records.ts';
import type { Json, Store } from '../../src/store/store.ts';
import type { ExchangeConnection, MdmConnection } from '../connections.ts';
import { connectionOf } from '../connections.ts';
import type { Outcome, Run } from '../on-input.ts';
import { onInput } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { choiceOf, flagOf, numberOf, registerNode } from '../red.ts';
import { carryOutDue, queueChanges } from './carry-out.ts';
import { rulesOf, SyncDecisions, takeForGood } from './sync-decisions.ts';
import type { SwitchSettings, SyncOutcome, Undecided } from './sync-decisions.ts';

/** How often changes that failed are looked at again. */
const RETRY_CHECK_MS = 60_000;
const DEFAULT_MAX_AGE_HOURS = 26;

/** What happened to one device, as outputs 1 to 3 tell it. */
interface DeviceNews {
  readonly device: DeviceRecord;
  readonly decision: Decision;
  readonly change: AccessChange | null;
  readonly problem?: { readonly code: string; readonly text: string };
}

interface PageSync {
  readonly id: string;
  readonly kind: string;
  readonly organization: string;
  readonly last: boolean;
  readonly page: number;
  readonly dryRun: boolean;
  readonly maxAgeHours: number;
}

interface Counts {
  devices: number;
  blocked: number;
  allowed: number;
  released: number;
  failed: number;
  held: number;
  undecided: number;
  unchanged: number;
  waiting: number;
}

interface Scene {
  readonly RED: RED;
  readonly node: Instance;
  readonly definition: Definition;
  readonly settings: SwitchSettings;
  readonly store: Store;
  readonly run: Run;
}

/** Decides for every device and writes the decision to Exchange, or says what it would write. */
export default function accessSwitch(RED: RED): void {
  registerNode(RED, 'access-switch', (node, definition) => {
    let sync: { id: string; decisions: SyncDecisions; began: number } | null = null;
    // Devices that need a person's eye are told once for each reason, not at every sync.
    const told = new Map<string, string>();

    onInput(RED, node, 'queue', async (msg, run) => {
      const store = await connectionOf(RED, definition, 'store', 'connector-store').store();
      const scene: Scene = { RED, node, definition, settings: settingsOf(definition), store, run };
      if (msg.topic !== 'device') return control(scene, msg);

      const page = pageSyncOf(msg);
      if (sync?.id !== page.id) {
        if (page.page !== 0) throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The first pages of this sync did not reach the access switch.');
        sync = { id: page.id, decisions: await SyncDecisions.begin(store, scene.settings, page.organization, page.id), began: Date.now() };
      }
      const current = sync;
      const undecided = current.decisions.page(msg.payload as DeviceRecord[]);
      tellUndecided(scene, msg, undecided, told);
      if (!page.last) {
        run.progress('deciding', { count: current.decisions.count });
        return { fill: 'grey', key: 'deciding', values: { count: current.decisions.count } };
      }
      sync = null;
      return finishSync(scene, msg, page, await current.decisions.finish(page.maxAgeHours), undecided.length, current.began);
    });

    const retry = setInterval(() => {
      void hasDueChange(RED, definition).then((due) => {
        if (due) node.receive({ topic: 'due' } as never);
      });
    }, RETRY_CHECK_MS);
    retry.unref();
    node.on('close', () => clearInterval(retry));
  });
}

/** True if a change that failed is due again; a store or configuration that is away is not this timer's business. */
async function hasDueChange(RED: RED, definition: Definition): Promise<boolean> {
  try {
    const { organization } = connectionOf(RED, definition, 'server', 'exchange-server');
    const store = await connectionOf(RED, definition, 'store', 'connector-store').store();
    return (await store.outbox.due(new Date().toISOString(), { organization, limit: 1 })).length > 0;
  } catch {
    return false;
  }
}

function settingsOf(definition: Definition): SwitchSettings {
  const rules = definition['rules'];
  return {
    mode: choiceOf(definition, 'mode', ['simulate', 'enforce'], 'simulate'),
    rules: Array.isArray(rules) ? (rules as Rule[]) : [],
    brakePercent: numberOf(definition, 'brakePercent', 10),
    brakeCount: numberOf(definition, 'brakeCount', 10),
    adoptEntries: flagOf(definition, 'adoptEntries', false),
  };
}

function pageSyncOf(msg: Msg): PageSync {
  const sync = (typeof msg.sync === 'object' && msg.sync !== null ? msg.sync : {}) as Record<string, unknown>;
  const { id, kind, organization, last, page, dryRun, maxAgeHours } = sync;
  if (typeof id !== 'string' || typeof organization !== 'string' || typeof last !== 'boolean' || typeof page !== 'number' || !Array.isArray(msg.payload)) {
    throw new ConnectorError('ERR_INPUT_INVALID', 'The message is no page of device records: wire output 1 of a merge matcher to the access switch.');
  }
  return {
    id,
    kind: kind === 'quick' ? 'quick' : 'full',
    organization,
    last,
    page,
    dryRun: dryRun === true,
    maxAgeHours: typeof maxAgeHours === 'number' ? maxAgeHours : DEFAULT_MAX_AGE_HOURS,
  };
}

async function finishSync(
  scene: Scene,
  msg: Msg,
  page: PageSync,
  outcome: SyncOutcome,
  undecided: number,
  began: number,
): Promise<Outcome> {
  const { settings, store } = scene;
  const mode = settings.mode === 'enforce' && !page.dryRun ? 'enforce' : 'simulate';
  const counts: Counts = {
    devices: outcome.plan.counts.devices,
    blocked: 0,
    allowed: 0,
    released: 0,
    failed: 0,
    held: outcome.held?.changes.length ?? 0,
    undecided,
    unchanged: outcome.plan.counts.unchanged,
    waiting: 0,
  };
  if (mode === 'simulate') {
    for (const change of outcome.apply) tellChange(scene, msg, change, { applied: false, attempts: 0 }, counts);
  } else {
    await holdPlan(scene, msg, outcome.held);
    await queueChanges(store, page.organization, outcome.apply, outcome.decided);
    await carryOut(scene, msg, page.organization, counts);
  }
  const report = {
    sync: { id: page.id, kind: page.kind, organization: page.organization, ...(page.dryRun ? { dryRun: true } : {}) },
    mode,
    counts,
    changesByReason: outcome.plan.counts.changesByReason,
    ...(outcome.held === null ? {} : { held: { id: outcome.held.id, reason: outcome.held.reason, count: outcome.held.changes.length } }),
    ...(outcome.problems.length === 0 ? {} : { problems: outcome.problems }),
    tookMs: Date.now() - began,
  };
  await store.history.add({
    syncId: page.id,
    at: new Date().toISOString(),
    subject: 'access',
    organization: page.organization,
    ok: counts.failed === 0 && outcome.held === null,
    tookMs: report.tookMs,
    report: report as unknown as Json,
  });
  scene.run.send([null, null, null, { topic: 'report', payload: report } as Msg]);
  return statusOf(mode, counts);
}

function statusOf(mode: 'simulate' | 'enforce', counts: Counts): Outcome {
  const { blocked, allowed, failed, held } = counts;
  if (held > 0) return { fill: 'yellow', key: 'held', values: { count: held } };
  if (failed > 0) return { fill: 'yellow', key: 'attention', values: { count: failed } };
  if (mode === 'simulate') return { key: 'simulated', values: { blocked, allowed } };
  return blocked + allowed === 0 ? { key: 'unchanged' } : { key: 'done', values: { blocked, allowed } };
}

async function carryOut(scene: Scene, msg: Msg, organization: string, counts: Counts): Promise<void> {
  const { RED, node, definition, settings, store, run } = scene;
  const server = serverFor(scene, organization);
  const rules = rulesOf(settings);
  await carryOutDue({
    store,
    organization,
    exchange: server.exchange(),
    mdm: mdmReader(RED, definition, store),
    adoptEntries: settings.adoptEntries,
    who: node.name || node.id,
    // The entry is ours or there is none: an administrator's would have kept the change out of the plan.
    decide: (device) => decideAccess(device, rules, { now: Date.now(), owned: device.eas?.access.listed ?? null }),
    signal: run.signal,
    onResult: (result, attempts) => tellResult(scene, msg, result, attempts, counts),
  });
}

/** The switch writes only to the organization that the devices came from. */
function serverFor(scene: Scene, organization: string): ExchangeConnection {
  const server = connectionOf(scene.RED, scene.definition, 'server', 'exchange-server');
  if (server.organization === organization) return server;
  throw new ConnectorError(
    'ERR_CONFIG_INVALID',
    'The devices came from another Exchange server than the one chosen in "Exchange". One access switch serves one organization.',
  );
}

/** Reads an MDM record again where it came from; a mapped MDM has only its last reading. */
function mdmReader(RED: RED, definition: Definition, store: Store): MdmReReader {
  return {
    async read(record, options) {
      const node = RED.nodes.getNode(record.source) as unknown as Partial<MdmConnection> | null;
      const tenant = node?.connection === 'mdm-tenant' ? (node as MdmConnection) : null;
      if (tenant !== null) return readManagedDevice(tenant.graph(), record.id, { source: record.source, ...options });
      const chosen = definition['directory'] === record.source ? connectionOf(RED, definition, 'directory', 'mdm-tenant') : null;
      if (chosen !== null) return readManagedDevice(chosen.graph(), record.id, { source: record.source, ...options });
      return store.snapshots.get<MdmRecord>(record.key);
    },
  };
}

// ── telling ─────────────────────────────────────────────────────────────────

function tellResult(scene: Scene, msg: Msg, result: ApplyResult, attempts: number, counts: Counts): void {
  const { outcome, change } = result;
  if (outcome === 'applied') return tellChange(scene, msg, change, { applied: true, attempts, at: result.at }, counts);
  if (outcome !== 'failed' && outcome !== 'refused') {
    counts.unchanged += 1;
    return;
  }
  counts.failed += 1;
  const problem = { code: result.error?.code ?? 'ERR_APPLY_FAILED', text: result.text ?? ERROR_HELP.ERR_APPLY_FAILED };
  tell(scene, msg, 2, { device: change.device, decision: change.decision, change: changeOf(change, { applied: false, attempts }), problem });
}

function tellChange(
  scene: Scene,
  msg: Msg,
  change: PlannedChange,
  how: { applied: boolean; attempts: number; at?: string },
  counts: Counts,
): void {
  if (change.action === 'block') counts.blocked += 1;
  else if (change.action === 'allow') counts.allowed += 1;
  else counts.released += 1;
  scene.run.progress('applying', { done: counts.blocked + counts.allowed + counts.released, count: counts.devices });
  tell(scene, msg, change.action === 'block' ? 0 : 1, { device: change.device, decision: change.decision, change: changeOf(change, how) });
}

function tellUndecided(scene: Scene, msg: Msg, undecided: readonly Undecided[], told: Map<string, string>): void {
  for (const { device, decision } of undecided) {
    if (told.get(device.key) === decision.reason.code) continue;
    told.set(device.key, decision.reason.code);
    tell(scene, msg, 2, { device, decision, change: null, problem: { code: decision.reason.code, text: decision.reason.text } });
  }
}

function changeOf(change: PlannedChange, how: { applied: boolean; attempts: number; at?: string }): AccessChange {
  return { from: change.from, to: change.to, at: how.at ?? new Date().toISOString(), applied: how.applied, attempts: how.attempts };
}

function tell(scene: Scene, msg: Msg, output: 0 | 1 | 2, news: DeviceNews): void {
  const outputs: (Msg | null)[] = [null, null, null, null];
  outputs[output] = { ...(msg._msgid === undefined ? {} : { _msgid: msg._msgid }), topic: 'device', payload: news } as Msg;
  scene.run.send(outputs);
}

// ── control messages ────────────────────────────────────────────────────────

async function holdPlan(scene: Scene, msg: Msg, held: HeldPlan | null): Promise<void> {
  if (held === null) return;
  const { id, organization, at, reason } = held;
  await scene.store.plans.hold({ id, organization, at, reason: reason.code, plan: held as unknown as Json });
  for (const change of held.changes) {
    tell(scene, msg, 2, { device: change.device, decision: change.decision, change: changeOf(change, { applied: false, attempts: 0 }), problem: reason });
  }
}

async function control(scene: Scene, msg: Msg): Promise<Outcome> {
  switch (msg.topic) {
    case 'approve':
      return approvePlan(scene, msg);
    case 'discard':
      return discardPlan(scene, msg);
    case 'undo':
      return undo(scene, msg);
    case 'retry':
    case 'due':
      return retry(scene, msg);
    default:
      throw new ConnectorError('ERR_INPUT_INVALID', 'msg.topic is none of device, approve, discard, undo, retry.');
  }
}

async function heldPlanOf(scene: Scene, msg: Msg): Promise<HeldPlan> {
  const id = typeof msg.payload === 'string' ? msg.payload : '';
  const held = await scene.store.plans.held(id);
  if (held === null) throw new ConnectorError('ERR_PLAN_UNKNOWN', `Plan "${id}" is not held.`, { details: { id } });
  return held.plan as unknown as HeldPlan;
}

async function approvePlan(scene: Scene, msg: Msg): Promise<Outcome> {
  requireEnforce(scene);
  const held = await heldPlanOf(scene, msg);
  const changes = approve(held, held.id, typeof msg['by'] === 'string' ? msg['by'] : null);
  await scene.store.plans.remove(held.id);
  // A person has looked at the shrunken reading: from now on it is the measure.
  await takeForGood(scene.store, await scene.store.snapshots.list('mdm'));
  await queueChanges(scene.store, held.organization, changes, new Set());
  return carryOutAndReport(scene, msg, held.organization);
}

async function discardPlan(scene: Scene, msg: Msg): Promise<Outcome> {
  const held = await heldPlanOf(scene, msg);
  discard(held, held.id);
  await scene.store.plans.remove(held.id);
  return { key: 'discarded' };
}

async function undo(scene: Scene, msg: Msg): Promise<Outcome> {
  requireEnforce(scene);
  const { organization } = connectionOf(scene.RED, scene.definition, 'server', 'exchange-server');
  const entries = await scene.store.entries.list({ organization });
  const bare = planUndo({ entries, at: new Date().toISOString() });
  const records = await scene.store.snapshots.getMany<EasRecord>(bare.map(({ key }) => key));
  const devices = new Map([...records].map(([key, eas]) => [key, undoDevice(eas)]));
  await queueChanges(scene.store, organization, planUndo({ entries, devices, at: new Date().toISOString() }), new Set());
  const outcome = await carryOutAndReport(scene, msg, organization);
  return outcome.fill === 'yellow' ? outcome : { key: 'undone', values: { count: entries.length } };
}

function undoDevice(eas: EasRecord): DeviceRecord {
  return { key: eas.key, status: 'eas', eas, match: { by: null, evidence: [] }, reason: { code: 'snapshot-incomplete', text: 'Undo does not ask the MDM.' } };
}

async function retry(scene: Scene, msg: Msg): Promise<Outcome> {
  const { organization } = connectionOf(scene.RED, scene.definition, 'server', 'exchange-server');
  const waiting = await scene.store.outbox.list({ organization });
  if (waiting.length === 0 || scene.settings.mode !== 'enforce') return { fill: 'grey', key: 'unchanged' };
  if (msg.topic === 'retry') {
    const now = new Date().toISOString();
    for (const { key } of waiting) await scene.store.outbox.update(key, { state: 'waiting', nextAttemptAt: now });
  }
  return carryOutAndReport(scene, msg, organization);
}

async function carryOutAndReport(scene: Scene, msg: Msg, organization: string): Promise<Outcome> {
  const began = Date.now();
  const counts: Counts = { devices: 0, blocked: 0, allowed: 0, released: 0, failed: 0, held: 0, undecided: 0, unchanged: 0, waiting: 0 };
  await carryOut(scene, msg, organization, counts);
  counts.waiting = (await scene.store.outbox.list({ organization })).length;
  const sync = { id: String(msg.topic), kind: 'control', organization };
  scene.run.send([null, null, null, { topic: 'report', payload: { sync, mode: 'enforce', counts, tookMs: Date.now() - began } } as Msg]);
  return statusOf('enforce', counts);
}

function requireEnforce(scene: Scene): void {
  if (scene.settings.mode === 'enforce') return;
  throw new ConnectorError('ERR_INPUT_INVALID', 'The access switch simulates: it has nothing to carry out. Choose "Enforce" first.');
}
