/**
 * What a person asks of an access switch while another instance works for its organization: kept as a row, and done there.
 * In: a request here; requests that others have left. Out: what each came to. Changes: the rows, and what the requests do.
 */
import { asConnectorError, ConnectorError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { hostOf } from '../../store/leases.ts';
import type { InstanceRequest, Json } from '../../store/store.ts';
import { tryDue } from './operator-requests.ts';
import type { RequestParts } from './operator-requests.ts';
import { timeOf } from './switch-parts.ts';
import type { SwitchParts } from './switch-parts.ts';

/** What may be asked of one instance and done by another. */
const TOPICS: readonly unknown[] = ['approve', 'discard', 'undo', 'retry', 'remove'];

/** A plan that was looked at is another by then. */
const EXPIRES_MS = 86_400_000;

/** What may be gone a moment later, or is for whoever works now. */
const KEPT_AFTER: readonly ErrorCode[] = [
  'ERR_ABORTED',
  'ERR_LEASE_LOST',
  'ERR_SWITCH_SECOND',
  'ERR_STORE_BUSY',
  'ERR_STORE_OPEN',
  'ERR_STORE_WRITE',
];

/** What a request ends in that was carried out before a crash, and is carried out again. */
const DONE_BEFORE: readonly ErrorCode[] = ['ERR_PLAN_UNKNOWN', 'ERR_INPUT_INVALID'];

/** True for what is handed on rather than refused. */
export function mayBeHandedOn(topic: unknown): topic is string {
  return TOPICS.includes(topic);
}

/**
 * Keeps a request for the instance that works for the organization.
 * @param asked.process names this one in leases
 */
export async function handOn(
  { store, exchange, now, ids }: Pick<SwitchParts, 'store' | 'exchange' | 'now' | 'ids'>,
  asked: Pick<InstanceRequest, 'node' | 'topic' | 'askedBy'> & {
    readonly payload: unknown;
    readonly process: string;
  },
): Promise<void> {
  const { node, topic, askedBy, payload, process } = asked;
  await store.requests.add([
    {
      id: ids(),
      organization: exchange.organization,
      node,
      topic,
      askedBy,
      payload: JSON.parse(JSON.stringify(payload ?? null)) as Json,
      askedFrom: hostOf(process),
      askedAt: timeOf(now),
      tries: 0,
    },
  ]);
}

/** True for a request that the switch with this id is asked. */
export function isAskedOf({ node, topic }: Pick<InstanceRequest, 'node' | 'topic'>, id: string): boolean {
  return node === id && mayBeHandedOn(topic);
}

/*
 *   a request                                                      then
 *   is a day old                                                   told as a problem, and forgotten
 *   is done                                                        forgotten
 *   fails: the store is away, another one has taken over, a close  kept, and the rest with it
 *   fails: it was begun before, and what it asks for is not there  it was done before a crash: what is left of it is written
 *   fails otherwise                                                an error, and forgotten
 */

/**
 * Does what others have left for the switch with this id, the oldest first.
 * @param act does one
 * @returns the errors of those that failed for good; rejects with what is only so for now
 */
export async function doHandedOn(
  parts: RequestParts,
  id: string,
  act: (request: InstanceRequest) => Promise<void>,
): Promise<ConnectorError[]> {
  const { store, exchange } = parts;
  const errors: ConnectorError[] = [];
  for (const request of await store.requests.list({ organization: exchange.organization })) {
    if (!isAskedOf(request, id)) continue;
    const error = await doOne(parts, request, act);
    if (error !== null) errors.push(error);
    await store.requests.remove([request.id]);
  }
  return errors;
}

async function doOne(
  parts: RequestParts,
  request: InstanceRequest,
  act: (request: InstanceRequest) => Promise<void>,
): Promise<ConnectorError | null> {
  if (parts.now() - Date.parse(request.askedAt) >= EXPIRES_MS) {
    parts.announce('attention', { device: null, decision: null, change: null, problem: expired(request) });
    return null;
  }
  await parts.store.requests.begin(request.id);
  try {
    await act(request);
    return null;
  } catch (thrown) {
    const error = asConnectorError(thrown);
    if (parts.signal.aborted || KEPT_AFTER.includes(error.code)) throw error;
    if (request.tries === 0 || !DONE_BEFORE.includes(error.code)) return error;
    await tryDue(parts);
    return null;
  }
}

function expired({ topic, askedAt, askedFrom, askedBy }: InstanceRequest): { code: string; text: string } {
  const who = askedBy === null ? '' : ` by ${askedBy}`;
  const seen = `"${topic}" was asked for${who} on ${askedFrom} at ${askedAt}, and nobody has done it within a day.`;
  const { code, message } = new ConnectorError('ERR_REQUEST_EXPIRED', seen);
  return { code, text: message };
}
