import assert from 'node:assert/strict';
import { array, assert as check, nat, property } from 'fast-check';
import { KeyIndex } from '../../src/exchange/key-index.ts';

describe('the index of names', () => {
  it('numbers names in the order of their coming, each once, as a Map would', () => {
    check(
      property(array(nat(40)), (numbers) => {
        const index = new KeyIndex();
        const map = new Map<number, number>();
        for (const number of numbers) {
          if (!map.has(number)) map.set(number, map.size);
          assert.equal(index.add(String(number)), map.get(number));
        }
        assert.equal(index.size, map.size);
        for (let number = 0; number <= 40; number++) assert.equal(index.find(String(number)), map.get(number) ?? -1);
      }),
    );
  });

  it('finds every name again after it has grown', () => {
    const index = new KeyIndex();
    for (let number = 0; number < 10_000; number++) assert.equal(index.add(String(number)), number);
    for (let number = 0; number < 10_000; number++) assert.equal(index.find(String(number)), number);
    assert.equal(index.find('10000'), -1);
  });
});
