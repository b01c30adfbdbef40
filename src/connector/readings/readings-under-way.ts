/**
 * Who is reading for a store. One start reaches all sources at once, but one is quicker: a matcher that went by pages alone
 * would match the quick one with yesterday's reading of the other, and block who enrolled today.
 */
import { THIS_PROCESS } from '../../store/leases.ts';
import type { Store } from '../../store/store.ts';
import { ReadingLeases } from './reading-leases.ts';
import type { LeasedReading } from './reading-leases.ts';
import type { ReadingName } from './reading-name.ts';

export type { ReadingName };

/*
 *   a reading is under way from     to whichever comes first
 *   its source's begin              a matcher has kept its last page
 *                                   its source has ended, well or not, and whoever got its pages is done with them
 */

/** The readings for one store that sources tell of. */
export interface ReadingsUnderWay {
  /** A source begins to read. */
  begin(reading: ReadingName & { readonly id: string }): void;
  /** The reading has ended; one that is not under way is left alone. */
  end(id: string): void;
  /** True while this very reading is under way. */
  has(id: string): boolean;
  /** True if one of these scopes of the source is being read; without scopes, if any is. */
  isUnderWay(source: ReadingName['source'], scopes?: readonly string[]): boolean;
  /** Calls back whenever a reading has ended; the answer stops that. */
  onEnd(listener: () => void): () => void;
  /**
   * Takes the reading's lease in the store: of one organization or MDM there is one reading at a time, in all instances. It
   * is renewed until the reading ends.
   * @param patienceMs it is let go after this, unless it is taken again
   * @throws ConnectorError ERR_READING_SECOND while another one reads
   */
  lease(store: Store, reading: LeasedReading, patienceMs?: number): Promise<void>;
  /** What other instances read for this store. */
  elsewhere(store: Pick<Store, 'leases'>): Promise<ReadingName[]>;
}

/** Readings under way: those of this process as it knows them, those of others by their leases. */
export class OwnReadingsUnderWay implements ReadingsUnderWay {
  readonly #readings = new Map<string, ReadingName>();
  readonly #listeners = new Set<() => void>();
  readonly #leases: ReadingLeases;

  /** @param process names this one in the leases */
  constructor(process: string = THIS_PROCESS) {
    this.#leases = new ReadingLeases(process);
  }

  begin({ id, source, scope }: ReadingName & { readonly id: string }): void {
    this.#readings.set(id, { source, scope });
  }

  end(id: string): void {
    void this.#leases.release(id);
    if (!this.#readings.delete(id)) return;
    for (const listener of this.#listeners) listener();
  }

  has(id: string): boolean {
    return this.#readings.has(id);
  }

  isUnderWay(source: ReadingName['source'], scopes?: readonly string[]): boolean {
    return [...this.#readings.values()].some(
      (reading) => reading.source === source && (scopes === undefined || scopes.includes(reading.scope)),
    );
  }

  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async lease(store: Store, reading: LeasedReading, patienceMs?: number): Promise<void> {
    await this.#leases.take(store, reading, patienceMs);
    // It may have ended before it had the lease.
    if (patienceMs === undefined && !this.#readings.has(reading.id)) await this.#leases.release(reading.id);
  }

  elsewhere(store: Pick<Store, 'leases'>): Promise<ReadingName[]> {
    return this.#leases.others(store);
  }

  /** The store is being closed. */
  close(): void {
    this.#leases.close();
  }
}
