/** What becomes of a mail, as data. Pure. */
import { ConnectorError } from '../../errors.ts';
import { refusalSubjectOf } from '../../model/mail-refusal.ts';

/** A mail as the server took it. */
export interface MailNews {
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly at: string;
  readonly reminder: number;
  /** Copy recipients that the server refused; left out when there are none. */
  readonly refusedCopies?: readonly string[];
}

/**
 * What became of a mail.
 *
 * | kind        | the mail                                                                      |
 * |-------------|-------------------------------------------------------------------------------|
 * | `sent`      | the server took it                                                            |
 * | `stopped`   | waits for an account whose sign-in was refused; `until` is the next attempt   |
 * | `kept`      | could not be sent, and is tried again                                         |
 * | `attention` | could not be sent for a week, and waits for a person                          |
 * | `given-up`  | its recipient does not exist                                                  |
 * | `failed`    | nothing is known but the error: the store failed, or the work was stopped     |
 */
export type MailOutcome =
  | { readonly kind: 'sent'; readonly mail: MailNews }
  | { readonly kind: 'stopped'; readonly until: string; readonly error: ConnectorError }
  | MailProblem;

/** What a person is told as an error. */
export interface MailProblem {
  readonly kind: 'kept' | 'attention' | 'given-up' | 'failed';
  readonly error: ConnectorError;
}

/** True for what is told as an error. */
export function isProblem(outcome: MailOutcome): outcome is MailProblem {
  return outcome.kind !== 'sent' && outcome.kind !== 'stopped';
}

/** Copies of a mail that went out, if the server refused some: a person corrects the addresses. Null: there are none. */
export function refusedCopiesOf(outcome: MailOutcome): ConnectorError | null {
  if (outcome.kind !== 'sent' || outcome.mail.refusedCopies === undefined) return null;
  const { to, refusedCopies: copies } = outcome.mail;
  const seen = `The mail to ${to} went out, its copy to ${copies.join(', ')} did not.`;
  return new ConnectorError('ERR_MAIL_COPY', seen, { details: { copies } });
}

/** A mail that waits for its account, which ERR_MAIL_STOPPED is about. */
export function waitsFor(stopped: ConnectorError): MailOutcome {
  return { kind: 'stopped', until: String(stopped.details['until']), error: stopped };
}

/** A mail whose week is over; `last` is what it failed with last. */
export function needsAttention(address: string | null, last: ConnectorError): MailProblem {
  const seen = `The mail to ${address ?? 'nobody'} could not be sent for a week, last ${last.code}.`;
  const details = { about: refusalSubjectOf(last), last: last.code };
  return { kind: 'attention', error: new ConnectorError('ERR_MAIL_ATTENTION', seen, { cause: last, details }) };
}
