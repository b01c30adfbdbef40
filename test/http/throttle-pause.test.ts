/** When a pause that a server asked for is waited for, and when it is tried. */
import assert from 'node:assert/strict';
import { ThrottlePause } from '../../src/http/throttle-pause.ts';

describe('a pause that a server asked for', () => {
  it('lasts as long as the longest that was asked for', () => {
    const pause = new ThrottlePause();
    assert.equal(pause.remaining(1_000), 0);
    pause.extend(10_000, 1_000);
    pause.extend(5_000, 2_000);
    assert.deepEqual([pause.remaining(4_000), pause.remaining(10_000), pause.remaining(11_000)], [6_000, 0, 0]);
  });

  it('is tried by one request a minute after the server was asked last', () => {
    const pause = new ThrottlePause();
    pause.extend(3_600_000, 1_000);
    const tried = [2_000, 60_999, 61_000, 61_000, 120_999, 121_000].map((now) => pause.takeProbe(now));
    assert.deepEqual(tried, [false, false, true, false, false, true]);
    pause.extend(3_600_000, 130_000);
    assert.deepEqual([pause.takeProbe(181_000), pause.takeProbe(190_000)], [false, true]);
  });

  it('is over when the one that tried was answered', () => {
    const pause = new ThrottlePause();
    pause.extend(3_600_000, 0);
    pause.end();
    assert.equal(pause.remaining(1), 0);
  });
});
