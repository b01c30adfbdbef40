/** A mail of a device, as it is told. Pure. */
import type { MailOfDevice, MailState } from '../../store/store.ts';

/** What has become of a mail. */
export type MailWord = 'sent' | 'waiting' | 'attention' | 'given-up';

const WORDS: Readonly<Record<MailState, MailWord>> = {
  done: 'sent',
  waiting: 'waiting',
  reserved: 'waiting',
  attention: 'attention',
  'given-up': 'given-up',
};

/** A mail as a listing tells it. */
export interface ToldMail {
  /** When it was sent; until then, when it was made. ISO 8601 UTC. */
  readonly at: string;
  readonly kind: string;
  readonly outcome: MailWord;
  /** The server's answer, or why the last try failed. */
  readonly note: string | null;
  readonly to: string | null;
}

/** The mails of a device that have happened, in the order given: a reminder that is not due yet has not. */
export function toldMails(mails: readonly MailOfDevice[]): ToldMail[] {
  return mails
    .filter(({ state, since }) => state !== 'waiting' || since !== null)
    .map(({ sentAt, createdAt, kind, state, note, address }) => ({
      at: sentAt ?? createdAt,
      kind,
      outcome: WORDS[state],
      note,
      to: address,
    }));
}
