/** The entry of ours that blocks a device at this moment. In: a device and our entries of it. Out: that one. Changes: nothing. */
import type { DeviceRecord } from '../../model/records.ts';
import type { OwnedEntry } from '../../store/store.ts';

/** Null: none does. */
export function standingBlock(device: DeviceRecord, entries: readonly OwnedEntry[]): OwnedEntry | null {
  if (device.eas?.access.listed !== 'blocked') return null;
  return entries.find(({ list, state }) => list === 'blocked' && state === 'owned') ?? null;
}
