/** The fields that mail templates may name, and their values for one mail. Pure. */
import { createHash } from 'node:crypto';
import type { MailKind } from '../model/mail-kind.ts';
import { buttonColors } from '../model/button-color.ts';
import { recognizeEasClient } from '../model/eas-client.ts';
import { storeAddressOf } from '../model/enroll-app.ts';
import type { EnrollApp } from '../model/enroll-app.ts';
import { shownEasId } from '../model/foreign.ts';
import type { DeviceChange } from '../model/records.ts';

/** Name in a template → what it is; the notifier's dialog shows this list. Those with "section" are for {{#name}}…{{/name}}. */
export const MAIL_FIELDS = {
  link: 'link to the activation page; empty in mails that have none',
  qr: 'address of a picture, for <img src>: the link of the newest device as a QR code; empty in mails without a link',
  linkExpires: 'until when the link is good, date and time',
  enrollUrl: 'where enrollment starts',
  'device.model': "the device's model, as it says itself",
  'device.type': "the device's type, as it says itself",
  'device.name': "the device's friendly name, else its model or type",
  'device.os': "the device's operating system, as it says itself",
  'device.id': 'EAS ID',
  'user.name': "display name of the mailbox's owner",
  'user.address': 'address of the mailbox',
  blockedAt: 'when the device was blocked, date and time',
  complianceReason: 'what the MDM says of a noncompliant device',
  helpDesk: 'whom to ask: name, phone, mail and web address of the help desk, as far as they are entered',
  app: 'name of the app to enroll with; empty in mails that ask for no enrollment',
  appStore: "where the newest device gets it: its platform's store, else where enrollment starts",
  company: 'name of the company',
  logo: "address of a picture, for <img src>: the company's logo; empty where none is chosen",
  color: 'colour of the button',
  onColor: 'colour of the text on it',
  sender: 'name of the sender',
  reminder: 'section: the mail is a reminder',
  notEnrolled: 'section: the device is not enrolled',
  noLongerManaged: 'section: the device was managed and is not any more',
  needsActivation: 'section: an enrolled device waits for the link',
  notNativeClient: 'section: the mail app is not the native one',
  notAPhone: 'section: it is a program on a computer that connects as a phone does',
  noncompliant: 'section: the device is enrolled but not compliant',
  devices: 'list: every device of the mail, the newest first; fields of a device are its own in there',
  others: 'list: every device but the newest',
  several: 'section: the mail is about several devices',
} as const;

export type MailFieldName = keyof typeof MAIL_FIELDS;

/** Fields that each device of a mail has for itself. */
type DeviceFieldName =
  | 'link'
  | 'linkExpires'
  | 'device.model'
  | 'device.type'
  | 'device.name'
  | 'device.os'
  | 'device.id'
  | 'blockedAt'
  | 'complianceReason';

type DeviceFields = Readonly<Record<DeviceFieldName, string | null>>;

/** Values by name; null is empty text, and a section that is not shown. Outside of the lists the newest device's. */
export type MailFields = Readonly<Record<Exclude<MailFieldName, 'devices' | 'others'>, string | boolean | null>> & {
  readonly devices: readonly DeviceFields[];
  readonly others: readonly DeviceFields[];
};

/** A device that a mail is about. */
export interface DeviceOfMail extends DeviceChange {
  /** Null in kinds without a link. */
  readonly link: string | null;
  readonly linkExpiresAt: string | null;
}

export interface MailFieldSources {
  readonly kind: MailKind;
  /** All of one mailbox, the newest first; one at least. */
  readonly devices: readonly [DeviceOfMail, ...DeviceOfMail[]];
  /** Address of the picture of its link. */
  readonly qr?: string | null;
  readonly enrollUrl: string | null;
  readonly helpDesk: string | null;
  readonly app?: EnrollApp | null;
  readonly company?: string | null;
  /** Address of the picture of the company's logo. */
  readonly logo?: string | null;
  /** Of the button, `#rrggbb`. */
  readonly color?: string | null;
  readonly sender: string | null;
  readonly reminder: number;
  /** BCP 47; dates are written its way. */
  readonly language: string;
  /** IANA name; dates name it. Default UTC. */
  readonly timeZone?: string;
}

/** Makes the values of all {@link MAIL_FIELDS}. */
export function mailFields(sources: MailFieldSources): MailFields {
  const { devices, kind, enrollUrl, helpDesk, sender, language, timeZone = 'UTC' } = sources;
  const [newest, ...others] = devices;
  const fields = (one: DeviceOfMail): DeviceFields => deviceFields(one, (time) => formatTime(time, language, timeZone));
  const mailbox = newest.device.eas?.mailbox;
  const button = buttonColors(sources.color);
  return {
    ...fields(newest),
    qr: sources.qr ?? null,
    enrollUrl,
    'user.name': harmless(mailbox?.displayName),
    'user.address': mailbox?.address ?? null,
    helpDesk,
    ...appFields(sources),
    company: sources.company ?? null,
    logo: sources.logo ?? null,
    color: button.background,
    onColor: button.text,
    sender,
    reminder: sources.reminder > 0,
    notEnrolled: kind === 'not-enrolled',
    noLongerManaged: kind === 'no-longer-managed',
    needsActivation: kind === 'needs-activation',
    notNativeClient: kind === 'not-native-client',
    notAPhone: kind === 'not-a-phone',
    noncompliant: kind === 'noncompliant',
    devices: devices.map(fields),
    others: others.map(fields),
    several: others.length > 0,
  };
}

/** Kinds whose users may have to install the app. */
const WITH_APP: ReadonlySet<MailKind> = new Set(['not-enrolled', 'no-longer-managed', 'noncompliant']);

function appFields({ kind, app = null, devices: [newest], enrollUrl }: MailFieldSources): {
  readonly app: string | null;
  readonly appStore: string | null;
} {
  if (app === null || !WITH_APP.has(kind)) return { app: null, appStore: null };
  const { eas } = newest.device;
  const platform = eas === undefined ? null : recognizeEasClient(eas.device).platform;
  return { app: app.name, appStore: storeAddressOf(app, platform) ?? enrollUrl };
}

function deviceFields(
  { device, change, link, linkExpiresAt }: DeviceOfMail,
  date: (time: string | null) => string | null,
): DeviceFields {
  const { eas, mdm } = device;
  const [model, type, friendlyName] = [eas?.device.model, eas?.device.type, eas?.device.friendlyName].map(harmless);
  return {
    link,
    linkExpires: date(linkExpiresAt),
    'device.model': model ?? type ?? null,
    'device.type': type ?? null,
    'device.name': friendlyName ?? model ?? type ?? null,
    'device.os': harmless(eas?.device.os),
    'device.id': eas === undefined ? null : harmless(shownEasId(eas.easId)),
    blockedAt: date(change.at),
    complianceReason: harmless(mdm?.complianceReason),
  };
}

/** Longest device or user word in a mail. */
const MAX_WORD = 80;

/** First half of a surrogate pair, left alone by a cut. */
const HALF_CHARACTER = /[\ud800-\udbff]$/;

/**
 * A phone names itself, and mail programs turn what looks like an address into a link. So nothing in these words may:
 * colons, slashes and @ go, and so does a dot before a letter, but between initials: no top-level domain has one letter.
 */
function harmless(text: string | null | undefined): string | null {
  const plain = text
    ?.replace(/[:@/\\]+|\.(?=\p{L})(?!(?<=(?:^|[\s.])\p{Lu}\.)\p{Lu}(?:[\s.]|$))/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain ? plain.slice(0, MAX_WORD).replace(HALF_CHARACTER, '') : null;
}

function formatTime(time: string | null, language: string, timeZone: string): string | null {
  if (time === null || Number.isNaN(Date.parse(time))) return null;
  return formatOf(language, timeZone).format(new Date(time));
}

/** Making one takes a tenth of a millisecond. By language and time zone, of which a process meets a few. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatOf(language: string, timeZone: string): Intl.DateTimeFormat {
  const name = `${language} ${timeZone}`;
  const known = FORMATS.get(name);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
    timeZoneName: 'short',
  });
  FORMATS.set(name, made);
  return made;
}

/**
 * The Message-ID of a mail, made of its id and of when it is tried first: kept with the mail, and the same at every try, so that
 * one sent twice is recognized. RFC 5322 section 3.6.4.
 * @param domain the sender's
 * @param firstTry milliseconds since 1970
 */
export function mailMessageId(id: string, domain: string, firstTry: number): string {
  const hash = createHash('sha256').update(id).digest('base64url').slice(0, 32);
  return `<${hash}.${Math.floor(firstTry / 1000).toString(36)}@${domain}>`;
}

/**
 * When the mail of a Message-ID of ours was tried first, ISO 8601 UTC, to the second: the date of every try. Exchange takes two
 * mails for one by Message-ID and date, not by the Message-ID alone
 * (https://learn.microsoft.com/previous-versions/office/exchange-server-2007/dd577073(v=exchg.80)). Null: it does not say.
 */
export function dateInMessageId(messageId: string): string | null {
  const [, seconds] = /^<[\w-]{32}\.([0-9a-z]{6,8})@/.exec(messageId) ?? [];
  return seconds === undefined ? null : new Date(Number.parseInt(seconds, 36) * 1000).toISOString();
}
