/** What is said of the way to an Exchange: its name, its certificate, the sign-in it offers, and the first session. Pure. */
import { errorSeen } from '../../model/check-report.ts';
import type { Blanks } from '../../model/check-report.ts';
import type { ConnectorError, ErrorCode } from '../../errors.ts';
import type { CertificateOutcome, CertificateSeen } from '../../http/look-at-certificate.ts';
import { enableCommand } from '../../http/probe-authentication.ts';
import type { AuthenticationReport } from '../../http/probe-authentication.ts';
import type { Verdict } from './verdicts.ts';
import { given } from '../../model/say.ts';
import type { Said, Value } from '../../model/say.ts';
import type { Finding } from './report.ts';
import { said } from './words/words.ts';

/** How somebody signs in. */
export type SignIn = 'basic' | 'ntlm' | 'kerberos' | 'certificate';

/** A certificate is to be renewed by then. */
const SOON_MS = 30 * 86_400_000;

/** Code of a connection that failed because of TLS → verdict. */
const TLS_VERDICTS: Partial<Readonly<Record<ErrorCode, Verdict>>> = {
  ERR_HTTP_TLS_UNTRUSTED: 'tls.untrusted',
  ERR_HTTP_TLS_NAME: 'tls.name',
  ERR_HTTP_TLS_EXPIRED: 'tls.expired',
  ERR_HTTP_TLS: 'tls.failed',
};

/**
 * | connection        | certificate ends     | verdict                       |
 * |-------------------|----------------------|-------------------------------|
 * | failed            |                      | by its code: {@link TLS_VERDICTS} |
 * | failed otherwise  |                      | tls.proxy behind a proxy, else tls.closed |
 * | trusted           | within 30 days       | tls.expiring                  |
 * | trusted           | later, or not known  | tls.trusted                   |
 */
export function judgeTls(
  url: URL,
  { seen, failure }: CertificateOutcome,
  { now, proxied }: { readonly now: number; readonly proxied: boolean },
): Finding {
  const endpoint = `${url.hostname}:${url.port || 443}`;
  const blanks: Blanks = { host: url.hostname, port: url.port || '443', endpoint };
  const told = seen === null ? said('certificate.unseen') : certificateText(seen);
  if (failure !== null) {
    const verdict = TLS_VERDICTS[failure.code] ?? (proxied ? 'tls.proxy' : 'tls.closed');
    return { verdict, seen: said('both', { first: refusalSeen(failure), second: told }), code: failure.code, blanks };
  }
  const isSoon = seen !== null && seen.until - now < SOON_MS;
  return { verdict: isSoon ? 'tls.expiring' : 'tls.trusted', seen: told, blanks };
}

function certificateText({ protocol, subject, issuer, names, from, until, fingerprint }: CertificateSeen): Said {
  const day = (ms: number): Value => (Number.isNaN(ms) ? said('no-date') : new Date(ms).toISOString().slice(0, 10));
  const who = (name: string): Value => (name === '' ? said('nobody') : given(name));
  return said('certificate', {
    protocol,
    subject: who(subject),
    names: names.length === 0 ? said('no-name') : names.slice(0, 10),
    issuer: who(issuer),
    from: day(from),
    until: day(until),
    fingerprint,
  });
}

/**
 * | answered            | chosen       | offered | verdict             |
 * |---------------------|--------------|---------|---------------------|
 * | 401                 | certificate  |         | methods.certificate |
 * | any other status    | certificate  |         | methods.certificate |
 * | any other status    | any other    |         | methods.elsewhere   |
 * | 401                 | none yet     |         | methods.offered     |
 * | 401                 | kerberos     | no      | methods.kerberos    |
 * | 401                 | basic, ntlm  | no      | methods.missing     |
 * | 401                 | one of them  | yes     | methods.offered     |
 */
export function judgeMethods(report: AuthenticationReport, wanted: SignIn | null): Finding {
  const offered = report.offered.length === 0 ? said('methods.nothing') : report.offered;
  const status =
    report.server === null
      ? report.status
      : said('server.named', { status: report.status, server: given(report.server) });
  const seen = said('methods.offered', { status, offered });
  if (wanted === 'certificate') return { verdict: 'methods.certificate', seen };
  if (report.status !== 401)
    return {
      verdict: 'methods.elsewhere',
      code: 'ERR_HTTP_NOT_EXPECTED',
      seen: said('methods.elsewhere', { status }),
    };
  if (wanted === null || report.wantedIsOffered !== false) return { verdict: 'methods.offered', seen };
  const enable = enableCommand(wanted);
  const code = 'ERR_HTTP_AUTH_METHOD';
  if (enable === null) return { verdict: 'methods.kerberos', seen, code };
  return { verdict: 'methods.missing', seen, code, blanks: { enable } };
}

/** Code of a session that was not to be had → verdict; any other: session.failed. */
export const SESSION_VERDICTS: Partial<Readonly<Record<ErrorCode, Verdict>>> = {
  ERR_HTTP_AUTH: 'session.refused',
  ERR_HTTP_AUTH_METHOD: 'methods.missing',
  ERR_HTTP_KERBEROS_TICKET: 'session.kerberos',
  ERR_HTTP_KERBEROS_KDC: 'session.kerberos',
  ERR_HTTP_KERBEROS_SPN: 'session.kerberos',
  ERR_HTTP_KERBEROS_CLOCK: 'session.clock',
  ERR_HTTP_KERBEROS_ACCOUNT: 'session.refused',
  ERR_HTTP_KERBEROS_REFUSED: 'session.ticket-refused',
  ERR_HTTP_KERBEROS_SETUP: 'session.kerberos',
  ERR_DEPENDENCY_MISSING: 'session.package',
  ERR_WSMAN_ACCESS_DENIED: 'session.not-allowed',
  ERR_WSMAN_QUOTA: 'session.throttled',
  ERR_EXCHANGE_THROTTLED: 'session.throttled',
  ERR_WSMAN_AFFINITY: 'session.scattered',
  ERR_HTTP_NOT_EXPECTED: 'methods.elsewhere',
};

/** What is said of a session that was not to be had. */
export function judgeRefusal(error: ConnectorError, blanks: Blanks): Finding {
  return failed(SESSION_VERDICTS[error.code] ?? 'session.failed', error, blanks);
}

/** A step that an error ended. */
export function failed(verdict: Verdict, error: ConnectorError, blanks: Blanks = {}): Finding {
  return { verdict, seen: refusalSeen(error), code: error.code, blanks };
}

/** What an error says was seen, without what it says to check. PowerShell says of a cmdlet that is not given that nobody knows it. */
function refusalSeen(error: ConnectorError): Said {
  if (error.code !== 'ERR_EXCHANGE_CMDLET_UNKNOWN') return errorSeen(error);
  return said('cmdlet.missing', { cmdlet: String(error.details['cmdlet']) });
}
