/**
 * What happened: the last runs, or everything that befell a few devices.
 * In: store, what is looked for. Out: runs, the newest first; events, the oldest first. Changes: nothing.
 */
import { compileTextTest } from '../../access/text-test.ts';
import type { EasRecord } from '../../model/records.ts';
import type { AuditEntry, Json, NotificationRecord, Store, SyncHistoryEntry } from '../../store/store.ts';
import { mailboxTest } from './device-filter.ts';

/** Runs that are looked through for those of one organization. */
const MOST_RUNS = 10_000;
/** Records that are read from the store at once. */
const PAGE_SIZE = 1000;
/** Devices whose events are told together: a mailbox has a few. */
const MOST_DEVICES = 50;
/** Audit entries that are looked through for a device that Exchange no longer has. */
const AUDIT_LOOKED_AT = 10_000;

/** The last runs, the newest first, of every organization or of one. */
export async function listRuns(
  store: Pick<Store, 'history'>,
  { organization, limit }: { readonly organization?: string; readonly limit: number },
): Promise<SyncHistoryEntry[]> {
  if (organization === undefined) return store.history.recent({ limit });
  const all = await store.history.recent({ limit: MOST_RUNS });
  return all.filter((run) => run.organization === organization).slice(0, limit);
}

/** A device whose events are told. The names are null if Exchange no longer has it. */
export interface DeviceName {
  /** The device record's key. */
  readonly key: string;
  readonly organization: string;
  readonly easId: string;
  /** Mailbox GUID. */
  readonly mailboxId: string;
  readonly address: string | null;
  readonly name: string | null;
}

/** One thing that befell a device. Times are ISO 8601 UTC. */
export type DeviceEvent =
  | {
      readonly kind: 'change';
      readonly at: string;
      readonly key: string;
      /** block, allow, release, undo, pair, … */
      readonly what: string;
      readonly who: string;
      readonly rule: string | null;
      readonly reason: string;
      readonly evidence: readonly string[];
      readonly before: Json;
      readonly after: Json;
      readonly approvedBy: string | null;
    }
  | {
      readonly kind: 'mail';
      readonly at: string;
      readonly key: string;
      readonly what: NotificationRecord['outcome'];
      readonly to: string | null;
      readonly reason: string;
      readonly note: string | null;
    };

/** The events of the devices that were meant. */
export interface DeviceHistory {
  readonly devices: readonly DeviceName[];
  /** Devices that were meant too, but are over the limit of fifty. */
  readonly moreDevices: number;
  readonly events: readonly DeviceEvent[];
}

/**
 * The audit and the mails of the devices that an EAS ID or a mailbox names: the newest events, in the order in which they
 * happened. A device that Exchange no longer has is found by its EAS ID, as long as the audit remembers it.
 * @param wanted EAS ID, or address, UPN, GUID or display name of a mailbox; * and ? are wildcards
 */
export async function deviceHistory(
  store: Pick<Store, 'snapshots' | 'audit' | 'notifications'>,
  wanted: string,
  {
    organization,
    limit,
    signal,
  }: { readonly organization?: string; readonly limit: number; readonly signal: AbortSignal },
): Promise<DeviceHistory> {
  const isOurs = (device: DeviceName): boolean => organization === undefined || device.organization === organization;
  let devices = await devicesRead(store, wanted, { organization, signal });
  if (devices.length === 0) devices = (await devicesInAudit(store, wanted)).filter(isOurs);
  const told = devices.slice(0, MOST_DEVICES);
  const events: DeviceEvent[] = [];
  for (const { key } of told) {
    events.push(...(await store.audit.recent({ deviceKey: key, limit })).map(changeOf));
    events.push(...(await store.notifications.find(key)).map(mailOf));
  }
  return {
    devices: told,
    moreDevices: devices.length - told.length,
    events: inOrder(events).slice(-limit),
  };
}

function inOrder(events: readonly DeviceEvent[]): DeviceEvent[] {
  return [...events].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

async function devicesRead(
  store: Pick<Store, 'snapshots'>,
  wanted: string,
  { organization, signal }: { readonly organization: string | undefined; readonly signal: AbortSignal },
): Promise<DeviceName[]> {
  const isId = compileTextTest('wildcard', wanted);
  const isMailbox = mailboxTest(wanted);
  const found: DeviceName[] = [];
  for await (const page of store.snapshots.read('eas', organization, { pageSize: PAGE_SIZE, signal })) {
    found.push(...page.filter((record) => isId(record.easId) || isMailbox(record)).map(nameOf));
  }
  return found;
}

function nameOf({ key, organization, easId, mailbox }: EasRecord): DeviceName {
  return {
    key,
    organization,
    easId,
    mailboxId: mailbox.id,
    address: mailbox.address ?? mailbox.upn,
    name: mailbox.displayName,
  };
}

async function devicesInAudit(store: Pick<Store, 'audit'>, wanted: string): Promise<DeviceName[]> {
  const fits = compileTextTest('wildcard', wanted);
  const keys = new Set((await store.audit.recent({ limit: AUDIT_LOOKED_AT })).map(({ deviceKey }) => deviceKey));
  return [...keys].flatMap((key) => {
    const device = key === null ? null : readKey(key);
    return device !== null && (fits(device.easId) || fits(device.mailboxId)) ? [device] : [];
  });
}

/** The parts of an EAS record's key: organization, mailbox GUID, folded EAS ID. */
function readKey(key: string): DeviceName | null {
  const parts = /^eas:([^]*?):([0-9a-f-]{36}):([^]*)$/.exec(key);
  if (parts === null) return null;
  const [, organization = '', mailboxId = '', easId = ''] = parts;
  return { key, organization, easId, mailboxId, address: null, name: null };
}

function changeOf(entry: AuditEntry): DeviceEvent {
  const { at, who, what, rule, reason, evidence, before, after, approvedBy } = entry;
  return {
    kind: 'change',
    at,
    key: entry.deviceKey ?? '',
    what,
    who,
    rule,
    reason,
    evidence,
    before,
    after,
    approvedBy,
  };
}

function mailOf({ at, deviceKey, outcome, address, kind, note }: NotificationRecord): DeviceEvent {
  return { kind: 'mail', at, key: deviceKey, what: outcome, to: address, reason: kind, note };
}
