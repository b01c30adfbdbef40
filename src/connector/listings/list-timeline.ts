/**
 * When what happened to a device: the account added, blocked, mailed, the link opened and pressed, enrolled, merged, allowed.
 * In: store, who is meant. Out: steps, in the order in which they became known. Changes: nothing.
 */
import type { Store, TimelineStep } from '../../store/store.ts';
import { devicesNamed, MOST_DEVICES } from './device-names.ts';
import type { DeviceName } from './device-names.ts';

/** The steps of the devices that were meant. */
export interface DeviceTimeline {
  readonly devices: readonly DeviceName[];
  /** Devices that were meant too, but are over the limit of fifty. */
  readonly moreDevices: number;
  /** Device by device. */
  readonly steps: readonly TimelineStep[];
}

/**
 * The timeline of the devices that a key, an EAS ID or a mailbox names: the newest steps. A device that Exchange no longer
 * has is found as long as it has steps.
 * @param wanted as {@link devicesNamed}
 */
export async function deviceTimeline(
  store: Pick<Store, 'snapshots' | 'timeline'>,
  wanted: string,
  {
    organization,
    limit,
    signal,
  }: { readonly organization?: string; readonly limit: number; readonly signal: AbortSignal },
): Promise<DeviceTimeline> {
  const rememberedIn = (): Promise<string[]> => store.timeline.devices();
  const devices = await devicesNamed(store, wanted, { organization, signal, rememberedIn });
  const told = devices.slice(0, MOST_DEVICES);
  const steps: TimelineStep[] = [];
  for (const { key } of told) steps.push(...(await store.timeline.of([key])));
  return { devices: told, moreDevices: devices.length - told.length, steps: steps.slice(-limit) };
}
