/** Whose clock the times of an MDM record are by. Pure. */
import { mdmRecordKey } from '../model/keys.ts';
import { mayBeSince, UNKNOWN_CLOCK } from '../model/server-clock.ts';
import type { ServerClock } from '../model/server-clock.ts';
import type { MdmIndex } from './mdm-index.ts';

/** How the clocks of MDM sources stand to ours, by source; of one that is missing nobody knows. */
export type ClocksOfSources = Readonly<Record<string, ServerClock>>;

/** The clocks of the rows of an index. */
export class MdmClocks {
  readonly #mdm: MdmIndex;
  readonly #sources: readonly { readonly prefix: string; readonly clock: ServerClock }[];

  constructor(mdm: MdmIndex, clocks: ClocksOfSources = {}) {
    this.#mdm = mdm;
    // A name may begin with another one.
    this.#sources = Object.entries(clocks)
      .map(([source, clock]) => ({ prefix: mdmRecordKey(source, ''), clock }))
      .sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** The clock of the row's source. */
  of(row: number): ServerClock {
    return this.#sourceOf(row)?.clock ?? UNKNOWN_CLOCK;
  }

  /** When the row was enrolled, as near to our clock as is known; milliseconds since 1970, NaN if unknown. */
  enrolledAt(row: number): number {
    return this.#mdm.enrolledAt(row) - this.of(row).offsetMs;
  }

  /*
   *   two records      the one was enrolled later than the other
   *   of one source    as its own times say: what their clock is off by, both are
   *   of two           yes, if it was by both clocks, whatever their margins; no, if it was not, whatever they are; else maybe
   *   any              no, if one of the times is not known
   */

  /** Whether a row was enrolled later than another one. */
  isLater(row: number, than: number): 'yes' | 'maybe' | 'no' {
    const [at, other] = [this.#mdm.enrolledAt(row), this.#mdm.enrolledAt(than)];
    if (this.#sourceOf(row) === this.#sourceOf(than)) return at > other ? 'yes' : 'no';
    if (Number.isNaN(at) || Number.isNaN(other)) return 'no';
    if (!mayBeSince(other, this.of(than), at, this.of(row))) return 'yes';
    return mayBeSince(at, this.of(row), other, this.of(than)) ? 'maybe' : 'no';
  }

  #sourceOf(row: number): { readonly clock: ServerClock } | undefined {
    if (this.#sources.length === 0) return undefined;
    const key = this.#mdm.key(row);
    return this.#sources.find(({ prefix }) => key.startsWith(prefix));
  }
}
