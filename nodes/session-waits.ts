/** Work that waits for a session of Exchange says so, why, and how long, from the first refusal on. */
import { ERROR_HELP } from '../src/errors.ts';
import { redact } from '../src/log.ts';
import { offeredConnection } from './connections.ts';
import type { Run } from './on-input.ts';
import type { Definition, Instance, RED } from './red.ts';
import { textOf } from './red.ts';

/** Does work with the Exchange server that a node has chosen, and shows meanwhile that it waits. The log has it once. */
export async function tellingWaits<T>(
  RED: RED,
  node: Instance,
  definition: Definition,
  run: Run,
  work: () => Promise<T>,
): Promise<T> {
  const server = offeredConnection(RED, textOf(definition, 'server'), 'exchange-server');
  let isTold = false;
  const forget = server?.onWait(({ refusal, isFull, until }) => {
    const time = new Date(until).toTimeString().slice(0, 5);
    run.warn(isFull ? 'shared.status.noSession' : 'shared.status.sessionLater', { time });
    if (!isTold && !run.signal.aborted)
      node.warn(redact(`${refusal.code}: ${refusal.message} ${ERROR_HELP[refusal.code]}`));
    isTold = true;
  });
  try {
    return await work();
  } finally {
    forget?.();
  }
}
