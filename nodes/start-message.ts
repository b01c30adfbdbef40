/** Reading the message that starts a node: what it may override, and nothing else. */
import { ConnectorError } from '../src/errors.ts';
import type { Msg } from './red.ts';

/** What `msg.sync` of a start message may say. */
export interface StartRequest {
  readonly kind: 'full' | 'quick' | undefined;
  /** Nothing is changed at the end of this sync, whatever the access switch's mode. */
  readonly dryRun: boolean;
}

/**
 * @throws ConnectorError ERR_INPUT_INVALID for a `msg.sync.kind` that is neither full nor quick
 */
export function startRequestOf(msg: Msg): StartRequest {
  const sync = typeof msg.sync === 'object' && msg.sync !== null ? (msg.sync as Record<string, unknown>) : {};
  const kind = sync['kind'];
  if (kind !== undefined && kind !== 'full' && kind !== 'quick') {
    throw new ConnectorError('ERR_INPUT_INVALID', 'msg.sync.kind must be "full" or "quick".');
  }
  return { kind, dryRun: sync['dryRun'] === true };
}
