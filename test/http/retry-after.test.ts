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
];

describe('Retry-After', () => {
  for (const [header, ms] of TABLE) {
    it(`reads ${header === null ? 'a missing header' : `"${header}"`} as ${ms === null ? 'nothing said' : `${ms} ms`}`, () => {
      assert.equal(parseRetryAfter(header, NOW), ms);
    });
  }
});
