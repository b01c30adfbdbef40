/** How long something took this process, on however busy a machine: while it stood still for others, no time passes. */

/** How often it is looked at the clock, in milliseconds. */
const TICK_MS = 10;
/** A tick that comes later than this was kept waiting by others; so much of it counts. */
const LONGEST_TICK_MS = 2 * TICK_MS;

/** Whatever clock a test holds, this one goes on. */
const elapsed = performance.now.bind(performance);

/** Milliseconds of its own that this process had while `act` was under way, and what came of it. */
export async function ownTimeOf<T>(act: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  let ms = 0;
  let last = elapsed();
  const count = (): void => {
    const now = elapsed();
    ms += Math.min(now - last, LONGEST_TICK_MS);
    last = now;
  };
  const timer = setInterval(count, TICK_MS);
  try {
    const result = await act();
    count();
    return { ms, result };
  } finally {
    clearInterval(timer);
  }
}
