/**
 * Whether a page holds what it says: a node between ours may have put anything in its place.
 * In: `msg.payload`. Out: a refusal. Changes nothing.
 */
import { ConnectorError } from '../../errors.ts';
import type { DeviceRecord } from '../../model/records.ts';

/** Throws ERR_INPUT_INVALID, with the place of the first value that has no key. */
export function refuseOtherValues(values: readonly unknown[]): void {
  refuseAt(values.findIndex((value) => !hasKey(value)));
}

/** Throws ERR_INPUT_INVALID, with the place of the first value that is no device record of the organization. */
export function refuseOtherDevices(devices: readonly DeviceRecord[], organization: string): void {
  refuseAt(devices.findIndex((device) => !isDeviceOf(device, organization)));
}

function refuseAt(place: number): void {
  if (place < 0) return;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    `msg.payload[${place}] is none of the records that msg.sync tells of: a node before this one has changed what the page carries.`,
    { details: { place } },
  );
}

function hasKey(value: unknown): value is { readonly key: string } {
  return typeof value === 'object' && value !== null && 'key' in value && typeof value.key === 'string';
}

function isDeviceOf(device: DeviceRecord, organization: string): boolean {
  if (!hasKey(device) || typeof device.reason?.code !== 'string' || !Array.isArray(device.match?.evidence))
    return false;
  return device.eas === undefined || device.eas?.organization === organization;
}
