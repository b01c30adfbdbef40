/**
 * What we took off a list, and a record still shows though Exchange was read since: the record may be from before, the reading may
 * be behind, or an administrator has made the entry again. The mailbox's own lists tell.
 * In: entries that we took off. Out: those of them that were made anew. Changes: nothing.
 */
import { isMadeAnew } from '../../access/taken-off.ts';
import type { OwnedEntry, TakenOff } from '../../store/store.ts';
import type { SwitchParts } from './switch-parts.ts';

/** Mailboxes of one sync; the others are for the next sync about their devices. */
const MAILBOXES = 200;

/** An entry that is shown though we took it off, and what the ledger has of its device. */
export interface ShownAgain {
  readonly entry: TakenOff;
  readonly entries: readonly OwnedEntry[];
}

/** What this looks with. */
export interface LookingParts extends Pick<SwitchParts, 'signal'> {
  readonly exchange: Pick<SwitchParts['exchange'], 'readLists'>;
}

/** Looks during one sync. */
export class MadeAnew {
  readonly #parts: LookingParts;
  #looked = 0;

  constructor(parts: LookingParts) {
    this.#parts = parts;
  }

  /**
   * Those that were made anew; of a mailbox that cannot be read, none. Rejects only when it is stopped.
   * @param at now, or before, ISO 8601 UTC
   */
  async of(shown: readonly ShownAgain[], at: string): Promise<TakenOff[]> {
    const { exchange, signal } = this.#parts;
    const found: TakenOff[] = [];
    for (const [mailboxId, some] of Map.groupBy(shown, ({ entry }) => entry.mailboxId)) {
      if (this.#looked === MAILBOXES) break;
      this.#looked += 1;
      signal.throwIfAborted();
      const lists = await exchange.readLists(mailboxId, { signal }).catch(() => null);
      if (lists === null) continue;
      for (const { entry, entries } of some) if (isMadeAnew(entry, entries, lists, at)) found.push(entry);
    }
    signal.throwIfAborted();
    return found;
  }
}
