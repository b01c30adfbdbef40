/**
 * Whether a page holds what it says: a node between ours may have put anything in its place.
 * In: `msg.payload`. Out: a refusal. Changes nothing.
 */
import { ConnectorError } from '../../errors.ts';
import type { DeviceRecord } from '../../model/records.ts';

/** Throws ERR_INPUT_INVALID, with the place of the first value that has no key, or as an EAS record no mailbox. */
export function refuseOtherValues(values: readonly unknown[], source: 'eas' | 'mdm'): void {
  refuseAt(values.findIndex((value) => !hasKey(value) || (source === 'eas' && !hasMailbox(value))));
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

function hasKey(value: unknown): boolean {
  return isObject(value) && isFilled(value['key']);
}

function hasMailbox(value: unknown): boolean {
  const mailbox = isObject(value) ? value['mailbox'] : undefined;
  return isObject(mailbox) && isFilled(mailbox['id']) && Array.isArray(mailbox['addresses']);
}

/** True for a record that has what deciding about a device goes by. */
function isDeviceOf(value: unknown, organization: string): boolean {
  if (!isObject(value) || !hasKey(value)) return false;
  const { match, reason, eas, mdm } = value;
  if (!isObject(match) || !Array.isArray(match['evidence']) || !isObject(reason) || !isFilled(reason['code']))
    return false;
  const isMdmSide = mdm === undefined || (isObject(mdm) && isObject(mdm['device']));
  return isMdmSide && (eas === undefined || isEasSideOf(eas, organization));
}

function isEasSideOf(value: unknown, organization: string): boolean {
  if (!isObject(value) || typeof value['easId'] !== 'string') return false;
  const { device, access } = value;
  if (!hasMailbox(value) || !isObject(device) || !isObject(access) || value['organization'] !== organization)
    return false;
  return typeof access['reason'] === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
