/**
 * Who is reading for a store. One start reaches all sources at once, but one is quicker: a matcher that went by pages alone
 * would match the quick one with yesterday's reading of the other, and block who enrolled today.
 */

/** Which reading: of one organization or one MDM source. */
export interface ReadingName {
  readonly source: 'eas' | 'mdm';
  /** Organization (eas) or the MDM's source id (mdm). */
  readonly scope: string;
}

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
}

/** Readings under way, as this process knows them. */
export class OwnReadingsUnderWay implements ReadingsUnderWay {
  readonly #readings = new Map<string, ReadingName>();
  readonly #listeners = new Set<() => void>();

  begin({ id, source, scope }: ReadingName & { readonly id: string }): void {
    this.#readings.set(id, { source, scope });
  }

  end(id: string): void {
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
}
