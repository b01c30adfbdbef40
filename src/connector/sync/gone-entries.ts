/**
 * Our entries that a reading lacks: a bulk reading may come from a global catalog, which may be behind or not have all of a
 * mailbox. Whether an entry is gone, the mailbox's own lists say.
 * In: entries. Out: those of them that are gone. Changes: nothing.
 */
import { isOnList } from '../../access/list-edit.ts';
import type { OwnedEntry } from '../../store/store.ts';
import type { SwitchParts } from './switch-parts.ts';

/** Mailboxes of one sync; the others are for the next sync about their devices. */
const MAILBOXES = 200;

/** Those of the entries that the lists of their mailboxes lack; of a mailbox that cannot be read, none. Rejects only when it is stopped. */
export async function trulyGone(
  { exchange, signal }: Pick<SwitchParts, 'exchange' | 'signal'>,
  entries: readonly OwnedEntry[],
): Promise<OwnedEntry[]> {
  const gone: OwnedEntry[] = [];
  for (const [mailboxId, own] of [...Map.groupBy(entries, (entry) => entry.mailboxId)].slice(0, MAILBOXES)) {
    signal.throwIfAborted();
    const lists = await exchange.readLists(mailboxId, { signal }).catch(() => null);
    if (lists !== null) gone.push(...own.filter(({ list, easId }) => !isOnList(lists[list], easId)));
  }
  signal.throwIfAborted();
  return gone;
}
