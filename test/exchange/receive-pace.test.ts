import assert from 'node:assert/strict';
import { ReceivePace } from '../../src/exchange/receive-pace.ts';

/** The pauses before each of some answers of a server that has `bytesAfter(pause)` then. */
function pausesOf(bytesAfter: (pauseMs: number, nth: number) => number, answers: number): number[] {
  const pace = new ReceivePace();
  return Array.from({ length: answers }, (_unused, nth) => {
    const { pauseMs } = pace;
    pace.take(bytesAfter(pauseMs, nth));
    return pauseMs;
  });
}

const times = (count: number, pauseMs: number): number[] => Array.from({ length: count }, () => pauseMs);

describe('the pace of a reading', () => {
  it('gives a moment to a server that gathers what it has meanwhile', () => {
    // 5 bytes a microsecond, and 3 ms for a request.
    assert.deepEqual(
      pausesOf((pauseMs) => (pauseMs + 3) * 5000, 40),
      [...times(4, 0), ...times(4, 4), ...times(32, 16)],
    );
  });

  it('does not wait for a server that has much each time', () => {
    assert.deepEqual(
      pausesOf(() => 380_000, 40),
      times(40, 0),
    );
  });

  it('does not wait for a server that gathers nothing, but for four answers in 72', () => {
    assert.deepEqual(
      pausesOf(() => 17_000, 160),
      [
        ...times(4, 0),
        ...times(4, 4),
        ...times(68, 0),
        ...times(4, 4),
        ...times(68, 0),
        ...times(4, 4),
        ...times(8, 0),
      ],
    );
  });

  it('waits less once a server has more, and is not misled by answers without output', () => {
    const bytes = (pauseMs: number, nth: number): number => {
      if (nth % 2 === 1) return 0;
      return nth < 24 ? (pauseMs + 3) * 5000 : 300_000;
    };
    assert.deepEqual(pausesOf(bytes, 48), [
      ...times(7, 0),
      ...times(8, 4),
      ...times(16, 16),
      ...times(8, 4),
      ...times(9, 0),
    ]);
  });

  it('does not wait in a short one', () => {
    assert.deepEqual(
      pausesOf(() => 3000, 4),
      times(4, 0),
    );
  });
});
