/**
 * What a mail that was not taken was refused for, and what becomes of it: the one place that decides. Pure.
 *
 * **SMTP.** The first row that fits counts. "names the sender": the reply speaks of the sender or of its address, or its
 * status is x.1.7, x.1.8, x.7.60 or x.2.252 (Exchange's SendAsDenied). A server may say so at RCPT TO: Postfix waits with
 * every refusal until then (`smtpd_delay_reject`, https://www.postfix.org/postconf.5.html#smtpd_delay_reject).
 * Statuses: RFC 3463 and IANA's registry of them; replies: RFC 5321 section 4.2.
 *
 * | where              | the server says                                          | about     | then    |
 * |--------------------|----------------------------------------------------------|-----------|---------|
 * | anywhere           | a certificate that is not good                           | server    | account |
 * | anywhere           | nothing: no connection, silence, broken off              | server    | again   |
 * | AUTH               | 5yz, or nothing that is a reply (no password)            | account   | account |
 * | anywhere           | a rate: "rate", "too many", "too much", "throttled"      | rate      | again   |
 * | AUTH               | 4yz (454 temporary failure)                              | account   | again   |
 * | up to STARTTLS     | 4yz, 5yz                                                 | server    | again   |
 * | MAIL, RCPT, DATA   | names the sender, 4yz                                    | sender    | again   |
 * | MAIL, RCPT, DATA   | names the sender, 5yz                                    | sender    | account |
 * | MAIL, RCPT, DATA   | x.2.3, x.3.4, x.6.z, or 552 without x.2.z: size, content | content   | again   |
 * | MAIL, RCPT, DATA   | x.3.z, x.4.z: the system, the network                    | server    | again   |
 * | MAIL               | anything else, 4yz                                       | sender    | again   |
 * | MAIL               | anything else, 5yz                                       | sender    | account |
 * | RCPT, DATA         | x.7.z, or no status and words of a policy, 4yz           | policy    | again   |
 * | RCPT, DATA         | x.7.z, or no status and words of a policy, 5yz           | policy    | account |
 * | RCPT               | 4yz (450 greylisting, 452 mailbox full)                  | recipient | again   |
 * | RCPT               | 5yz with x.1.z or x.2.1: no such address, switched off   | recipient | never   |
 * | RCPT               | 550, 551, 553, 556 without a status                      | recipient | never   |
 * | RCPT               | any other 5yz (5.2.2 mailbox full)                       | recipient | again   |
 * | DATA               | x.1.z, x.2.z: one of the recipients, and not which       | recipient | again   |
 * | DATA               | anything else, 4yz                                       | server    | again   |
 * | DATA               | anything else, 5yz                                       | content   | again   |
 *
 * "DATA" is the command and what is said after the data. A mail whose content was refused stays: its text may be changed.
 *
 * **EWS.** Response codes: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
 *
 * | what happened                                                       | about   | then    |
 * |---------------------------------------------------------------------|---------|---------|
 * | 401 after the credentials; the account is disabled, its password expired | account | account |
 * | no mailbox of its own, or that mailbox is full                      | account | account |
 * | ErrorSendAsDenied, ErrorAccessDenied                                | sender  | account |
 * | ErrorServerBusy and its like                                        | rate    | again   |
 * | a code that passes by itself                                        | server  | again   |
 * | ErrorInvalidRecipients: one of the recipients, and not which        | recipient | again |
 * | any other code                                                      | content | again   |
 * | a certificate, a redirect, a sign-in method that is not good        | server  | account |
 * | no connection, silence, something that is not EWS                   | server  | again   |
 *
 * **Before the wire.** A recipient that is no plain address: recipient, never. A sender or copy recipient: sender, account.
 */
import type { MailFate, Refusal, RefusalSubject } from '../model/mail-refusal.ts';

/** Where an SMTP conversation was. */
export type SmtpStage = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data';

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
  if (code === null) return { about: 'server', fate: 'again', permanent: false };
  const about = subjectOf(reply);
  return { about, fate: fateOf(about, permanent, reply), permanent };
}

function subjectOf(reply: SmtpReplyFacts): RefusalSubject {
  const { stage, code, text } = reply;
  const [, subject, detail] = reply.status?.split('.') ?? [];
  if (RATE.test(text)) return 'rate';
  if (stage === 'auth') return 'account';
  if (stage === 'connect') return 'server';
  if (namesSender(reply)) return 'sender';
  if (subject === '6' || ['2.3', '3.4'].includes(`${subject}.${detail}`)) return 'content';
  if (code === 552 && subject !== '2') return 'content';
  if (subject === '3' || subject === '4') return 'server';
  if (stage === 'mail') return 'sender';
  if (subject === '7' || (subject === undefined && POLICY.test(text))) return 'policy';
  if (stage === 'rcpt' || subject === '1' || subject === '2') return 'recipient';
  return code !== null && code < 500 ? 'server' : 'content';
}

function fateOf(about: RefusalSubject, permanent: boolean, reply: SmtpReplyFacts): MailFate {
  if (!permanent) return 'again';
  if (about === 'sender' || about === 'policy') return 'account';
  return about === 'recipient' && reply.stage === 'rcpt' && isNobody(reply) ? 'never' : 'again';
}

/** True for the 5yz replies that say: there is no such mailbox. */
function isNobody({ code, status }: SmtpReplyFacts): boolean {
  if (status === null) return code !== null && [550, 551, 553, 556].includes(code);
  return /^\d\.(1\.\d+|2\.1)$/.test(status);
}

/** Exchange: "421 4.4.2 Message submission rate for this client …" (message-rate-limits.md); Postfix anvil: "too much mail". */
const RATE = /\brate\b|too many|too much|throttl/i;
const POLICY = /relay|spam|polic|block|black|denied|authenti|reputation|prohibit/i;
const SENDER = /\bsender\b|send ?as|mail from|from (?:address|header)|return[- ]path/i;

function namesSender({ status, text, sender, recipient }: SmtpReplyFacts): boolean {
  if (status !== null && /\.(1\.[78]|7\.60|2\.252)$/.test(status)) return true;
  // A mailbox may be called "sender", and the account may mail itself: the recipient's address says nothing.
  const rest = text.toLowerCase().replaceAll(recipient.toLowerCase() || '\n', ' ');
  return SENDER.test(rest) || (sender !== '' && rest.includes(sender.toLowerCase()));
}

const EWS_SUBJECTS: Readonly<Record<string, RefusalSubject>> = {
  ErrorAccountDisabled: 'account',
  ErrorPasswordExpired: 'account',
  ErrorPasswordChangeRequired: 'account',
  ErrorNonExistentMailbox: 'account',
  ErrorMissingEmailAddress: 'account',
  ErrorMailboxConfiguration: 'account',
  ErrorQuotaExceeded: 'account',
  ErrorSendAsDenied: 'sender',
  ErrorAccessDenied: 'sender',
  ErrorInvalidRecipients: 'recipient',
  ErrorServerBusy: 'rate',
  ErrorExceededConnectionCount: 'rate',
  ErrorInternalServerTransientError: 'server',
  ErrorInternalServerError: 'server',
  ErrorMailboxStoreUnavailable: 'server',
  ErrorMailboxMoveInProgress: 'server',
  ErrorConnectionFailed: 'server',
  ErrorTimeoutExpired: 'server',
  ErrorADUnavailable: 'server',
  ErrorADOperation: 'server',
};

/** The table for EWS response codes, see above. */
export function ewsRefusal(responseCode: string): Refusal {
  const about = EWS_SUBJECTS[responseCode] ?? 'content';
  const fate = about === 'account' || about === 'sender' ? 'account' : 'again';
  return { about, fate, permanent: about !== 'rate' && about !== 'server' };
}

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
