/** What a reading may say of the clock of a server that runs in the same process as the test. */
import assert from 'node:assert/strict';
import type { ServerClock } from '../../src/model/server-clock.ts';

/**
 * It is ours, as closely as a `Date` tells it. Whole seconds leave two; a request that took longer leaves half its time, and none
 * can have taken longer than the test.
 * @param tookMs from before the reading until now
 */
export function assertIsOurs(clock: ServerClock | undefined, tookMs: number): void {
  assert.ok(clock !== undefined, 'the clock was measured');
  const { offsetMs, marginMs } = clock;
  const most = Math.max(2_000, Math.ceil((tookMs + 1_000) / 2));
  assert.ok(
    marginMs >= 2_000 && marginMs <= most && Math.abs(offsetMs) <= marginMs,
    JSON.stringify({ ...clock, tookMs }),
  );
}
