/** A pause that a server asked for, shared by whoever speaks to it. Times in milliseconds since 1970. Pure. */

/** How long after the server was asked last one request may look whether a long pause is still meant. */
const PROBE_MS = 60_000;

/**
 * A server may name an hour and be itself again in a minute, so a pause that is longer than a request may wait is tried:
 *
 * | the pause ends within the wait of a request | the server was asked last | the request                                   |
 * |---------------------------------------------|---------------------------|-----------------------------------------------|
 * | yes                                         | any time                  | waits for the end                             |
 * | no                                          | a minute ago or earlier   | goes out, alone; a good answer ends the pause |
 * | no                                          | since                     | fails at once                                 |
 */
export class ThrottlePause {
  readonly #probeMs: number;
  #until = 0;
  #askedAt = 0;

  constructor(probeMs = PROBE_MS) {
    this.#probeMs = probeMs;
  }

  /** The server asks for a pause. */
  extend(until: number, now: number): void {
    this.#until = Math.max(this.#until, until);
    this.#askedAt = now;
  }

  /** Milliseconds still to wait. */
  remaining(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** True for the one request that may look whether a long pause is still meant. */
  takeProbe(now: number): boolean {
    if (now - this.#askedAt < this.#probeMs) return false;
    this.#askedAt = now;
    return true;
  }

  /** The probe was answered as if there were no pause. */
  end(): void {
    this.#until = 0;
  }
}
