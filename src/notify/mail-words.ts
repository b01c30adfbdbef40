/** What a language must say in the mails. */
import type { MailKind } from '../model/mail-kind.ts';

/** One mail's words. Mustache fields may stand in all of them. */
export interface MailWords {
  readonly subject: string;
  /** First words in the list of mails, at most 90 characters, not the subject. */
  readonly preheader: string;
  readonly title: string;
  /** What happened. */
  readonly lead: string;
  /** What to do, one step each. */
  readonly steps: readonly string[];
  /** The button, and the line above the naked link in the text part. Null: this mail has none. */
  readonly button: string | null;
  /** Where the button leads: our link, or (only if there is one) where enrollment starts. */
  readonly target: 'link' | 'enrollUrl';
  /** What comes after, and what if nothing is done. */
  readonly after: string;
}

export interface MailTexts {
  readonly dir: 'ltr' | 'rtl';
  readonly greeting: string;
  readonly greetingWithoutName: string;
  readonly reminder: string;
  readonly reminderSubject: string;
  readonly device: string;
  readonly deviceId: string;
  readonly blockedAt: string;
  readonly whatToDo: string;
  /** Above the code, for whoever reads the mail on a computer; the picture in words; above the steps behind it. */
  readonly scan: string;
  readonly qr: string;
  readonly orOnDevice: string;
  /** Above the naked link of the text part. */
  readonly typeLink: string;
  readonly copyLink: string;
  readonly expires: string;
  /** Above the other devices of the mail, in kinds without and with our link. */
  readonly others: string;
  readonly othersWithLinks: string;
  readonly helpDesk: string;
  /** Above the app's address, and its button. */
  readonly app: string;
  readonly appButton: string;
  /** On Exchange's own mail, which has no link. */
  readonly exchangeMail: string;
  readonly notMe: string;
  readonly password: string;
  /** Follows, in mails with our link. */
  readonly passwordPage: string;
  readonly automatic: string;
  readonly mails: Readonly<Record<MailKind, MailWords>>;
}
