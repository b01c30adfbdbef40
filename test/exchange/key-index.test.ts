import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { array, assert as check, nat, property } from 'fast-check';
import { KeyIndex } from '../../src/exchange/key-index.ts';

const key = (name: string): Buffer => hash('sha256', name, 'buffer').subarray(0, 16);

describe('the index of 16-byte keys', () => {
  it('numbers keys in the order of their coming, each once, as a Map would', () => {
    check(
      property(array(nat(40)), (numbers) => {
        const index = new KeyIndex();
        const map = new Map<number, number>();
        for (const number of numbers) {
          if (!map.has(number)) map.set(number, map.size);
          assert.equal(index.add(key(String(number))), map.get(number));
        }
        assert.equal(index.size, map.size);
        for (let number = 0; number <= 40; number++)
          assert.equal(index.find(key(String(number))), map.get(number) ?? -1);
      }),
    );
  });

  it('finds every key again after it has grown', () => {
    const index = new KeyIndex();
    for (let number = 0; number < 10_000; number++) assert.equal(index.add(key(String(number))), number);
    for (let number = 0; number < 10_000; number++) assert.equal(index.find(key(String(number))), number);
    assert.equal(index.find(key('10000')), -1);
  });

  it('tells keys apart that differ in their last byte only', () => {
    const index = new KeyIndex();
    const keys = Array.from({ length: 256 }, (_, last) => Buffer.from([...Array<number>(15).fill(0), last]));
    assert.deepEqual(
      keys.map((one) => index.add(one)),
      keys.map((_, row) => row),
    );
  });

  it('keeps a copy, so that a key may be reused', () => {
    const index = new KeyIndex();
    const reused = Buffer.alloc(16, 1);
    index.add(reused);
    reused.fill(2);
    assert.deepEqual([index.find(reused), index.find(Buffer.alloc(16, 1))], [-1, 0]);
  });
});
