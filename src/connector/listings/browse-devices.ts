/**
 * The devices page by page, as the last sync decided about them, with what else a person wants to see in one line.
 * In: store, what is wanted, where to go on. Out: one row a device, and where the next page begins. Changes: nothing.
 */
import { foldEasId } from '../../model/keys.ts';
import type { Compliance, EasRecord, Listed, MdmRecord } from '../../model/records.ts';
import type { DeviceOrder, DevicesWanted, ListedDevice, ListPlace, Store } from '../../store/store.ts';

/** One device in a list. Times are ISO 8601 UTC. */
export interface DeviceLine {
  /** The device record's key. */
  readonly key: string;
  readonly easId: string;
  readonly owner: { readonly name: string | null; readonly address: string | null; readonly mailboxId: string };
  readonly device: {
    readonly type: string | null;
    readonly model: string | null;
    readonly os: string | null;
    readonly platform: string;
  };
  /** What Exchange said when it was decided about. */
  readonly access: { readonly state: string; readonly reason: string | null; readonly listed: Listed };
  readonly decision: {
    readonly action: string;
    readonly rule: string;
    readonly reason: string;
    readonly since: string;
  };
  readonly mdm: {
    readonly key: string;
    readonly source: string;
    readonly name: string | null;
    readonly compliance: Compliance;
  } | null;
  /** A change that has not reached Exchange yet. */
  readonly waiting: { readonly state: string; readonly error: string | null } | null;
  readonly mailedAt: string | null;
  /** A mail about it waits for a person. */
  readonly mailFailed: boolean;
  readonly firstSyncAt: string | null;
  readonly lastSyncAt: string | null;
}

/** A page of devices; a short one need not be the last. */
export interface DeviceLines {
  readonly devices: readonly DeviceLine[];
  readonly next: ListPlace | null;
}

/** The next page of an organization's devices. Errors: ERR_STORE_…. */
export async function browseDevices(
  store: Store,
  organization: string,
  wanted: DevicesWanted,
  page: {
    readonly order: DeviceOrder;
    readonly descending: boolean;
    readonly after: ListPlace | null;
    readonly rows: number;
  },
): Promise<DeviceLines> {
  const { devices, next } = await store.listings.devices(organization, wanted, page);
  return { devices: await linesOf(store, devices), next };
}

/** Every device that is wanted, some at a time: for an export. */
export async function* allDevices(
  store: Store,
  organization: string,
  wanted: DevicesWanted,
  { order, descending }: { readonly order: DeviceOrder; readonly descending: boolean },
  signal: AbortSignal,
): AsyncGenerator<readonly DeviceLine[]> {
  let after: ListPlace | null = null;
  do {
    signal.throwIfAborted();
    const page: DeviceLines = await browseDevices(store, organization, wanted, { order, descending, after, rows: 250 });
    if (page.devices.length > 0) yield page.devices;
    after = page.next;
  } while (after !== null);
}

async function linesOf({ snapshots }: Store, devices: readonly ListedDevice[]): Promise<DeviceLine[]> {
  // Those of both sides at once: each question to the store is a way to its server.
  const keys = devices.flatMap(({ key, mdmKey }) => (mdmKey === null ? [key] : [key, mdmKey]));
  const records = await snapshots.getMany<EasRecord | MdmRecord>(keys);
  return devices.map((device) => {
    const [eas, mdm] = [records.get(device.key), records.get(device.mdmKey ?? '')];
    return lineOf(device, eas?.kind === 'eas' ? eas : undefined, mdm?.kind === 'mdm' ? mdm : undefined);
  });
}

function lineOf(device: ListedDevice, eas: EasRecord | undefined, mdm: MdmRecord | undefined): DeviceLine {
  const { waiting, mailedAt, mailFailed } = device;
  const { key, mailboxId, user, easId, model, platform, state, decision, rule, reason, since } = device;
  return {
    key,
    easId: eas?.easId ?? foldEasId(easId),
    owner: {
      name: eas?.mailbox.displayName ?? null,
      address: eas?.mailbox.address ?? eas?.mailbox.upn ?? user,
      mailboxId,
    },
    device: {
      type: eas?.device.type ?? null,
      model: eas?.device.model ?? model,
      os: eas?.device.os ?? null,
      platform,
    },
    access: { state, reason: eas?.access.reason ?? null, listed: eas?.access.listed ?? null },
    decision: { action: decision, rule, reason, since },
    mdm:
      mdm === undefined
        ? null
        : { key: mdm.key, source: mdm.source, name: mdm.device.name, compliance: mdm.compliance },
    waiting,
    mailedAt,
    mailFailed,
    firstSyncAt: eas?.firstSyncAt ?? null,
    lastSyncAt: eas?.lastSyncAt ?? (device.lastSync || null),
  };
}
