/**
 * The mail to the owner of blocked devices: their links, its words.
 *
 * In: the news of blocks. Out: the mail. Changes nothing: whoever sends it keeps the links first.
 */
import { issueLinkToken, linkIdOf } from '../../activation/link-token.ts';
import type { LinkClaims } from '../../activation/link-claims.ts';
import { ConnectorError } from '../../errors.ts';
import type { NotificationOptions } from '../../notify/decide-notification.ts';
import type { DeviceChange } from '../../model/records.ts';
import { mailTemplate, sectionOf } from '../../notify/default-templates.ts';
import type { CustomTemplates } from '../../notify/default-templates.ts';
import { enrollLink } from '../../notify/enroll-link.ts';
import { mailFields } from '../../notify/mail-fields.ts';
import type { DeviceOfMail } from '../../notify/mail-fields.ts';
import type { EnrollApp } from '../../model/enroll-app.ts';
import { dataUrlOf } from '../../model/logo.ts';
import type { Logo } from '../../model/logo.ts';
import { carriesLink } from '../../model/mail-kind.ts';
import type { MailKind } from '../../model/mail-kind.ts';
import { qrPng } from '../../qr/qr-picture.ts';
import type { MailPicture } from '../../model/mail-picture.ts';
import { renderMail } from '../../notify/render-mail.ts';
import type { RenderedMail } from '../../notify/render-mail.ts';
import type { Store } from '../../store/store.ts';
import type { Ids } from '../ports.ts';

/** How long a link is good: whoever comes back from a holiday finds a mail that still works. */
const LINK_DAYS = 14;
const DAY_MS = 86_400_000;
/** Where the activation link listens unless its path was changed. */
const DEFAULT_PATH = '/activate';

/** What a notifier was told about its mails. */
export interface NotifierSettings {
  readonly sender: string;
  readonly senderName: string | null;
  /** The activation link's public address, with or without its path. */
  readonly linkBase: string;
  readonly enrollUrl: string | null;
  /** BCP 47. */
  readonly language: string;
  readonly templates: CustomTemplates;
  /** Who gets a copy. */
  readonly cc: readonly string[];
  /** Whom users ask, on one line. */
  readonly helpDesk: string | null;
  /** Where answers go; null: to the sender. */
  readonly replyTo?: string | null;
  /** What users install to enroll; null: none is named. */
  readonly app?: EnrollApp | null;
  readonly company?: string | null;
  /** Of the button, `#rrggbb`; null: the connector's own. */
  readonly color?: string | null;
  readonly logo?: Logo | null;
  /** IANA name; null: the host's. */
  readonly timeZone?: string | null;
  readonly options: Omit<NotificationOptions, 'now'>;
}

/** A device in a mail, and the claims of its link; null in kinds without one. */
export interface LinkedDevice {
  readonly change: DeviceChange;
  readonly claims: LinkClaims | null;
}

/**
 * What the link of each device in a mail claims.
 * @param now milliseconds since 1970
 */
export function linkEach(
  changes: readonly DeviceChange[],
  kind: MailKind,
  { store, ids }: { readonly store: Pick<Store, 'id'>; readonly ids: Ids },
  now: number,
): LinkedDevice[] {
  return changes.map((change) => ({
    change,
    claims: carriesLink(kind) ? claimsOf(change, store.id, ids(), now) : null,
  }));
}

function claimsOf({ device }: DeviceChange, storeId: string, unique: string, now: number): LinkClaims {
  const { eas } = device;
  if (eas === undefined) throw new ConnectorError('ERR_INPUT_INVALID', 'The device record has no EAS side.');
  return {
    purpose: 'activate',
    storeId,
    tokenId: linkIdOf(unique),
    mailboxId: eas.mailbox.id,
    easId: eas.easId,
    issuedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + LINK_DAYS * DAY_MS).toISOString(),
  };
}

/**
 * The mail in words. Throws ERR_MAIL_TEMPLATE for a text that names what there is not, ERR_CONFIG_INVALID for a link address
 * that cannot be meant.
 * @param devices all of one mailbox, the newest first; one at least
 * @param secret signs the links; null: they are samples, and lead nowhere
 */
export function writeMail(
  devices: readonly LinkedDevice[],
  { kind, reminder }: { readonly kind: MailKind; readonly reminder: number },
  settings: NotifierSettings,
  secret: Uint8Array | null,
): RenderedMail {
  const template = mailTemplate(kind, settings.language, settings.templates);
  const linked = devices.map(({ change, claims }): DeviceOfMail => {
    const token = claims === null ? null : secret === null ? 'sample' : issueLinkToken(claims, secret);
    const link = token === null ? null : linkTo(settings.linkBase, token);
    return { ...change, link, linkExpiresAt: claims?.expiresAt ?? null };
  });
  const [newest, ...others] = linked;
  if (newest === undefined) throw new ConnectorError('ERR_INPUT_INVALID', 'The mail is about no device.');
  const code = pictureOf(newest.link, devices[0]?.claims ?? null, settings);
  const logo = logoOf(settings);
  // A sample is looked at outside of a mail.
  const addressOf = (picture: MailPicture | null): string | null =>
    picture === null ? null : secret === null ? dataUrlOf(picture) : `cid:${picture.cid}`;
  const mail = renderMail(
    template,
    mailFields({
      kind: sectionOf(kind, template),
      devices: [newest, ...others],
      qr: addressOf(code),
      enrollUrl: settings.enrollUrl,
      helpDesk: settings.helpDesk,
      app: settings.app ?? null,
      company: settings.company ?? null,
      logo: addressOf(logo),
      color: settings.color ?? null,
      sender: settings.senderName ?? settings.sender,
      reminder,
      language: template.language,
      timeZone: settings.timeZone ?? hostTimeZone(),
    }),
  );
  // An administrator's own text may show none.
  const pictures = [code, logo]
    .filter((picture) => picture !== null)
    .filter(({ cid }) => mail.html.includes(`cid:${cid}`));
  return pictures.length > 0 ? { ...mail, pictures } : mail;
}

let known: string | null = null;

/** This host's, asked once: the answer takes as long as the rest of a mail. */
function hostTimeZone(): string {
  return (known ??= Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** The link as a QR code, for whoever reads the mail on a computer. */
function pictureOf(
  link: string | null,
  claims: LinkClaims | null,
  { sender }: Pick<NotifierSettings, 'sender'>,
): MailPicture | null {
  if (link === null || claims === null) return null;
  const cid = `qr.${claims.tokenId}@${domainOf(sender)}`;
  return { cid, fileName: 'qr.png', contentType: 'image/png', content: qrPng(link) };
}

function logoOf({ sender, logo }: Pick<NotifierSettings, 'sender' | 'logo'>): MailPicture | null {
  if (!logo) return null;
  const { contentType, content } = logo;
  const fileName = contentType === 'image/png' ? 'logo.png' : 'logo.jpg';
  return { cid: `logo@${domainOf(sender)}`, fileName, contentType, content };
}

function domainOf(sender: string): string {
  return sender.split('@')[1] ?? 'localhost';
}

/** Where answers to a mail go, as the mail account takes it. */
export function replyOf({ replyTo }: Pick<NotifierSettings, 'replyTo'>): { readonly replyTo?: string } {
  return replyTo ? { replyTo } : {};
}

/** A sample of a mail: its links lead nowhere. Throws as {@link writeMail}. @param now milliseconds since 1970 */
export function writeSample(
  change: DeviceChange,
  mail: { readonly kind: MailKind; readonly reminder: number },
  settings: NotifierSettings,
  now: number,
): RenderedMail {
  return writeMail(
    linkEach([change], mail.kind, { store: { id: 'sample' }, ids: () => 'sample' }, now),
    mail,
    settings,
    null,
  );
}

/** The newest device first: the one whose account was added last. */
export function newestFirst(changes: readonly DeviceChange[]): DeviceChange[] {
  const since = ({ device }: DeviceChange): string => device.eas?.firstSyncAt ?? '';
  return [...changes].sort((a, b) => compare(since(b), since(a)) || compare(b.change.at, a.change.at));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The link with a token. `linkBase` is the activation link's public URL: with its path, or the bare address, which means
 * the default path. Throws ERR_CONFIG_INVALID as enrollLink does.
 */
export function linkTo(linkBase: string, token: string): string {
  const hasPath = URL.canParse(linkBase) && new URL(linkBase).pathname.replace(/\/+$/, '') !== '';
  return enrollLink(linkBase, hasPath ? '' : DEFAULT_PATH, token);
}
