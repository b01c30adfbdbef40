/**
 * The readings between two matches.
 * In: pages as they come, one at a time. Out: after each, whether a match is due, and what it takes after. Changes: the store
 * keeps the pages; a reading that was kept whole is under way no longer.
 */
import { mdmReadings } from '../../store/mdm-readings.ts';
import type { Store } from '../../store/store.ts';
import type { Clock } from '../ports.ts';
import { READING_PATIENCE_MS, ReadingKeeper } from './keep-reading.ts';
import type { ReadingPage } from './keep-reading.ts';
import { afterReading, MATCH_AGAIN, waitsFor } from './match-turn.ts';
import type { PendingMatch } from './match-turn.ts';
import type { ReadingName, ReadingsUnderWay } from './readings-under-way.ts';

/** What is to be done now. */
export type Turn =
  /** More pages of this reading are to come. */
  | { readonly state: 'storing' }
  | { readonly state: 'due'; readonly cause: PendingMatch }
  | { readonly state: 'waiting'; readonly source: 'eas' | 'mdm' };

/** Where readings are kept, and who else is reading. */
export interface MatchScope {
  readonly store: Store;
  readonly underWay: ReadingsUnderWay;
  /** Pages that have arrived and wait for their turn, at the moment of asking. */
  readonly arrived: () => readonly ReadingName[];
}

/** Keeps readings, and says when they are to be matched: once for all that were under way together. */
export class MatchTurns {
  readonly #keeper: ReadingKeeper;
  readonly #mayBeDue: () => void;
  #pending: PendingMatch | null = null;
  #stopWaiting: (() => void) | null = null;
  #closed = false;

  /** @param options.mayBeDue called when a match that waits is to be looked at again: see {@link look} */
  constructor({ now, mayBeDue }: { readonly now: Clock; readonly mayBeDue: () => void }) {
    this.#keeper = new ReadingKeeper({ now });
    this.#mayBeDue = mayBeDue;
  }

  /**
   * Keeps a page.
   * @throws as {@link ReadingKeeper.keep}; a match that waits goes on waiting then
   */
  async keep(page: ReadingPage, scope: MatchScope): Promise<Turn> {
    await this.#keeper.keep(scope.store, scope.underWay, page);
    if (!page.last) return { state: 'storing' };
    this.#stop();
    scope.underWay.end(page.id);
    this.#pending = afterReading(this.#pending, page);
    return this.#turn(this.#pending, scope);
  }

  /** Looks at a match that waits again; null if none does. */
  async look(scope: MatchScope): Promise<Turn | null> {
    return this.#pending === null ? null : this.#turn(this.#pending, scope);
  }

  /** A match that is wanted now, whoever is reading. */
  matchNow(): PendingMatch {
    const cause = this.#pending ?? MATCH_AGAIN;
    this.#pending = null;
    this.#stop();
    return cause;
  }

  /** Nobody is called any more. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  async #turn({ ended }: PendingMatch, { store, underWay, arrived }: MatchScope): Promise<Turn> {
    const known = await knownScopes(store);
    // From here to the wait without a pause: a reading that ends in between would be missed.
    const open = this.#keeper.open(underWay);
    const isUnderWay: ReadingsUnderWay['isUnderWay'] = (source, scopes) => underWay.isUnderWay(source, scopes);
    const source = waitsFor({ ended, open, arrived: arrived(), known, isUnderWay });
    if (source === null) return { state: 'due', cause: this.matchNow() };
    this.#wait(underWay);
    return { state: 'waiting', source };
  }

  /** Calls back once: a reading has ended, or one that only its pages tell of may be taken for dead. */
  #wait(underWay: ReadingsUnderWay): void {
    this.#stop();
    if (this.#closed) return;
    const end = (): void => {
      this.#stop();
      this.#mayBeDue();
    };
    const forget = underWay.onEnd(end);
    const patience = setTimeout(end, READING_PATIENCE_MS);
    this.#stopWaiting = () => {
      clearTimeout(patience);
      forget();
    };
  }

  #stop(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }
}

async function knownScopes(store: Store): Promise<Record<'eas' | 'mdm', string[]>> {
  const [eas, mdm] = [await store.snapshots.list('eas'), await mdmReadings(store)];
  return { eas: eas.map(({ scope }) => scope), mdm: mdm.map(({ scope }) => scope) };
}
