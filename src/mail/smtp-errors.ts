/** What a failed SMTP conversation means, in our codes. No I/O here. */
import type { NodemailerError } from 'nodemailer';
import { asConnectorError, ConnectorError, type ErrorCode } from '../errors.ts';
import { redact } from '../log.ts';
import { foreignText } from '../model/foreign.ts';
import type { Refusal } from '../model/mail-refusal.ts';
import { isForStarttls, smtpRefusal, type SmtpReplyFacts, type SmtpStage } from './refusal.ts';

/** Where the conversation was, for the message of an error. */
export interface SmtpScene {
  /** `host:port`. */
  readonly server: string;
  readonly sender: string;
  readonly recipient?: string;
  /** The mail goes to others too. */
  readonly hasCopies?: boolean;
  /** The account has no user. */
  readonly isAnonymous?: boolean;
  /** The whole mail was handed over; nodemailer does not say so of a connection that breaks. */
  readonly isHandedOver?: boolean;
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
  const own = TLS_SEEN[systemCode(failure)] ?? clean(failure.message, scene.secrets) ?? 'failed';
  const answer = reply === null ? own : `${about}it answered "${reply}"`;
  const enhancedCode = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(failure.response ?? '')?.[1] ?? null;
  const tls = tlsCode(failure);
  const facts = factsOf(failure, enhancedCode, tls, scene);
  const refusal = smtpRefusal(facts);
  const code = tls ?? codeOf(refusal, facts);
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
  ERR_MAIL_NO_SIGN_IN: (scene) =>
    `The mail server ${scene.server} takes no mail without a sign-in, and the account has no user`,
  ERR_MAIL_RATE: (scene) => `The mail server ${scene.server} limits the rate`,
  ERR_MAIL_BUSY: (scene) => `The mail server ${scene.server} takes no mail now`,
  ERR_MAIL_UNANSWERED: (scene) => `The mail server ${scene.server} has the mail and did not answer`,
  ERR_MAIL_REFUSED: (scene) => `The mail server ${scene.server} refused the mail`,
  ERR_MAIL_CONNECT: (scene) => `No usable connection to the mail server ${scene.server}`,
  ERR_HTTP_TLS: (scene) => `No TLS connection to the mail server ${scene.server}`,
  ERR_HTTP_TLS_UNTRUSTED: (scene) => `The certificate of the mail server ${scene.server} is not trusted`,
  ERR_HTTP_TLS_NAME: (scene) => `The certificate of the mail server ${scene.server} is for another name`,
  ERR_HTTP_TLS_EXPIRED: (scene) => `The certificate of the mail server ${scene.server} is outside its validity`,
};

const AUTHORITY_UNKNOWN = 'it is of an authority that is not known here';

/** What is seen where OpenSSL speaks in terms of its own, or Node.js of its switches. */
const TLS_SEEN: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: AUTHORITY_UNKNOWN,
  UNABLE_TO_GET_ISSUER_CERT: AUTHORITY_UNKNOWN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: AUTHORITY_UNKNOWN,
  SELF_SIGNED_CERT_IN_CHAIN: AUTHORITY_UNKNOWN,
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'it speaks no TLS from the first byte. That is for port 465; "Security" STARTTLS is for 587 and 25',
};

/** What the system or TLS calls it, behind nodemailer's own word. */
function systemCode(failure: NodemailerError): string {
  return failure.originalCode ?? (failure.cause as NodeJS.ErrnoException | undefined)?.code ?? failure.code ?? '';
}

/** The code for what TLS complains about, if it does. */
function tlsCode(failure: NodemailerError): ErrorCode | null {
  const system = systemCode(failure);
  return TLS_CODES[system] ?? (/^ERR_(SSL|TLS)_|^EPROTO$/.test(system) ? 'ERR_HTTP_TLS' : null);
}

function factsOf(
  failure: NodemailerError,
  status: string | null,
  tls: ErrorCode | null,
  scene: SmtpScene,
): SmtpReplyFacts {
  return {
    stage: stageOf(failure, scene),
    code: failure.responseCode ?? (isTooLarge(failure) ? 552 : null),
    status,
    text: failure.response ?? '',
    sender: scene.sender,
    recipient: scene.recipient ?? '',
    isAlone: scene.hasCopies !== true,
    isAnonymous: scene.isAnonymous === true,
    badCertificate: tls !== null && tls !== 'ERR_HTTP_TLS',
  };
}

/** More than EHLO's SIZE allows: nodemailer does not ask, as RFC 1870 wants it. */
function isTooLarge({ code, command, response }: NodemailerError): boolean {
  return code === 'EMESSAGE' && command === 'MAIL FROM' && response === undefined;
}

/**
 * nodemailer names the command it waited for an answer to; `CONN` where the connection ended, whatever was under way. The
 * code `EMESSAGE` is about what was said after the data, `EENVELOPE` about the command.
 */
function stageOf(failure: NodemailerError, { isHandedOver }: SmtpScene): SmtpStage {
  const { code, command = '', response } = failure;
  if (code === 'EAUTH' || code === 'ENOAUTH') return 'auth';
  if (code === 'ETLS' || command === 'STARTTLS') return 'tls';
  if (command === 'MAIL FROM') return 'mail';
  if (command === 'RCPT TO') return 'rcpt';
  if (command === 'DATA') return code === 'EMESSAGE' ? 'after-data' : 'data';
  if (isHandedOver === true) return 'after-data';
  return response !== undefined || /^(EHLO|HELO|LHLO)/.test(command) ? 'greeting' : 'connect';
}

function codeOf({ about, fate, permanent }: Refusal, facts: SmtpReplyFacts): ErrorCode {
  const { stage, code } = facts;
  if (fate === 'repeat') return 'ERR_MAIL_UNANSWERED';
  if (about === 'rate') return 'ERR_MAIL_RATE';
  if (about === 'account' && stage !== 'auth') return 'ERR_MAIL_NO_SIGN_IN';
  // A sign-in that was put off is none that was refused.
  if (about === 'account') return permanent ? 'ERR_MAIL_AUTH' : 'ERR_MAIL_BUSY';
  if (about === 'sender') return 'ERR_MAIL_SENDER';
  if (about === 'recipient') return 'ERR_MAIL_RECIPIENT';
  if (about !== 'server') return 'ERR_MAIL_REFUSED';
  if (code === null || isForStarttls(facts)) return 'ERR_MAIL_CONNECT';
  if (!permanent) return 'ERR_MAIL_BUSY';
  return stage === 'greeting' || stage === 'tls' ? 'ERR_MAIL_CONNECT' : 'ERR_MAIL_REFUSED';
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
