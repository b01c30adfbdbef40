/** What one DNS server said about one name, and what that means. No I/O here. */
import { said, type Said } from './words/say.ts';

/** Why a question has no answer: words, or the name of a DNS error as `SERVFAIL`. */
export type Reason = Said | string;

/** The outcome of one query. Node.js reports an alias of nothing as zero records. */
export type QueryOutcome =
  | { readonly kind: 'records'; readonly values: readonly string[] }
  | { readonly kind: 'nxdomain' }
  | { readonly kind: 'nodata' }
  | { readonly kind: 'failed'; readonly reason: Reason };

/** Every query about one name at one server. */
export interface NameAnswer {
  /** `ip` or `ip:port`, or `system`. */
  readonly server: string;
  readonly name: string;
  readonly a: QueryOutcome;
  readonly aaaa: QueryOutcome;
  readonly cname: QueryOutcome;
}

/** What a name is, as one server sees it. */
export type NameVerdict =
  | { readonly kind: 'found'; readonly addresses: readonly string[]; readonly alias: string | null }
  | { readonly kind: 'missing' }
  | { readonly kind: 'nodata' }
  | { readonly kind: 'dangling'; readonly target: string }
  | { readonly kind: 'unknown'; readonly reason: Reason };

/** IPv4 first: clients try it first when both work. */
export function nameVerdict({ a, aaaa, cname }: NameAnswer): NameVerdict {
  const addresses = [...valuesOf(a), ...valuesOf(aaaa)];
  const alias = valuesOf(cname)[0] ?? null;
  if (addresses.length > 0) return { kind: 'found', addresses, alias };
  // A server that answers one question and fails at the other has not said that there is no address.
  if (a.kind === 'failed') return { kind: 'unknown', reason: a.reason };
  if (alias !== null) return { kind: 'dangling', target: alias };
  if (aaaa.kind === 'failed') return { kind: 'unknown', reason: aaaa.reason };
  return { kind: a.kind === 'nxdomain' ? 'missing' : 'nodata' };
}

function valuesOf(outcome: QueryOutcome): readonly string[] {
  return outcome.kind === 'records' ? outcome.values : [];
}

/** The code of node:dns as an outcome. */
export function outcomeOfError(code: string | undefined): QueryOutcome {
  // https://nodejs.org/api/dns.html#error-codes; ENOTFOUND = NXDOMAIN, ENODATA = NOERROR without records.
  if (code === 'ENOTFOUND') return { kind: 'nxdomain' };
  if (code === 'ENODATA') return { kind: 'nodata' };
  return { kind: 'failed', reason: REASONS[code ?? ''] ?? code ?? 'failed' };
}

const REASONS: Readonly<Record<string, Reason>> = {
  ESERVFAIL: 'SERVFAIL',
  EREFUSED: 'REFUSED',
  ETIMEOUT: said('dns.reason.silent'),
  ECONNREFUSED: said('dns.reason.closed'),
  ECANCELLED: said('dns.reason.stopped'),
  EFORMERR: 'FORMERR',
  ENOTIMP: 'NOTIMP',
};
