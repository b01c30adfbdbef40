/** What is made of the clocks of servers. */
import assert from 'node:assert/strict';
import { clockAfter, clockOf, OWN_CLOCK } from '../../src/model/server-clock.ts';
import type { ServerClock } from '../../src/model/server-clock.ts';

const clock = (offsetMs: number, marginMs: number): ServerClock => ({ offsetMs, marginMs });

describe('a measured clock', () => {
  const cases: [string, ServerClock | null, ServerClock | null][] = [
    ['is ours if a quick answer cannot tell it from ours', clock(-2_000, 2_000), OWN_CLOCK],
    ['is as measured beyond that', clock(-2_001, 2_000), clock(-2_001, 2_000)],
    ['is as measured where every answer was slow: that margin is no trifle', clock(900, 9_000), clock(900, 9_000)],
    ['is not known without any Date', null, null],
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
