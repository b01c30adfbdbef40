/** Pairing by hand: who may be paired, and what the audit keeps of it. */
import assert from 'node:assert/strict';
import { forgetSource, pair, unpair } from '../../../src/connector/matching/pairings.ts';
import type { Store } from '../../../src/store/store.ts';
import { easRecord, mdmRecord } from '../../support/records.ts';
import { keepWhole, NOW, now, openEmptyStore } from '../kept-readings.ts';

const EAS = easRecord(1).key;
const [MDM, OTHER] = [mdmRecord(1).key, mdmRecord(2).key];

describe('pairings', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
    await keepWhole(store, 'eas', 'exchange', [easRecord(1)]);
    await keepWhole(store, 'mdm', 'tenant', [mdmRecord(1), mdmRecord(2)]);
  });
  afterEach(() => store.close());

  const row = (changes: object): unknown => ({
    at: NOW,
    who: 'control message',
    what: 'pair',
    deviceKey: EAS,
    organization: 'exchange',
    rule: null,
    reason: '',
    evidence: [],
    before: null,
    after: null,
    approvedBy: null,
    ...changes,
  });
  const audit = (): Promise<unknown[]> => store.audit.recent();
  const invalid = (message: RegExp): object => ({ code: 'ERR_INPUT_INVALID', message });

  it('pairs two records, and keeps who said so and why', async () => {
    await pair({ store, easKey: EAS, mdmKey: MDM, note: 'seen it', by: 'admin', now });
    assert.deepEqual(await store.pairings.list(), [
      { easKey: EAS, mdmKey: MDM, at: NOW, by: 'admin', note: 'seen it' },
    ]);
    assert.deepEqual(await audit(), [row({ who: 'admin', reason: 'seen it', after: MDM })]);
  });

  it('replaces the pairing of a record, and keeps which one it was', async () => {
    await pair({ store, easKey: EAS, mdmKey: MDM, note: null, by: null, now });
    await pair({ store, easKey: EAS, mdmKey: OTHER, note: null, by: null, now });
    assert.deepEqual(
      (await store.pairings.list()).map(({ mdmKey }) => mdmKey),
      [OTHER],
    );
    assert.deepEqual(await audit(), [row({ before: MDM, after: OTHER }), row({ after: MDM })]);
  });

  it('takes a pairing back, also when the record is gone, and keeps which MDM record it was', async () => {
    await pair({ store, easKey: EAS, mdmKey: MDM, note: null, by: null, now });
    await keepWhole(store, 'eas', 'exchange', [], '2026-06-01T10:00:00.000Z');
    await unpair({ store, easKey: EAS, note: null, by: 'admin', now });
    assert.deepEqual(await store.pairings.list(), []);
    assert.deepEqual((await audit())[0], row({ what: 'unpair', who: 'admin', before: MDM }));
  });

  it('refuses keys that nobody has, and changes nothing', async () => {
    const pairing = { store, note: null, by: null, now };
    await assert.rejects(
      pair({ ...pairing, easKey: 'nonsense', mdmKey: MDM }),
      invalid(/No EAS record of the last readings has the key "nonsense"\. Known: "eas:exchange:.*"\./),
    );
    await assert.rejects(
      pair({ ...pairing, easKey: EAS, mdmKey: 'nonsense' }),
      invalid(/No MDM record.*Known: ".*", ".*"\./),
    );
    await assert.rejects(pair({ ...pairing, easKey: MDM, mdmKey: EAS }), invalid(/No EAS record/));
    await assert.rejects(pair({ ...pairing, easKey: EAS, mdmKey: null }), invalid(/needs payload.easKey and/));
    await assert.rejects(unpair({ ...pairing, easKey: null }), invalid(/needs payload.easKey/));
    await assert.rejects(unpair({ ...pairing, easKey: EAS }), invalid(/is not paired\. Paired: none\./));
    assert.deepEqual(await store.pairings.list(), []);
    assert.deepEqual(await audit(), []);
  });

  it('names at most five of the keys that there are, and how many there are besides', async () => {
    const records = [1, 2, 3, 4, 5, 6, 7].map((n) => mdmRecord(n));
    await keepWhole(store, 'mdm', 'tenant', records, '2026-06-01T10:00:00.000Z');
    const pairing = { store, easKey: EAS, note: null, by: null, now };
    await assert.rejects(
      pair({ ...pairing, mdmKey: 'nonsense' }),
      invalid(/Known: ("[^"]+", ){4}"[^"]+" and 2 more\./),
    );
    await pair({ ...pairing, mdmKey: MDM });
    await assert.rejects(
      unpair({ ...pairing, easKey: 'nonsense' }),
      invalid(/"nonsense" is not paired\. Paired: "eas:/),
    );
  });

  it('forgets the reading of an MDM that is read no more, and names the known ones otherwise', async () => {
    await assert.rejects(forgetSource({ store, source: 'jamf', by: null, now }), invalid(/Known: tenant\./));
    await forgetSource({ store, source: 'tenant', by: 'admin', now });
    assert.deepEqual(await store.snapshots.list('mdm'), []);
    assert.deepEqual(await audit(), [
      row({ what: 'forget', who: 'admin', deviceKey: null, organization: null, reason: 'tenant' }),
    ]);
    await assert.rejects(forgetSource({ store, source: 'tenant', by: null, now }), invalid(/Known: none\./));
  });
});
