import assert from 'node:assert/strict';
import { OneIdOneDevice } from '../../src/mdm/one-id-one-device.ts';
import type { MdmRecord } from '../../src/model/records.ts';
import { anMdm } from '../support/records.ts';

const one = anMdm({ device: { serial: 'F2LXK0001', imeis: ['356938035643809'] } });

describe('a second record with the id of one before', () => {
  const cases: readonly [sentence: string, second: MdmRecord, isOne: boolean][] = [
    ['is the same device, which came again as the list moved', one, true],
    [
      'is the same device, seen again since and in another state',
      { ...one, lastSeenAt: '2026-06-09T00:00:00.000Z', compliance: 'noncompliant' },
      true,
    ],
    [
      'is the same device however its texts are spelled',
      { ...one, easIds: [' iphone1 '], device: { ...one.device, serial: 'f2lxk0001' } },
      true,
    ],
    [
      'is the same device where it tells nothing, as one that says that it has left',
      anMdm({ easIds: [], managed: false, user: { upn: null, addresses: [] } }),
      true,
    ],
    ['is another account or device by its EAS ID', { ...one, easIds: ['IPHONE2'] }, false],
    ['is another device by its serial number', { ...one, device: { ...one.device, serial: 'F2LXK0002' } }, false],
    ['is another device by its IMEI', { ...one, device: { ...one.device, imeis: ['356789012345678'] } }, false],
    ['is of another user', { ...one, user: { id: null, upn: 'ben@corp.example', addresses: [] } }, false],
  ];
  for (const [sentence, second, isOne] of cases)
    it(sentence, () => {
      const ids = new OneIdOneDevice();
      assert.deepEqual([ids.add(one), ids.add(anMdm({ id: 'm2' })), ids.add(second)], [true, true, isOne]);
    });

  it('is found among a thousand, and told by what the first of its records left open', () => {
    const ids = new OneIdOneDevice();
    const bare = (n: number): MdmRecord => anMdm({ id: `m${n}`, easIds: [] });
    const all = Array.from({ length: 1_000 }, (_, n) => ids.add(bare(n)));
    assert.ok(all.every(Boolean));
    assert.deepEqual(
      [ids.add({ ...bare(7), easIds: ['A'] }), ids.add({ ...bare(7), easIds: ['B'] }), ids.add(bare(999))],
      [true, false, true],
    );
  });
});
