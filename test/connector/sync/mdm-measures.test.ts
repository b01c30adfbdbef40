/** What MDM readings are measured against: full ones, and never what quick ones left of them. */
import assert from 'node:assert/strict';
import { guardSnapshots } from '../../../src/access/guard-plan.ts';
import { takeForGood, takeFullForGood, withMeasures } from '../../../src/connector/sync/mdm-measures.ts';
import { mdmReadings, snapshotsOf } from '../../../src/store/mdm-readings.ts';
import type { Store } from '../../../src/store/store.ts';
import { anMdm } from '../../support/records.ts';
import { keepWhole, NOW, now, openEmptyStore } from '../kept-readings.ts';

const EARLIER = '2026-06-01T08:00:00.000Z';

describe('what MDM readings are measured against', () => {
  let store: Store;
  const records = Array.from({ length: 20 }, (_, at) => anMdm({ source: 'tenant', id: `m${at}` }));

  beforeEach(async () => {
    store = await openEmptyStore();
    await keepWhole(store, 'mdm', 'tenant', records, EARLIER);
    await accept();
  });
  afterEach(() => store.close());

  const snapshots = async () => snapshotsOf(await mdmReadings(store));
  const accept = async (): Promise<void> => takeFullForGood(store, 'exchange', await snapshots());
  const guards = async (): Promise<string[]> => {
    const mdm = await withMeasures(store, 'exchange', await mdmReadings(store), now());
    const problems = guardSnapshots({ mdm, easComplete: true, now: now(), maxAgeHours: 26, brakePercent: 10 });
    return problems.map(({ text }) => text);
  };
  const takeOut = async (at: number): Promise<void> => {
    const startedAt = new Date(Date.parse(EARLIER) + (at + 1) * 60_000).toISOString();
    const reading = { id: `quick ${at}`, source: 'mdm', scope: 'tenant', kind: 'quick', startedAt } as const;
    await store.snapshots.begin(reading);
    await store.snapshots.commit(reading, [records[at]!.key]);
    await accept();
  };

  it('are full ones: what quick readings take out one by one adds up', async () => {
    for (const at of [0, 1]) await takeOut(at);
    assert.deepEqual(await guards(), []);
    await takeOut(2);
    assert.deepEqual(await guards(), ['3 of 20 MDM records of tenant are gone since the last reading.']);
  });

  it('are full ones again after the next of them', async () => {
    for (const at of [0, 1]) await takeOut(at);
    await keepWhole(store, 'mdm', 'tenant', records.slice(2), NOW);
    await accept();
    for (const at of [2]) await takeOut(at);
    assert.deepEqual(await guards(), []);
  });

  it('are what a person has approved, quick or not', async () => {
    for (const at of [0, 1, 2]) await takeOut(at);
    await takeForGood(store, 'exchange', await snapshots());
    assert.deepEqual(await guards(), []);
  });
});
