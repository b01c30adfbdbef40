/** The clock of one decision: it answers whether a time is reached, and remembers when its answers change. Pure. */

/** When a decision has to be made anew though nothing touched its device. */
export interface Review {
  /** When time alone may change it, ISO 8601 UTC; null: never. */
  readonly at: string | null;
  /** The next reading may change it without changing the content of a record. */
  readonly onReading: boolean;
}

/** Of later years ISO 8601 has more than four digits: as text they would come before all others. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/*
 *   a time                 is reached   is remembered
 *   now or before          yes          no: it stays so
 *   later                  no           if it is the earliest
 *   after the year 9999    no           no
 *   none (NaN)             no           no
 */

/** Made anew for every decision. It tells the time to nobody: who wants to know must name the time they wait for. */
export class ReviewClock {
  readonly #now: number;
  #next = Number.POSITIVE_INFINITY;
  #onReading = false;

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.#now = now;
  }

  /** True from this time on. @param at milliseconds since 1970 */
  reached(at: number): boolean {
    if (at <= this.#now) return true;
    // A clock shows whole milliseconds: before the next one, a part of one is not reached.
    if (at <= LAST_TIME) this.#next = Math.min(this.#next, Math.ceil(at));
    return false;
  }

  /** The decision hangs on when the phone synced last, and that may become later without the record's content changing. */
  readsSyncTime(): void {
    this.#onReading = true;
  }

  /** What the decision hangs on so far, beside its records. */
  get review(): Review {
    const at = Number.isFinite(this.#next) ? new Date(this.#next).toISOString() : null;
    return { at, onReading: this.#onReading };
  }
}
