/** What every mail transport of this package can do. */
import type { OutgoingMail } from './message.ts';

/** What the far end said when it took a mail. Taken is not delivered: a bounce goes to the notification mailbox. */
export interface SentMail {
  /** `<left@right>`, as in the Message-ID header. */
  readonly messageId: string;
  /** The server's own words, for the history. */
  readonly response: string;
  /** Copy recipients the server refused; the mail itself went out. */
  readonly refusedCopies?: readonly string[];
}

/** What connecting has shown. */
export interface Verified {
  /** The account has no user, and the server offers a sign-in on a port that is for it: it may take no mail without. */
  readonly offersSignIn: boolean;
}

/** Sends mail as the notification account. */
export interface Mailer {
  /**
   * Sends one mail. Throws ERR_MAIL_…, ERR_HTTP_TLS…, ERR_ABORTED; `details` say about whom,
   * and what becomes of the mail (src/mail/refusal.ts).
   */
  send(mail: OutgoingMail): Promise<SentMail>;
  /** Connects and signs in, sends nothing. A sign-in that works proves the password, not that there is a mailbox. */
  verify(signal?: AbortSignal): Promise<Verified>;
  /** True if a mail with this Message-ID is in the account's own inbox; absent where nobody can see that. Throws as `send`. */
  hasArrived?(messageId: string, signal?: AbortSignal): Promise<boolean>;
  /** Ends every connection; mails under way fail with ERR_ABORTED. */
  close(): Promise<void>;
}
