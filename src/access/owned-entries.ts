/** Which list entries are ours, by device: the ledger read once a sync. */
import { easRecordKey } from '../model/keys.ts';
import type { DeviceRecord, Listed } from '../model/records.ts';
import type { LedgerEntry } from './apply.ts';

/** Answers for each device on which list we own its entry. */
export class OwnedEntries {
  readonly #lists = new Map<string, Set<'allowed' | 'blocked'>>();

  /** @param entries all of an organization's, unsettled ones too: what Exchange lists and we were about to write is ours */
  constructor(entries: Iterable<LedgerEntry>) {
    for (const { organization, mailboxId, easId, list } of entries) {
      const key = easRecordKey(organization, mailboxId, easId);
      this.#lists.set(key, (this.#lists.get(key) ?? new Set()).add(list));
    }
  }

  /** How many devices we own an entry of. */
  get size(): number {
    return this.#lists.size;
  }

  /** The list on which we own the device's entry: the one Exchange shows if it is among them, else any, else null. */
  of(device: DeviceRecord): Listed {
    const lists = this.#lists.get(device.key);
    if (!lists) return null;
    const listed = device.eas?.access.listed ?? null;
    if (listed !== null && lists.has(listed)) return listed;
    return [...lists][0] ?? null;
  }
}
