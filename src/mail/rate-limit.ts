/** So many mails in any minute: what is over waits. */
import { ConnectorError, throwIfAborted } from '../errors.ts';

/** Time, so that tests need none. */
export interface RateClock {
  /** Milliseconds. */
  now(): number;
  /** Resolves after `ms`, rejects with ERR_ABORTED when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const WINDOW_MS = 60_000;

/**
 * A sliding window: Exchange counts submissions of the last minute (message-rate-limits.md), whatever connection they came over.
 * nodemailer's own limit forgets its count with the connection, so it is not used.
 */
export class RateLimit {
  readonly #perMinute: number;
  readonly #clock: RateClock;
  #takenAt: number[] = [];
  #queue: Promise<void> = Promise.resolve();

  /** Throws ERR_CONFIG_INVALID unless `perMinute` is at least 1. */
  constructor(perMinute: number, clock: RateClock = SYSTEM_CLOCK) {
    if (!(perMinute >= 1))
      throw new ConnectorError(
        'ERR_CONFIG_INVALID',
        '"Mails a minute" of the mail account is not a number of 1 or more.',
      );
    this.#perMinute = Math.floor(perMinute);
    this.#clock = clock;
  }

  /** Resolves when the next mail may go, in the order of the calls. */
  take(signal: AbortSignal): Promise<void> {
    const turn = this.#queue.then(() => this.#wait(signal));
    this.#queue = turn.catch(() => {});
    return orAborted(turn, signal); // a mail that waits behind another one can be withdrawn as well
  }

  async #wait(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const oldest = this.#takenAt.at(-this.#perMinute);
    if (oldest !== undefined) {
      const ms = oldest + WINDOW_MS - this.#clock.now();
      if (ms > 0) await this.#clock.sleep(ms, signal);
    }
    this.#takenAt = [...this.#takenAt, this.#clock.now()].slice(-this.#perMinute);
  }
}

const SYSTEM_CLOCK: RateClock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await orAborted(pause, signal).finally(() => clearTimeout(timer));
  },
};

/** Fires when one of them does. */
export function eitherOf(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other]);
}

/** Resolves as `work` does, or rejects with ERR_ABORTED as soon as the signal fires. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void =>
      reject(new ConnectorError('ERR_ABORTED', 'The work was stopped.', { cause: signal.reason }));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
