/** What an MDM source keeps of the last list, to try a mapping on. */
import assert from 'node:assert/strict';
import { keepSample, sampleOf } from '../../nodes/mdm-source/last-sample.ts';
import { now, NOW } from '../connector/kept-readings.ts';

describe('the sample of an MDM source', () => {
  const keep = (node: object, records: readonly unknown[], isFirst = true): void =>
    keepSample(node, records, { isFirst, now: now() });

  it('is the first records of the last list, and how many there were', () => {
    const node = {};
    assert.equal(sampleOf(node), null);
    keep(
      node,
      [1, 2, 3, 4, 5, 6, 7].map((id) => ({ id })),
    );
    const five = [1, 2, 3, 4, 5].map((id) => ({ id }));
    assert.deepEqual(sampleOf(node), { at: NOW, records: five, total: 7 });
    keep(node, [{ id: 8 }]);
    assert.deepEqual(sampleOf(node), { at: NOW, records: [{ id: 8 }], total: 1 });
    assert.equal(sampleOf({}), null, 'another node has its own');
  });

  it('stays where a list is empty, and with the further messages of a reading', () => {
    const node = {};
    keep(node, [{ id: 1 }], false);
    keep(node, []);
    keep(node, [{ id: 2 }], false);
    assert.deepEqual(sampleOf(node)?.records, [{ id: 1 }]);
  });

  it('is not large, whatever comes: what goes beyond is left out', () => {
    const node = {};
    const large = { text: 'ä'.repeat(40_000) };
    keep(node, [{ id: 1 }, large, { id: 3 }]);
    assert.deepEqual(sampleOf(node), { at: NOW, records: [{ id: 1 }], total: 3 });
    keep(
      node,
      Array.from({ length: 5 }, () => ({ text: 'x'.repeat(20_000) })),
    );
    assert.equal(sampleOf(node)?.records.length, 3);
    keep(node, [Array.from({ length: 1_000_000 }, () => 0)]);
    assert.deepEqual(sampleOf(node)?.records, []);
  });

  it('is a copy, without what is no JSON', () => {
    const node = {};
    const record = { id: 1, when: new Date(now()), big: 2n ** 60n };
    keep(node, [record]);
    record.id = 2;
    assert.deepEqual(sampleOf(node)?.records, [{ id: 1, when: NOW, big: '1152921504606846976' }]);
    const round: { self?: unknown } = {};
    round.self = round;
    for (const none of [round, () => 1, undefined, { toJSON: () => assert.fail('no') }]) {
      keep(node, [none]);
      assert.deepEqual(sampleOf(node), { at: NOW, records: [], total: 1 });
    }
  });
});
