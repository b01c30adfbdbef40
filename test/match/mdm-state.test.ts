import assert from 'node:assert/strict';
import { mdmState } from '../../src/match/mdm-state.ts';

describe('what the matcher may conclude from the MDM snapshots', () => {
  const early = { startedAt: '2026-06-01T00:00:00.000Z' };
  const late = { startedAt: '2026-06-01T20:00:00.000Z' };
  const now = Date.parse('2026-06-02T01:00:00.000Z');
  const nothing = { mdmStartedAt: null, mdmComplete: false, mdmFresh: false };
  const cases = [
    ['nothing without any', [], 26, nothing],
    ['nothing when one was never read to its end', [early, null], 26, nothing],
    [
      'everything from young ones, counted from the earliest',
      [late, early],
      26,
      { mdmStartedAt: early.startedAt, mdmComplete: true, mdmFresh: true },
    ],
    [
      'that they are stale when one is',
      [late, early],
      24,
      { mdmStartedAt: early.startedAt, mdmComplete: true, mdmFresh: false },
    ],
    [
      'by the last full ones, whatever quick ones came after them',
      [{ startedAt: '2026-06-02T00:45:00.000Z', fullStartedAt: late.startedAt }],
      26,
      { mdmStartedAt: late.startedAt, mdmComplete: true, mdmFresh: true },
    ],
  ] as const;
  for (const [sentence, snapshots, maxAge, expected] of cases) {
    it(sentence, () => assert.deepEqual(mdmState(snapshots, now, maxAge), expected));
  }
});
