/** Which list entries are ours, by device: the ledger read once a sync. */
import { easRecordKey } from '../model/keys.ts';
import type { ListEntryKey, OwnedEntry, TakenOff } from '../model/personal-lists.ts';
import type { DeviceRecord, Listed } from '../model/records.ts';
import type { LedgerEntry } from './apply.ts';
import { mayBeOnItsWay } from './replication.ts';

/** An entry of the ledger with its blocking. */
export type DatedEntry = Omit<OwnedEntry, 'rule'>;

/** Answers for each device on which list we own its entry, and what of it we took off. */
export class OwnedEntries<Entry extends LedgerEntry = LedgerEntry> {
  readonly #entries = new Map<string, Entry[]>();
  readonly #takenOff = new Map<string, TakenOff[]>();

  /**
   * @param entries all of an organization's, unsettled ones too: what Exchange lists and we were about to write is ours
   * @param takenOff what we took off, likewise
   */
  constructor(entries: Iterable<Entry> = [], takenOff: Iterable<TakenOff> = []) {
    this.add(entries);
    this.addTakenOff(takenOff);
  }

  /** Further ones. */
  add(entries: Iterable<Entry>): void {
    for (const entry of entries) put(this.#entries, entry);
  }

  /** Further ones that we took off. */
  addTakenOff(takenOff: Iterable<TakenOff>): void {
    for (const entry of takenOff) put(this.#takenOff, entry);
  }

  /** What is on that list is not what we took off. */
  forgetTakenOff(gone: TakenOff): void {
    const key = easRecordKey(gone.organization, gone.mailboxId, gone.easId);
    const others = (this.#takenOff.get(key) ?? []).filter(({ list }) => list !== gone.list);
    this.#takenOff.set(key, others);
  }

  /** How many devices we own an entry of. */
  get size(): number {
    return this.#entries.size;
  }

  /** The list on which we own the device's entry: the one Exchange shows if it is among them, else any, else null. */
  of(device: DeviceRecord): Listed {
    const entries = this.#entries.get(device.key);
    if (!entries) return null;
    const listed = device.eas?.access.listed ?? null;
    return entries.find(({ list }) => list === listed)?.list ?? entries[0]!.list;
  }

  /** The entries of those devices of which one that is written is on the blocked list, by device. */
  blocked(): Map<string, readonly Entry[]> {
    const isBlocked = ({ list, state }: Entry): boolean => list === 'blocked' && state === 'owned';
    return new Map([...this.#entries].filter(([, entries]) => entries.some(isBlocked)));
  }

  /** The entries of the device, on both lists. */
  entriesOf(device: DeviceRecord): readonly Entry[] {
    return this.#entries.get(device.key) ?? [];
  }

  /** What we took off of the device, on both lists. */
  takenOffOf(device: Pick<DeviceRecord, 'key'>): readonly TakenOff[] {
    return this.#takenOff.get(device.key) ?? [];
  }
}

function put<Entry extends ListEntryKey>(known: Map<string, Entry[]>, entry: Entry): void {
  const key = easRecordKey(entry.organization, entry.mailboxId, entry.easId);
  const others = known.get(key);
  if (others === undefined) known.set(key, [entry]);
  else others.push(entry);
}

/** What the ledger calls a device; nothing for one without a mail account. */
export function namedInLedger({ eas }: Pick<DeviceRecord, 'eas'>): Omit<ListEntryKey, 'list'>[] {
  if (eas === undefined) return [];
  return [{ organization: eas.organization, mailboxId: eas.mailbox.id, easId: eas.easId }];
}

/*
 *   ledger    Exchange shows   the entry
 *   allowed   –                gone
 *   allowed   allowed          there
 *   allowed   blocked          cannot be told: a device on both lists is shown as blocked
 *   blocked   – or allowed     gone
 *   blocked   blocked          there
 *
 * Gone only if it was written long enough before the reading: a domain controller that is behind does not have it yet.
 */

/**
 * Our entries that somebody else has taken off since, as a complete reading shows. The ledger should forget them
 * (`remove`), so that an entry an administrator makes there later is known as theirs.
 * @param readAt when the reading began, ISO 8601 UTC: what was written later cannot be in it
 */
export function goneEntries<Entry extends DatedEntry>(
  device: DeviceRecord,
  entries: readonly Entry[],
  readAt: string,
): Entry[] {
  const listed = device.eas?.access.listed;
  if (listed === undefined || listed === 'blocked') return [];
  return entries.filter(
    ({ list, state, writtenAt }) =>
      state === 'owned' &&
      list !== listed &&
      Date.parse(writtenAt) < Date.parse(readAt) &&
      !mayBeOnItsWay({ writtenAt }, readAt),
  );
}
