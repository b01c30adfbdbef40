/** What the store remembers of EAS records: the MDM record that each was one with last. */
import { easMailboxPrefix } from '../model/keys.ts';
import type { EasRecord } from '../model/records.ts';

/** The last merge of an EAS record. */
export interface PastMerge {
  readonly mdmKey: string;
  /** By which rule: `eas-id`, `activation`, `pairing`, `serial`. */
  readonly by: string;
  /** When a match found that they are one no more; null: the last match had them as one. */
  readonly until: string | null;
}

/** Reads last merges by the keys of EAS records; those that were never one with anything are absent. */
export type LoadPast = (easKeys: readonly string[]) => Promise<ReadonlyMap<string, PastMerge>>;

/**
 * The last merges that a page is matched by, from before its match. What one page finds is kept before the next one is
 * matched: of the mailbox that goes on, what was known stays, so that all its records are matched by the same.
 */
export class Past {
  #rows = new Map<string, PastMerge | null>();
  #goesOn = '';

  /** The last merge of an EAS record of the page, or of its mailbox. */
  of(easKey: string): PastMerge | null {
    return this.#rows.get(easKey) ?? null;
  }

  /** Reads what a page is matched by. @param keys of those of its records, and their neighbors, that need it */
  async know(page: readonly EasRecord[], keys: ReadonlySet<string>, load: LoadPast | undefined): Promise<void> {
    const rows = new Map([...this.#rows].filter(([key]) => key.startsWith(this.#goesOn)));
    const last = page.at(-1);
    this.#goesOn = last === undefined ? '' : easMailboxPrefix(last.organization, last.mailbox.id);
    const unknown = [...keys].filter((key) => !rows.has(key));
    const loaded = unknown.length === 0 ? undefined : await load?.(unknown);
    for (const key of unknown) rows.set(key, loaded?.get(key) ?? null);
    this.#rows = rows;
  }
}
