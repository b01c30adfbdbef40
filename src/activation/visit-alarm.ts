/** When somebody hears of visits that went wrong: a stranger's scanner must not ring the bell with each. Needs timers, no I/O. */
import type { ConnectorError, ErrorCode } from '../errors.ts';

/** Visits since the last alarm. */
export interface VisitCounts {
  readonly visits: number;
  /** How many of them by error code. */
  readonly codes: Readonly<Partial<Record<ErrorCode, number>>>;
  /** What the last one failed with. */
  readonly last: ConnectorError;
}

/** Milliseconds. */
export interface AlarmTimes {
  /** From the first visit to the alarm, so that it carries a number; 0 rings at once. */
  readonly gatherMs: number;
  /** From one alarm to the next, at least. */
  readonly everyMs: number;
}

/**
 * Counts visits and rings.
 *
 * | visit                                   | rings                                             |
 * |-----------------------------------------|---------------------------------------------------|
 * | the first one                           | `gatherMs` later, with all that came until then   |
 * | less than `everyMs` after an alarm      | `everyMs` after that alarm, with all since then   |
 * | the first one after a quiet `everyMs`   | as the first one                                  |
 * | while nobody listens (between deploys)  | counted; as the first one, once somebody listens  |
 *
 * Its timer does not keep the process alive.
 */
export class VisitAlarm {
  readonly #times: AlarmTimes;
  readonly #codes = new Map<ErrorCode, number>();
  #last: ConnectorError | null = null;
  #ring: ((counts: VisitCounts) => void) | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(times: AlarmTimes) {
    this.#times = times;
  }

  /** From now on `ring` is called; what was counted before is not lost. Null: nobody listens. */
  listen(ring: ((counts: VisitCounts) => void) | null): void {
    this.#ring = ring;
    this.#begin();
  }

  /** One more visit that failed with `error`. */
  count(error: ConnectorError): void {
    this.#codes.set(error.code, (this.#codes.get(error.code) ?? 0) + 1);
    this.#last = error;
    this.#begin();
  }

  /** Forgets everything. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#last = null;
    this.#codes.clear();
  }

  #begin(): void {
    if (this.#timer !== null || this.#last === null || this.#ring === null) return;
    if (this.#times.gatherMs === 0) this.#tell();
    else this.#tellIn(this.#times.gatherMs);
  }

  #tellIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#tell();
    }, ms).unref();
  }

  #tell(): void {
    if (this.#last === null || this.#ring === null) return;
    const counts = [...this.#codes.values()];
    const told = {
      visits: counts.reduce((sum, count) => sum + count, 0),
      codes: Object.fromEntries(this.#codes),
      last: this.#last,
    };
    this.stop();
    this.#tellIn(this.#times.everyMs);
    this.#ring(told);
  }
}
