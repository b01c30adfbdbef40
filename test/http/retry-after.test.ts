import assert from 'node:assert/strict';
import { parseRetryAfter } from '../../src/http/retry-after.ts';

const NOW = Date.UTC(2026, 10, 22, 12);

/** header → milliseconds to wait, or null for "say nothing, back off by yourself" */
const TABLE: readonly (readonly [header: string | null, ms: number | null])[] = [
  ['2', 2000],
  ['2.128', 2128],
  [' 10 ', 10_000],
  ['0', 0],
  ['86400', 86_400_000],
  ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
  ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
  ['Sunday, 22-Nov-26 12:01:00 GMT', 60_000],
  [null, null],
  ['', null],
  ['-5', null],
  ['1.5.3', null],
  ['soon', null],
  ['Someday, maybe', null],
  ['2026', 2_026_000],
  // As another number: none of these is one of seconds.
  ['+5', null],
  ['.5', null],
  ['2.', null],
  ['1e3', null],
  ['0x10', null],
  ['5s', null],
  ['NaN', null],
  ['Infinity', null],
  // A proxy repeats a header, and both come as one.
  ['5, 10', 10_000],
  ['5,10.5, 2', 10_500],
  ['5, soon', null],
  [',', null],
  // Longer than anybody means.
  ['604801', 604_800_000],
  ['99999999999999999999999999', 604_800_000],
  ['9'.repeat(400), 604_800_000],
  ['Tue, 22 Nov 2050 12:00:00 GMT', 604_800_000],
  // The other forms of a date.
  ['Sun Nov 22 12:00:45 2026', 45_000],
  ['Sun Nov  1 12:00:45 2026', 0],
  ['Sun, 22 Nov 2026 12:00:30', 30_000],
  ['Sun, 22 Nov 2026 13:00:30 +0100', 30_000],
  ['sun, 22 nov 2026 12:00:30 gmt', 30_000],
  ['2026-11-22T12:00:30Z', 30_000],
  ['2026-11-22T12:00:30.5Z', 30_500],
  ['2026-11-22T13:00:30+01:00', 30_000],
  ['2026-11-22T12:00:30', 30_000],
  ['Sun, 99 Nov 2026 12:00:30 GMT', null],
  ['2026-99-22T12:00:30Z', null],
  ['2026-11-22', null],
];

describe('Retry-After', () => {
  for (const [header, ms] of TABLE) {
    it(`reads ${header === null ? 'a missing header' : `"${header}"`} as ${ms === null ? 'nothing said' : `${ms} ms`}`, () => {
      assert.equal(parseRetryAfter(header, NOW), ms);
    });
  }
});
