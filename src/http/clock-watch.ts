/** Measures a server's clock by the `Date` of its answers. RFC 9110 6.6.1: whole seconds, when the answer was made. No I/O here. */

/** The least that a measurement may be off by: Date has whole seconds. */
const LEAST_MARGIN_MS = 2_000;

/** As ServerClock of the records. */
interface Measured {
  readonly offsetMs: number;
  readonly marginMs: number;
}

/** Hears every answer of a server; the quickest one since {@link begin} tells most. */
export class ClockWatch {
  #best: Measured | null = null;

  /** Forgets what was measured. */
  begin(): void {
    this.#best = null;
  }

  /**
   * @param date the header, if there was one
   * @param sentAt when the request went out at the earliest, by our clock, milliseconds since 1970
   * @param answeredAt when the answer was there at the latest
   */
  hear(date: string | null | undefined, sentAt: number, answeredAt: number): void {
    const at = Date.parse(date ?? '');
    if (Number.isNaN(at) || answeredAt < sentAt) return;
    // The server's time was within the second; ours was between asking and hearing.
    const [least, most] = [at - answeredAt, at + 1_000 - sentAt];
    const marginMs = Math.max(LEAST_MARGIN_MS, Math.ceil((most - least) / 2));
    if (this.#best !== null && this.#best.marginMs <= marginMs) return;
    this.#best = { offsetMs: Math.round((least + most) / 2), marginMs };
  }

  /** Null: no answer had a `Date`. */
  get measured(): Measured | null {
    return this.#best;
  }
}
