/**
 * What a mail that was not taken was refused for, and what becomes of it: the one place that decides. Pure.
 *
 * **Then.** `again`: kept, and tried after 1, 2, 4, … minutes, 6 hours at most, or after the time that the far end asks for.
 * `account`: kept, and tried once an hour until a person has mended the account. `never`: given up for this recipient.
 * `repeat`: `again`, and it may have arrived; like every try it has the same Message-ID and date. All but `never` end after a week,
 * when the mail waits for a person (src/connector/mails/mail-times.ts).
 *
 * **SMTP.** The first row that fits counts. "names the sender": the reply speaks of the sender or of its address, or its
 * status is x.1.7, x.1.8, x.7.60 or x.2.252 (Exchange's SendAsDenied). A server may say so at RCPT TO: Postfix waits with
 * every refusal until then (`smtpd_delay_reject`, https://www.postfix.org/postconf.5.html#smtpd_delay_reject).
 * "wants a sign-in": 530 [RFC 4954 section 6], x.7.57 (Exchange's "Client was not authenticated to send anonymous mail"),
 * x.7.60, or "not authenticated", "not logged in" (Postfix), "authentication required".
 * Words are looked for outside the recipient's address: a mailbox may be called "rate" or "sender".
 * Statuses: RFC 3463 and IANA's registry of them; replies: RFC 5321 section 4.2.
 *
 * | at                      | the server says                                          | about     | then    | code      |
 * |-------------------------|----------------------------------------------------------|-----------|---------|-----------|
 * | connect, TLS            | a certificate that is not good                           | server    | account | HTTP_TLS… |
 * | AUTH                    | 5yz, or nothing that is a reply (no password)            | account   | account | AUTH      |
 * | connect to DATA         | nothing: no connection, silence, broken off              | server    | again   | CONNECT   |
 * | after DATA              | nothing: silence, broken off                             | server    | repeat  | UNANSWERED|
 * | anywhere                | a rate: "rate", "too many", "too much", "throttled",     | rate      | again   | RATE      |
 * |                         | "thread limit" (Exchange's 432 4.3.2)                    |           |         |           |
 * | AUTH                    | 4yz (454 temporary failure)                              | account   | again   | BUSY      |
 * | greeting, TLS           | 4yz (421)                                                | server    | again   | BUSY      |
 * | greeting, TLS           | 5yz, no STARTTLS                                         | server    | again   | CONNECT   |
 * | MAIL, RCPT, DATA        | STARTTLS is to be first, 4yz                             | server    | again   | CONNECT   |
 * | MAIL, RCPT, DATA        | STARTTLS is to be first, 5yz                             | server    | account | CONNECT   |
 * | MAIL, RCPT, (after) DATA| wants a sign-in, 5yz, of an account without a user       | account   | account | NO_SIGN_IN|
 * | MAIL, RCPT, (after) DATA| names the sender, 4yz                                    | sender    | again   | SENDER    |
 * | MAIL, RCPT, (after) DATA| names the sender, 5yz                                    | sender    | account | SENDER    |
 * | MAIL, RCPT, (after) DATA| x.2.3, x.3.4, x.6.z, or 552 without x.2.z: size, content | content   | again   | REFUSED   |
 * | MAIL, RCPT, (after) DATA| x.3.z, x.4.z: the system, the network; 4yz with PRX1 … 9 | server    | again   | BUSY (4yz)|
 * | MAIL                    | anything else, 4yz                                       | sender    | again   | SENDER    |
 * | MAIL                    | anything else, 5yz                                       | sender    | account | SENDER    |
 * | RCPT, (after) DATA      | 4yz with "greylisted"                                    | recipient | again   | RECIPIENT |
 * | RCPT, (after) DATA      | x.7.z, or no status and words of a policy, 4yz           | policy    | again   | REFUSED   |
 * | RCPT, (after) DATA      | x.7.z, or no status and words of a policy, 5yz           | policy    | account | REFUSED   |
 * | RCPT                    | 4yz (450, 452 mailbox full)                              | recipient | again   | RECIPIENT |
 * | RCPT                    | 5yz with x.1.z or x.2.1: no such address, switched off   | recipient | never   | RECIPIENT |
 * | RCPT                    | 550, 551, 553, 556 without a status                      | recipient | never   | RECIPIENT |
 * | RCPT                    | any other 5yz (5.2.2 mailbox full)                       | recipient | again   | RECIPIENT |
 * | (after) DATA            | 5yz with x.1.z or x.2.1, to one recipient alone          | recipient | never   | RECIPIENT |
 * | (after) DATA            | x.1.z, x.2.z: of several recipients, and not of which    | recipient | again   | RECIPIENT |
 * | (after) DATA            | anything else, 4yz                                       | server    | again   | BUSY      |
 * | (after) DATA            | anything else, 5yz                                       | content   | again   | REFUSED   |
 *
 * Exchange looks recipients up after the data in some versions, hence `never` there. What was refused for one of several
 * recipients goes again at once without the copies (src/mail/without-copies.ts), which tells of which it was. A mail whose
 * content was refused stays: its text may be changed.
 *
 * **EWS.** Response codes: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode, as
 * messages.xsd lists them. A code stands in a SOAP fault or in a response message, which makes no difference.
 *
 * | what happened                                                       | about     | then    | code       |
 * |---------------------------------------------------------------------|-----------|---------|------------|
 * | a certificate, a redirect, a sign-in method that is not good;       | server    | account | HTTP_…     |
 * | Negotiate that takes no NTLM; Kerberos without ticket or service    |           |         |            |
 * | no connection; it broke before anything was sent                    | server    | again   | HTTP_…     |
 * | silence, broken off after the request                               | server    | repeat  | UNANSWERED |
 * | 401 after the credentials, a KDC that refuses the account           | account   | account | AUTH       |
 * | HTTP 403                                                            | account   | account | DENIED     |
 * | HTTP 429, or 503 with Retry-After                                   | rate      | again   | RATE       |
 * | HTTP 500 and above, without an answer of EWS                        | server    | again   | BUSY       |
 * | anything else that is not EWS                                       | server    | again   | HTTP_…     |
 * | account disabled, password expired or to be changed                 | account   | account | AUTH       |
 * | no mailbox of its own                                               | account   | account | NO_MAILBOX |
 * | its mailbox is full                                                 | account   | account | QUOTA      |
 * | ErrorSendAsDenied, ErrorAccessDenied                                | sender    | account | SENDER     |
 * | ErrorServerBusy, connections, objects: BackOffMilliseconds          | rate      | again   | RATE       |
 * | a code that passes by itself: store away, mailbox moving, directory | server    | again   | BUSY       |
 * | a recipient that is not valid or not found, the only one            | recipient | never   | RECIPIENT  |
 * | the same, of several recipients, and not which                      | recipient | again   | RECIPIENT  |
 * | any other code: size, MIME, one of a later version                  | content   | again   | REFUSED    |
 *
 * **Before the wire.** A recipient that is no plain address: recipient, never. A sender or copy recipient: sender, account.
 */
import type { ErrorCode } from '../errors.ts';
import type { MailFate, Refusal, RefusalSubject } from '../model/mail-refusal.ts';

/** Where an SMTP conversation was. `greeting`: up to EHLO; `after-data`: the whole mail was handed over. */
export type SmtpStage = 'connect' | 'greeting' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'after-data';

/** One reply of an SMTP server, or that there was none. */
export interface SmtpReplyFacts {
  readonly stage: SmtpStage;
  /** The three digits; null without a reply. */
  readonly code: number | null;
  /** `5.1.1`, if the reply has one. */
  readonly status: string | null;
  readonly text: string;
  readonly sender: string;
  readonly recipient: string;
  /** The mail has no other recipient. */
  readonly isAlone: boolean;
  /** The account has no user, so nobody has signed in. */
  readonly isAnonymous?: boolean;
  readonly badCertificate?: boolean;
}

/** The table for SMTP, see above. */
export function smtpRefusal(reply: SmtpReplyFacts): Refusal {
  const { stage, code } = reply;
  const permanent = code !== null && code >= 500;
  if (reply.badCertificate) return { about: 'server', fate: 'account', permanent: true };
  // What is no refusal at AUTH is one to be careful with: each try may count towards a lock-out.
  if (stage === 'auth' && (permanent || code === null || code < 400))
    return { about: 'account', fate: 'account', permanent: true };
  if (code === null) return stage === 'after-data' ? UNANSWERED : connectionRefusal(false);
  if (isForStarttls(reply)) return { about: 'server', fate: permanent ? 'account' : 'again', permanent };
  if (permanent && wantsSignIn(reply)) return SIGN_IN_MISSING;
  const about = subjectOf(reply);
  const ofSeveral = about === 'recipient' && permanent && stage !== 'rcpt' && !reply.isAlone;
  return { about, fate: fateOf(about, permanent, reply), permanent, ...(ofSeveral && { ofSeveral }) };
}

/** The server takes nothing before STARTTLS. */
export function isForStarttls({ stage, text }: Pick<SmtpReplyFacts, 'stage' | 'text'>): boolean {
  return IN_THE_MAIL.includes(stage) && STARTTLS.test(text);
}

function wantsSignIn({ stage, code, status, text, isAnonymous = false }: SmtpReplyFacts): boolean {
  if (!isAnonymous || !(stage === 'after-data' || IN_THE_MAIL.includes(stage))) return false;
  return code === 530 || /\.7\.(57|60)$/.test(status ?? '') || UNSIGNED.test(text);
}

function subjectOf(reply: SmtpReplyFacts): RefusalSubject {
  const { stage, code, status } = reply;
  const text = wordsOf(reply);
  const [, subject, detail] = status?.split('.') ?? [];
  const isForNow = code !== null && code < 500;
  if (RATE.test(text)) return 'rate';
  if (stage === 'auth') return 'account';
  if (stage === 'connect' || stage === 'greeting' || stage === 'tls') return 'server';
  if (namesSender(reply)) return 'sender';
  if (subject === '6' || ['2.3', '3.4'].includes(`${subject}.${detail}`)) return 'content';
  if (code === 552 && subject !== '2') return 'content';
  if (subject === '3' || subject === '4' || (isForNow && PROXY.test(text))) return 'server';
  if (stage === 'mail') return 'sender';
  if (isForNow && GREYLIST.test(text)) return 'recipient';
  if (subject === '7' || (subject === undefined && POLICY.test(text))) return 'policy';
  if (stage === 'rcpt' || subject === '1' || subject === '2') return 'recipient';
  return isForNow ? 'server' : 'content';
}

function fateOf(about: RefusalSubject, permanent: boolean, reply: SmtpReplyFacts): MailFate {
  if (!permanent) return 'again';
  if (about === 'sender' || about === 'policy') return 'account';
  return about === 'recipient' && isNobody(reply) ? 'never' : 'again';
}

/** True for the 5yz replies that say of the recipient: there is no such mailbox. */
function isNobody({ stage, code, status, isAlone }: SmtpReplyFacts): boolean {
  if (stage !== 'rcpt' && !isAlone) return false;
  if (status === null) return stage === 'rcpt' && code !== null && [550, 551, 553, 556].includes(code);
  return /^\d\.(1\.\d+|2\.1)$/.test(status);
}

/**
 * Exchange: "421 4.4.2 Message submission rate for this client …" (message-rate-limits.md), "432 4.3.2 STOREDRV.Deliver;
 * recipient thread limit exceeded"; Postfix anvil: "450 4.7.1 too much mail", "421 4.7.0 too many connections".
 */
const RATE = /\brate\b|too many|too much|throttl|thread limit/i;
/** Exchange's front end has no back end for the mailbox: "451 4.7.0 Temporary server error. PRX2". */
const PROXY = /\bPRX\d/;
const IN_THE_MAIL: readonly SmtpStage[] = ['mail', 'rcpt', 'data'];
/** Exchange: "451 5.7.3 STARTTLS is required to send mail"; RFC 3207: "530 5.7.0 Must issue a STARTTLS command first". */
const STARTTLS = /issue a STARTTLS|STARTTLS (?:command )?(?:is )?(?:first|required)/i;
const UNSIGNED = /\bnot (?:logged in|authenticated)|\bauthentication (?:is )?required/i;
const GREYLIST = /gr[ae]y-?list/i;
const POLICY = /relay|spam|polic|block|black|denied|authenti|reputation|prohibit/i;
const SENDER = /\bsender\b|send ?as|mail from|from (?:address|header)|return[- ]path/i;

/** The reply without the recipient's address, which says nothing: the account may mail itself, too. */
function wordsOf({ text, recipient }: SmtpReplyFacts): string {
  if (recipient === '') return text;
  const [lower, address] = [text.toLowerCase(), recipient.toLowerCase()];
  // Where folding changes lengths the positions do not fit, and no address that is mailed has such letters.
  return lower.length === text.length ? cut(text, lower, address) : lower.replaceAll(address, ' ');
}

function cut(text: string, lower: string, address: string): string {
  const at = lower.indexOf(address);
  if (at < 0) return text;
  const behind = at + address.length;
  return `${text.slice(0, at)} ${cut(text.slice(behind), lower.slice(behind), address)}`;
}

function namesSender(reply: SmtpReplyFacts): boolean {
  const { status, sender } = reply;
  if (status !== null && /\.(1\.[78]|7\.60|2\.252)$/.test(status)) return true;
  const rest = wordsOf(reply);
  return SENDER.test(rest) || (sender !== '' && rest.toLowerCase().includes(sender.toLowerCase()));
}

/** About whom a response code is, and what it is called here: `ERR_MAIL_…`. Names: messages.xsd. */
const EWS_CODES: Readonly<Record<string, readonly [about: RefusalSubject, code: ErrorCode]>> = {
  ErrorAccountDisabled: ['account', 'ERR_MAIL_AUTH'],
  ErrorPasswordExpired: ['account', 'ERR_MAIL_AUTH'],
  ErrorPasswordChangeRequired: ['account', 'ERR_MAIL_AUTH'],
  ErrorNonExistentMailbox: ['account', 'ERR_MAIL_NO_MAILBOX'],
  ErrorMissingEmailAddress: ['account', 'ERR_MAIL_NO_MAILBOX'],
  ErrorMailboxConfiguration: ['account', 'ERR_MAIL_NO_MAILBOX'],
  ErrorQuotaExceeded: ['account', 'ERR_MAIL_QUOTA'],
  ErrorMessagePerFolderCountReceiveQuotaExceeded: ['account', 'ERR_MAIL_QUOTA'],
  ErrorSendAsDenied: ['sender', 'ERR_MAIL_SENDER'],
  ErrorAccessDenied: ['sender', 'ERR_MAIL_SENDER'],
  ErrorInvalidRecipients: ['recipient', 'ERR_MAIL_RECIPIENT'],
  ErrorMailRecipientNotFound: ['recipient', 'ERR_MAIL_RECIPIENT'],
  ErrorServerBusy: ['rate', 'ERR_MAIL_RATE'],
  ErrorExceededConnectionCount: ['rate', 'ERR_MAIL_RATE'],
  ErrorTooManyObjectsOpened: ['rate', 'ERR_MAIL_RATE'],
  ...Object.fromEntries(
    [
      'ErrorADOperation',
      'ErrorADUnavailable',
      'ErrorBatchProcessingStopped',
      'ErrorConnectionFailed',
      'ErrorInsufficientResources',
      'ErrorInternalServerError',
      'ErrorInternalServerTransientError',
      'ErrorMailboxFailover',
      'ErrorMailboxMoveInProgress',
      'ErrorMailboxStoreUnavailable',
      'ErrorNoRespondingCASInDestinationSite',
      'ErrorNotEnoughMemory',
      'ErrorProxyCallFailed',
      'ErrorProxyRequestProcessingFailed',
      'ErrorTimeoutExpired',
    ].map((code) => [code, ['server', 'ERR_MAIL_BUSY']] as const),
  ),
};

/**
 * The table for EWS response codes, see above.
 * @param isAlone the mail has no other recipient
 */
export function ewsRefusal(responseCode: string, isAlone = false): Refusal & { readonly code: ErrorCode } {
  const row = Object.hasOwn(EWS_CODES, responseCode) ? EWS_CODES[responseCode] : undefined;
  const [about, code] = row ?? ['content', 'ERR_MAIL_REFUSED'];
  const isOurs = about === 'account' || about === 'sender';
  const fate = isOurs ? 'account' : about === 'recipient' && isAlone ? 'never' : 'again';
  const ofSeveral = about === 'recipient' && !isAlone;
  const permanent = about !== 'rate' && about !== 'server';
  return { about, fate, permanent, ...(ofSeveral && { ofSeveral }), code };
}

/** The table for what answers in the place of EWS, by its HTTP status. @param hasWait it says when to come again */
export function ewsStatusRefusal(status: number, hasWait: boolean): Refusal & { readonly code: ErrorCode } {
  if (status === 403) return { about: 'account', fate: 'account', permanent: true, code: 'ERR_MAIL_DENIED' };
  if (status === 429 || (status === 503 && hasWait))
    return { about: 'rate', fate: 'again', permanent: false, code: 'ERR_MAIL_RATE' };
  return { ...connectionRefusal(false), code: status >= 500 ? 'ERR_MAIL_BUSY' : 'ERR_HTTP_NOT_EXPECTED' };
}

/** The mail was handed over, and the answer was lost. */
export const UNANSWERED: Refusal = { about: 'server', fate: 'repeat', permanent: false };

/** Nobody signs in where one has to. */
const SIGN_IN_MISSING: Refusal = { about: 'account', fate: 'account', permanent: true };

/** The sign-in was refused: see `SignInGate`. */
export const SIGN_IN_REFUSED: Refusal = { about: 'account', fate: 'account', permanent: true };

/** The way to the server: `lasting` if it takes a person to mend it. */
export function connectionRefusal(lasting: boolean): Refusal {
  return { about: 'server', fate: lasting ? 'account' : 'again', permanent: lasting };
}

/** An address of ours or of the recipient that cannot be mailed. */
export function addressRefusal(role: string): Refusal {
  const isRecipient = role === 'recipient';
  return { about: isRecipient ? 'recipient' : 'sender', fate: isRecipient ? 'never' : 'account', permanent: true };
}
