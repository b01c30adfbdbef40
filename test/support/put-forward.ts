/** Clocks that a test puts forward itself: what is to happen after a while happens at once, and never too early on a busy machine. */
import { Socket } from 'node:net';
import { mock } from 'node:test';

/** A clock in a test's hands; {@link release} gives the real one back. */
export interface HeldClock {
  /** So many milliseconds pass. */
  pass(ms: number): void;
  release(): void;
}

/** `Date.now` of this process stands still, until it is put forward; timers go on. Who keeps the function is opened afterwards. */
export function standingDate(): HeldClock {
  let now = Date.now();
  const { mock: held } = mock.method(Date, 'now', () => now);
  return { pass: (ms) => void (now += ms), release: () => held.restore() };
}

/**
 * What comes of `work` while no socket of this process has been idle for too long, until `silent` says that it waits in vain.
 * @param ms what passes then: the limits of so much and less
 */
export async function whileSocketsWait<T>(work: () => Promise<T>, silent: () => Promise<void>, ms: number): Promise<T> {
  const limits = new Map<Socket, number>();
  const { mock: held } = mock.method(
    Socket.prototype,
    'setTimeout',
    function setIdleLimit(this: Socket, limit: number, end?: () => void) {
      limits.set(this, limit);
      if (end !== undefined) this.once('timeout', end);
      return this;
    },
  );
  const pass = async (): Promise<void> => {
    await silent();
    for (const [socket, limit] of limits) if (limit > 0 && limit <= ms) socket.emit('timeout');
  };
  try {
    const [result] = await Promise.all([work(), pass()]);
    return result;
  } finally {
    held.restore();
  }
}

/**
 * What comes of `work` while no limit of `AbortSignal.timeout` in this process passes, but when `beside` says so; timers go on.
 * @param beside is called once the work is under way, with what lets so many milliseconds of every limit pass
 */
export async function whileLimitsStand<T>(
  work: () => Promise<T>,
  beside: (pass: (ms: number) => void) => Promise<void>,
): Promise<T> {
  let now = 0;
  const limits: { readonly at: number; readonly end: AbortController }[] = [];
  const { mock: held } = mock.method(AbortSignal, 'timeout', (ms: number) => {
    const end = new AbortController();
    limits.push({ at: now + ms, end });
    return end.signal;
  });
  const pass = (ms: number): void => {
    now += ms;
    for (const { at, end } of limits) if (at <= now) end.abort(new DOMException('It took too long.', 'TimeoutError'));
  };
  try {
    const [result] = await Promise.all([work(), beside(pass)]);
    return result;
  } finally {
    held.restore();
  }
}

/** A clock that may be let go on for a while. */
export interface Stopwatch extends HeldClock {
  /** Time passes as it does. */
  run(): void;
  /** It stands still again. */
  stop(): void;
}

/** `performance.now` of this process stands still, until it is put forward or let go on; timers go on. */
export function standingStopwatch(): Stopwatch {
  const elapsed = performance.now.bind(performance);
  let [now, runsSince] = [elapsed(), null as number | null];
  const { mock: held } = mock.method(performance, 'now', () => now + (runsSince === null ? 0 : elapsed() - runsSince));
  return {
    pass: (ms) => void (now += ms),
    run: () => void (runsSince ??= elapsed()),
    stop() {
      now = performance.now();
      runsSince = null;
    },
    release: () => held.restore(),
  };
}

/** `performance.now` and `setTimeout` of this process stand still, until they are put forward. */
export function standingClock(): HeldClock {
  let now = Math.round(performance.now());
  const { mock: held } = mock.method(performance, 'now', () => now);
  mock.timers.enable({ apis: ['setTimeout'] });
  return {
    pass(ms) {
      now += ms;
      mock.timers.tick(ms);
    },
    release() {
      held.restore();
      mock.timers.reset();
    },
  };
}
