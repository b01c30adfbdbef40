/** The devices that are enrolled in the organization's MDMs. */
import { DirectoryDevices } from './directory-devices.ts';
import type { LabMdm, ManagedDevice } from './managed-devices.ts';

/** By MDM; a device is enrolled in one. */
export class EnrolledDevices {
  readonly #byMdm = new Map<LabMdm, Map<string, ManagedDevice>>();
  readonly #directories = new Map<LabMdm, DirectoryDevices>();

  /** Those of one MDM by their ids, oldest first. */
  of(mdm: LabMdm): ReadonlyMap<string, ManagedDevice> {
    return this.#devicesOf(mdm);
  }

  /** What the directory of the MDM's tenant has of them. */
  directoryOf(mdm: LabMdm): DirectoryDevices {
    const known = this.#directories.get(mdm);
    if (known !== undefined) return known;
    const directory = new DirectoryDevices();
    this.#directories.set(mdm, directory);
    return directory;
  }

  /** The device of that id, in whichever MDM; undefined: there is none. */
  find(id: string): ManagedDevice | undefined {
    const mdm = this.#holderOf(id);
    return mdm === undefined ? undefined : this.#devicesOf(mdm).get(id);
  }

  add(mdm: LabMdm, device: ManagedDevice): void {
    this.#devicesOf(mdm).set(device.id, device);
    this.directoryOf(mdm).register(device);
  }

  /** Puts a device in the place of the one with its id. */
  replace(device: ManagedDevice): void {
    const mdm = this.#holderOf(device.id);
    if (mdm === undefined) return;
    this.#devicesOf(mdm).set(device.id, device);
    this.directoryOf(mdm).evaluate(device);
  }

  remove(id: string): void {
    const mdm = this.#holderOf(id);
    if (mdm === undefined) return;
    const devices = this.#devicesOf(mdm);
    this.directoryOf(mdm).letGo(devices.get(id)!);
    devices.delete(id);
  }

  #holderOf(id: string): LabMdm | undefined {
    return [...this.#byMdm].find(([, devices]) => devices.has(id))?.[0];
  }

  #devicesOf(mdm: LabMdm): Map<string, ManagedDevice> {
    const known = this.#byMdm.get(mdm);
    if (known !== undefined) return known;
    const devices = new Map<string, ManagedDevice>();
    this.#byMdm.set(mdm, devices);
    return devices;
  }
}
