/** What a failed SMTP conversation means, in our codes. No I/O here. */
import type { NodemailerError } from 'nodemailer';
import { asConnectorError, ConnectorError, type ErrorCode } from '../errors.ts';
import { redact } from '../log.ts';
import { foreignText } from '../model/foreign.ts';
import type { Refusal } from '../model/mail-refusal.ts';
import { smtpRefusal, type SmtpStage } from './refusal.ts';

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
 * Turns what nodemailer threw into one of our errors. `details`: what src/mail/refusal.ts decides (`about`, `fate`,
 * `permanent`), `responseCode`, `enhancedCode` [RFC 3463], `command`, `reason`.
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
  const tls = tlsCode(failure);
  const refusal = refusalOf(failure, enhancedCode, tls, scene);
  const code = tls ?? codeOf(refusal, failure);
  return new ConnectorError(code, `${SEEN[code]?.(scene) ?? `The mail server ${scene.server} failed`}: ${answer}.`, {
    cause: withoutSecrets(failure, scene.secrets),
    details: {
      ...refusal,
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

/** The code for what TLS complains about, if it does. */
function tlsCode(failure: NodemailerError): ErrorCode | null {
  const system =
    failure.originalCode ?? (failure.cause as NodeJS.ErrnoException | undefined)?.code ?? failure.code ?? '';
  return TLS_CODES[system] ?? (/^ERR_(SSL|TLS)_|^EPROTO$/.test(system) ? 'ERR_HTTP_TLS' : null);
}

function refusalOf(failure: NodemailerError, status: string | null, tls: ErrorCode | null, scene: SmtpScene): Refusal {
  return smtpRefusal({
    stage: stageOf(failure),
    code: failure.responseCode ?? null,
    status,
    text: failure.response ?? '',
    sender: scene.sender,
    recipient: scene.recipient ?? '',
    badCertificate: tls !== null && tls !== 'ERR_HTTP_TLS',
  });
}

/** nodemailer names the command it waited for an answer to. Without one there was a connection at most. */
function stageOf({ code, command = '' }: NodemailerError): SmtpStage {
  if (code === 'EAUTH' || code === 'ENOAUTH') return 'auth';
  if (code === 'EMESSAGE' || command === 'DATA') return 'data';
  if (command === 'MAIL FROM') return 'mail';
  return command === 'RCPT TO' ? 'rcpt' : 'connect';
}

function codeOf({ about, permanent }: Refusal, failure: NodemailerError): ErrorCode {
  if (about === 'rate') return 'ERR_MAIL_RATE';
  // A sign-in that was put off is none that was refused.
  if (about === 'account') return permanent ? 'ERR_MAIL_AUTH' : 'ERR_MAIL_CONNECT';
  if (about === 'sender') return 'ERR_MAIL_SENDER';
  if (about === 'recipient') return 'ERR_MAIL_RECIPIENT';
  const isAboutMail = failure.code === 'EENVELOPE' || failure.code === 'EMESSAGE' || failure.code === 'ESTREAM';
  return isAboutMail ? 'ERR_MAIL_REFUSED' : 'ERR_MAIL_CONNECT';
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
