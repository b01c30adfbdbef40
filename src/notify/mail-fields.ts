/** The fields that mail templates may name, and their values for one mail. Pure. */
import { createHash } from 'node:crypto';
import type { MailKind } from './mail-kind.ts';
import type { DeviceChange } from '../model/records.ts';

/** Name in a template → what it is; the notifier's dialog shows this list. Those with "section" are for {{#name}}…{{/name}}. */
export const MAIL_FIELDS = {
  link: 'link to the activation page; empty in mails that have none',
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
  helpDesk: 'whom to ask',
  sender: 'name of the sender',
  reminder: 'section: the mail is a reminder',
  notEnrolled: 'section: the device is not enrolled',
  needsActivation: 'section: an enrolled device waits for the link',
  notNativeClient: 'section: the mail app is not the native one',
  noncompliant: 'section: the device is enrolled but not compliant',
} as const;

export type MailFieldName = keyof typeof MAIL_FIELDS;

/** Values by name; null is empty text, and a section that is not shown. */
export type MailFields = Readonly<Record<MailFieldName, string | boolean | null>>;

export interface MailFieldSources extends DeviceChange {
  readonly kind: MailKind;
  /** Null for kinds without a link. */
  readonly link: string | null;
  readonly linkExpiresAt: string | null;
  readonly enrollUrl: string | null;
  readonly helpDesk: string | null;
  readonly sender: string | null;
  readonly reminder: number;
  /** BCP 47; dates are written its way. */
  readonly language: string;
  /** IANA name; dates name it. Default UTC. */
  readonly timeZone?: string;
}

/** Makes the values of all {@link MAIL_FIELDS}. */
export function mailFields(sources: MailFieldSources): MailFields {
  const { device, kind, link, enrollUrl, helpDesk, sender } = sources;
  const eas = device.eas;
  const date = (time: string | null): string | null => formatTime(time, sources.language, sources.timeZone ?? 'UTC');
  const [model, type, friendlyName] = [eas?.device.model, eas?.device.type, eas?.device.friendlyName].map(harmless);
  return {
    link,
    linkExpires: date(sources.linkExpiresAt),
    enrollUrl,
    'device.model': model ?? type ?? null,
    'device.type': type ?? null,
    'device.name': friendlyName ?? model ?? type ?? null,
    'device.os': harmless(eas?.device.os),
    'device.id': harmless(eas?.easId),
    'user.name': harmless(eas?.mailbox.displayName),
    'user.address': eas?.mailbox.address ?? null,
    blockedAt: date(sources.change.at),
    complianceReason: harmless(device.mdm?.complianceReason),
    helpDesk,
    sender,
    reminder: sources.reminder > 0,
    notEnrolled: kind === 'not-enrolled',
    needsActivation: kind === 'needs-activation',
    notNativeClient: kind === 'not-native-client',
    noncompliant: kind === 'noncompliant',
  };
}

/** Longest device or user word in a mail. */
const MAX_WORD = 80;

/** First half of a surrogate pair, left alone by a cut. */
const HALF_CHARACTER = /[\ud800-\udbff]$/;

/**
 * A phone names itself, and mail programs turn what looks like an address into a link. So nothing in these words may:
 * colons, slashes and @ go, and so does a dot before a letter.
 */
function harmless(text: string | null | undefined): string | null {
  const plain = text
    ?.replace(/[:@/\\]+|\.(?=\p{L})/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain ? plain.slice(0, MAX_WORD).replace(HALF_CHARACTER, '') : null;
}

function formatTime(time: string | null, language: string, timeZone: string): string | null {
  if (time === null || Number.isNaN(Date.parse(time))) return null;
  const format = new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
    timeZoneName: 'short',
  });
  return format.format(new Date(time));
}

/**
 * The Message-ID of one mail: the same for the same device, kind, blocking and reminder, so that a mail sent twice after
 * a crash can be recognized. RFC 5322 section 3.6.4. `domain`: the sender's.
 */
export function mailMessageId(
  mail: { deviceKey: string; kind: MailKind; blockedAt: string; reminder: number },
  domain: string,
): string {
  const name = JSON.stringify([mail.deviceKey, mail.kind, mail.blockedAt, mail.reminder]);
  return `<${createHash('sha256').update(name).digest('base64url').slice(0, 32)}@${domain}>`;
}
