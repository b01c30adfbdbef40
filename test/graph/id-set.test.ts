import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { IdSet } from '../../src/graph/id-set.ts';

describe('a set of ids', () => {
  it('holds what a Set of their texts holds, whatever the ids are', () => {
    const hex = fc.constantFrom('0', '1', 'a', 'F');
    const guid = fc
      .array(hex, { minLength: 32, maxLength: 32 })
      .map((digits) => digits.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
    const few = fc.constantFrom(
      '00000000-0000-0000-0000-000000000000',
      '10000000-0000-0000-0000-000000000000',
      'x',
      '',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(guid, few, fc.string())), (ids) => {
        const ours = new IdSet();
        const plain = new Set<string>();
        for (const id of ids) {
          const isNew = !plain.has(id);
          plain.add(id);
          assert.equal(ours.add(id), isNew);
        }
        assert.equal(ours.size, plain.size);
      }),
    );
  });

  it('keeps them while it grows', () => {
    const ids = Array.from({ length: 50_000 }, () => randomUUID());
    const set = new IdSet();
    assert.equal(
      ids.every((id) => set.add(id)),
      true,
    );
    assert.equal(
      ids.some((id) => set.add(id)),
      false,
    );
    assert.equal(set.size, 50_000);
  });

  it('holds them however many were expected, also where more come', () => {
    const ids = Array.from({ length: 3_000 }, () => randomUUID());
    for (const expected of [0, 1, 1_023, 1_024, 2_251, 2_999, 3_000, 3_001, 10_007]) {
      const set = new IdSet(expected);
      const isNew = [...ids, ...ids].map((id) => set.add(id));
      assert.deepEqual(isNew, [...ids.map(() => true), ...ids.map(() => false)], `${expected}`);
    }
  });
});
