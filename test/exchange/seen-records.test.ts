import assert from 'node:assert/strict';
import { SeenRecords } from '../../src/exchange/seen-records.ts';

const guid = (last: string): string => `11111111-2222-4333-8444-5555555555${last}`;

describe('the records of a reading that have come', () => {
  it('are new once, repeated by the same partnership, and joined by another one', () => {
    const seen = new SeenRecords();
    const steps = [
      ['record a', guid('01'), 'new'],
      ['record b', guid('01'), 'new'],
      ['record a', guid('01'), 'repeated'],
      ['record a', guid('02'), 'another partnership'],
      ['record a', guid('02'), 'another partnership'],
      ['record b', guid('01').toUpperCase(), 'repeated'],
    ] as const;
    assert.deepEqual(
      steps.map(([key, id]) => seen.add(key, id)),
      steps.map(([, , what]) => what),
    );
  });

  it('tell partnerships apart whose GUIDs differ in any one digit', () => {
    const first = guid('00');
    for (let at = 0; at < first.length; at++) {
      if (first[at] === '-') continue;
      const other = `${first.slice(0, at)}${first[at] === 'f' ? 'e' : 'f'}${first.slice(at + 1)}`;
      const seen = new SeenRecords();
      assert.deepEqual([seen.add('record', first), seen.add('record', other)], ['new', 'another partnership']);
    }
  });
});
