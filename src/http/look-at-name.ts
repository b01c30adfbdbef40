/** Looks a host name up as this host does (its files, its DNS), as every connection does before it connects. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { throwIfAborted } from '../errors.ts';

/** What a name leads to; `failed` has Node.js' code, such as ENOTFOUND, or ETIMEDOUT. */
export type NameOutcome =
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  | { readonly kind: 'address' }
  | { readonly kind: 'failed'; readonly code: string };

/** @param host as a URL has it @throws ERR_ABORTED */
export async function lookAtName(host: string, timeoutMs: number, signal?: AbortSignal): Promise<NameOutcome> {
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) return { kind: 'address' };
  const limit = AbortSignal.timeout(timeoutMs);
  const ended = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  // The system's look-up cannot be called back; nobody waits for it any longer.
  const over = new Promise<NameOutcome>((resolve) => {
    ended.addEventListener('abort', () => resolve({ kind: 'failed', code: 'ETIMEDOUT' }), { once: true });
    if (ended.aborted) resolve({ kind: 'failed', code: 'ETIMEDOUT' });
  });
  const found = lookup(host, { all: true }).then(
    (addresses): NameOutcome => ({ kind: 'found', addresses: addresses.map(({ address }) => address) }),
    (error: unknown): NameOutcome => ({ kind: 'failed', code: codeOf(error) }),
  );
  const outcome = await Promise.race([found, over]);
  throwIfAborted(signal);
  return outcome;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
