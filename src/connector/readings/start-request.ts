/**
 * What a start may ask of a source.
 * In: `msg.sync` of the start, whatever it is. Out: the checked request, or two starts as one. Changes: nothing.
 */
import { ConnectorError } from '../../errors.ts';

/** What `msg.sync` of a start message may say. */
export interface StartRequest {
  readonly kind: 'full' | 'quick' | undefined;
  /** Nothing is changed at the end of this sync, whatever the access switch's mode. */
  readonly dryRun: boolean;
}

/**
 * Reads what a start may override, and nothing else.
 * @throws ConnectorError ERR_INPUT_INVALID for a `kind` that is neither full nor quick
 */
export function readStartRequest(sync: unknown): StartRequest {
  const { kind, dryRun } = fieldsOf(sync);
  if (!isKind(kind)) {
    throw new ConnectorError('ERR_INPUT_INVALID', 'msg.sync.kind must be "full" or "quick".');
  }
  return { kind, dryRun: dryRun === true };
}

/*
 *   kind        full    quick   none          dryRun   true    false, none
 *   full        full    full    full          true     true    false
 *   quick       full    quick   none          false    false   false
 *   none        full    none    none
 *   any other: not one start
 */

/**
 * One `msg.sync` for two starts that wait, asking for as much as both. A full reading covers a quick one, and a sync that was
 * wanted for real is not lost to a dry run beside it. Null if one of them asks for what there is not.
 */
export function combineStarts(waiting: unknown, newer: unknown): Record<string, unknown> | null {
  const [earlier, later] = [fieldsOf(waiting), fieldsOf(newer)];
  const kinds = [earlier.kind, later.kind];
  // What will be refused may not take the other start with it.
  if (!kinds.every(isKind)) return null;
  // Without a kind the node's own setting counts, and that may be full.
  const kind = kinds.includes('full') ? 'full' : kinds.includes(undefined) ? undefined : later.kind;
  const dryRun = earlier.dryRun === true && later.dryRun === true;
  return { ...later, kind, dryRun };
}

function isKind(kind: unknown): kind is StartRequest['kind'] {
  return kind === undefined || kind === 'full' || kind === 'quick';
}

function fieldsOf(sync: unknown): { readonly kind?: unknown; readonly dryRun?: unknown } {
  return typeof sync === 'object' && sync !== null ? sync : {};
}
