import { careForStore } from '../../src/connector/care/care-for-store.ts';
import { AccessSync } from '../../src/connector/sync/access-sync.ts';
import type { DevicePage } from '../../src/connector/sync/open-sync.ts';
import {
  approvePlan,
  discardPlan,
  lookAfterSwitch,
  retryAll,
  tryDue,
  undoAll,
} from '../../src/connector/sync/operator-requests.ts';
import { removeByHand } from '../../src/connector/sync/remove-by-hand.ts';
import { doHandedOn, handOn, isAskedOf, mayBeHandedOn } from '../../src/connector/sync/handed-on.ts';
import { SwitchLease } from '../../src/connector/sync/switch-lease.ts';
import type { LeaseState } from '../../src/connector/sync/switch-lease.ts';
import type { SwitchParts } from '../../src/connector/sync/switch-parts.ts';
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';
import { asConnectorError, ConnectorError, isConnectorError } from '../../src/errors.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import { RefusedPieces } from '../../src/connector/readings/refused-pieces.ts';
import { UnmatchedEnds } from '../../src/connector/readings/unmatched-ends.ts';
import { RENEW_MS, THIS_PROCESS } from '../../src/store/leases.ts';
import type { Store } from '../../src/store/store.ts';
import { endClose, onInput, showStatus } from '../on-input.ts';
import type { Outcome, Run } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { refusalOf, registerNode } from '../red.ts';
import { tellingWaits } from '../session-waits.ts';
import { onFlowsStarted } from '../announced-sources.ts';
import { announceTo, answerPage, answerRequest, answerUndo } from './answers.ts';
import { directoryOf, exchangeOf, requestsOf, storeOf } from './chosen-connections.ts';
import { answerExempt, deviceNamedIn, requestOf } from './person-requests.ts';
import { offerDesk } from './desk.ts';
import { mdmsOf } from '../deployed-mdms.ts';
import { tellSwitch } from '../readiness.ts';
import { FlowBehind } from './flow-behind.ts';
import { registerRoutes } from './routes.ts';
import { settingsOf } from './settings.ts';
import { watchReferences } from '../watch-references.ts';

/** How often it is looked at what is due, and what was heard. */
const LOOK_MS = 60_000;

/** Decides for every device of its organization and writes the decision to Exchange, or says what it would write. */
export default function accessSwitch(RED: RED): void {
  registerRoutes(RED);
  registerNode(RED, 'access-switch', (node, definition) => {
    const settings = settingsOf(definition);
    tellSwitch(node, definition, settings);
    const sync = new AccessSync();
    const flow = new FlowBehind(RED, node, definition);
    const own: Own = {
      settings,
      flow,
      lease: new SwitchLease(holderOf(RED, node), () => performance.now()),
      isAsked: false,
      isMadeAnew: false,
    };
    const pieces = new RefusedPieces();
    const partsFor = (msg: Msg, run: Run) => openParts(RED, node, definition, own, msg, run);
    const answer = async (msg: Msg, run: Run): Promise<Outcome | null> => {
      if (msg.topic === ASKED) own.isAsked = false;
      if (msg.topic === 'device' && pieces.have(msg.parts)) return null;
      const parts = await partsFor(msg, run);
      if (msg.topic === 'exempt' || msg.topic === 'unexempt') return answerExempt(RED, definition, msg, parts);
      if (msg.topic !== 'device') {
        const leased = isReadOnly(msg, settings) ? parts : await leasedFor(parts, msg, own);
        if (leased === null) return leaveRequest(RED, parts, node, msg, own.lease);
        if (msg.topic === ASKED) return answerAsked(node, run, leased);
        const act = () => answerControl(msg, run, leased);
        // Nobody keeps the lease of one that simulates, or whose rules are wrong, and taking back may take long.
        const isKept = leased === parts || (settings.mode === 'enforce' && refusalOf(node) === null);
        return isKept ? act() : own.lease.during(parts.store, parts.exchange.organization, act);
      }
      const page = pageOf(msg);
      const isWritten =
        settings.mode === 'enforce' && !page.dryRun && page.organization === parts.exchange.organization;
      if (!isWritten) return answerPage(run, await sync.page(parts, page));
      return leftToWhoWorks(parts, page, own, async () => {
        const leased = await own.lease.over(parts, page.page);
        return leased === null ? 'elsewhere' : answerPage(run, await sync.page(leased, page));
      });
    };
    onInput(
      RED,
      node,
      'queue',
      (msg, run) => tellingWaits(RED, node, definition, run, () => answer(msg, run)),
      undefined,
      // Giving back needs no rules and no brake: it is the way out when they are wrong.
      ({ topic }) => topic === 'undo',
    );
    watchReferences(RED, node, definition);
    const lookBack = lookAfter(RED, node, definition, own);
    offerDesk(RED, node, definition, settings);
    keepLease(RED, node, definition, own, lookBack);
  });
}

/** One start of one access switch. */
interface Own {
  readonly settings: SwitchSettings;
  readonly flow: FlowBehind;
  readonly lease: SwitchLease;
  /** It has been told of requests that others have left, and has not got to them. */
  isAsked: boolean;
  /** A sync that was cut off is made anew, and none has begun since. */
  isMadeAnew: boolean;
}

/** What the node sends itself when others have left requests for it. */
const ASKED = 'asked';

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
    name: node.name || '',
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
    case 'remove':
      return answerRequest(run, await removeByHand(parts, { ...deviceNamedIn(msg), by: request.person }));
    case 'due': {
      const report = await tryDue(parts);
      return report === null ? null : answerRequest(run, report);
    }
    default:
      throw unknownTopic();
  }
}

/** Another instance of this flow works for the organization: there is nothing to do here. */
function elsewhere(host: string): Outcome {
  return { fill: 'grey', key: 'elsewhere', values: { host } };
}

/*
 *   the lease is          what is asked for                         then
 *   this one's            anything                                  is done
 *   another instance's    anything                                  is left to it
 *   another switch's      by a person, of a switch that enforces    is left to that one
 *   another switch's      anything else: undo of one that           ERR_SWITCH_SECOND
 *                         simulates, the timer's look
 */

/** Parts to do it with; null: it is left to whoever has the lease. */
async function leasedFor(parts: SwitchParts, { topic }: Msg, { settings, lease }: Own): Promise<SwitchParts | null> {
  try {
    return await lease.over(parts, null);
  } catch (error) {
    const isLeft = settings.mode === 'enforce' && mayBeHandedOn(topic) && isConnectorError(error, 'ERR_SWITCH_SECOND');
    if (isLeft) return null;
    throw error;
  }
}

/** The timer's look is the other instance's; what a person asks for is kept until that one has done it. */
async function leaveRequest(
  RED: RED,
  parts: SwitchParts,
  node: Instance,
  msg: Msg,
  { host, otherNode }: SwitchLease,
): Promise<Outcome> {
  const { topic, payload } = msg;
  if (topic === 'due' || topic === ASKED) return elsewhere(host);
  if (!mayBeHandedOn(topic)) throw unknownTopic();
  const asked = { topic, payload, askedBy: requestOf(msg).person, process: THIS_PROCESS };
  await handOn(parts, { ...asked, node: otherNode ?? node.id });
  if (otherNode === null) return { fill: 'grey', key: 'handedOn', values: { host } };
  const name = (RED.nodes.getNode(otherNode) as Instance | null)?.name || otherNode;
  return { fill: 'red', key: 'handedOnTo', values: { name } };
}

/** Does what was asked in other instances. */
async function answerAsked(node: Instance, run: Run, parts: SwitchParts): Promise<Outcome | null> {
  let outcome: Outcome | null = null;
  const [first, ...others] = await doHandedOn(parts, node.id, async ({ topic, payload, askedBy }) => {
    outcome = await answerControl({ topic, payload, by: askedBy } as unknown as Msg, run, parts);
  });
  for (const error of others) node.error(error, {});
  if (first !== undefined) throw first;
  return outcome;
}

/*
 *   a sync                                                     is
 *   gets here while another instance works                     made anew by that one
 *   began before that one took over, or before this start      made anew, by whoever works then
 *   … and so was the last one, and none has begun since        left: a node before this one drops first pages, and it would
 *                                                              go round without end
 */
async function leftToWhoWorks(
  parts: SwitchParts,
  page: DevicePage,
  own: Own,
  answerHere: () => Promise<Outcome | null | 'elsewhere'>,
): Promise<Outcome | null> {
  const { store, now, ids } = parts;
  const { lease } = own;
  const leave = async (): Promise<void> => {
    if (!page.last) return;
    const ends = new UnmatchedEnds({ node: '', process: THIS_PROCESS, now, ids });
    await ends.add(store, [page.organization], { kind: page.kind, dryRun: false, ended: null });
  };
  try {
    const outcome = await answerHere();
    own.isMadeAnew = false;
    if (outcome !== 'elsewhere') return outcome;
    await leave();
    return elsewhere(lease.host);
  } catch (error) {
    const isOfBefore = !lease.hasBegun && isConnectorError(error, 'ERR_SNAPSHOT_INCOMPLETE');
    const isCutOff = isOfBefore || isConnectorError(error, 'ERR_LEASE_LOST');
    if (isCutOff && !own.isMadeAnew) {
      own.isMadeAnew = page.last;
      await leave();
    }
    throw error;
  }
}

function unknownTopic(): ConnectorError {
  return new ConnectorError(
    'ERR_INPUT_INVALID',
    'msg.topic is none of device, approve, discard, undo, retry, remove, exempt, unexempt.',
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
 * Renews the lease of a switch that enforces, or waits for it; red as long as another switch has it. With each renewal it is
 * looked at what other instances have left.
 * @param lookBack sees to what whoever had it before has left
 */
function keepLease(RED: RED, node: Instance, definition: Definition, own: Own, lookBack: () => Promise<void>): void {
  const { settings, lease } = own;
  if (settings.mode !== 'enforce' || refusalOf(node) !== null) return;
  let closed = false;
  let isHeld = false;
  let shown: LeaseState = 'held';
  const hold = async (): Promise<void> => {
    const { organization } = exchangeOf(RED, definition);
    const store = await storeOf(RED, definition);
    const state = await lease.hold(store, organization);
    const isNew = state === 'held' && !isHeld;
    isHeld = state === 'held';
    if (isNew) await lookBack();
    if (isHeld) await lookAtRequests(store, organization, isNew);
    if (closed || shown === state) return;
    shown = state;
    if (state === 'other-switch') showStatus(RED, node, 'red', 'shared.error.ERR_SWITCH_SECOND');
    else if (state === 'held') showStatus(RED, node, 'grey', 'shared.status.ready');
    else showStatus(RED, node, 'grey', 'elsewhere', { host: lease.host });
  };
  const lookAtRequests = async (store: Store, organization: string, isNew: boolean): Promise<void> => {
    const requests = await store.requests.list({ organization });
    if (requests.length === 0 || closed) return;
    requestsOf(RED, definition).seen(isNew ? null : requests);
    if (own.isAsked || !requests.some((request) => isAskedOf(request, node.id))) return;
    own.isAsked = true;
    node.receive({ topic: ASKED });
  };
  // A store or configuration that is away is not the timer's business: the next message says so.
  const tryHold = (): Promise<void> => hold().catch(() => undefined);
  onFlowsStarted(RED, node, tryHold);
  const timer = setInterval(() => void tryHold(), RENEW_MS);
  timer.unref();
  node.on('close', (removed: boolean, done: () => void) => {
    closed = true;
    clearInterval(timer);
    // What a silent store keeps of the lease is over by itself.
    const released = Promise.resolve()
      .then(() => storeOf(RED, definition))
      .then((store) => lease.release(store, removed));
    endClose(released, done);
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
  const { id, kind, organization, startedAt, last, page, dryRun, maxAgeHours, scope, known, match } = sync;
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
    scope: scope === 'changes' ? 'changes' : 'all',
    known: typeof known === 'number' ? known : null,
    match: typeof match === 'number' ? match : null,
    devices: msg.payload as DeviceRecord[],
  };
}
