/** Hands a message to a node as a wire does, and waits until the node is done with it. */
import { setTimeout } from 'node:timers/promises';
import { asConnectorError, ConnectorError } from '../src/errors.ts';
import type { RED, RunningNode } from './red.ts';
import { refusal } from '../src/model/refusals.ts';

/** How long a person waits for an answer; what takes longer goes on without. */
const PATIENCE_MS = 20_000;

/** `ended`: the node is done with the message. `under-way`: not yet. */
export type Delivered = 'ended' | 'under-way';

/**
 * Delivers a message. Throws what the node is done with, ERR_CONFIG_MISSING if it takes no messages.
 * @param signal nobody waits for the answer any more: the node goes on
 */
export async function deliver(
  RED: Pick<RED, 'hooks' | 'util'>,
  node: RunningNode,
  msg: object,
  signal: AbortSignal,
): Promise<Delivered> {
  if (node.receive === undefined) throw new ConnectorError('ERR_CONFIG_MISSING', refusal('no-input'));
  const id = RED.util.generateId();
  const ended = Promise.withResolvers<Delivered>();
  RED.hooks.add(`onComplete.exchange-connector-${id}`, (event) => {
    if (event.msg?._msgid !== id || event.node?.id !== node.id) return;
    if (event.error === undefined || event.error === null) ended.resolve('ended');
    else {
      const error = asConnectorError(event.error);
      // A deploy has cut it off, and the node's next start goes on with it.
      if (error.code === 'ERR_REQUEST_KEPT') ended.resolve('under-way');
      else ended.reject(error);
    }
  });
  const stop = new AbortController();
  const patience = setTimeout(PATIENCE_MS, 'under-way' as const, {
    ref: false,
    signal: AbortSignal.any([stop.signal, signal]),
  }).catch(() => 'under-way' as const);
  try {
    node.receive({ ...msg, _msgid: id });
    return await Promise.race([ended.promise, patience]);
  } finally {
    stop.abort();
    RED.hooks.remove(`*.exchange-connector-${id}`);
  }
}
