import assert from 'node:assert/strict';
import { idTellers } from '../../../src/connector/matching/id-tellers.ts';
import { mdmReadings } from '../../../src/store/mdm-readings.ts';
import { mdmRecord } from '../../support/records.ts';
import { keepWhole, openEmptyStore } from '../kept-readings.ts';

describe('MDM sources that tell the EAS IDs of iPhones and iPads', () => {
  it('are those of whose iOS records at least half have one', async () => {
    const store = await openEmptyStore();
    const without = (n: number) => mdmRecord(n, { easIds: [] });
    const android = (n: number) => {
      const record = mdmRecord(n);
      return { ...record, device: { ...record.device, platform: 'android' as const } };
    };
    await keepWhole(store, 'mdm', 'half', [mdmRecord(1), without(2)].map(of('half')));
    await keepWhole(store, 'mdm', 'fewer', [mdmRecord(1), without(2), without(3)].map(of('fewer')));
    await keepWhole(store, 'mdm', 'androids', [android(1)].map(of('androids')));
    await keepWhole(store, 'mdm', 'nothing', []);
    assert.deepEqual(idTellers(await mdmReadings(store)), ['half']);
    await store.close();
  });

  it('are not those whose reading an older version has not counted, or that were never read', () => {
    assert.deepEqual(idTellers([{ scope: 'a', name: 'a', snapshot: null, goneAt: null }]), []);
  });
});

function of(source: string) {
  return (record: ReturnType<typeof mdmRecord>) => ({ ...record, source, key: `mdm:${source}:${record.id}` });
}
