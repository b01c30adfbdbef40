/**
 * The devices of Entra beside those of Intune: what `/devices/delta` tells. Each managed device that is registered has one;
 * it stays when Intune lets go of the device, and may be deleted by itself.
 */
import { createHash } from 'node:crypto';
import type { ManagedDevice } from './managed-devices.ts';

/** One device of Entra, as far as it is told. */
export interface DirectoryDevice {
  /** The object's id, which is not `deviceId`. */
  readonly id: string;
  /** Intune's `azureADDeviceId`. */
  readonly deviceId: string;
  readonly isCompliant: boolean;
  readonly isManaged: boolean;
}

/** What a place in the log tells: the device as it is now, or that it is gone. */
export type DirectoryChange = DirectoryDevice | { readonly id: string; readonly removed: true };

/** What Intune writes for a device that Entra does not know. */
const UNREGISTERED = new Set(['', '00000000-0000-0000-0000-000000000000']);
/** Entra calls a device in its grace period compliant. */
const COMPLIANT = new Set(['compliant', 'inGracePeriod']);

/** The devices, and in which order they changed. */
export class DirectoryDevices {
  readonly #devices = new Map<string, DirectoryDevice>();
  /** Ids, oldest change first; only the last place of an id counts. */
  readonly #log: string[] = [];
  readonly #lastPlace = new Map<string, number>();

  /** How many changes there were. */
  get length(): number {
    return this.#log.length;
  }

  /** It is registered, as it is enrolled. */
  register(device: ManagedDevice): void {
    this.#put(device.azureADDeviceId, { isCompliant: COMPLIANT.has(device.complianceState), isManaged: true });
  }

  /** Intune has evaluated it; one that was deleted here stays deleted. */
  evaluate(device: ManagedDevice): void {
    if (this.#devices.has(objectIdOf(device.azureADDeviceId))) this.register(device);
  }

  /** Intune has it no more. */
  letGo({ azureADDeviceId }: ManagedDevice): void {
    if (this.#devices.has(objectIdOf(azureADDeviceId)))
      this.#put(azureADDeviceId, { isCompliant: false, isManaged: false });
  }

  /** Somebody deletes it in Entra; false if there is none. */
  delete(deviceId: string): boolean {
    const id = objectIdOf(deviceId);
    if (!this.#devices.delete(id)) return false;
    this.#note(id);
    return true;
  }

  /** The change at a place of the log; null: the device has changed again since. */
  at(place: number): DirectoryChange | null {
    const id = this.#log[place];
    if (id === undefined || this.#lastPlace.get(id) !== place) return null;
    return this.#devices.get(id) ?? { id, removed: true };
  }

  #put(deviceId: string, told: Pick<DirectoryDevice, 'isCompliant' | 'isManaged'>): void {
    if (UNREGISTERED.has(deviceId)) return;
    const id = objectIdOf(deviceId);
    const before = this.#devices.get(id);
    if (before?.isCompliant === told.isCompliant && before.isManaged === told.isManaged) return;
    this.#devices.set(id, { id, deviceId, ...told });
    this.#note(id);
  }

  #note(id: string): void {
    this.#lastPlace.set(id, this.#log.length);
    this.#log.push(id);
  }
}

/** A GUID that is as good as any other, and the same for the same device. */
function objectIdOf(deviceId: string): string {
  const hex = createHash('sha256').update(`object of ${deviceId}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
