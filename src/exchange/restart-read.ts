/** Reading on after the line broke in the middle: the read starts again and what was already handed over is left out. */
import { isConnectorError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { CmdletOptions } from './transport.ts';

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

/** True if a read that ended with this error may work when it is started again. */
export function isTransient(error: unknown): boolean {
  if (!isConnectorError(error)) return false;
  return (
    TRANSIENT.has(error.code) || error.details['recovery'] === 'retry-read' || error.details['recovery'] === 'reopen'
  );
}

/**
 * Yields the objects of a read, each once by its id. If the read breaks in the middle it is started again, at most
 * twice; one that keeps breaking throws its error.
 * Ids are kept as 16-character texts, about 50 bytes each.
 */
export async function* restartRead<T extends { readonly id: string }>(
  open: () => AsyncIterable<T>,
  options: Pick<CmdletOptions, 'onWarning'> = {},
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  for (let restarts = 0; ; restarts++) {
    try {
      for await (const object of open()) {
        const id = compact(object.id);
        if (seen.has(id)) continue;
        seen.add(id);
        yield object;
      }
      return;
    } catch (error) {
      if (restarts === 2 || !isTransient(error)) throw error;
      options.onWarning?.(
        `The reading broke after ${seen.size} objects and is started again: ${error instanceof Error ? error.message : ''}`,
      );
    }
  }
}

function compact(guid: string): string {
  return Buffer.from(guid.replaceAll('-', ''), 'hex').toString('latin1');
}
