/** Clocks that a test puts forward itself: what is to happen after a while happens at once, and never too early on a busy machine. */
import { mock } from 'node:test';

/** A clock in a test's hands; {@link release} gives the real one back. */
export interface HeldClock {
  /** So many milliseconds pass. */
  pass(ms: number): void;
  release(): void;
}

/** `Date.now` of this process, which goes on, and is put forward besides. What remembers the function itself is to be opened later. */
export function dateAhead(): HeldClock {
  const real = Date.now;
  let aheadMs = 0;
  const { mock: held } = mock.method(Date, 'now', () => real() + aheadMs);
  return { pass: (ms) => void (aheadMs += ms), release: () => held.restore() };
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
