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

/*
 * When the phone synced last is known from a record that each reading brings anew, or from what Exchange told when it was asked.
 *
 *   known from       so long since is reached              changes with
 *   each reading     as any time                           time, until it is reached; a later reading, once it is
 *   being asked      if it was when Exchange was asked     being asked again: worth it a day later
 *   nothing          no                                    being asked
 */

/** So long what Exchange told is not asked for again. */
const TOLD_FOR_MS = 86_400_000;

/** Made anew for every decision. It tells the time to nobody: who wants to know must name the time they wait for. */
export class ReviewClock {
  readonly #now: number;
  #next = Number.POSITIVE_INFINITY;
  #onReading = false;
  #isSyncTimeWanted = false;
  readonly #toldAt: number | null;
  readonly #isReadAnew: boolean;

  /**
   * @param now milliseconds since 1970
   * @param toldAt when Exchange was asked for the last sync, ISO 8601 UTC; null: it was not
   * @param isReadAnew the device's record tells the last sync itself, with each reading
   */
  constructor(now: number, toldAt: string | null = null, isReadAnew: boolean = toldAt === null) {
    this.#now = now;
    this.#isReadAnew = isReadAnew;
    this.#toldAt = toldAt === null ? null : Date.parse(toldAt);
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
    if (this.#isReadAnew) this.#onReading = true;
    else this.wantsSyncTime();
  }

  /** True if the last sync was so long ago. @param last milliseconds since 1970 */
  idleFor(last: number, bound: number): boolean {
    if (!this.#isReadAnew && this.#toldAt !== null) {
      this.wantsSyncTime();
      return last + bound <= this.#toldAt;
    }
    const isReached = this.reached(last + bound);
    if (isReached) this.readsSyncTime();
    return isReached;
  }

  /** The decision hangs on when the phone synced last, which Exchange does not tell unless it is asked. */
  wantsSyncTime(): void {
    this.#isSyncTimeWanted = true;
  }

  /** True if Exchange is worth asking now when the phone synced last. */
  asksForSyncTime(): boolean {
    return this.#isSyncTimeWanted && (this.#toldAt === null || this.reached(this.#toldAt + TOLD_FOR_MS));
  }

  /** What the decision hangs on so far, beside its records. */
  get review(): Review {
    const at = Number.isFinite(this.#next) ? new Date(this.#next).toISOString() : null;
    return { at, onReading: this.#onReading };
  }
}
