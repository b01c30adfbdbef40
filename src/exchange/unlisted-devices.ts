/** Devices of mailboxes that a bulk reading did not list: Exchange's flag that a mailbox has devices can be wrong (KB 3001236). */
import type { MobileDevice } from './cmdlets/get-mobile-device.ts';
import { foldEasId } from '../model/keys.ts';
import { distinguishedNameKey } from './distinguished-name.ts';

/** Devices that are kept. */
const MOST_DEVICES = 20_000;

/** Keeps devices by mailbox, as far as their mailboxes will be read one by one. */
export class UnlistedDevices {
  readonly #mostMailboxes: number;
  readonly #byMailbox = new Map<string, { readonly name: string; readonly devices: MobileDevice[] }>();
  #kept = 0;

  /** @param mostMailboxes mailboxes that will be read */
  constructor(mostMailboxes: number) {
    this.#mostMailboxes = mostMailboxes;
  }

  /** False: it is one too many. @param mailbox distinguished name */
  add(mailbox: string, device: MobileDevice): boolean {
    const key = distinguishedNameKey(mailbox);
    const known = this.#byMailbox.get(key);
    if (this.#kept === MOST_DEVICES || (known === undefined && this.#byMailbox.size === this.#mostMailboxes))
      return false;
    this.#kept += 1;
    if (known === undefined) this.#byMailbox.set(key, { name: mailbox, devices: [device] });
    else known.devices.push(device);
    return true;
  }

  /** The mailboxes, in the order in which they were met, each with its devices. */
  mailboxes(): Iterable<{ readonly name: string; readonly devices: readonly MobileDevice[] }> {
    return this.#byMailbox.values();
  }
}

/** The devices of one mailbox, those with one EAS ID together. */
export function byEasId(own: readonly MobileDevice[]): Iterable<MobileDevice[]> {
  const groups = new Map<string, MobileDevice[]>();
  for (const device of own) {
    const id = foldEasId(device.deviceId);
    groups.set(id, [...(groups.get(id) ?? []), device]);
  }
  return groups.values();
}
