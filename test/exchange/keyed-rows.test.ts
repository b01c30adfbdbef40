import assert from 'node:assert/strict';
import { array, assert as check, nat, property, tuple, uint8Array } from 'fast-check';
import { KeyedRows } from '../../src/exchange/keyed-rows.ts';

const SLAB = 1 << 20;

/** The first bytes of a name's row. */
function read(rows: KeyedRows, name: string, length: number): number[] | undefined {
  const row = rows.find(name);
  return row && [...row.bytes.subarray(row.at, row.at + length)];
}

describe('rows of bytes by name', () => {
  it('are what was set last, as in a Map', () => {
    check(
      property(array(tuple(nat(20), uint8Array({ maxLength: 40 }))), (steps) => {
        const rows = new KeyedRows();
        const map = new Map<number, Uint8Array>();
        for (const [number, bytes] of steps) {
          rows.put(String(number), () => bytes);
          map.set(number, bytes);
          assert.equal(rows.size, map.size);
        }
        for (let number = 0; number <= 20; number++) {
          const bytes = map.get(number);
          assert.deepEqual(read(rows, String(number), bytes?.length ?? 0), bytes && [...bytes]);
        }
      }),
    );
  });

  it('are found among two hundred thousand, several in each chain', () => {
    const rows = new KeyedRows();
    const bytes = Buffer.alloc(4);
    for (let number = 0; number < 200_000; number++) {
      bytes.writeUInt32LE(number);
      rows.put(String(number), () => bytes);
    }
    for (let number = 0; number < 200_000; number++) {
      const row = rows.find(String(number));
      assert.equal(row?.bytes.readUInt32LE(row.at), number);
    }
    assert.deepEqual([rows.size, rows.find('200000')], [200_000, undefined]);
  });

  it('may be longer than a slab, and the next ones are where they were put', () => {
    const rows = new KeyedRows();
    const long = Buffer.alloc(3 * SLAB + 5, 7);
    rows.put('before', () => Buffer.from([1]));
    for (const name of ['long', 'as long']) rows.put(name, () => long);
    rows.put('behind', () => Buffer.from([2]));
    const whole = (name: string): boolean => {
      const row = rows.find(name);
      return row !== undefined && row.bytes.subarray(row.at, row.at + long.length).equals(long);
    };
    assert.deepEqual(
      [read(rows, 'before', 1), whole('long'), whole('as long'), read(rows, 'behind', 1)],
      [[1], true, true, [2]],
    );
  });

  it('are made from the ones before, or left as they are', () => {
    const rows = new KeyedRows();
    const seen: unknown[] = [];
    for (const next of [[1], null, [2, 3], null]) {
      rows.put('a', (row) => {
        seen.push(row && row.bytes[row.at]);
        return next && Buffer.from(next);
      });
    }
    rows.put('b', () => null);
    assert.deepEqual(
      [seen, rows.size, read(rows, 'a', 2), rows.find('b')],
      [[undefined, 1, 1, 2], 1, [2, 3], undefined],
    );
  });

  it('are changed in their place', () => {
    const rows = new KeyedRows();
    rows.put('a', () => Buffer.from([1, 2, 3]));
    const row = rows.find('a');
    row?.bytes.set([9], row.at + 1);
    assert.deepEqual(read(rows, 'a', 3), [1, 9, 3]);
  });
});
