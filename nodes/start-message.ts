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
  const sync = syncOf(msg);
  const kind = sync['kind'];
  if (!isKind(kind)) {
    throw new ConnectorError('ERR_INPUT_INVALID', 'msg.sync.kind must be "full" or "quick".');
  }
  return { kind, dryRun: sync['dryRun'] === true };
}

/**
 * One start for two that wait: the newer message, asking for as much as both. A full reading covers a quick one, and a
 * sync that was wanted for real is not lost to a dry run that came after it. Null if one of them asks for what there is not.
 */
export function combineStarts(waiting: Msg, newer: Msg): Msg | null {
  const [earlier, later] = [syncOf(waiting), syncOf(newer)];
  const kinds = [earlier['kind'], later['kind']];
  // What will be refused may not take the other start with it.
  if (!kinds.every(isKind)) return null;
  // Without a kind the node's own setting counts, and that may be full.
  const kind = kinds.includes('full') ? 'full' : kinds.includes(undefined) ? undefined : later['kind'];
  const dryRun = earlier['dryRun'] === true && later['dryRun'] === true;
  return { ...newer, sync: { ...later, kind, dryRun } };
}

function isKind(kind: unknown): kind is StartRequest['kind'] {
  return kind === undefined || kind === 'full' || kind === 'quick';
}

function syncOf(msg: Msg): Record<string, unknown> {
  return typeof msg.sync === 'object' && msg.sync !== null ? (msg.sync as Record<string, unknown>) : {};
}
