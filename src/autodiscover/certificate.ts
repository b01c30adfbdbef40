/** What a server's certificate says, and what is wrong with it for a phone. No I/O here. */
import type { WeakKey } from './certificate-strength.ts';
import { judged, seen, type Finding } from './report.ts';
import { quoted, said } from './words/say.ts';

/** What a TLS handshake showed. Texts are foreign and cleaned. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses it is valid for, as `mail.contoso.com`. */
  readonly names: readonly string[];
  readonly validFrom: Date;
  readonly validTo: Date;
  /** It is valid for the name that was asked; checked on its own, since a chain error hides it. */
  readonly nameMatches: boolean;
  /** This host (with the CA configured) trusts it. */
  readonly trusted: boolean;
  /** Why not, as node:tls names it, or null. */
  readonly trustError: string | null;
  /** The chain ends in an authority that every phone knows. */
  readonly publiclyTrusted: boolean;
  readonly selfSigned: boolean;
  /** It says where its issuer's certificate can be fetched: a public CA's mark. */
  readonly namesIssuerUrl: boolean;
  /** The organization that signed the last certificate of the chain has an authority that this host knows. */
  readonly issuerKnown: boolean;
  /** Keys in the chain that are too weak. */
  readonly weakKeys: readonly WeakKey[];
  /** Digests of signatures in the chain that are too weak, as `SHA-1`. */
  readonly weakSignatures: readonly string[];
  /** What it may be used for, as object identifiers; empty: anything. */
  readonly purposes: readonly string[];
  /** As `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
}

const DAY_MS = 86_400_000;
/** A month: time to order a new certificate from an authority that people work at. */
const WARN_DAYS = 30;

/** What is judged of a certificate, each as one finding. */
export type CertificatePart = 'name' | 'chain' | 'dates' | 'fitness';

/** Name, chain, dates and strength of a certificate. */
export function judgeCertificate(
  facts: CertificateFacts,
  name: string,
  now: Date,
): { readonly [part in CertificatePart]: Finding } {
  const fitness = judgeFitness(facts);
  return {
    name: judgeName(facts, name),
    chain: judgeChain(facts, name, fitness),
    dates: judgeDates(facts, now),
    fitness,
  };
}

function judgeName(facts: CertificateFacts, name: string): Finding {
  const names = facts.names.length === 0 ? said('tls.no-name') : facts.names;
  if (!facts.nameMatches) return judged('tls.name', said('tls.other-names', { name, names }), { san: names, name });
  if (facts.names.length === 0)
    return judged('tls.cn-only', said('tls.subject-only', { subject: quoted(facts.subject) }));
  return seen('ok', said('tls.names', { names }));
}

/** Verification errors that mean: the authority is not known here. Others have another cause. */
const UNKNOWN_AUTHORITY =
  /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED)$/;

/**
 * | trusted here | signed by                                       | finding                                          |
 * |--------------|-------------------------------------------------|--------------------------------------------------|
 * | any          | itself                                          | tls.self-signed                                  |
 * | yes          | a public authority                              | ok                                               |
 * | yes          | another one                                     | tls.private                                      |
 * | no           | not sent, but of an organization that is known  | tls.chain: an intermediate is missing            |
 * | no           | not sent, and it says where to fetch it         | tls.chain: public authorities do that            |
 * | no           | unknown                                         | tls.untrusted                                    |
 * | no           | refused for its key, signature or purpose       | skipped: `fitness` says it                       |
 * | no           | refused for something else                      | tls.refused                                      |
 */
function judgeChain(facts: CertificateFacts, name: string, fitness: Finding): Finding {
  const { trustError } = facts;
  const issuer = quoted(facts.issuer);
  const why = trustError ?? said('tls.no-reason');
  if (facts.selfSigned)
    return judged(
      'tls.self-signed',
      trustError === null ? said('tls.self-signed') : said('tls.self-signed.why', { why }),
      { name },
    );
  if (facts.trusted && facts.publiclyTrusted) return seen('ok', said('tls.signed', { issuer }));
  if (facts.trusted) return judged('tls.private', said('tls.private', { issuer }), { issuer });
  if (trustError === null || !UNKNOWN_AUTHORITY.test(trustError)) {
    return fitness.status === 'error'
      ? seen('skipped', said('tls.not-judged', { why }))
      : judged('tls.refused', said('tls.refused', { issuer, why }), { why });
  }
  // A private root that signs directly and a missing intermediate give the same error.
  const incomplete = trustError.startsWith('UNABLE_TO_') && (facts.namesIssuerUrl || facts.issuerKnown);
  return incomplete
    ? judged('tls.chain', said('tls.incomplete', { issuer, why }), { name })
    : judged('tls.untrusted', said('tls.untrusted', { issuer, why }), { issuer });
}

/** id-kp-serverAuth and anyExtendedKeyUsage [RFC 5280 4.2.1.12]. */
const FOR_SERVERS = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

function judgeFitness({ weakKeys, weakSignatures, purposes }: CertificateFacts): Finding {
  if (purposes.length > 0 && !purposes.some((purpose) => FOR_SERVERS.includes(purpose)))
    return judged('tls.purpose', said('tls.purpose', { purposes }));
  const [weak] = weakKeys;
  if (weak !== undefined) {
    const key = said('tls.key', { ...weak });
    return judged('tls.weak-key', said('tls.weak-key', { key }), { key });
  }
  const [digest] = weakSignatures;
  if (digest !== undefined) return judged('tls.weak-signature', said('tls.weak-signature', { digest }), { digest });
  return seen('ok', said('tls.fit'));
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function judgeDates(facts: CertificateFacts, now: Date): Finding {
  const daysLeft = Math.floor((facts.validTo.getTime() - now.getTime()) / DAY_MS);
  const [from, to] = [day(facts.validFrom), day(facts.validTo)];
  const dates = said('tls.dates', { from, to });
  if (facts.validTo < now) return judged('tls.expired', dates, { date: to });
  if (facts.validFrom > now) return judged('tls.not-yet', dates, { date: from });
  const left = said('tls.dates.left', { from, to, days: daysLeft });
  return daysLeft < WARN_DAYS ? judged('tls.expiring', left, { date: to }) : seen('ok', left);
}
