/** What the ledger has of some devices. In: devices. Out: our entries of them, and what we took off. Changes: nothing. */
import { namedInLedger, OwnedEntries } from '../../access/owned-entries.ts';
import type { DeviceRecord } from '../../model/records.ts';
import type { OwnedEntry, Store } from '../../store/store.ts';

/** Of these devices and no others. */
export async function ownedOf(
  { entries }: Pick<Store, 'entries'>,
  devices: readonly Pick<DeviceRecord, 'eas'>[],
): Promise<OwnedEntries<OwnedEntry>> {
  const named = devices.flatMap(namedInLedger);
  return new OwnedEntries(await entries.forDevices(named), await entries.takenOffOf(named));
}
