/** What sending mails takes. */
import type { DeviceChange } from '../../model/records.ts';
import type { NotifierSettings } from './enroll-mail.ts';
import type { MailAccount } from './mail-account.ts';
import type { MailOutcome } from './mail-outcome.ts';
import type { MailQueue } from './mail-queue.ts';
import type { NewsPorts } from './record-news.ts';

/** The store, the account, the clock, and who hears what became of a mail. */
export interface MailPorts extends NewsPorts {
  readonly settings: NotifierSettings;
  readonly account: MailAccount;
  /** No further mail is begun; the one under way is stopped by `signal` only. */
  readonly closing: AbortSignal;
  readonly queue: MailQueue;
  /** The language of a mailbox's owner; null: the settings'. Absent: nobody is asked. Rejects never. */
  readonly languageOf?: (mailboxId: string, signal: AbortSignal) => Promise<string | null>;
  /** Hears what became of a mail, at once. Not of a mail that waits for an account whose stop was announced before. */
  readonly announce: (changes: readonly DeviceChange[], outcome: MailOutcome) => void;
}
