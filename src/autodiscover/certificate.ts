/** What a server's certificate says, and what is wrong with it for a phone. No I/O here. */
import { judged, seen, type Finding } from './report.ts';

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
  /** Keys in the chain that are too weak, as `RSA with 1024 bits`. */
  readonly weakKeys: readonly string[];
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
  const san = facts.names.join(', ') || 'no name';
  if (!facts.nameMatches) return judged('tls.name', `The certificate of ${name} lists ${san}.`, { san, name });
  if (facts.names.length === 0)
    return judged('tls.cn-only', `The certificate names ${facts.subject} in its subject only.`);
  return seen('ok', `The certificate lists ${san}.`);
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
  const { issuer, trustError } = facts;
  const error = trustError ?? 'no reason given';
  if (facts.selfSigned)
    return judged('tls.self-signed', `The certificate signs itself${trustError === null ? '' : ` (${error})`}.`, {
      name,
    });
  if (facts.trusted && facts.publiclyTrusted) return seen('ok', `Signed by ${issuer}.`);
  if (facts.trusted)
    return judged('tls.private', `Signed by ${issuer}, which this node trusts and phones do not know.`, { issuer });
  if (!UNKNOWN_AUTHORITY.test(error)) {
    return fitness.status === 'error'
      ? seen('skipped', `Not judged: this host refuses the certificate (${error}).`)
      : judged('tls.refused', `This host refuses the certificate, which is signed by ${issuer} (${error}).`, {
          why: error,
        });
  }
  // A private root that signs directly and a missing intermediate give the same error.
  const incomplete = error.startsWith('UNABLE_TO_') && (facts.namesIssuerUrl || facts.issuerKnown);
  if (incomplete)
    return judged(
      'tls.chain',
      `The certificate is signed by ${issuer}, and the chain above it was not sent (${error}).`,
      { name },
    );
  return judged('tls.untrusted', `The certificate is signed by ${issuer}, which this host does not trust (${error}).`, {
    issuer,
  });
}

/** id-kp-serverAuth and anyExtendedKeyUsage [RFC 5280 4.2.1.12]. */
const FOR_SERVERS = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

function judgeFitness({ weakKeys, weakSignatures, purposes }: CertificateFacts): Finding {
  if (purposes.length > 0 && !purposes.some((purpose) => FOR_SERVERS.includes(purpose)))
    return judged('tls.purpose', `It may be used for ${purposes.join(', ')}, not for a server.`);
  const [key] = weakKeys;
  if (key !== undefined) return judged('tls.weak-key', `The chain has a key of ${key}.`, { key });
  const [digest] = weakSignatures;
  if (digest !== undefined) return judged('tls.weak-signature', `The chain is signed with ${digest}.`, { digest });
  return seen('ok', 'Key, signature and purpose are in order.');
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function judgeDates(facts: CertificateFacts, now: Date): Finding {
  const daysLeft = Math.floor((facts.validTo.getTime() - now.getTime()) / DAY_MS);
  const seenDates = `Valid from ${day(facts.validFrom)} to ${day(facts.validTo)}.`;
  if (facts.validTo < now) return judged('tls.expired', seenDates, { date: day(facts.validTo) });
  if (facts.validFrom > now) return judged('tls.not-yet', seenDates, { date: day(facts.validFrom) });
  if (daysLeft < WARN_DAYS)
    return judged('tls.expiring', `${seenDates} ${daysLeft} days are left.`, { date: day(facts.validTo) });
  return seen('ok', `${seenDates} ${daysLeft} days are left.`);
}
