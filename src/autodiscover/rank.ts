/** Which of several findings to name first: the one that is nearest to the cause of the others. No I/O here. */
import type { AutodiscoverStep } from './report.ts';
import type { Verdict } from './verdicts.ts';

/**
 * From the cause to its effects. A wildcard explains the web server's 404, a redirect that waits for a confirmation
 * explains why nothing listens at autodiscover.<domain>; a missing name explains everything that comes after a name.
 * Within an error, an unknown or a warning this order decides, so both kinds stand in one list.
 */
const BY_CAUSE: readonly Verdict[] = [
  // Somebody else answers, or stands in for us
  'dns.wildcard',
  'redirect.confirm',
  'redirect.insecure',
  'redirect.loop',
  // The name
  'dns.internal.missing',
  'dns.nodata',
  'dns.dangling',
  'dns.resolver',
  'target.blocked',
  'srv.target',
  // The connection
  'net.hairpin',
  'net.tcp',
  // TLS
  'tls.version',
  'tls.handshake',
  'tls.expired',
  'tls.not-yet',
  'tls.name',
  'tls.chain',
  'tls.purpose',
  'tls.weak-key',
  'tls.weak-signature',
  'tls.self-signed',
  'tls.refused',
  // What answers
  'auth.preauth',
  'root.foreign',
  'http.403',
  'http.404',
  'http.500',
  'http.502',
  'http.503',
  'http.504',
  'http.status',
  'http.reset',
  'http.timeout',
  'body.invalid',
  // The account and what it is told
  'auth.password',
  'mailbox.none',
  'mailbox.cloud',
  'user.600',
  'user.601',
  'user.603',
  'user.error',
  'eas.url',
  'url.next',
  // Why an account could not sign in
  'tls.untrusted',
  'auth.kerberos',
  'auth.schemes.unusable',
  'auth.schemes.bearer',
  // What the directory does not say
  'scp.account',
  'scp.tls',
  'scp.ldap',
  // Works, for now or for some
  'flapping',
  'tls.expiring',
  'dns.cloud',
  'dns.aaaa',
  'eas.only',
  'mailbox.upn',
  'http.slow',
  'auth.schemes.basic',
  'root.cert',
  'root.page',
  'tls.private',
  'tls.cn-only',
  'dns.external.missing',
  'outside.missing',
  'outside.private',
  'outside.certificate',
  'outside.answer',
  'outside.unreachable',
  'soap.differs',
  'json.differs',
  'scp.explains',
  'scp.dead',
  'scp.loop',
  'scp.pointer',
  'scp.confirm',
  'scp.insecure',
  'scp.empty',
  'scp.other-site',
  'domains.unread',
  'domains.cut',
  'srv.port',
  'ews.bypassed',
];

const RANKS: ReadonlyMap<Verdict | undefined, number> = new Map(BY_CAUSE.map((verdict, rank) => [verdict, rank]));

/** Smaller is nearer to the cause; a finding without a name comes last. */
export function rankOf({ verdict }: Pick<AutodiscoverStep, 'verdict'>): number {
  return RANKS.get(verdict) ?? BY_CAUSE.length;
}
