import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { HashRows } from '../../src/match/hash-rows.ts';

/** Halves of hashes that lie in one bucket or in its neighbor, and differ in few bits. */
const lower = fc.constantFrom(0, 1, -1, 2 ** 26, 2 ** 27, 0x7fffffff, 1023, -1024);
const higher = fc.constantFrom(7, -7, 0);

/** What is added under each hash, the last row first. */
class Added {
  readonly #rows = new Map<string, number[]>();

  add(lo: number, hi: number, row: number): void {
    this.#rows.set(`${lo} ${hi}`, [row, ...this.under(lo, hi)]);
  }

  under(lo: number, hi: number): number[] {
    return this.#rows.get(`${lo} ${hi}`) ?? [];
  }
}

describe('rows by the hash of a key', () => {
  it('are those that were added under it, those added last first, whatever was asked between', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(lower, higher, fc.integer({ min: 1, max: 100 })), { maxLength: 30 }),
        fc.constantFrom(0, 3, 100_000),
        (steps, expected) => {
          const rows = new HashRows(expected);
          const added = new Added();
          let row = 0;
          for (const [lo, hi, times] of steps) {
            for (let time = 0; time < times; time++) {
              rows.add(lo, hi, row);
              added.add(lo, hi, row++);
            }
            assert.deepEqual(rows.under(lo, hi), added.under(lo, hi));
          }
          assert.equal(rows.count, row);
          for (const [lo, hi] of steps) {
            const under = added.under(lo, hi);
            assert.deepEqual(rows.under(lo, hi), under);
            for (const one of [under[0]!, under.at(-1)!]) {
              assert.ok(rows.has(lo, hi, one));
              assert.deepEqual(rows.higherHalves(lo, one), [hi]);
            }
            assert.equal(rows.has(lo, hi, row), false);
          }
        },
      ),
    ));

  it('are told apart by all bits of a hash that are kept', () => {
    const rows = new HashRows(1000);
    for (let bit = 0; bit < 32; bit++) rows.add(2 ** bit, 0, bit);
    for (let bit = 0; bit < 32; bit++) rows.add(0, 2 ** bit, 32 + bit);
    const under = (lo: number, hi: number): number[] => rows.under(lo | 0, hi | 0);
    // Of the lower half those that name a bucket and the highest six: sixteen of them here.
    for (const bit of [0, 1, 9, 26, 27, 31]) assert.deepEqual(under(2 ** bit, 0), [bit]);
    for (let bit = 0; bit < 32; bit++) assert.deepEqual(under(0, 2 ** bit), [32 + bit]);
  });

  it('are all found among two hundred thousand, and hardly another one', () => {
    const rows = new HashRows(200_000);
    const halves = (n: number): [number, number] => [Math.imul(n, 0x9e3779b1), Math.imul(n ^ (n >>> 7), 0x85ebca6b)];
    for (let n = 0; n < 400_000; n += 2) rows.add(...halves(n), n);
    for (let n = 0; n < 400_000; n++) assert.deepEqual(rows.under(...halves(n)), n % 2 === 0 ? [n] : []);
  });

  it('may be many of one key, one row under several keys, and the last one that there is room for', () => {
    const rows = new HashRows();
    for (let n = 0; n < 20_000; n++) rows.add(5, 5, n);
    assert.equal(rows.under(5, 5).length, 20_000);
    rows.add(1, 2, 2 ** 26 - 1);
    rows.add(1, 3, 2 ** 26 - 1);
    assert.deepEqual([...rows.under(1, 2), ...rows.under(1, 3)], [2 ** 26 - 1, 2 ** 26 - 1]);
    assert.deepEqual(
      rows.higherHalves(1, 2 ** 26 - 1).sort((a, b) => a - b),
      [2, 3],
    );
    assert.throws(() => rows.add(1, 2, 2 ** 26), RangeError);
  });
});
