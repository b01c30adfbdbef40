/** How many users the MDMs are asked for: each is some calls, of which a tenant allows so many. */

/** https://learn.microsoft.com/graph/throttling-limits: 2,000 calls in 20 s an application and tenant, of which a user takes one to ten. */
const A_MINUTE = 200;
const MINUTE_MS = 60_000;

/** Two hundred users a minute at most. */
export class AskingPace {
  #since = Number.NEGATIVE_INFINITY;
  #asked = 0;

  /** How many of those that are wanted may be asked for now. @param now milliseconds since 1970 */
  take(wanted: number, now: number): number {
    // The clock may have been set back.
    if (Math.abs(now - this.#since) >= MINUTE_MS) {
      this.#since = now;
      this.#asked = 0;
    }
    const some = Math.max(0, Math.min(wanted, A_MINUTE - this.#asked));
    this.#asked += some;
    return some;
  }
}
