/**
 * What the error of a mail says of it, for who keeps mails. Written by src/mail/refusal.ts, which decides; read by who sends.
 * Pure.
 */
import { isConnectorError } from '../errors.ts';

/** Whom or what a refusal is about. */
export type RefusalSubject = 'server' | 'account' | 'sender' | 'recipient' | 'content' | 'policy' | 'rate';

/**
 * What becomes of the mail. `again`: kept, and tried again after a while of its own. `repeat`: `again`, of a mail
 * that may have arrived. `account`: kept until the account works, which takes a person. `never`: given up for this recipient.
 */
export type MailFate = 'again' | 'repeat' | 'account' | 'never';

/** The facts that the error of a mail carries in `details`. */
export interface Refusal {
  readonly about: RefusalSubject;
  readonly fate: MailFate;
  /** The far end calls it final: sending the same again cannot succeed. */
  readonly permanent: boolean;
  /** One of several recipients was refused, and not told which: nobody has the mail. */
  readonly ofSeveral?: true;
}

/** What becomes of a mail whose error says nothing of it: it may be repaired, so it stays. */
export function mailFateOf(error: unknown): Exclude<MailFate, 'repeat'> {
  const fate = isConnectorError(error) ? error.details['fate'] : undefined;
  return fate === 'never' || fate === 'account' ? fate : 'again';
}

/** Whom an error is about; null if it is none of a mail server's. */
export function refusalSubjectOf(error: unknown): RefusalSubject | null {
  const about = isConnectorError(error) ? error.details['about'] : undefined;
  return typeof about === 'string' ? (about as RefusalSubject) : null;
}

/** How long the far end asks us to wait, milliseconds; null if it does not say. */
export function askedWaitOf(error: unknown): number | null {
  const wait = isConnectorError(error) ? error.details['retryAfterMs'] : undefined;
  return typeof wait === 'number' && Number.isFinite(wait) && wait >= 0 ? wait : null;
}
