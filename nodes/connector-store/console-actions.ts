/**
 * What a person does in the console: the message that a flow would send to the node, with the person's name. The node's own
 * handler does it, so there is one way for both, with its checks, its lease and its audit.
 */
import { writerOf } from '../../src/connector/sync/switch-lease.ts';
import type { Store } from '../../src/store/store.ts';
import { ConnectorError } from '../../src/errors.ts';
import { readEasRecordKey } from '../../src/model/keys.ts';
import { mayBeForgotten } from '../../src/access/gone-source.ts';
import { deliver } from '../deliver.ts';
import { isInFlows } from '../deployed-mdms.ts';
import { nameOfNode } from './deployed-stores.ts';
import type { Delivered } from '../deliver.ts';
import type { Properties, RED, Running, RunningNode } from '../red.ts';
import { choiceOf, runningNodes, textOf } from '../red.ts';
import { deskOf } from '../switch-desk.ts';
import type { SwitchDesk } from '../switch-desk.ts';
import { refusal } from '../../src/model/refusals.ts';

/** Everything that can be done. */
export const ACTIONS = [
  'approve',
  'discard',
  'retry',
  'resend',
  'pair',
  'unpair',
  'exempt',
  'unexempt',
  'remove',
  'forget',
  'dry-run',
] as const;

export type Action = (typeof ACTIONS)[number];

/** What is asked for. */
interface Request {
  /** Of the connector store. */
  readonly id: string;
  readonly store: Store;
  readonly body: Properties;
  /** Who is signed in, or from where nobody is. */
  readonly by: string;
  readonly signal: AbortSignal;
}

type OfStore = Pick<Request, 'id' | 'store'>;

/** What became of it. */
export interface Done {
  /** `ended`: the node is done with it. `under-way`: it is still at it; status and audit will say. */
  readonly state: Delivered;
  /** The node, as a person calls it. */
  readonly node: string;
}

/*
 *   action    body                                     node                                        message
 *   approve   plan, and keys, reason or mailbox        access switch of the plan's organization    approve, { id, … }
 *   discard   plan                                     the same                                    discard, id
 *   retry     organization                             access switch of the organization           retry
 *   resend    device (a key) or mailbox, notifier      the notifier, or the one that mailed last,  resend, name
 *                                                      or the only one
 *   pair      easKey, mdmKey, note                     a merge matcher                             pair, { … }
 *   unpair    easKey, note                             a merge matcher                             unpair, { … }
 *   exempt    device (a key), or organization,         access switch of the organization           exempt, { … }
 *             mailbox and easId; until, note
 *   unexempt  the same without until                   the same                                    unexempt, { … }
 *   remove    the same without until                   the same                                    remove, { … }
 *   forget    source, which no node reads any     a merge matcher                             forget, source
 *             more (gone-source.ts)
 *   dry-run   organization                             the EAS sources of the organization and     { sync }
 *                                                      the MDM sources that read
 */

/** Does it. Throws what the node's handler fails with, ERR_CONFIG_MISSING if no node can do it, ERR_PLAN_UNKNOWN. */
export async function act(RED: RED, action: Action, request: Request): Promise<Done> {
  if (action === 'dry-run') return dryRun(RED, request);
  const meant = TABLE[action];
  const node = await meant.node(RED, request);
  const payload = meant.payload(request.body);
  const state = await deliver(RED, node, { topic: action, payload, by: request.by }, request.signal);
  return { state, node: nameOfNode(node) };
}

const TABLE: Readonly<
  Record<
    Exclude<Action, 'dry-run'>,
    {
      readonly node: (RED: RED, request: Request) => RunningNode | Promise<RunningNode>;
      readonly payload: (body: Properties) => unknown;
    }
  >
> = {
  approve: { node: switchOfPlan, payload: (body) => ({ id: filled(body, 'plan'), ...partOf(body) }) },
  discard: { node: switchOfPlan, payload: (body) => filled(body, 'plan') },
  retry: { node: (RED, request) => switchOf(RED, request, filled(request.body, 'organization')), payload: () => '' },
  resend: { node: notifierFor, payload: (body) => filled(body, 'device') || filled(body, 'mailbox') },
  pair: { node: matcherOf, payload: (body) => fieldsOf(body, ['easKey', 'mdmKey', 'note']) },
  unpair: { node: matcherOf, payload: (body) => fieldsOf(body, ['easKey', 'note']) },
  exempt: { node: switchOfDevice, payload: (body) => fieldsOf(body, ['device', 'mailbox', 'easId', 'until', 'note']) },
  unexempt: { node: switchOfDevice, payload: (body) => fieldsOf(body, ['device', 'mailbox', 'easId', 'note']) },
  forget: { node: matcherForGone, payload: (body) => filled(body, 'source') },
  remove: { node: switchOfDevice, payload: (body) => fieldsOf(body, ['device', 'mailbox', 'easId', 'note']) },
};

function fieldsOf(body: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(names.map((name) => [name, filled(body, name)]));
}

/** A part of a plan, as the access switch takes it: what is there counts, whatever it holds. */
function partOf(body: Properties): Properties {
  return Object.fromEntries(
    ['keys', 'reason', 'mailbox'].flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]])),
  );
}

function filled(body: Properties, name: string): string {
  const value = body[name];
  return typeof value === 'string' ? value.trim() : '';
}

async function switchOfPlan(RED: RED, request: Request): Promise<RunningNode> {
  const { store, body } = request;
  const plan = filled(body, 'plan');
  const held = await store.plans.held(plan);
  if (held !== null) return switchOf(RED, request, held.organization);
  throw new ConnectorError('ERR_PLAN_UNKNOWN', refusal('plan-gone'), { details: { id: plan } });
}

/** Both sides are read; a sync that writes nothing follows, whatever the mode of the access switch. */
async function dryRun(RED: RED, { id, body, signal }: Request): Promise<Done> {
  const organization = filled(body, 'organization');
  const eas = running(RED, 'eas-source', id).filter(
    ({ definition }) =>
      textOf(definition, 'server') === organization &&
      choiceOf(definition, 'from', ['exchange', 'message'], 'exchange') === 'exchange',
  );
  const [first] = eas;
  if (first === undefined) throw new ConnectorError('ERR_CONFIG_MISSING', refusal('no-source'));
  // One of an older flow names no store.
  const mdm = [...running(RED, 'mdm-source', id), ...running(RED, 'mdm-source', '')].filter(
    ({ definition }) => choiceOf(definition, 'provider', ['intune', 'mapping'], 'intune') === 'intune',
  );
  const msg = { sync: { kind: 'full', dryRun: true } };
  const states = await Promise.all([...mdm, ...eas].map(({ node }) => deliver(RED, node, { ...msg }, signal)));
  return { state: states.includes('under-way') ? 'under-way' : 'ended', node: nameOfNode(first.node) };
}

/** What the access switch of a device answers the console; null: none runs. */
export async function deskFor(RED: RED, asked: OfStore, key: string): Promise<SwitchDesk | null> {
  const organization = readEasRecordKey(key)?.organization ?? '';
  const node = await findSwitch(RED, asked, organization);
  return node === null ? null : deskOf(node);
}

/** The access switch of the organization that the device's key names, or else the body. */
function switchOfDevice(RED: RED, request: Request): Promise<RunningNode> {
  const { body } = request;
  const named = readEasRecordKey(filled(body, 'device'))?.organization;
  return switchOf(RED, request, named ?? filled(body, 'organization'));
}

async function switchOf(RED: RED, asked: OfStore, organization: string): Promise<RunningNode> {
  const chosen = await findSwitch(RED, asked, organization);
  if (chosen !== null) return chosen;
  throw new ConnectorError('ERR_CONFIG_MISSING', refusal('no-switch'));
}

/*
 *   access switches of the organization       the one that is asked
 *   one enforces                              that one
 *   several enforce                           the one that has the lease, or had it last; else any of them
 *   none enforces                             any: it says why it does not
 */

async function findSwitch(RED: RED, { id, store }: OfStore, organization: string): Promise<RunningNode | null> {
  const found = running(RED, 'access-switch', id).filter(
    ({ definition }) => textOf(definition, 'server') === organization,
  );
  const enforcing = found.filter(({ definition }) => textOf(definition, 'mode') === 'enforce');
  const writer = enforcing.length > 1 ? await writerOf(store, organization) : null;
  const chosen = enforcing.find(({ node }) => node.id === writer) ?? enforcing[0] ?? found[0];
  return chosen?.node ?? null;
}

async function notifierFor(RED: RED, { id, store, body }: Request): Promise<RunningNode> {
  const notifiers = running(RED, 'enrollment-notifier', id);
  const named = filled(body, 'notifier');
  const device = filled(body, 'device');
  const last = device === '' ? undefined : (await store.mails.ofDevice(device)).at(-1)?.notifier;
  const chosen = notifiers.find(({ node }) => node.id === (named || last)) ?? (named === '' ? notifiers[0] : undefined);
  const isClear = chosen !== undefined && (notifiers.length === 1 || chosen.node.id === (named || last));
  if (isClear) return chosen.node;
  const seen = notifiers.length === 0 || named !== '' ? refusal('no-notifier') : refusal('several-notifiers');
  throw new ConnectorError('ERR_CONFIG_MISSING', seen);
}

function matcherOf(RED: RED, { id }: Request): RunningNode {
  const [first] = running(RED, 'merge-matcher', id);
  if (first !== undefined) return first.node;
  throw new ConnectorError('ERR_CONFIG_MISSING', refusal('no-matcher'));
}

/** A click forgets what nothing reads any more, and nothing else. */
async function matcherForGone(RED: RED, request: Request): Promise<RunningNode> {
  const { id, store, body } = request;
  const source = filled(body, 'source');
  const goneAt = (await store.sources.gone()).find(({ scope }) => scope === source)?.goneAt ?? null;
  if (mayBeForgotten(goneAt, isInFlows(RED, id, source), Date.now())) return matcherOf(RED, request);
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('not-gone'));
}

/** Nodes of a type that use a store. */
function running(RED: RED, type: string, store: string): Running[] {
  return runningNodes(RED, type).filter(({ definition }) => textOf(definition, 'store') === store);
}
