/**
 * Which mail client made an EAS record, on which platform, and whether it is the platform's own.
 * A client that is not the platform's own makes its own EAS ID, which no MDM learns.
 */
import type { EasRecord, Platform } from './records.ts';

/** What the device texts of an EAS record tell. They are sent by the phone: a hint, never a proof. */
export interface EasClient {
  /** The client's name for people, or null if nothing is recognized. */
  readonly client: string | null;
  /** Null if nothing in the record tells. */
  readonly platform: Platform | null;
  /** True: the platform's own client, whose EAS ID an MDM may know. False: surely another one. Null: cannot be told. */
  readonly native: boolean | null;
}

type Device = EasRecord['device'];

const APPLE_TYPE = /^i(?:phone|pad|pod)/i;
// What iOS calls its mail in the device information is the second: iOS/17.5 (21F79) dataaccessd/1.0.
const APPLE_AGENT = /^apple-i(?:phone|pad|pod)|^i(?:pad)?os\/.*\bdataaccessd\//i;

/*
 * Clients that are not the platform's own, by what they send. The first row that matches wins.
 *
 *   client               told by                                   source
 *   Outlook mobile       ClientType Outlook or REST, DeviceType    office365itpros.com 2018/12/05: Outlook and REST records;
 *                        or user agent Outlook…                    user agent Outlook-iOS-Android/1.0, type Outlook
 *   OWA for Devices      ClientType MOWA                           Get-MobileDevice -OWAforDevices
 *   Outlook on a PC      DeviceType WindowsOutlook…, or user       mailinabox issue 937: Outlook/16.0 (16.0.7167.6539; C2R;
 *                        agent Outlook/ and a number               x86); Outlook 2013 and later as an ActiveSync client
 *   TbSync               DeviceType or user agent TbSync,          TbSync issue 126: Thunderbird ActiveSync Lightning/6.2;
 *                        Thunderbird…                              newer ones have the DeviceType Thunderbird
 *   python-EAS-Client    user agent python-EAS-Client…             nylas-mail issue 882; its DeviceType says iPhone
 *   the rest             name at the start of type or user agent   the vendors' own names; extend here
 *
 * `pc`: a program on a computer. `always`, whatever platform it claims to be of; `off-phones`, unless it names a phone's: its
 * maker has an app for phones too.
 */
const OTHER_CLIENTS: readonly {
  readonly client: string;
  readonly clientType?: RegExp;
  readonly name?: RegExp;
  readonly pc?: 'always' | 'off-phones';
}[] = [
  { client: 'Outlook mobile', clientType: /^(?:outlook|rest)$/i },
  { client: 'Outlook on a PC', name: /^(?:windowsoutlook|outlook\/\d)/i, pc: 'off-phones' },
  { client: 'TbSync', name: /^(?:tbsync|thunderbird)/i, pc: 'off-phones' },
  { client: 'python-EAS-Client', name: /^python-eas-client/i, pc: 'always' },
  { client: 'Outlook mobile', name: /^(?:outlook|universaloutlook|acompli)/i },
  { client: 'OWA for Devices', clientType: /^mowa$/i, name: /^mowa/i },
  { client: 'TouchDown', name: /^touchdown/i },
  { client: 'Boxer', name: /^(?:boxer|airwatch|vmware)/i },
  { client: 'BlackBerry Work', name: /^(?:good|blackberrywork|bb-work)/i },
  { client: 'Secure Mail', name: /^(?:worxmail|securemail|citrix)/i },
  { client: 'Email+', name: /^(?:mobileiron|emailplus|email\+)/i },
  { client: 'Spark', name: /^(?:readdle|spark)/i },
  { client: 'Edison Mail', name: /^(?:edison|easilydo)/i },
  { client: 'BlueMail', name: /^(?:bluemail|typeapp)/i },
  { client: 'AquaMail', name: /^aqua/i },
  { client: 'Newton', name: /^(?:newton|cloudmagic)/i },
  { client: 'myMail', name: /^mymail/i },
  { client: 'eM Client', name: /^em ?client/i, pc: 'off-phones' },
];

/*
 * The platforms' own clients.
 *
 *   client          platform   DeviceType              user agent        note
 *   Apple Mail      ios        iPhone, iPad, iPod      Apple-iPhone…/,   iOS has one; any other user agent is another app
 *                                                      iOS/… dataaccessd
 *   Samsung Mail    android    SamsungDevice           SAMSUNG-…
 *   Gmail           android    Android                 Android-Mail/…, Gmail…
 *   Nine            android    Android                 Nine…             with Gmail the supported one in work profiles
 *   Android mail    android    anything Android        anything          makers ship their own; unknown ones count as native
 *   Windows Mail    windows    Windows…, WP…           MSFT-…
 */
const NATIVE_CLIENTS: readonly {
  readonly client: string;
  readonly platform: Platform;
  readonly type?: RegExp;
  readonly agent?: RegExp;
}[] = [
  { client: 'Samsung Mail', platform: 'android', type: /^samsung/i, agent: /^samsung/i },
  { client: 'Gmail', platform: 'android', agent: /^(?:android-mail|gmail)/i },
  { client: 'Nine', platform: 'android', agent: /^nine\b/i },
  { client: 'Windows Mail', platform: 'windows', type: /^(?:windows|wp\d*$|pocketpc)/i, agent: /^msft-/i },
];

/** What a client is told by. */
type ClientTexts = Pick<Device, 'type' | 'os' | 'userAgent' | 'clientType'>;

/** Places for what was recognized last: a million phones say a few hundred things of themselves. */
const PLACES = 1024;
const recognized: ({ readonly texts: ClientTexts; readonly client: EasClient } | undefined)[] = Array.from({
  length: PLACES,
});

/** Tells client and platform of an EAS record from what the phone says of itself. */
export function recognizeEasClient(device: Device): EasClient {
  const place = placeOf(device);
  const before = recognized[place];
  if (before !== undefined && isSaidBy(before.texts, device)) return before.client;
  const client = recognize(device);
  const { type, os, userAgent, clientType } = device;
  recognized[place] = { texts: { type, os, userAgent, clientType }, client };
  return client;
}

/** By lengths and last letters, where versions differ; which of those that share a place it is, is compared. */
function placeOf({ type, os, userAgent }: ClientTexts): number {
  const mixed = Math.imul(marksOf(type), 0x9e3779b1) ^ Math.imul(marksOf(os), 0x5f356495) ^ marksOf(userAgent);
  return (Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 16) % PLACES;
}

function marksOf(text: string | null): number {
  if (text === null) return 0;
  let mixed = text.length;
  for (let at = Math.max(0, text.length - MARKS); at < text.length; at++)
    mixed = Math.imul(mixed, 31) + text.charCodeAt(at);
  return mixed;
}

/** Letters that are looked at. */
const MARKS = 16;

function isSaidBy(texts: ClientTexts, device: Device): boolean {
  const { type, os, userAgent, clientType } = texts;
  return userAgent === device.userAgent && type === device.type && os === device.os && clientType === device.clientType;
}

function recognize(device: Device): EasClient {
  const platform = easPlatform(device);
  const other = otherClient(device);
  if (other) return { client: other.client, platform, native: false };
  if (platform === 'ios') return appleClient(device);
  const native = NATIVE_CLIENTS.find((row) => matches(row.agent, device.userAgent) || matches(row.type, device.type));
  if (native) return { client: native.client, platform: platform ?? native.platform, native: true };
  if (platform === 'android') return { client: 'Android mail', platform, native: true };
  return { client: null, platform, native: null };
}

/** True for a program on a computer that speaks ActiveSync: nothing that could be enrolled as a phone is. */
export function isPcProgram(device: Device): boolean {
  const pc = otherClient(device)?.pc;
  if (pc !== 'off-phones') return pc === 'always';
  const platform = easPlatform(device);
  return platform !== 'ios' && platform !== 'android';
}

function otherClient(device: Device): (typeof OTHER_CLIENTS)[number] | undefined {
  return OTHER_CLIENTS.find(
    (row) =>
      matches(row.clientType, device.clientType) ||
      matches(row.name, device.type) ||
      matches(row.name, device.userAgent),
  );
}

/** The platform an EAS record names: by DeviceType, then operating system, then user agent; null if none of them tells. */
export function easPlatform(device: Device): Platform | null {
  return platformOf(device.type) ?? platformOf(device.os) ?? platformOf(device.userAgent);
}

/** The platform a foreign text names (DeviceType, operating system, user agent of a client or browser), or null. */
export function platformOf(text: string | null): Platform | null {
  if (text === null) return null;
  if (/^(?:i(?:phone|pad|pod|os)\b|i(?:phone|pad|pod)|apple-i|ipados)|\((?:iphone|ipad|ipod)/i.test(text)) return 'ios';
  if (/android|^samsung/i.test(text) && !/^outlook-ios-android/i.test(text)) return 'android';
  if (/^(?:windows|wp\d*$|pocketpc|msft-)|windows (?:nt|phone)/i.test(text)) return 'windows';
  if (/^mac ?os|macintosh/i.test(text)) return 'macos';
  return null;
}

function appleClient(device: Device): EasClient {
  const typeFits = device.type === null || APPLE_TYPE.test(device.type);
  const agentFits = device.userAgent === null || APPLE_AGENT.test(device.userAgent);
  const known = device.type !== null || device.userAgent !== null;
  if (typeFits && agentFits)
    return { client: known ? 'Apple Mail' : null, platform: 'ios', native: known ? true : null };
  return { client: null, platform: 'ios', native: false };
}

function matches(pattern: RegExp | undefined, text: string | null): boolean {
  return pattern !== undefined && text !== null && pattern.test(text);
}
