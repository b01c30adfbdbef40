/**
 * Reads the news of a change, as the access switch tells it.
 *
 * In: what a message carries. Out: the change. Changes nothing.
 */
import { ConnectorError } from '../../errors.ts';
import type { DeviceChange } from '../../model/records.ts';

/** Null if it is no change of a device. Only what is needed to keep the news is looked at. */
export function findDeviceChange(payload: unknown): DeviceChange | null {
  const { device, decision, change } = (
    typeof payload === 'object' && payload !== null ? payload : {}
  ) as Partial<DeviceChange>;
  if (device?.key === undefined || device.reason === undefined) return null;
  if (decision?.reason === undefined || change?.at === undefined) return null;
  return { device, decision, change };
}

/** As {@link findDeviceChange}. Throws ERR_INPUT_INVALID for anything else. */
export function readDeviceChange(payload: unknown): DeviceChange {
  const change = findDeviceChange(payload);
  if (change !== null) return change;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    'The message is no changed device: wire output 1 of an access switch to the notifier.',
  );
}

/** True for what may lead to a mail: such news is kept until it did, or did not. */
export function isBlock({ decision, change }: DeviceChange): boolean {
  return decision.action === 'block' && change.applied;
}
