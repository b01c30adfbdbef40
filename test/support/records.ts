/** Builders: a whole record from the few facts a test is about. */
import { easRecordKey, mdmRecordKey } from '../../src/model/keys.ts';
import type { DeviceRecord, EasRecord, MdmRecord } from '../../src/model/records.ts';

type Parts<T> = {
  readonly [K in keyof T]?: T[K] extends readonly unknown[] | undefined
    ? T[K]
    : T[K] extends object | undefined
      ? Partial<T[K]>
      : T[K];
};

/** A mailbox GUID from a number. */
export function guid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** Anna's iPhone on her mailbox, allowed by default, unless told otherwise. */
export function anEas(parts: Parts<EasRecord> = {}): EasRecord {
  const organization = parts.organization ?? 'org';
  const mailbox = {
    id: guid(1),
    upn: 'anna@corp.example',
    address: 'anna@corp.example',
    displayName: 'Anna',
    addresses: ['anna@corp.example'],
    ...parts.mailbox,
  };
  const easId = parts.easId ?? 'IPHONE1';
  return {
    kind: 'eas',
    key: easRecordKey(organization, mailbox.id, easId),
    organization,
    easId,
    mailbox,
    device: {
      type: 'iPhone',
      model: 'iPhone15C2',
      os: 'iOS 19.1',
      userAgent: 'Apple-iPhone15C2/2301.1',
      friendlyName: null,
      imei: null,
      clientType: 'EAS',
      protocolVersion: '16.1',
      ...parts.device,
    },
    access: { state: 'allowed', reason: 'global', listed: null, ...parts.access },
    firstSyncAt: parts.firstSyncAt === undefined ? '2026-05-01T08:00:00.000Z' : parts.firstSyncAt,
    ...(parts.lastSyncAt !== undefined && { lastSyncAt: parts.lastSyncAt }),
    ...(parts.partnerships !== undefined && { partnerships: parts.partnerships }),
  };
}

/** Anna's Pixel on her mailbox. */
export function aPixel(parts: Parts<EasRecord> = {}): EasRecord {
  const device = {
    type: 'Android',
    model: 'Pixel 8',
    os: 'Android 16',
    userAgent: 'Android-Mail/2026.1',
    ...parts.device,
  };
  return anEas({ easId: 'androidc1', ...parts, device });
}

/** Anna's enrolled iPhone, compliant, that reports its EAS ID, unless told otherwise. */
export function anMdm(parts: Parts<MdmRecord> = {}): MdmRecord {
  const id = parts.id ?? 'm1';
  const source = parts.source ?? 'intune';
  return {
    kind: 'mdm',
    key: mdmRecordKey(source, id),
    source,
    id,
    easIds: parts.easIds ?? ['IPHONE1'],
    user: { id: null, upn: 'anna@corp.example', addresses: ['anna@corp.example'], ...parts.user },
    device: {
      name: "Anna's iPhone",
      platform: 'ios',
      os: 'iOS',
      osVersion: '19.1',
      manufacturer: 'Apple',
      model: 'iPhone 14 Pro',
      serial: null,
      imeis: [],
      ...parts.device,
    },
    managed: parts.managed ?? true,
    compliance: parts.compliance ?? 'compliant',
    complianceReason: parts.complianceReason === undefined ? null : parts.complianceReason,
    graceUntil: parts.graceUntil === undefined ? null : parts.graceUntil,
    enrolledAt: parts.enrolledAt === undefined ? '2026-05-03T09:00:00.000Z' : parts.enrolledAt,
    lastSeenAt: parts.lastSeenAt === undefined ? '2026-06-01T09:00:00.000Z' : parts.lastSeenAt,
  };
}

/** Anna's enrolled Pixel, which reports no EAS ID. */
export function anMdmPixel(parts: Parts<MdmRecord> = {}): MdmRecord {
  const device = {
    name: "Anna's Pixel",
    platform: 'android' as const,
    os: 'Android',
    model: 'Pixel 8',
    manufacturer: 'Google',
    ...parts.device,
  };
  return anMdm({ easIds: [], ...parts, device });
}

/** A merged device. */
export function merged(eas: EasRecord = anEas(), mdm: MdmRecord = anMdm()): DeviceRecord {
  return {
    key: eas.key,
    status: 'eas/mdm',
    eas,
    mdm,
    match: { by: 'eas-id', evidence: ['EAS ID equals.'] },
    reason: { code: 'merged', text: 'Exchange and the MDM know this device.' },
  };
}

/** An EAS record without MDM record. */
export function unmatched(
  eas: EasRecord = anEas(),
  code: DeviceRecord['reason']['code'] = 'not-enrolled',
): DeviceRecord {
  return {
    key: eas.key,
    status: 'eas',
    eas,
    match: { by: null, evidence: [] },
    reason: { code, text: `Because ${code}.` },
  };
}

/** When the numbered phones were seen first and last. */
const SEEN_AT = '2026-06-01T08:00:00.000Z';

/** The n-th person's iPhone, as Exchange of the node `exchange` knows it. */
export function easRecord(n: number, changes: Partial<EasRecord> = {}): EasRecord {
  const address = `user${n}@contoso.example`;
  const mailbox = { id: guid(n), upn: address, address, displayName: `User ${n}`, addresses: [address] };
  const record = anEas({ organization: 'exchange', easId: `EAS${n}`, mailbox, firstSyncAt: SEEN_AT });
  return { ...record, ...changes };
}

/** The n-th person's iPhone, as the MDM `tenant` knows it. */
export function mdmRecord(n: number, changes: Partial<MdmRecord> = {}): MdmRecord {
  const address = `user${n}@contoso.example`;
  const record = anMdm({
    source: 'tenant',
    id: `device${n}`,
    easIds: [`EAS${n}`],
    user: { upn: address, addresses: [address] },
    device: { name: `Phone ${n}`, serial: `SERIAL${n}` },
    enrolledAt: SEEN_AT,
    lastSeenAt: SEEN_AT,
  });
  return { ...record, ...changes };
}
