/** What is said of the name of a server that somebody looked up, the same in the report of every far end. Pure. */
import { COMMON_EN } from './check-words.ts';
import type { Blanks } from './check-report.ts';
import { sayer } from './say.ts';
import type { Said } from './say.ts';

const said = sayer<typeof COMMON_EN>();
/** Addresses that are named. */
const NAMED = 10;

/** What came of looking a name up; `code` is that of the system's resolver (getaddrinfo), empty if it gave none. */
export type LookedUp =
  | { readonly kind: 'address' }
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  | { readonly kind: 'failed'; readonly code: string };

/** A line of a report about the name. */
export interface NameFinding {
  readonly verdict: 'name.address' | 'name.found' | 'name.unanswered' | 'name.unknown';
  readonly seen: Said;
  /** Absent: nothing is wrong. */
  readonly code?: 'ERR_HTTP_UNREACHABLE';
  readonly blanks: Blanks;
}

/**
 * | looked up            | verdict         |
 * |----------------------|-----------------|
 * | an address, no name  | name.address    |
 * | addresses            | name.found      |
 * | EAI_AGAIN, ETIMEDOUT | name.unanswered |
 * | any other code       | name.unknown    |
 */
export function judgeName(host: string, outcome: LookedUp): NameFinding {
  const blanks = { host };
  if (outcome.kind === 'address') return { verdict: 'name.address', seen: said('name.address', { host }), blanks };
  if (outcome.kind === 'found') {
    const addresses = outcome.addresses.slice(0, NAMED);
    return { verdict: 'name.found', seen: said('name.found', { host, addresses }), blanks };
  }
  const code = 'ERR_HTTP_UNREACHABLE';
  if (['EAI_AGAIN', 'ETIMEDOUT'].includes(outcome.code))
    return { verdict: 'name.unanswered', seen: said('name.silent', { host }), code, blanks };
  const reason = outcome.code || said('no-code');
  return { verdict: 'name.unknown', seen: said('name.nowhere', { host, reason }), code, blanks };
}
