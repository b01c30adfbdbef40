/**
 * The devices of a reading by record, kept as bytes outside the JavaScript heap: some 250 each. For readings whose devices cannot
 * be asked for again.
 */
import type { MobileDevice } from './cmdlets/get-mobile-device.ts';
import { KeyIndex } from './key-index.ts';
import { Refs, TextSlabs } from './text-slabs.ts';

/** What is kept, in this order: names of properties would be half of the text. */
const FIELDS = [
  'id',
  'distinguishedName',
  'deviceId',
  'type',
  'model',
  'os',
  'userAgent',
  'friendlyName',
  'imei',
  'clientType',
  'protocolVersion',
  'state',
  'reason',
  'firstSyncAt',
  'changedAt',
] as const satisfies readonly (keyof MobileDevice)[];

/** A table; names are keys of records. */
export class DeviceTable {
  readonly #index = new KeyIndex();
  readonly #rows = new Refs();
  readonly #texts = new TextSlabs();

  /**
   * Adds a device to its record; one with the same GUID is replaced.
   * @returns all devices of the record that have come
   */
  add(key: string, device: MobileDevice): readonly MobileDevice[] {
    const before = this.#index.size;
    const row = this.#index.add(key);
    const known = row === before ? [] : unpack(this.#texts.read(this.#rows.get(row)));
    const devices = [...known.filter(({ id }) => id !== device.id), device];
    this.#rows.set(row, this.#texts.write(pack(devices)));
    return devices;
  }
}

function pack(devices: readonly MobileDevice[]): string {
  return JSON.stringify(devices.map((device) => FIELDS.map((field) => device[field])));
}

function unpack(text: string): MobileDevice[] {
  const rows = JSON.parse(text) as readonly unknown[][];
  return rows.map((row) => Object.fromEntries(FIELDS.map((field, at) => [field, row[at]])) as unknown as MobileDevice);
}
