/** What is said of the way to a mail server: its name, its certificate, the sign-in, its limits. Pure. */
import type { ConnectorError, ErrorCode } from '../../errors.ts';
import { errorSeen } from '../../model/check-report.ts';
import type { Blanks } from '../../model/check-report.ts';
import { counted, given } from '../../model/say.ts';
import type { Said, Value } from '../../model/say.ts';
import type { Finding } from './report.ts';
import type { Verdict } from './verdicts.ts';
import { said } from './words/words.ts';

/** A certificate is to be renewed by then. */
const SOON_MS = 30 * 86_400_000;

/** Code of what ended before the sign-in → verdict, over SMTP and over EWS; any other: tls.greeting. */
const TLS_VERDICTS: Partial<Readonly<Record<ErrorCode, Verdict>>> = {
  ERR_HTTP_TLS_UNTRUSTED: 'tls.untrusted',
  ERR_HTTP_TLS_NAME: 'tls.name',
  ERR_HTTP_TLS_EXPIRED: 'tls.expired',
  ERR_HTTP_TLS: 'tls.failed',
  ERR_HTTP_UNREACHABLE: 'connection.closed',
  ERR_HTTP_TIMEOUT: 'connection.closed',
  ERR_HTTP_RESET: 'connection.closed',
};

/** A certificate, as far as it is said something of. Foreign texts. */
export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970; NaN for what is no date. */
  readonly until: number;
}

/**
 * | connection                       | certificate ends     | verdict           |
 * |----------------------------------|----------------------|-------------------|
 * | without TLS                      |                      | tls.none          |
 * | with it                          | within 30 days       | tls.expiring      |
 * | with it                          | later, or not known  | tls.trusted       |
 */
export function judgeTls(certificate: Certificate | null | 'none', now: number, blanks: Blanks): Finding {
  if (certificate === 'none') return { verdict: 'tls.none', seen: said('tls.none'), blanks };
  if (certificate === null) return { verdict: 'tls.trusted', seen: said('tls.trusted'), blanks };
  const { subject, issuer, until } = certificate;
  const who = (name: string): Value => (name === '' ? said('nobody') : given(name));
  const day = Number.isNaN(until) ? said('no-date') : new Date(until).toISOString().slice(0, 10);
  const seen = said('tls.certificate', { subject: who(subject), issuer: who(issuer), until: day });
  return { verdict: until - now < SOON_MS ? 'tls.expiring' : 'tls.trusted', seen, blanks };
}

/** What is said of a conversation that ended before the sign-in. @param isStarttls it insists on STARTTLS */
export function judgeNoTls(error: ConnectorError, isStarttls: boolean, blanks: Blanks): Finding {
  const isMissing = isStarttls && error.details['reason'] === 'ETLS';
  return failed(TLS_VERDICTS[error.code] ?? (isMissing ? 'tls.missing' : 'tls.greeting'), error, blanks);
}

/** Code of a sign-in that failed → verdict; any other: sign-in.failed. */
const SIGN_IN_VERDICTS: Partial<Readonly<Record<ErrorCode, Verdict>>> = {
  ERR_MAIL_AUTH: 'sign-in.refused',
  ERR_MAIL_NO_MAILBOX: 'sign-in.mailbox',
};

/** What is said of a sign-in that failed. */
export function judgeNoSignIn(error: ConnectorError, blanks: Blanks): Finding {
  return failed(SIGN_IN_VERDICTS[error.code] ?? 'sign-in.failed', error, blanks);
}

/** What a server says of itself in its answer to EHLO. */
export interface Extensions {
  /** Bytes; 0: no limit, or none told [RFC 1870 section 4]. */
  readonly size: number;
  /** How one can sign in [RFC 4954 section 3]. */
  readonly auth: readonly string[];
  readonly others: readonly string[];
}

/** Reads an answer to EHLO [RFC 5321 section 4.1.1.1]; what has no shape of a keyword is left out. */
export function extensionsIn(answer: string): Extensions {
  const lines = answer
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.slice(4).trim().toUpperCase());
  const words = (line: string): string[] =>
    line.split(/[\s=]+/).filter((word) => /^[A-Z0-9][A-Z0-9-]{0,31}$/.test(word));
  const named = (name: string): string[] =>
    lines.filter((line) => words(line)[0] === name).flatMap((line) => words(line).slice(1));
  const others = lines.flatMap((line) => words(line).slice(0, 1)).filter((name) => name !== 'SIZE' && name !== 'AUTH');
  const size = Number(named('SIZE')[0] ?? 0);
  return {
    size: Number.isSafeInteger(size) ? size : 0,
    auth: [...new Set(named('AUTH'))].slice(0, 20),
    others: [...new Set(others)].slice(0, 20),
  };
}

/** A mail with a logo of 48 KiB and the picture of a link, coded for transport, with room to spare. */
const ENOUGH_BYTES = 200 * 1024;

/**
 * | the server takes at most | verdict       |
 * |--------------------------|---------------|
 * | it does not say          | limits.untold |
 * | less than 200 KiB        | limits.small  |
 * | more                     | limits.told   |
 */
export function judgeLimits({ size, auth, others }: Extensions, ratePerMinute: number): Finding {
  const seen = [
    size === 0 ? null : said('limits.size', { kib: counted(Math.floor(size / 1024)) }),
    auth.length === 0 ? null : said('limits.auth', { ways: auth }),
    others.length === 0 ? null : said('limits.others', { others }),
    said('limits.rate', { rate: ratePerMinute }),
  ]
    .filter((one) => one !== null)
    .reduce<Said | null>((first, second) => (first === null ? second : said('both', { first, second })), null)!;
  if (size === 0) return { verdict: 'limits.untold', seen };
  return { verdict: size < ENOUGH_BYTES ? 'limits.small' : 'limits.told', seen };
}

/** A step that an error ended. */
export function failed(verdict: Verdict, error: ConnectorError, blanks: Blanks = {}): Finding {
  return { verdict, seen: errorSeen(error), code: error.code, blanks };
}
