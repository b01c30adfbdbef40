/** Reading on after the line broke in the middle: the read starts again and what was already handed over is left out. */
import { isConnectorError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { KeyIndex } from './key-index.ts';
import { WsmanFault } from '../wsman/fault.ts';
import type { CmdletOptions, Effort } from './transport.ts';

/** Causes that may be gone a moment later; the session they hit is not used again. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_HTTP_RESET',
  'ERR_HTTP_TIMEOUT',
  'ERR_HTTP_UNREACHABLE',
  'ERR_WSMAN_SHELL_LOST',
  'ERR_WSMAN_INVALID',
  'ERR_XML_INVALID',
  'ERR_PSRP_FRAGMENT',
  'ERR_PSRP_MESSAGE',
]);

/** A read is attempted at most this often, over all its restarts. */
export const MAX_ATTEMPTS = 4;

/** True if a read that ended with this error may work when it is started again. */
export function isTransient(error: unknown): boolean {
  if (!isConnectorError(error)) return false;
  if (TRANSIENT.has(error.code)) return true;
  return error instanceof WsmanFault && (error.recovery === 'retry-read' || error.recovery === 'reopen');
}

/**
 * Yields the objects of a read, each once by its id. If the read breaks in the middle it is started again, at most
 * twice and only while attempts are left; one that keeps breaking throws its error.
 * @param open starts the read; hands the effort on to the transport
 * @param options.mayRepeat objects may be yielded again after a restart: for who replaces what he has, and whose ids need not be kept
 */
export async function* restartRead<T extends { readonly id: string }>(
  open: (effort: Effort) => AsyncIterable<T>,
  options: Pick<CmdletOptions, 'onWarning'> & { readonly mayRepeat?: boolean } = {},
): AsyncGenerator<T, void, undefined> {
  const seen = new KeyIndex();
  let came = 0;
  const effort: Effort = { attempts: 0, movedOn: false };
  for (let restarts = 0; ; restarts++) {
    try {
      for await (const object of open(effort)) {
        came++;
        const before = seen.size;
        if (options.mayRepeat !== true) seen.add(object.id);
        if (options.mayRepeat === true || seen.size > before) yield object;
      }
      return;
    } catch (error) {
      if (restarts === 2 || !mayStartAgain(error, effort, came)) throw error;
      options.onWarning?.(
        `The reading broke after ${came} objects and is started again: ${error instanceof Error ? error.message : ''}`,
      );
    }
  }
}

/**
 * All objects of a small read. One that breaks is started again as {@link restartRead} does, and what it had is dropped.
 */
export async function readWhole<T>(open: (effort: Effort) => AsyncIterable<T>): Promise<T[]> {
  const effort: Effort = { attempts: 0, movedOn: false };
  for (let restarts = 0; ; restarts++) {
    const found: T[] = [];
    try {
      for await (const object of open(effort)) found.push(object);
      return found;
    } catch (error) {
      if (restarts === 2 || !mayStartAgain(error, effort, found.length)) throw error;
    }
  }
}

function mayStartAgain(error: unknown, effort: Effort, yielded: number): boolean {
  // Nobody answered at all: the transport has tried every address more than once already.
  const unreachable = yielded === 0 && isConnectorError(error, 'ERR_HTTP_UNREACHABLE');
  const mayHelp = isTransient(error) || effort.movedOn;
  effort.movedOn = false;
  return mayHelp && !unreachable && effort.attempts < MAX_ATTEMPTS;
}
