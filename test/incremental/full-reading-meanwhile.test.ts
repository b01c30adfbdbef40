/**
 * A full reading that ends while a run is under way: the run may have looked at what was before it, and what hangs on a
 * reading may not wait for the one after it.
 */
import assert from 'node:assert/strict';
import type { Store } from '../../src/store/store.ts';
import { anEasRecord, openEmptyStore, readWhole } from '../store/records.ts';

const ORGANIZATION = 'contoso';

describe('a full reading that ends during a run', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
    await readWhole(store, 'first', [anEasRecord('a')]);
  });
  afterEach(() => store.close());

  // Our entry was written, and the run counts it since no reading is younger; then a reading ends in which somebody has
  // taken it off.
  it('makes due again what the run has taken and said to hang on a reading', async () => {
    await store.touched.take(ORGANIZATION, 'before');
    await store.touched.clear(ORGANIZATION, 'before');
    await store.touched.add(ORGANIZATION, ['mailbox:m1']);
    await store.touched.take(ORGANIZATION, 'run');
    await store.touched.again(ORGANIZATION, ['m1'], 'reading');
    await readWhole(store, 'second', [anEasRecord('a')]);
    await store.touched.clear(ORGANIZATION, 'run');
    assert.deepEqual(await store.touched.take(ORGANIZATION, 'next'), ['mailbox:m1']);
  });

  // The first reading touched everything: the run is about all devices, and the reading ends before it comes to this one.
  it('makes due again what the run says to hang on a reading only afterwards', async () => {
    assert.deepEqual(await store.touched.take(ORGANIZATION, 'run'), ['*']);
    await readWhole(store, 'second', [anEasRecord('a')]);
    await store.touched.again(ORGANIZATION, ['m1'], 'reading');
    await store.touched.clear(ORGANIZATION, 'run');
    assert.deepEqual(await store.touched.take(ORGANIZATION, 'next'), ['mailbox:m1']);
  });
});
