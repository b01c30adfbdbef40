import assert from 'node:assert/strict';
import { RateLimit } from '../../src/mail/rate-limit.ts';
import { codeOf } from './support.ts';

describe('mail rate limit', () => {
  it('lets no more than the limit through in any minute, in order', async () => {
    let now = 1_000;
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    const limit = new RateLimit(2, clock);
    const { signal } = new AbortController();
    const times: number[] = [];
    for (let mail = 0; mail < 5; mail += 1) {
      await limit.take(signal);
      times.push(now);
    }
    assert.deepEqual(times, [1_000, 1_000, 61_000, 61_000, 121_000]);
  });

  it('gives the turn on when a waiting mail is withdrawn', async () => {
    const limit = new RateLimit(1, { now: () => 0, sleep: async (_ms, signal) => signal.throwIfAborted() });
    await limit.take(new AbortController().signal);
    await assert.rejects(limit.take(AbortSignal.abort()), { code: 'ERR_ABORTED' });
    await limit.take(new AbortController().signal);
  });

  it('lets a mail be withdrawn that waits behind another one', async () => {
    const limit = new RateLimit(1, { now: () => 0, sleep: () => new Promise(() => {}) });
    await limit.take(new AbortController().signal);
    void limit.take(new AbortController().signal);
    const stop = new AbortController();
    const third = limit.take(stop.signal);
    stop.abort();
    await assert.rejects(third, { code: 'ERR_ABORTED' });
  });

  it('refuses a rate below one', () => {
    for (const rate of [0, -1, 0.5, Number.NaN])
      assert.equal(
        codeOf(() => new RateLimit(rate)),
        'ERR_CONFIG_INVALID',
      );
  });
});
