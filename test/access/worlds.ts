/** Small worlds for property tests: users, their phones, what Exchange and the MDM know of them. */
import * as fc from 'fast-check';
import type { Activation, Compliance, EasRecord, MdmRecord, Pairing } from '../../src/model/records.ts';
import { anEas, anMdm, guid } from '../support/records.ts';

export interface Phone {
  readonly id: number;
  readonly user: number;
  readonly kind: 'iphone' | 'knox' | 'pixel' | 'outlook';
  readonly model: number;
  readonly account: boolean;
  readonly enrolled: boolean;
  readonly compliance: Compliance;
  readonly clicked: boolean;
  readonly paired: boolean;
  /** Hours before the MDM reading. */
  readonly firstSyncHours: number;
  readonly enrolledHours: number;
  readonly clickedHours: number;
  readonly admin: 'allowed' | 'blocked' | null;
  /** A second MDM record of the same phone, seen earlier. */
  readonly enrolledTwice: boolean;
  /** The account is on this user's mailbox, though the phone is another's. */
  readonly borrowed: boolean;
}

/** When the MDM reading of a world began. */
export const READ_AT = Date.parse('2026-06-02T00:00:00.000Z');
const HOUR = 3_600_000;

export const phones: fc.Arbitrary<Phone[]> = fc
  .array(
    fc.record({
      user: fc.integer({ min: 0, max: 2 }),
      kind: fc.constantFrom('iphone' as const, 'knox' as const, 'pixel' as const, 'outlook' as const),
      model: fc.integer({ min: 0, max: 1 }),
      account: fc.boolean(),
      enrolled: fc.boolean(),
      compliance: fc.constantFrom<Compliance>('compliant', 'noncompliant', 'in-grace', 'unknown'),
      clicked: fc.boolean(),
      paired: fc.constantFrom(false, false, false, true),
      firstSyncHours: fc.integer({ min: -2, max: 100 }),
      enrolledHours: fc.integer({ min: -2, max: 100 }),
      clickedHours: fc.integer({ min: -2, max: 100 }),
      admin: fc.constantFrom(null, null, null, 'allowed' as const, 'blocked' as const),
      enrolledTwice: fc.constantFrom(false, false, true),
      borrowed: fc.constantFrom(false, false, false, true),
    }),
    { maxLength: 8 },
  )
  .map((list) => list.map((phone, id) => ({ ...phone, id })));

const DEVICES = {
  iphone: { type: 'iPhone', userAgent: 'Apple-iPhone15C2/2301.1', os: 'iOS 19.1' },
  knox: { type: 'SamsungDevice', userAgent: 'SAMSUNG-SM-S911B/101', os: 'Android 16' },
  pixel: { type: 'Android', userAgent: 'Android-Mail/2026.1', os: 'Android 16' },
  outlook: { type: 'Outlook', userAgent: 'Outlook-iOS-Android/1.0', os: 'iOS 19.1', clientType: 'Outlook' },
};
const MODELS = {
  iphone: ['iPhone15C2', 'iPhone16C1'],
  knox: ['SM-S911B', 'SM-A515F'],
  pixel: ['Pixel 8', 'Pixel 9'],
  outlook: ['Outlook for iOS and Android', 'Outlook for iOS and Android'],
};

/** The EAS records the phones make when they first sync. */
export function easOf(all: readonly Phone[]): EasRecord[] {
  return all.filter((phone) => phone.account).map(easRecord);
}

export function easRecord(phone: Phone): EasRecord {
  const owner = phone.borrowed ? (phone.user + 1) % 3 : phone.user;
  const address = `user${owner}@corp.example`;
  return anEas({
    easId: `EAS${phone.id}`,
    mailbox: { id: guid(owner + 1), upn: address, address, displayName: `User ${owner}`, addresses: [address] },
    device: { ...DEVICES[phone.kind], model: MODELS[phone.kind][phone.model]! },
    firstSyncAt: new Date(READ_AT - phone.firstSyncHours * HOUR).toISOString(),
  });
}

/** What the MDM has. */
export function mdmOf(all: readonly Phone[]): MdmRecord[] {
  return all.filter((phone) => phone.enrolled).flatMap((phone) => mdmRecords(phone));
}

function mdmRecords(phone: Phone): MdmRecord[] {
  const address = `user${phone.user}@corp.example`;
  const platform = phone.kind === 'iphone' || phone.kind === 'outlook' ? 'ios' : 'android';
  const record = anMdm({
    id: `m${phone.id}`,
    easIds: phone.account && (phone.kind === 'iphone' || phone.kind === 'knox') ? [`eas${phone.id}`] : [],
    user: { id: null, upn: address, addresses: [] },
    device: { name: `Phone ${phone.id}`, platform, model: MODELS[phone.kind][phone.model]! },
    compliance: phone.compliance,
    enrolledAt: new Date(READ_AT - phone.enrolledHours * HOUR).toISOString(),
    lastSeenAt: '2026-06-01T00:00:00.000Z',
  });
  if (!phone.enrolledTwice) return [record];
  const earlier = anMdm({
    ...record,
    id: `old${phone.id}`,
    lastSeenAt: '2026-01-01T00:00:00.000Z',
    compliance: 'noncompliant',
  });
  return [record, earlier];
}

export function activationsOf(all: readonly Phone[]): Activation[] {
  return all
    .filter((phone) => phone.clicked)
    .map((phone) => {
      const eas = easRecord(phone);
      const at = new Date(READ_AT - phone.clickedHours * HOUR).toISOString();
      return { easId: eas.easId, mailbox: eas.mailbox.id, at, userAgent: null, tokenId: `t${phone.id}` };
    });
}

export function pairingsOf(all: readonly Phone[]): Pairing[] {
  return all
    .filter((phone) => phone.paired)
    .map((phone) => ({
      easKey: easRecord(phone).key,
      mdmKey: `mdm:intune:m${phone.id}`,
      at: '2026-01-01T00:00:00.000Z',
      by: null,
      note: null,
    }));
}
