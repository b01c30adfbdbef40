import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { LooseRows } from '../../src/match/loose-rows.ts';

describe('rows by 32 bits of a hash', () => {
  it('are those that were added under it, those added last first, whatever was asked between', () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ hash: fc.constantFrom(-1, 0, 1, 17, 2 ** 31 - 1), isQuestion: fc.boolean() }), {
          maxLength: 80,
        }),
        (steps) => {
          const rows = new LooseRows(0);
          const added = new Map<number, number[]>();
          steps.forEach(({ hash, isQuestion }, row) => {
            if (isQuestion) assert.deepEqual(rows.under(hash), added.get(hash) ?? []);
            rows.add(hash, row);
            added.set(hash, [row, ...(added.get(hash) ?? [])]);
          });
          for (const hash of [...added.keys(), 2]) assert.deepEqual(rows.under(hash), added.get(hash) ?? []);
        },
      ),
    ));
});
