/** What is made of the clocks of servers. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { clockAfter, clockOf, mayBeSince, OWN_CLOCK, UNKNOWN_CLOCK } from '../../src/model/server-clock.ts';
import type { ServerClock } from '../../src/model/server-clock.ts';

const clock = (offsetMs: number, marginMs: number): ServerClock => ({ offsetMs, marginMs });

describe('a measured clock', () => {
  const cases: [string, ServerClock | null, ServerClock][] = [
    ['is as measured, though a quick answer cannot tell it from ours', clock(-300, 2_000), clock(-300, 2_000)],
    ['is as measured where every answer was slow', clock(900, 9_000), clock(900, 9_000)],
    ['is ours where it is our own', OWN_CLOCK, OWN_CLOCK],
    ['is not known without any Date', null, UNKNOWN_CLOCK],
  ];
  for (const [sentence, measured, expected] of cases) it(sentence, () => assert.deepEqual(clockOf(measured), expected));

  const [behind, loose] = [clock(-180_000, 2_000), clock(-178_000, 9_000)];
  const changes: [string, ServerClock | null, ServerClock | null, ServerClock | null][] = [
    ['stays through measurements that are not quite equal', behind, clock(-181_000, 2_000), behind],
    ['stays through a slow answer that cannot tell it from another', behind, loose, behind],
    ['stays ours through a slow answer that cannot tell', OWN_CLOCK, clock(4_000, 9_000), OWN_CLOCK],
    ['gives way to a sharper measurement', loose, behind, behind],
    ['gives way to another one', behind, clock(-183_000, 2_000), clock(-183_000, 2_000)],
    ['gives way to none', behind, null, null],
    ['follows none', null, behind, behind],
  ];
  for (const [sentence, before, measured, expected] of changes)
    it(sentence, () => assert.deepEqual(clockAfter(before, measured), expected));
});

describe('a time of one server', () => {
  const behind = clock(-180_000, 2_000);
  const at = Date.parse('2026-06-01T09:00:00.000Z');
  const cases: [string, Parameters<typeof mayBeSince>, boolean][] = [
    ['is at another one if both are the same by one clock', [at, OWN_CLOCK, at, OWN_CLOCK], true],
    ['is before another one a millisecond later', [at, OWN_CLOCK, at + 1, OWN_CLOCK], false],
    ['may be as late as its clock may be behind, and off', [at, behind, at + 182_000, OWN_CLOCK], true],
    ['cannot be later than that', [at, behind, at + 182_001, OWN_CLOCK], false],
    ['may be after one that is as early as its clock may be off', [at, OWN_CLOCK, at - 178_000, behind], true],
    ['is before one that is later than that', [at, OWN_CLOCK, at - 177_999, behind], false],
    ['may be ten minutes off each where nobody knows', [at, UNKNOWN_CLOCK, at + 1_200_000, UNKNOWN_CLOCK], true],
    ['may be after another one if nobody knows when that was', [at, OWN_CLOCK, Number.NaN, OWN_CLOCK], true],
    ['may be after another one if nobody knows when it was itself', [Number.NaN, OWN_CLOCK, at, OWN_CLOCK], true],
  ];
  for (const [sentence, given, expected] of cases) it(sentence, () => assert.equal(mayBeSince(...given), expected));

  it('is never called earlier than what truly came before it, wherever within its margin each clock stands', () => {
    const offset = fc.integer({ min: -86_400_000, max: 86_400_000 });
    const margin = fc.integer({ min: 0, max: 600_000 });
    const truth = fc.integer({ min: 0, max: 4_000_000_000_000 });
    /** Where within its margin, -1 to 1. */
    const error = fc.integer({ min: -1_000, max: 1_000 }).map((thousandths) => thousandths / 1_000);
    const server = fc.record({ offset, margin, error });
    fc.assert(
      fc.property(truth, fc.integer({ min: 0, max: 1_200_000 }), server, server, (earlier, gap, one, other) => {
        const shown = (time: number, { offset: by, margin: off, error: part }: typeof one): number =>
          time + by + Math.trunc(off * part);
        const later = earlier + gap;
        const clocks = [clock(one.offset, one.margin), clock(other.offset, other.margin)] as const;
        assert.ok(mayBeSince(shown(later, one), clocks[0], shown(earlier, other), clocks[1]));
      }),
    );
  });

  it('is called earlier wherever the other one came later by more than twice both margins', () => {
    const margin = fc.integer({ min: 0, max: 600_000 });
    const error = fc.constantFrom(-1, 0, 1);
    fc.assert(
      fc.property(margin, margin, error, error, (one, other, onesError, othersError) => {
        const shown = [at + one * onesError, at + 2 * (one + other) + 1 + other * othersError] as const;
        assert.equal(mayBeSince(shown[0], clock(0, one), shown[1], clock(0, other)), false);
      }),
    );
  });
});
