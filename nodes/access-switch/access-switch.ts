import { careForStore } from '../../src/connector/care/care-for-store.ts';
import { AccessSync } from '../../src/connector/sync/access-sync.ts';
import type { DevicePage } from '../../src/connector/sync/access-sync.ts';
import {
  approvePlan,
  discardPlan,
  lookAfterSwitch,
  retryAll,
  tryDue,
  undoAll,
} from '../../src/connector/sync/operator-requests.ts';
import type { PlanRequest } from '../../src/connector/sync/operator-requests.ts';
import { RENEW_MS, SwitchLease } from '../../src/connector/sync/switch-lease.ts';
import type { SwitchParts } from '../../src/connector/sync/switch-parts.ts';
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';
import { asConnectorError, ConnectorError } from '../../src/errors.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import { THIS_PROCESS } from '../../src/store/leases.ts';
import type { Store } from '../../src/store/store.ts';
import { onInput, showStatus } from '../on-input.ts';
import type { Outcome, Run } from '../on-input.ts';
import type { Definition, Instance, Msg, Properties, RED } from '../red.ts';
import { refusalOf, registerNode } from '../red.ts';
import { onFlowsStarted } from '../announced-sources.ts';
import { announceTo, answerPage, answerRequest, answerUndo } from './answers.ts';
import { directoryOf, exchangeOf, mdmsOf, storeOf } from './chosen-connections.ts';
import { FlowBehind } from './flow-behind.ts';
import { registerRoutes } from './routes.ts';
import { settingsOf } from './settings.ts';

/** How often it is looked at what is due, and what was heard. */
const LOOK_MS = 60_000;

/** Decides for every device of its organization and writes the decision to Exchange, or says what it would write. */
export default function accessSwitch(RED: RED): void {
  registerRoutes(RED);
  registerNode(RED, 'access-switch', (node, definition) => {
    const settings = settingsOf(definition);
    const sync = new AccessSync();
    const flow = new FlowBehind(RED, node, definition);
    const own = { settings, flow, lease: new SwitchLease(holderOf(RED, node), () => performance.now()) };
    const partsFor = (msg: Msg, run: Run) => openParts(RED, node, definition, own, msg, run);
    onInput(
      RED,
      node,
      'queue',
      async (msg, run) => {
        const parts = await partsFor(msg, run);
        if (msg.topic !== 'device') {
          const leased = isReadOnly(msg, settings) ? parts : await own.lease.over(parts, null);
          if (leased === null) return refuseElsewhere(msg);
          return answerControl(msg, run, leased);
        }
        const page = pageOf(msg);
        const isWritten =
          settings.mode === 'enforce' && !page.dryRun && page.organization === parts.exchange.organization;
        const leased = isWritten ? await own.lease.over(parts, page.page) : parts;
        return leased === null ? ELSEWHERE : answerPage(run, await sync.page(leased, page));
      },
      undefined,
      // Giving back needs no rules and no brake: it is the way out when they are wrong.
      ({ topic }) => topic === 'undo',
    );
    const lookBack = lookAfter(RED, node, definition, own);
    keepLease(RED, node, definition, own, lookBack);
  });
}

async function openParts(
  RED: RED,
  node: Instance,
  definition: Definition,
  { settings, flow }: Pick<SwitchParts, 'settings' | 'flow'>,
  msg: Msg,
  run: Run,
): Promise<SwitchParts> {
  return {
    store: await storeOf(RED, definition),
    exchange: exchangeOf(RED, definition),
    mdms: mdmsOf(RED),
    directory: directoryOf(RED, definition),
    settings,
    flow,
    who: node.name || node.id,
    name: node.name || node.type,
    announce: announceTo(run, msg),
    progress: (step, counts) => run.progress(step, counts),
    now: Date.now,
    ids: () => RED.util.generateId(),
    signal: run.signal,
  };
}

async function answerControl(msg: Msg, run: Run, parts: SwitchParts): Promise<Outcome | null> {
  const request = requestOf(msg);
  switch (msg.topic) {
    case 'approve':
      return answerRequest(run, await approvePlan(parts, request));
    case 'discard':
      await discardPlan(parts, request);
      return { key: 'discarded' };
    case 'undo':
      return answerUndo(run, await undoAll(parts, request.person));
    case 'retry':
      return answerRequest(run, await retryAll(parts));
    case 'due': {
      const report = await tryDue(parts);
      return report === null ? null : answerRequest(run, report);
    }
    default:
      throw new ConnectorError('ERR_INPUT_INVALID', 'msg.topic is none of device, approve, discard, undo, retry.');
  }
}

/** `msg.payload`: the plan's id, or `{ id, keys | reason | mailbox }` for a part of it. */
function requestOf({ payload, by }: Msg): PlanRequest {
  const person = typeof by === 'string' && by.trim() !== '' ? by.trim() : null;
  if (typeof payload !== 'object' || payload === null) return { plan: textIn(payload), person };
  const { id, keys, reason, mailbox } = payload as Properties;
  const part = {
    ...(Array.isArray(keys) && { keys: keys.map(textIn) }),
    ...(textIn(reason) !== '' && { reason: textIn(reason) }),
    ...(textIn(mailbox) !== '' && { mailbox: textIn(mailbox) }),
  };
  const isWhole = [keys, reason, mailbox].every((one) => one === undefined);
  return { plan: textIn(id), person, ...(isWhole ? {} : { part: isEmpty(part) ? { keys: [] } : part }) };
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function isEmpty(part: object): boolean {
  return Object.keys(part).length === 0;
}

/** Another instance of this flow works for the organization: there is nothing to do here. */
const ELSEWHERE: Outcome = { fill: 'grey', key: 'elsewhere' };

/** The timer's look is the other instance's; what a person asks for must not end here unheard. */
function refuseElsewhere({ topic }: Msg): Outcome {
  if (topic === 'due') return ELSEWHERE;
  throw new ConnectorError(
    'ERR_SWITCH_SECOND',
    `Another Node-RED with this flow works for the Exchange organization: "${String(topic)}" must be sent there.`,
  );
}

/** True for what writes nothing to Exchange: all but `undo` in a simulation. */
function isReadOnly({ topic }: Msg, { mode }: SwitchSettings): boolean {
  return mode === 'simulate' && topic !== 'undo';
}

/** This start of this node, as a lease names it. */
function holderOf(RED: RED, { id }: Instance): ConstructorParameters<typeof SwitchLease>[0] {
  return { holder: RED.util.generateId(), node: id, process: THIS_PROCESS };
}

/**
 * Renews the lease of a switch that enforces, or waits for it; red as long as another switch has it.
 * @param lookBack sees to what whoever had it before has left
 */
function keepLease(
  RED: RED,
  node: Instance,
  definition: Definition,
  { settings, lease }: { readonly settings: SwitchSettings; readonly lease: SwitchLease },
  lookBack: () => Promise<void>,
): void {
  if (settings.mode !== 'enforce' || refusalOf(node) !== null) return;
  let closed = false;
  let isSecond = false;
  let isHeld = false;
  const hold = async (): Promise<void> => {
    const { organization } = exchangeOf(RED, definition);
    const state = await lease.hold(await storeOf(RED, definition), organization);
    const isNew = state === 'held' && !isHeld;
    isHeld = state === 'held';
    if (isNew) await lookBack();
    if (closed || isSecond === (state === 'other-switch')) return;
    isSecond = state === 'other-switch';
    if (isSecond) showStatus(RED, node, 'red', 'shared.error.ERR_SWITCH_SECOND');
    else showStatus(RED, node, 'grey', 'shared.status.ready');
  };
  // A store or configuration that is away is not the timer's business: the next message says so.
  const tryHold = (): Promise<void> => hold().catch(() => undefined);
  onFlowsStarted(RED, node, tryHold);
  const timer = setInterval(() => void tryHold(), RENEW_MS);
  timer.unref();
  node.on('close', (removed: boolean, done: () => void) => {
    closed = true;
    clearInterval(timer);
    void Promise.resolve()
      .then(() => storeOf(RED, definition))
      .then((store) => lease.release(store, removed))
      .catch(() => undefined)
      .finally(done);
  });
}

/**
 * Sends the node a message when something is to be done that no message asks for: after a start, and once a minute.
 * @returns looks as after a start
 */
function lookAfter(
  RED: RED,
  node: Instance,
  definition: Definition,
  own: { readonly settings: SwitchSettings; readonly flow: FlowBehind; readonly lease: SwitchLease },
): () => Promise<void> {
  let closed = false;
  const look = async (atStart: boolean): Promise<void> => {
    const isToDo = await isAnythingToDo(RED, definition, own, atStart);
    if (isToDo && !closed && refusalOf(node) === null) node.receive({ topic: 'due' });
  };
  onFlowsStarted(RED, node, () => {
    own.flow.started();
    return look(true);
  });
  const stop = new AbortController();
  const timer = setInterval(() => {
    void look(false);
    void care(RED, node, definition, own, stop.signal);
  }, LOOK_MS);
  timer.unref();
  node.on('close', () => {
    closed = true;
    stop.abort();
    clearInterval(timer);
  });
  return () => look(true);
}

/** Once a day, in the process that works for the organization: what is old goes out of the store. */
async function care(
  RED: RED,
  node: Instance,
  definition: Definition,
  { settings, lease }: { readonly settings: SwitchSettings; readonly lease: SwitchLease },
  signal: AbortSignal,
): Promise<void> {
  if (refusalOf(node) !== null || (settings.mode === 'enforce' && !lease.isHeld)) return;
  let store: Store;
  try {
    store = await storeOf(RED, definition);
  } catch {
    // A store or configuration that is away is not the timer's business.
    return;
  }
  try {
    await careForStore({ store, now: Date.now, signal });
  } catch (error) {
    if (!signal.aborted) node.warn(asConnectorError(error).message);
  }
}

/** A store or configuration that is away is not the timer's business. */
async function isAnythingToDo(
  RED: RED,
  definition: Definition,
  own: Pick<SwitchParts, 'settings' | 'flow'>,
  atStart: boolean,
): Promise<boolean> {
  try {
    const exchange = exchangeOf(RED, definition);
    return await lookAfterSwitch(
      { store: await storeOf(RED, definition), exchange, ...own, now: Date.now },
      { atStart },
    );
  } catch {
    return false;
  }
}

function pageOf(msg: Msg): DevicePage {
  const sync = (typeof msg.sync === 'object' && msg.sync !== null ? msg.sync : {}) as Record<string, unknown>;
  const { id, kind, organization, startedAt, last, page, dryRun, maxAgeHours } = sync;
  const isPage =
    typeof id === 'string' &&
    typeof organization === 'string' &&
    typeof last === 'boolean' &&
    typeof page === 'number' &&
    Array.isArray(msg.payload);
  if (!isPage) {
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'The message is no page of device records: wire output 1 of a merge matcher to the access switch.',
    );
  }
  return {
    id,
    kind: kind === 'quick' ? 'quick' : 'full',
    organization,
    startedAt: typeof startedAt === 'string' ? startedAt : null,
    last,
    page,
    dryRun: dryRun === true,
    maxAgeHours: typeof maxAgeHours === 'number' ? maxAgeHours : null,
    devices: msg.payload as DeviceRecord[],
  };
}
