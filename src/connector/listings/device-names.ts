/**
 * The devices that a person means.
 * In: store, an EAS ID, a mailbox or a device key. Out: devices by name. Changes: nothing.
 */
import { compileTextTest } from '../../access/text-test.ts';
import { readEasRecordKey } from '../../model/keys.ts';
import type { EasRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import { mailboxTest } from './device-filter.ts';

/** Devices that are told of together: a mailbox has a few. */
export const MOST_DEVICES = 50;
/** Records that are read from the store at once. */
const PAGE_SIZE = 1000;

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

/**
 * The devices of the last readings that are meant; if there is none, those that the store remembers otherwise.
 * @param wanted device key; EAS ID, or address, UPN, GUID or display name of a mailbox: * and ? are wildcards
 * @param how.rememberedIn keys of devices that Exchange may no longer have
 */
export async function devicesNamed(
  store: Pick<Store, 'snapshots'>,
  wanted: string,
  how: {
    readonly organization: string | undefined;
    readonly signal: AbortSignal;
    readonly rememberedIn: () => Promise<Iterable<string>>;
  },
): Promise<DeviceName[]> {
  const devices = await devicesRead(store, wanted, how);
  if (devices.length > 0) return devices;
  const { organization } = how;
  const fits = compileTextTest('wildcard', wanted);
  return [...(await how.rememberedIn())].flatMap((key) => {
    const parts = readEasRecordKey(key);
    const device = parts && { key, ...parts, address: null, name: null };
    if (device === null || (organization !== undefined && device.organization !== organization)) return [];
    return key === wanted || fits(device.easId) || fits(device.mailboxId) ? [device] : [];
  });
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
    found.push(
      ...page.filter((record) => record.key === wanted || isId(record.easId) || isMailbox(record)).map(nameOf),
    );
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
