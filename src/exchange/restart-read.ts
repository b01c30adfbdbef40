/** Reading on after the line broke in the middle: the read starts again and what was already handed over is left out. */
import { isConnectorError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { KeyIndex } from './key-index.ts';
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
 * Ids are GUIDs and kept as 16 bytes.
 */
export async function* restartRead<T extends { readonly id: string }>(
  open: () => AsyncIterable<T>,
  options: Pick<CmdletOptions, 'onWarning'> = {},
): AsyncGenerator<T, void, undefined> {
  const seen = new KeyIndex();
  const key = Buffer.alloc(16);
  for (let restarts = 0; ; restarts++) {
    try {
      for await (const object of open()) {
        key.fill(0).write(object.id.replaceAll('-', ''), 'hex');
        const before = seen.size;
        seen.add(key);
        if (seen.size > before) yield object;
      }
      return;
    } catch (error) {
      // Nobody answered at all: the transport has tried every address more than once already.
      const unreachable = seen.size === 0 && isConnectorError(error, 'ERR_HTTP_UNREACHABLE');
      if (restarts === 2 || unreachable || !isTransient(error)) throw error;
      options.onWarning?.(
        `The reading broke after ${seen.size} objects and is started again: ${error instanceof Error ? error.message : ''}`,
      );
    }
  }
}
