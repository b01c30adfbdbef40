/** A page of a reading or of a match, and the paging that all of them share. */

import type { ForestView } from '../../model/forest-view.ts';
import type { ListFacts, ReadingCoverage } from '../../model/coverage.ts';
import type { ReadingGaps } from '../../model/reading-gaps.ts';
import type { ServerClock } from '../../model/server-clock.ts';

/** One page; `last` only on the one that ends the sequence. What `src/exchange` and `src/graph` yield fits. */
export interface Page<T> {
  readonly records: readonly T[];
  readonly last: boolean;
  /** Records of the whole sequence; last page only. */
  readonly total?: number;
  /** Keys that a quick reading looked for and that are no longer there; last page only, absent if none. */
  readonly gone?: readonly string[];
  /** How the clock of the server that was read stands to ours; last page only, absent if nobody knows. */
  readonly clock?: ServerClock;
  /** Objects that the server could not give; last page only, absent if none. */
  readonly gaps?: ReadingGaps;
  /** What of the forest was seen; last page only, absent if nobody says. */
  readonly view?: ForestView;
  /** What an MDM says of the list that this is a page of, so far; absent: nothing. */
  readonly list?: ListFacts;
  /** What a reading of an MDM came to; last page only. */
  readonly coverage?: ReadingCoverage;
}

/** Marks the page that ends a sequence; an empty sequence is one empty page. */
export async function* markLast<T>(pages: AsyncIterable<readonly T[]>): AsyncGenerator<Page<T>> {
  let held: readonly T[] | null = null;
  let total = 0;
  for await (const page of pages) {
    if (held !== null) yield { records: held, last: false };
    held = page;
    total += page.length;
  }
  yield { records: held ?? [], last: true, total };
}
