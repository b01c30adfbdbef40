/** What is known of devices of Entra: the link moves on with the reading it belongs to, and with nothing else. */
import assert from 'node:assert/strict';
import type { Store } from '../../src/store/store.ts';
import { anMdmRecord, openEmptyStore, readWhole } from './records.ts';

const AT = '2026-05-04T10:00:00.000Z';

describe('the devices of Entra', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const gone = { devices: ['o1'], records: [{ deviceId: 'd1', recordId: 'r1' }] };
  const begin = async (id: string, kind: 'full' | 'quick'): Promise<void> => {
    const reading = { id, source: 'mdm', scope: 'intune', kind, startedAt: AT } as const;
    await store.snapshots.begin(reading);
    await store.snapshots.putPage(reading, kind === 'full' ? [anMdmRecord('1')] : []);
  };
  const known = async (): Promise<unknown[]> => [
    await store.entra.link('intune'),
    await store.entra.deviceIds('intune', ['o1', 'o2', 'o3']),
    await store.entra.records('intune', ['d1', 'd2', 'd3']),
  ];
  const learn = async (): Promise<void> => {
    await store.entra.learn('intune', [
      { id: 'o1', deviceId: 'd1' },
      { id: 'o2', deviceId: 'old' },
      { id: 'o2', deviceId: 'd2' },
    ]);
    await store.entra.learnRecords('intune', [
      { deviceId: 'd1', recordId: 'r1' },
      { deviceId: 'd2', recordId: 'r2' },
      { deviceId: 'd2', recordId: 'r3' },
      { deviceId: 'd2', recordId: 'r3' },
    ]);
  };
  const LEARNED = [
    ['d1', 'd2'],
    [
      { deviceId: 'd1', recordId: 'r1' },
      { deviceId: 'd2', recordId: 'r2' },
      { deviceId: 'd2', recordId: 'r3' },
    ],
  ] as const;

  it('are learned at once, each once, and by their MDM', async () => {
    await learn();
    await learn();
    assert.deepEqual(await known(), [null, ...LEARNED]);
    assert.deepEqual(
      [await store.entra.deviceIds('other', ['o1']), await store.entra.records('other', ['d1'])],
      [[], []],
    );
  });

  it('have a new link when the reading is shown, and what it found gone is forgotten with it', async () => {
    await learn();
    await begin('a', 'full');
    await store.entra.next('intune', 'a', 'link 1', { devices: [], records: [] });
    assert.equal(await store.entra.link('intune'), null);
    await store.snapshots.commit({ id: 'a' });
    assert.deepEqual(await known(), ['link 1', ...LEARNED]);
    await begin('b', 'quick');
    await store.entra.next('intune', 'b', 'link 2', gone);
    assert.deepEqual(await known(), ['link 1', ...LEARNED]);
    await store.snapshots.commit({ id: 'b' });
    assert.deepEqual(await known(), ['link 2', ['d2'], LEARNED[1].slice(1)]);
  });

  it('keep the link of before where the reading broke off, was killed, or is another one', async () => {
    await learn();
    await readWhole(store, 'a', [anMdmRecord('1')]);
    await begin('b', 'quick');
    await store.entra.next('intune', 'b', 'link of b', gone);
    await store.snapshots.abandon('b');
    assert.deepEqual(await known(), [null, ...LEARNED]);
    await begin('c', 'quick');
    await store.snapshots.commit({ id: 'c' });
    assert.deepEqual(await known(), [null, ...LEARNED]);
  });

  it('keep the link of before where what is kept with the reading fails', async () => {
    await readWhole(store, 'a', [anMdmRecord('1')]);
    await begin('b', 'quick');
    await store.entra.next('intune', 'b', 'link of b', gone);
    const broken = store.snapshots.commit({ id: 'b' }, [], () => Promise.reject(new Error('cut off')));
    await assert.rejects(broken, /cut off/);
    assert.equal(await store.entra.link('intune'), null);
    await store.snapshots.commit({ id: 'b' });
    assert.equal(await store.entra.link('intune'), 'link of b');
  });

  it('are forgotten with the MDM', async () => {
    await learn();
    await begin('a', 'full');
    await store.entra.next('intune', 'a', 'link', { devices: [], records: [] });
    await store.snapshots.commit({ id: 'a' });
    await store.snapshots.forget('mdm', 'intune');
    assert.deepEqual(await known(), [null, [], []]);
  });
});
