/** What a mail of this package looks like on the wire, whatever carries it. No I/O here. */
import { randomUUID } from 'node:crypto';
import { ConnectorError } from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import type { MailPicture } from '../model/mail-picture.ts';
import { plainAddress } from './address.ts';

/** One mail to one user. Both bodies must stand alone: some clients show only one of them. */
export interface OutgoingMail {
  /** One plain address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What the HTML shows by `cid:`. */
  readonly pictures?: readonly MailPicture[];
  /** BCP 47 language of the texts, as `en` or `de-AT`. */
  readonly language: string;
  /** Same id for the same mail sent again, so that a duplicate is seen as one; made up when missing. `<left@right>`. */
  readonly messageId?: string;
  /** Its date, ISO 8601, the same for the same mail sent again; the time at which it is sent when missing. */
  readonly date?: string;
  /** Plain addresses that get a copy. */
  readonly cc?: readonly string[];
  /** Where answers go, a plain address (the help desk). */
  readonly replyTo?: string;
  readonly signal?: AbortSignal;
  /** Ends the wait for the account's rate; a mail that is under way goes on. */
  readonly closing?: AbortSignal;
}

/** Who sends: the notification account. */
export interface Sender {
  /** The mailbox's primary SMTP address. */
  readonly address: string;
  readonly displayName?: string;
}

/** A checked mail, in the shape nodemailer's composer takes. */
export interface ComposedMail {
  readonly envelope: { readonly from: string; readonly to: string[] };
  readonly from: { readonly name: string; readonly address: string };
  readonly to: { readonly name: string; readonly address: string };
  readonly cc: { readonly name: string; readonly address: string }[];
  readonly replyTo?: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Beside the HTML, in one multipart/related (RFC 2387). */
  readonly attachments?: {
    readonly cid: string;
    readonly filename: string;
    readonly content: Buffer;
    readonly contentType: MailPicture['contentType'];
    readonly contentDisposition: 'inline';
  }[];
  readonly messageId: string;
  readonly date?: Date;
  readonly headers: Readonly<Record<string, string>>;
}

const MESSAGE_ID = /^<[\w!#$%&'*+/=?^`{|}~.-]{1,200}@[\w.-]{1,200}>$/;
const LANGUAGE = /^[a-z]{2,8}(?:-[a-z0-9]{1,8})*$/i;

/**
 * Checks a mail and adds what makes it an automatic one. Throws ERR_MAIL_ADDRESS for anything but plain addresses,
 * ERR_INPUT_INVALID for a message id or language that could break a header.
 */
export function composeMail(sender: Sender, mail: OutgoingMail): ComposedMail {
  const from = plainAddress(sender.address, 'sender');
  const to = plainAddress(mail.to);
  const cc = (mail.cc ?? []).map((address) => plainAddress(address, 'copy recipient'));
  const messageId = mail.messageId ?? `<${randomUUID()}@${from.slice(from.lastIndexOf('@') + 1)}>`;
  if (!MESSAGE_ID.test(messageId))
    throw new ConnectorError('ERR_INPUT_INVALID', 'The message id is not of the form <left@right>.');
  if (!LANGUAGE.test(mail.language))
    throw new ConnectorError('ERR_INPUT_INVALID', 'The language of the mail is not a language tag.');
  return {
    envelope: { from, to: [to, ...cc] },
    from: { name: foreignText(sender.displayName) ?? '', address: from },
    to: { name: '', address: to },
    cc: cc.map((address) => ({ name: '', address })),
    ...(mail.replyTo === undefined
      ? {}
      : { replyTo: { name: '', address: plainAddress(mail.replyTo, 'reply address') } }),
    subject: foreignText(mail.subject) ?? '',
    text: mail.text,
    html: mail.html,
    ...(mail.pictures === undefined ? {} : { attachments: mail.pictures.map(attached) }),
    messageId,
    ...(mail.date === undefined ? {} : { date: new Date(mail.date) }),
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834 5
      // Not "All": that would also suppress non-delivery reports, and they are how an admin learns [MS-OXCMAIL 2.1.3.2.20].
      'X-Auto-Response-Suppress': 'OOF, AutoReply, RN, NRN',
      'Content-Language': mail.language,
    },
  };
}

function attached({
  cid,
  fileName,
  contentType,
  content,
}: MailPicture): NonNullable<ComposedMail['attachments']>[number] {
  if (!MESSAGE_ID.test(`<${cid}>`))
    throw new ConnectorError('ERR_INPUT_INVALID', 'The id of a picture is not of the form left@right.');
  const filename = fileName.replace(/[^\w.-]/g, '_');
  return { cid, filename, content: Buffer.from(content), contentType, contentDisposition: 'inline' };
}
