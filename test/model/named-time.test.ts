import assert from 'node:assert/strict';
import { timeFrom, timeUntil } from '../../src/model/named-time.ts';

const isoOf = (time: number): string | null => (Number.isNaN(time) ? null : new Date(time).toISOString());

describe('a time that a person names', () => {
  const named: readonly (readonly [unknown, string | null, string | null])[] = [
    ['2026-12-31', '2026-12-31T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    [' 2028-02-29 ', '2028-02-29T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['2026-12-31T12:00Z', '2026-12-31T12:00:00.000Z', '2026-12-31T12:00:00.000Z'],
    ['2026-12-31T12:00:00.5+01:00', '2026-12-31T11:00:00.500Z', '2026-12-31T11:00:00.500Z'],
    ['2026-12-31T24:00Z', '2027-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2026-12-31T25:00Z', null, null],
    ['2026-02-30', null, null],
    ['2026-02-30T00:00:00Z', null, null],
    ['2026-12-31T12:00', null, null],
    ['bis Ende 2026', null, null],
    ['12/11/2026', null, null],
    ['31.12.2026', null, null],
    ['01.02.2027', null, null],
    ['1', null, null],
    ['', null, null],
    [1_800_000_000_000, null, null],
    [null, null, null],
  ];
  for (const [text, from, until] of named) {
    it(`${JSON.stringify(text)} is from ${from} on, and until ${until}`, () =>
      assert.deepEqual([isoOf(timeFrom(text)), isoOf(timeUntil(text))], [from, until]));
  }
});
