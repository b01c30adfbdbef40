/** Exchange's limit on requests of one user in a window of time (New-ThrottlingPolicy, "user load quota"). Pure but for the clock. */

/** A limit: so many requests in so many seconds, and how long a user over it is refused. */
export interface RateQuota {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds named in the fault; earlier requests are refused again. */
  readonly waitMs: number;
}

/** Counts requests by user. */
export class RateThrottle {
  readonly #quota: RateQuota;
  readonly #now: () => number;
  readonly #windows = new Map<string, { startedAt: number; requests: number; refusedUntil: number }>();

  constructor(quota: RateQuota, now: () => number) {
    this.#quota = quota;
    this.#now = now;
  }

  /** Null if the request may pass, else the milliseconds to wait. */
  admit(user: string): number | null {
    const now = this.#now();
    let window = this.#windows.get(user);
    if (window === undefined || (now - window.startedAt >= this.#quota.seconds * 1000 && now >= window.refusedUntil)) {
      window = { startedAt: now, requests: 0, refusedUntil: 0 };
      this.#windows.set(user, window);
    }
    if (now < window.refusedUntil) return window.refusedUntil - now;
    if (window.refusedUntil > 0) Object.assign(window, { startedAt: now, requests: 0, refusedUntil: 0 });
    window.requests += 1;
    if (window.requests <= this.#quota.requests) return null;
    window.refusedUntil = now + this.#quota.waitMs;
    return this.#quota.waitMs;
  }
}
