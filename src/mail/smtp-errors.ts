/** What a failed SMTP conversation means, in our codes. No I/O here. */
import type { NodemailerError } from 'nodemailer';
import { asConnectorError, ConnectorError, type ErrorCode } from '../errors.ts';
import { redact } from '../log.ts';
import { foreignText } from '../model/foreign.ts';

/** Where the conversation was, for the message of an error. */
export interface SmtpScene {
  /** `host:port`. */
  readonly server: string;
  readonly sender: string;
  readonly recipient?: string;
  /** Texts that must never appear: the password and what AUTH makes of it. */
  readonly secrets: readonly string[];
}

const TLS_CODES: Readonly<Record<string, ErrorCode>> = {
  // https://nodejs.org/api/tls.html#x509-certificate-error-codes
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'ERR_HTTP_TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT: 'ERR_HTTP_TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'ERR_HTTP_TLS_UNTRUSTED',
  SELF_SIGNED_CERT_IN_CHAIN: 'ERR_HTTP_TLS_UNTRUSTED',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'ERR_HTTP_TLS_UNTRUSTED',
  CERT_UNTRUSTED: 'ERR_HTTP_TLS_UNTRUSTED',
  CERT_REJECTED: 'ERR_HTTP_TLS_UNTRUSTED',
  CERT_SIGNATURE_FAILURE: 'ERR_HTTP_TLS_UNTRUSTED',
  CERT_HAS_EXPIRED: 'ERR_HTTP_TLS_EXPIRED',
  CERT_NOT_YET_VALID: 'ERR_HTTP_TLS_EXPIRED',
  ERR_TLS_CERT_ALTNAME_INVALID: 'ERR_HTTP_TLS_NAME',
};

/**
 * Turns what nodemailer threw into one of our errors. `details`: `permanent` (sending the same again cannot succeed),
 * `responseCode`, `enhancedCode` [RFC 3463], `command`, `reason`.
 */
export function smtpError(error: unknown, scene: SmtpScene): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const failure = error as NodemailerError;
  if (failure.name === 'AbortError' || failure.code === 'EABORT')
    return asConnectorError(new DOMException('aborted', 'AbortError'));
  const reply = failure.response === undefined ? null : clean(failure.response, scene.secrets);
  const about = failure.code === 'ETLS' && reply !== null ? 'STARTTLS was refused, ' : '';
  const answer =
    reply === null ? (clean(failure.message, scene.secrets) ?? 'failed') : `${about}it answered "${reply}"`;
  const enhancedCode = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(failure.response ?? '')?.[1] ?? null;
  const code = classify(failure, enhancedCode);
  return new ConnectorError(code, `${SEEN[code]?.(scene) ?? `The mail server ${scene.server} failed`}: ${answer}.`, {
    cause: withoutSecrets(failure, scene.secrets),
    details: {
      permanent: isPermanent(failure, code),
      responseCode: failure.responseCode ?? null,
      enhancedCode,
      command:
        failure.command === undefined
          ? null
          : (clean(failure.command.split(' ').slice(0, 2).join(' '), scene.secrets) ?? null),
      reason: failure.originalCode ?? failure.timeoutType ?? failure.code ?? null,
    },
  });
}

const SEEN: Partial<Record<ErrorCode, (scene: SmtpScene) => string>> = {
  ERR_MAIL_SENDER: (scene) => `The mail server ${scene.server} refused the sender ${scene.sender}`,
  ERR_MAIL_RECIPIENT: (scene) => `The mail server ${scene.server} refused the recipient ${scene.recipient ?? ''}`,
  ERR_MAIL_AUTH: (scene) => `The mail server ${scene.server} refused the sign-in`,
  ERR_MAIL_RATE: (scene) => `The mail server ${scene.server} limits the rate`,
  ERR_MAIL_REFUSED: (scene) => `The mail server ${scene.server} refused the mail`,
  ERR_MAIL_CONNECT: (scene) => `No usable connection to the mail server ${scene.server}`,
  ERR_HTTP_TLS: (scene) => `No TLS connection to the mail server ${scene.server}`,
  ERR_HTTP_TLS_UNTRUSTED: (scene) => `The certificate of the mail server ${scene.server} is not trusted`,
  ERR_HTTP_TLS_NAME: (scene) => `The certificate of the mail server ${scene.server} is for another name`,
  ERR_HTTP_TLS_EXPIRED: (scene) => `The certificate of the mail server ${scene.server} is outside its validity`,
};

function classify(failure: NodemailerError, enhancedCode: string | null): ErrorCode {
  const system =
    failure.originalCode ?? (failure.cause as NodeJS.ErrnoException | undefined)?.code ?? failure.code ?? '';
  const tls = TLS_CODES[system];
  if (tls !== undefined) return tls;
  if (/^ERR_(SSL|TLS)_|^EPROTO$/.test(system)) return 'ERR_HTTP_TLS';
  // "421 4.4.2 Message submission rate for this client has exceeded the configured limit": Exchange's own limit on
  // the Client Frontend connector (OfficeDocs-Exchange, message-rate-limits.md). Come back later.
  if (isRateLimit(failure)) return 'ERR_MAIL_RATE';
  if (failure.code === 'EAUTH' || failure.code === 'ENOAUTH') return 'ERR_MAIL_AUTH';
  // Exchange looks at the From header as well, so the sender may be refused after the data.
  if (enhancedCode === '5.7.60' || failure.command === 'MAIL FROM') return 'ERR_MAIL_SENDER';
  if (failure.command === 'RCPT TO') return 'ERR_MAIL_RECIPIENT';
  if (failure.responseCode !== undefined && (failure.code === 'EENVELOPE' || failure.code === 'EMESSAGE'))
    return 'ERR_MAIL_REFUSED';
  if (failure.code === 'EMESSAGE' || failure.code === 'ESTREAM') return 'ERR_MAIL_REFUSED';
  return 'ERR_MAIL_CONNECT';
}

function isRateLimit({ response, responseCode }: NodemailerError): boolean {
  if (responseCode === undefined || responseCode < 400 || responseCode > 499) return false;
  return /\b4\.4\.2\b|\brate\b|too many|throttl/i.test(response ?? '');
}

function isPermanent(failure: NodemailerError, code: ErrorCode): boolean {
  if (failure.permanent !== undefined) return failure.permanent;
  // No reply: a broken connection may work next time, a missing credential or a refused certificate needs a person.
  return (
    code === 'ERR_MAIL_AUTH' ||
    code === 'ERR_HTTP_TLS_UNTRUSTED' ||
    code === 'ERR_HTTP_TLS_NAME' ||
    code === 'ERR_HTTP_TLS_EXPIRED'
  );
}

function clean(text: string, secrets: readonly string[]): string | null {
  let safe = redact(text);
  for (const secret of secrets) safe = safe.replaceAll(secret, '***');
  return foreignText(safe.replace(/\.\s*$/, ''))?.slice(0, 300) ?? null;
}

/** nodemailer's error carries the raw reply and command; what is kept as the cause carries neither. */
function withoutSecrets(failure: NodemailerError, secrets: readonly string[]): Error {
  return Object.assign(new Error(clean(failure.message ?? String(failure), secrets) ?? 'failed'), {
    code: failure.code,
  });
}
