/** How far long work is said to have come. */
import assert from 'node:assert/strict';
import { paceText, timeText } from '../../src/connector/pace.ts';

describe('how far long work has come', () => {
  for (const [what, work, said] of [
    ['is a count where nobody knows how much there is', [700, null, 60_000], ['reading', { count: 700 }]],
    ['is a count once there is more than the last time', [1_001, 1_000, 60_000], ['reading', { count: 1_001 }]],
    ['is a part of the last time’s total at first', [500, 1_000, 4_999], ['readingOf', { count: 500, total: 1_000 }]],
    ['has no time left by too small a part', [19, 1_000, 60_000], ['readingOf', { count: 19, total: 1_000 }]],
    [
      'has the time left by the pace so far',
      [250, 1_000, 60_000],
      ['readingLeft', { count: 250, total: 1_000, left: '3 min' }],
    ],
  ] as const) {
    it(what, () => {
      const [done, total, elapsedMs] = work;
      assert.deepEqual(paceText('reading', { done, total, elapsedMs }), said);
    });
  }

  it('says a time in seconds, minutes or hours, rounded up', () => {
    const all = [0, 1, 10_001, 90_000, 90_001, 300_000, 5_400_000, 5_400_001, 7_200_001].map(timeText);
    assert.deepEqual(all, ['0 s', '10 s', '20 s', '90 s', '2 min', '5 min', '90 min', '2 h', '3 h']);
  });
});
