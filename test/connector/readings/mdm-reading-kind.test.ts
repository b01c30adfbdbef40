import assert from 'node:assert/strict';
import { FULL_EVERY_MS, mostSingles, whyFull } from '../../../src/connector/readings/mdm-reading-kind.ts';
import type { KindFacts, WhyFull } from '../../../src/connector/readings/mdm-reading-kind.ts';

const now = Date.parse('2026-06-01T12:00:00.000Z');
const ago = (ms: number): string => new Date(now - ms).toISOString();
const MINUTE = 60_000;

describe('which kind of reading of an MDM is due', () => {
  const ages: readonly [string, string | null, WhyFull | null][] = [
    ['never read in full', null, 'first'],
    ['read in full just now', ago(0), null],
    ['read in full a minute less than four hours ago', ago(FULL_EVERY_MS - MINUTE), null],
    ['read in full four hours ago', ago(FULL_EVERY_MS), 'due'],
    ['read in full a week ago', ago(7 * 24 * 60 * MINUTE), 'due'],
    ['read in full by a clock that is ten minutes ahead', ago(-10 * MINUTE), null],
    ['read in full in an hour, as the clock was set back', ago(-60 * MINUTE), 'due'],
    ['read in full nobody knows when', 'no time', 'due'],
  ];
  const askedFor: readonly KindFacts['asked'][] = ['full', 'quick', undefined];
  for (const [sentence, fullStartedAt, byAge] of ages) {
    for (const asked of askedFor) {
      for (const hasLink of [true, false]) {
        const facts = { asked, fullStartedAt, hasLink, now };
        const linked = hasLink ? 'changes in Entra were heard of' : 'changes in Entra were never heard of';
        it(`is full where the source is set to full: ${sentence}, ${asked ?? 'nothing'} is asked for, ${linked}`, () =>
          assert.equal(whyFull({ ...facts, setting: 'full' }), 'set'));
        const expected = asked === 'full' ? 'asked' : (byAge ?? (hasLink ? null : 'no-link'));
        it(`is ${expected === null ? 'quick' : `full (${expected})`} where it is set to quick: ${sentence}, ${
          asked ?? 'nothing'
        } is asked for, ${linked}`, () => assert.equal(whyFull({ ...facts, setting: 'quick' }), expected));
      }
    }
  }

  it('reads one of fifty devices one by one at most, but two hundred in any case', () =>
    assert.deepEqual([0, 9_999, 10_000, 100_000, 1_000_000].map(mostSingles), [200, 200, 200, 2_000, 20_000]));
});
