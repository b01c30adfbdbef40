/** A larger organization, made from numbers only: the same options give the same people, phones and ids every time. */
import type { AccessLevel } from './access-evaluation.ts';
import { Organization, sequentialIds } from './organization.ts';
import type { PhoneSync } from './phone-sync.ts';
import type { Platform } from '../model/records.ts';

/** How large, and how much of it is enrolled. */
export interface SeedOptions {
  /** How many device partnerships. */
  readonly phones: number;
  /** Into which organization; default a new one with counted ids. */
  readonly organization?: Organization;
  /** Share of the phones that are enrolled in the MDM, 0 to 1. Default 0.8. */
  readonly enrolled?: number;
  /** Share of the mailboxes that have a second phone, 0 to 1. Default 0.1. */
  readonly secondPhones?: number;
  readonly domain?: string;
  /** Further domains of the forest; people live in one after the other. Default none. */
  readonly otherDomains?: readonly string[];
  readonly seed?: number;
  /** Milliseconds since 1970 of the first phone; the others follow a minute apart. Default 2026-01-05T08:00Z. */
  readonly startAt?: number;
  readonly defaultAccessLevel?: AccessLevel;
}

interface PhoneKind {
  readonly share: number;
  readonly platform: Platform;
  readonly deviceType: string;
  readonly manufacturer: string;
  readonly clientType: 'EAS' | 'Outlook';
  readonly models: readonly (readonly [code: string, name: string])[];
  readonly os: string;
  readonly osVersion: string;
  readonly userAgent: (model: string) => string;
  readonly easId: (number: number) => string;
  /** True if the device tells its EAS ID to the MDM. */
  readonly reportsEasId: boolean;
}

const KINDS: readonly PhoneKind[] = [
  {
    share: 0.45,
    platform: 'ios',
    deviceType: 'iPhone',
    manufacturer: 'Apple',
    clientType: 'EAS',
    models: [
      ['iPhone17C3', 'iPhone 16'],
      ['iPhone16C2', 'iPhone 15 Pro'],
      ['iPhone15C4', 'iPhone 14'],
    ],
    os: 'iOS 19.1 23B85',
    osVersion: '19.1',
    userAgent: (model) => `Apple-${model}/2302.85`,
    easId: (number) => base32(number),
    reportsEasId: true,
  },
  {
    share: 0.25,
    platform: 'android',
    deviceType: 'SamsungDevice',
    manufacturer: 'Samsung',
    clientType: 'EAS',
    models: [
      ['SM-S931B', 'SM-S931B'],
      ['SM-A566B', 'SM-A566B'],
    ],
    os: 'Android 16',
    osVersion: '16',
    userAgent: (model) => `Android-SAMSUNG-${model}/101.16`,
    easId: (number) => `SEC${hex(number, 13)}`,
    reportsEasId: true,
  },
  {
    share: 0.2,
    platform: 'android',
    deviceType: 'Android',
    manufacturer: 'Google',
    clientType: 'EAS',
    models: [
      ['Pixel 9', 'Pixel 9'],
      ['Pixel 10', 'Pixel 10'],
    ],
    os: 'Android 16',
    osVersion: '16',
    userAgent: () => 'Android-Mail/2026.10.19.release',
    easId: (number) => `androidc${hex(number, 10)}`,
    reportsEasId: false,
  },
  {
    share: 0.1,
    platform: 'ios',
    deviceType: 'Outlook',
    manufacturer: 'Apple',
    clientType: 'Outlook',
    models: [['Outlook for iOS and Android', 'iPhone 16']],
    os: 'iOS 19.1',
    osVersion: '19.1',
    userAgent: () => 'Outlook-iOS-Android/1.0',
    easId: (number) => hex(number, 32),
    reportsEasId: false,
  },
];

const FIRST_NAMES = [
  'Anna',
  'Ben',
  'Chiara',
  'Dilan',
  'Emma',
  'Farid',
  'Grace',
  'Hugo',
  'Inès',
  'Jonas',
  'Kaya',
  'Luca',
  'Mia',
  'Noah',
  'Olga',
  'Paul',
];
const LAST_NAMES = [
  'Adler',
  'Brandt',
  'Conti',
  'Demir',
  'Eriksen',
  'Fischer',
  'García',
  'Hoffmann',
  'Ivanov',
  'Jansen',
  'Kowalski',
  'Lindqvist',
  'Müller',
  'Nowak',
  'O’Hara',
  'Petit',
];
const MINUTE_MS = 60_000;
const FRACTIONS = 0x1_0000_0000;

/** Makes (or fills) an organization with that many phones. About ten microseconds and two kilobytes a phone. */
export function seedOrganization(options: SeedOptions): Organization {
  const seed = options.seed ?? 1;
  const startAt = options.startAt ?? Date.UTC(2026, 0, 5, 8);
  const clock = { now: startAt };
  const organization =
    options.organization ??
    new Organization({
      newId: sequentialIds(seed),
      now: () => clock.now,
      ...(options.domain === undefined ? {} : { domain: options.domain }),
      ...(options.otherDomains === undefined ? {} : { otherDomains: options.otherDomains }),
      ...(options.defaultAccessLevel === undefined ? {} : { defaultAccessLevel: options.defaultAccessLevel }),
    });
  const enrolled = options.enrolled ?? 0.8;
  const secondPhones = options.secondPhones ?? 0.1;
  for (let made = 0, user = 0; made < options.phones; user += 1) {
    const address = addUser(organization, user);
    const phones = fraction(seed, user, 1) < secondPhones ? 2 : 1;
    for (let phone = 0; phone < phones && made < options.phones; phone += 1, made += 1) {
      addPhone(organization, address, made, {
        kind: fraction(seed, made, 2),
        enrolled: fraction(seed, made, 3) < enrolled,
      });
      clock.now = startAt + (made + 1) * MINUTE_MS;
    }
  }
  return organization;
}

function addUser(organization: Organization, user: number): string {
  const first = FIRST_NAMES[user % FIRST_NAMES.length] ?? '';
  const last = LAST_NAMES[Math.floor(user / FIRST_NAMES.length) % LAST_NAMES.length] ?? '';
  const number = String(user).padStart(6, '0');
  const { domains } = organization.directory;
  const domain = domains[user % domains.length] ?? organization.domain;
  const mailbox = organization.addMailbox({
    alias: `user${number}`,
    displayName: `${first} ${last}`,
    name: `${first} ${last} ${number}`,
    domain,
  });
  return mailbox.address;
}

function addPhone(
  organization: Organization,
  address: string,
  number: number,
  draw: { kind: number; enrolled: boolean },
): void {
  const kind = kindFor(draw.kind);
  const [model, name] = kind.models[number % kind.models.length] ?? ['', ''];
  const deviceId = kind.easId(number + 1);
  const phone: PhoneSync = {
    mailbox: address,
    deviceId,
    deviceType: kind.deviceType,
    model,
    os: kind.os,
    osLanguage: 'en-US',
    userAgent: kind.userAgent(model),
    friendlyName: name,
    imei: kind.platform === 'android' ? `35${String(number).padStart(13, '0')}` : '',
    clientType: kind.clientType,
  };
  organization.syncPhone(phone);
  if (!draw.enrolled) return;
  organization.enroll({
    upn: address,
    platform: kind.platform,
    model: name,
    name: `${name} ${number}`,
    serial: `F${String(number).padStart(11, '0')}`,
    easDeviceId: kind.reportsEasId ? deviceId : '',
    manufacturer: kind.manufacturer,
    osVersion: kind.osVersion,
    imei: phone.imei ?? '',
  });
}

function kindFor(draw: number): PhoneKind {
  let rest = draw;
  for (const kind of KINDS) {
    if (rest < kind.share) return kind;
    rest -= kind.share;
  }
  return KINDS[0]!;
}

/** A number in [0, 1) that depends on nothing but its arguments (Thomas Mueller's integer mixing constants). */
function fraction(seed: number, index: number, stream: number): number {
  let value = (Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b) ^ Math.imul(stream, 0xc2b2ae35)) >>> 0;
  value = Math.imul((value >>> 16) ^ value, 0x45d9f3b);
  value = Math.imul((value >>> 16) ^ value, 0x45d9f3b);
  return (((value >>> 16) ^ value) >>> 0) / FRACTIONS;
}

function hex(number: number, digits: number): string {
  return (BigInt(number) * 0x9e3779b97f4a7c15n).toString(16).toUpperCase().padStart(digits, '0').slice(-digits);
}

/** 26 characters 0-9 A-V, as iOS writes 128 bits. */
function base32(number: number): string {
  return (BigInt(number) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(32).toUpperCase().padStart(26, '0').slice(-26);
}
