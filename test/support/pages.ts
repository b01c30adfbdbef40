/** Pages of records as the sources send them, made by hand. */
import { easRecordKey, mdmRecordKey } from '../../src/model/keys.ts';
import type { EasRecord, MdmRecord } from '../../src/model/records.ts';

/** When the records of these pages were seen. */
const SEEN_AT = '2026-06-01T08:00:00.000Z';

/** The GUID of the n-th mailbox. */
export function mailboxId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

/** The n-th person's iPhone, as Exchange of the node `exchange` knows it. */
export function easRecord(n: number, changes: Partial<EasRecord> = {}): EasRecord {
  const address = `user${n}@contoso.example`;
  return {
    kind: 'eas',
    key: easRecordKey('exchange', mailboxId(n), `EAS${n}`),
    organization: 'exchange',
    easId: `EAS${n}`,
    mailbox: { id: mailboxId(n), upn: address, address, displayName: `User ${n}`, addresses: [address] },
    device: {
      type: 'iPhone',
      model: 'iPhone16C1',
      os: 'iOS 18.1',
      userAgent: 'Apple-iPhone16C1/2202.83',
      friendlyName: null,
      imei: null,
      clientType: 'EAS',
      protocolVersion: '16.1',
    },
    access: { state: 'allowed', reason: 'global', listed: null },
    firstSyncAt: SEEN_AT,
    ...changes,
  };
}

/** The n-th person's iPhone, as the MDM `tenant` knows it. */
export function mdmRecord(n: number, changes: Partial<MdmRecord> = {}): MdmRecord {
  const address = `user${n}@contoso.example`;
  return {
    kind: 'mdm',
    key: mdmRecordKey('tenant', `device${n}`),
    source: 'tenant',
    id: `device${n}`,
    easIds: [`EAS${n}`],
    user: { id: null, upn: address, addresses: [address] },
    device: {
      name: `Phone ${n}`,
      platform: 'ios',
      os: 'iOS',
      osVersion: '18.1',
      manufacturer: 'Apple',
      model: 'iPhone 16',
      serial: `SERIAL${n}`,
      imeis: [],
    },
    managed: true,
    compliance: 'compliant',
    complianceReason: 'compliant',
    graceUntil: null,
    enrolledAt: SEEN_AT,
    lastSeenAt: SEEN_AT,
    ...changes,
  };
}

export interface PageSync {
  readonly id: string;
  /** Default 0. */
  readonly page?: number;
  /** Default true. */
  readonly last?: boolean;
  readonly kind?: 'full' | 'quick';
  /** Default now. */
  readonly startedAt?: string;
}

function page(
  source: 'eas' | 'mdm',
  organization: string,
  sync: PageSync,
  payload: readonly unknown[],
): Record<string, unknown> {
  const { id, page: index = 0, last = true, kind = 'full', startedAt = new Date().toISOString() } = sync;
  return {
    topic: source,
    payload,
    parts: { id, index, type: 'array', len: payload.length, ...(last ? { count: index + 1 } : {}) },
    sync: { id, source, kind, organization, startedAt, page: index, last },
  };
}

/** A page of the EAS source. */
export function easPage(sync: PageSync, records: readonly EasRecord[]): Record<string, unknown> {
  return page('eas', 'exchange', sync, records);
}

/** A page of the MDM source. */
export function mdmPage(sync: PageSync, records: readonly MdmRecord[]): Record<string, unknown> {
  return page('mdm', 'tenant', sync, records);
}
