import assert from 'node:assert/strict';
import { sizeOf } from '../../../src/exchange/cmdlets/get-mailbox.ts';

describe('a size as Exchange writes it', () => {
  const cases: readonly (readonly [text: string | null, bytes: number | 'unlimited' | null])[] = [
    ['1.9 GB (2,040,109,465 bytes)', 2_040_109_465],
    ['0 B (0 bytes)', 0],
    ['38,4 MB (40.265.318 Bytes)', 40_265_318],
    ['1,9 Go (2 040 109 465 octets)', 2_040_109_465],
    ['2 GB (2’147’483’648 bytes)', 2_147_483_648],
    ['Unlimited', 'unlimited'],
    [' unlimited ', 'unlimited'],
    ['2 GB', null],
    ['', null],
    [null, null],
    ['(bytes)', null],
  ];
  for (const [text, bytes] of cases)
    it(`is ${bytes ?? 'not known'} of ${JSON.stringify(text)}`, () => assert.equal(sizeOf(text), bytes));
});
