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
  /** As `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
}

const DAY_MS = 86_400_000;
/** A month: time to order a new certificate from an authority that people work at. */
const WARN_DAYS = 30;

/** Name, chain and dates of a certificate, as one finding each: `name`, `chain`, `dates`. */
export function judgeCertificate(
  facts: CertificateFacts,
  name: string,
  now: Date,
): { readonly [part in 'name' | 'chain' | 'dates']: Finding } {
  return { name: judgeName(facts, name), chain: judgeChain(facts, name), dates: judgeDates(facts, now) };
}

function judgeName(facts: CertificateFacts, name: string): Finding {
  const san = facts.names.join(', ') || 'no name';
  if (!facts.nameMatches) return judged('tls.name', `The certificate of ${name} lists ${san}.`, { san, name });
  if (facts.names.length === 0)
    return judged('tls.cn-only', `The certificate names ${facts.subject} in its subject only.`);
  return seen('ok', `The certificate lists ${san}.`);
}

function judgeChain(facts: CertificateFacts, name: string): Finding {
  const { issuer } = facts;
  if (facts.trusted && facts.publiclyTrusted) return seen('ok', `Signed by ${issuer}.`);
  if (facts.trusted)
    return judged('tls.private', `Signed by ${issuer}, which this node trusts and phones do not know.`, { issuer });
  // A private root that signs directly and a missing intermediate give the same error; the issuer's address tells them apart.
  const incomplete = /^UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)$/.test(facts.trustError ?? '');
  if (incomplete && facts.namesIssuerUrl && !facts.selfSigned) {
    return judged(
      'tls.chain',
      `The certificate is signed by ${issuer}, whose certificate was not sent (${facts.trustError}).`,
      { name },
    );
  }
  const how = facts.selfSigned ? 'signs itself' : `is signed by ${issuer}, which this host does not trust`;
  return judged('tls.private', `The certificate ${how} (${facts.trustError}).`, { issuer });
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
