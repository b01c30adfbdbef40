/** The devices that are enrolled in the organization's MDMs. */
import type { LabMdm, ManagedDevice } from './managed-devices.ts';

/** By MDM; a device is enrolled in one. */
export class EnrolledDevices {
  readonly #byMdm = new Map<LabMdm, Map<string, ManagedDevice>>();

  /** Those of one MDM by their ids, oldest first. */
  of(mdm: LabMdm): ReadonlyMap<string, ManagedDevice> {
    return this.#devicesOf(mdm);
  }

  /** The device of that id, in whichever MDM; undefined: there is none. */
  find(id: string): ManagedDevice | undefined {
    return this.#holderOf(id)?.get(id);
  }

  add(mdm: LabMdm, device: ManagedDevice): void {
    this.#devicesOf(mdm).set(device.id, device);
  }

  /** Puts a device in the place of the one with its id. */
  replace(device: ManagedDevice): void {
    this.#holderOf(device.id)?.set(device.id, device);
  }

  remove(id: string): void {
    this.#holderOf(id)?.delete(id);
  }

  #holderOf(id: string): Map<string, ManagedDevice> | undefined {
    return [...this.#byMdm.values()].find((devices) => devices.has(id));
  }

  #devicesOf(mdm: LabMdm): Map<string, ManagedDevice> {
    const known = this.#byMdm.get(mdm);
    if (known !== undefined) return known;
    const devices = new Map<string, ManagedDevice>();
    this.#byMdm.set(mdm, devices);
    return devices;
  }
}
