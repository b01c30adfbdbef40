/**
 * What the store knows of the devices: the last readings matched as the last sync matched them, with our list entries,
 * changes that wait, and mails.
 * In: store, filter, clock. Out: one row a device. Changes: nothing.
 */
import { namedInLedger, OwnedEntries } from '../../access/owned-entries.ts';
import type { PlannedChange } from '../../access/plan.ts';
import type { AccessState, Compliance, DeviceRecord, DeviceStatus, Listed, MatchedBy } from '../../model/records.ts';
import type { OutboxChange, OwnedEntry, Store } from '../../store/store.ts';
import { keptMatchSettings } from '../matching/match-settings.ts';
import type { MatchSettings } from '../matching/match-settings.ts';
import { lookAtOrganization } from '../matching/match-organization.ts';
import type { MdmState } from '../matching/match-organization.ts';
import type { Progress } from '../ports.ts';
import { deviceTest } from './device-filter.ts';
import type { DeviceFilter } from './device-filter.ts';
import { toldMails } from './told-mail.ts';
import type { ToldMail } from './told-mail.ts';

/** Device records that are matched at once. */
const PAGE_SIZE = 500;

/** One device. Times are ISO 8601 UTC. */
export interface DeviceRow {
  readonly organization: string;
  readonly easId: string;
  /** The device record's key. */
  readonly key: string;
  readonly owner: {
    readonly name: string | null;
    readonly address: string | null;
    readonly upn: string | null;
    /** Mailbox GUID. */
    readonly mailboxId: string;
  };
  readonly device: { readonly type: string | null; readonly model: string | null; readonly os: string | null };
  readonly status: DeviceStatus;
  readonly reason: { readonly code: string; readonly text: string };
  readonly matchedBy: MatchedBy;
  /** What Exchange said when it was read. */
  readonly access: { readonly state: AccessState; readonly reason: string; readonly listed: Listed };
  readonly mdm: { readonly source: string; readonly name: string | null; readonly compliance: Compliance } | null;
  /** Entries on the personal lists that we own. */
  readonly entries: readonly Pick<OwnedEntry, 'list' | 'state' | 'writtenAt' | 'rule'>[];
  /** The change that has not reached Exchange yet. */
  readonly waiting: WaitingChange | null;
  /** The last mail about the device. */
  readonly mail: Omit<ToldMail, 'to'> | null;
  readonly firstSyncAt: string | null;
  readonly lastSyncAt: string | null;
}

/** A change in the outbox. */
export interface WaitingChange extends Pick<
  OutboxChange,
  'state' | 'attempts' | 'createdAt' | 'nextAttemptAt' | 'lastError'
> {
  readonly action: PlannedChange['action'];
  readonly reason: string;
}

/** How far the readings of an organization are to be believed. */
export interface OrganizationFacts {
  readonly organization: string;
  /** Devices of the last reading of Exchange, fitting or not. */
  readonly devices: number;
  readonly eas: { readonly kind: 'full' | 'quick'; readonly startedAt: string; readonly fullStartedAt: string };
  readonly mdm: MdmState;
}

/** The devices that fit, the first ones by organization, mailbox and EAS ID. */
export interface DeviceListing {
  readonly organizations: readonly OrganizationFacts[];
  readonly devices: readonly DeviceRow[];
  /** Devices that fit, listed or not. */
  readonly fitting: number;
}

/** What the listing needs; `now` is milliseconds since 1970, `limit` is rows at most. */
export interface ListOptions {
  readonly organization?: string;
  readonly limit: number;
  readonly now: number;
  readonly signal: AbortSignal;
  readonly progress?: Progress;
}

/**
 * Lists the devices that fit, of every organization or of one. An organization whose Exchange was never read to its end has
 * none. Errors: ERR_STORE_…, ERR_SNAPSHOT_INCOMPLETE if a reading was replaced meanwhile, ERR_ABORTED.
 */
export async function listDevices(store: Store, filter: DeviceFilter, options: ListOptions): Promise<DeviceListing> {
  const settings = await keptMatchSettings(store);
  const parts: DeviceListing[] = [];
  let left = options.limit;
  for (const organization of await organizationsOf(store)) {
    if (options.organization !== undefined && organization !== options.organization) continue;
    const part = await listOrganization(store, organization, { filter, settings, ...options, limit: left });
    if (part === null) continue;
    left -= part.devices.length;
    parts.push(part);
  }
  return {
    organizations: parts.flatMap((part) => part.organizations),
    devices: parts.flatMap((part) => part.devices),
    fitting: parts.reduce((sum, { fitting }) => sum + fitting, 0),
  };
}

/** The organizations whose Exchange was read, in order. */
export async function organizationsOf(store: Pick<Store, 'snapshots'>): Promise<string[]> {
  return (await store.snapshots.list('eas')).map(({ scope }) => scope);
}

async function listOrganization(
  store: Store,
  organization: string,
  options: ListOptions & { readonly filter: DeviceFilter; readonly settings: MatchSettings },
): Promise<DeviceListing | null> {
  const { filter, settings, now, signal, limit, progress } = options;
  progress?.('reading', { organization });
  const match = await lookAtOrganization(store, organization, settings, { now, signal, pageSize: PAGE_SIZE });
  if (match === null) return null;
  const isWanted = deviceTest(filter);
  const wanted: DeviceRecord[] = [];
  let [fitting, seen] = [0, 0];
  for await (const { records } of match.devices()) {
    const found = records.filter(isWanted);
    fitting += found.length;
    wanted.push(...found.slice(0, Math.max(0, limit - wanted.length)));
    seen += records.length;
    progress?.('matching', { organization, devices: seen, of: match.eas.count });
  }
  const { kind, startedAt, fullStartedAt, count } = match.eas;
  return {
    organizations: [{ organization, devices: count, eas: { kind, startedAt, fullStartedAt }, mdm: match.mdm }],
    devices: await rowsOf(store, wanted),
    fitting,
  };
}

async function rowsOf(store: Store, devices: readonly DeviceRecord[]): Promise<DeviceRow[]> {
  if (devices.length === 0) return [];
  const owned = new OwnedEntries(await store.entries.forDevices(devices.flatMap(namedInLedger)));
  const waiting = await changesOf(
    store,
    devices.map(({ key }) => key),
  );
  const rows: DeviceRow[] = [];
  for (const device of devices) {
    const mails = toldMails(await store.mails.ofDevice(device.key));
    const row = rowOf(device, {
      entries: owned.entriesOf(device),
      waiting: waiting.get(device.key) ?? null,
      mail: mails.findLast(({ outcome }) => outcome === 'sent') ?? mails.at(-1) ?? null,
    });
    if (row !== null) rows.push(row);
  }
  return rows;
}

function rowOf(
  { key, eas, mdm, status, reason, match }: DeviceRecord,
  known: {
    readonly entries: readonly OwnedEntry[];
    readonly waiting: OutboxChange | null;
    readonly mail: ToldMail | null;
  },
): DeviceRow | null {
  if (eas === undefined) return null;
  const { id: mailboxId, displayName: name, address, upn } = eas.mailbox;
  const { type, model, os } = eas.device;
  return {
    organization: eas.organization,
    easId: eas.easId,
    key,
    owner: { name, address, upn, mailboxId },
    device: { type, model, os },
    status,
    reason: { code: reason.code, text: reason.text },
    matchedBy: match.by,
    access: { state: eas.access.state, reason: eas.access.reason, listed: eas.access.listed },
    mdm: mdm === undefined ? null : { source: mdm.source, name: mdm.device.name, compliance: mdm.compliance },
    entries: known.entries.map(({ list, state, writtenAt, rule }) => ({ list, state, writtenAt, rule })),
    waiting: known.waiting === null ? null : waitingOf(known.waiting),
    mail: known.mail === null ? null : mailOf(known.mail),
    firstSyncAt: eas.firstSyncAt,
    lastSyncAt: eas.lastSyncAt ?? null,
  };
}

async function changesOf(
  { outbox }: Pick<Store, 'outbox'>,
  keys: readonly string[],
): Promise<Map<string, OutboxChange>> {
  const changes = new Map<string, OutboxChange>();
  for (let start = 0; start < keys.length; start += PAGE_SIZE)
    for (const row of await outbox.getMany(keys.slice(start, start + PAGE_SIZE))) changes.set(row.key, row);
  return changes;
}

// What the outbox keeps is what a plan put there.
function waitingOf({ state, attempts, createdAt, nextAttemptAt, lastError, change }: OutboxChange): WaitingChange {
  const { action, decision } = change as unknown as PlannedChange;
  return { action, reason: decision.reason.code, state, attempts, createdAt, nextAttemptAt, lastError };
}

function mailOf({ at, kind, outcome, note }: ToldMail): NonNullable<DeviceRow['mail']> {
  return { at, kind, outcome, note };
}
