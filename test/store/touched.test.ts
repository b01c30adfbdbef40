/** What was touched, what is known of each device, and which records are one, on each engine. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { DeviceDecision, Store } from '../../src/store/store.ts';
import { anEas } from '../support/records.ts';
import { aReading, anEasRecord, anMdmRecord, openEmptyStore, readWhole } from './records.ts';

const ORG = 'contoso';
const AT = '2026-06-01T08:00:00.000Z';
const LATER = '2026-06-01T09:00:00.000Z';

describe('what was touched', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
    await readWhole(store, 'first', [anEasRecord('a')]);
    await readWhole(store, 'mdm', [anMdmRecord('1')]);
    await store.touched.take(ORG, 'before');
    await store.touched.clear(ORG, 'before');
  });
  afterEach(() => store.close());

  let runs = 0;
  /** What a run takes that does not come to its end. */
  const seen = (): Promise<string[]> => store.touched.take(ORG, `look ${(runs += 1)}`);

  it('stays until a run that has taken it is done, whoever else took it before', async () => {
    await store.touched.add(ORG, ['mailbox:m1', 'user:u']);
    assert.deepEqual(await store.touched.take(ORG, 'killed'), ['mailbox:m1', 'user:u']);
    assert.deepEqual(await store.touched.take(ORG, 'run'), ['mailbox:m1', 'user:u']);
    await store.touched.clear(ORG, 'killed');
    assert.deepEqual(await seen(), ['mailbox:m1', 'user:u']);
    await store.touched.take(ORG, 'run');
    await store.touched.clear(ORG, 'run');
    assert.deepEqual(await seen(), []);
  });

  it("is the next run's when it is touched after a run has taken it", async () => {
    await store.touched.add(ORG, ['mailbox:m1', 'mailbox:m2']);
    await store.touched.take(ORG, 'run');
    await store.touched.add(ORG, ['mailbox:m2', 'mailbox:m3']);
    await store.touched.clear(ORG, 'run');
    assert.deepEqual(await seen(), ['mailbox:m2', 'mailbox:m3']);
  });

  it('is the mailboxes it reaches once a run knows them, and one touched meanwhile stays touched', async () => {
    await store.touched.add(ORG, ['user:u', 'user:v']);
    const keys = await store.touched.take(ORG, 'run');
    await store.touched.add(ORG, ['user:v', 'mailbox:m1']);
    await store.touched.resolve(ORG, 'run', { keys, mailboxIds: ['M1', 'M2'] });
    assert.deepEqual(await store.touched.among(ORG, ['M1', 'm2', 'm3']), new Set(['m1', 'm2']));
    assert.deepEqual(await store.touched.take(ORG, 'next'), ['mailbox:m1', 'mailbox:m2', 'user:v']);
    await store.touched.clear(ORG, 'run');
    assert.deepEqual(await seen(), ['mailbox:m1', 'mailbox:m2', 'user:v']);
  });

  it('is touched again after the run for what hangs on a reading, and at once for what hangs on nothing that is read', async () => {
    await store.touched.add(ORG, ['mailbox:m1', 'mailbox:m2']);
    await store.touched.take(ORG, 'run');
    await store.touched.again(ORG, ['M1', 'm3'], 'reading');
    await store.touched.again(ORG, ['m2', 'm4'], 'now');
    // As if the run were killed here: nothing it had taken is put off.
    assert.deepEqual(await store.touched.take(ORG, 'run'), ['mailbox:m1', 'mailbox:m2', 'mailbox:m4']);
    await store.touched.again(ORG, ['M1', 'm3'], 'reading');
    await store.touched.again(ORG, ['m2', 'm4'], 'now');
    await store.touched.clear(ORG, 'run');
    assert.deepEqual(await store.touched.take(ORG, 'next'), ['mailbox:m2', 'mailbox:m4']);
    await store.touched.clear(ORG, 'next');
    await readWhole(store, 'quick', [anMdmRecord('2')], 'quick');
    assert.ok(!(await seen()).includes('mailbox:m1'));
    await readWhole(store, 'full', [anMdmRecord('1')]);
    const after = await seen();
    assert.deepEqual(
      ['mailbox:m1', 'mailbox:m3'].filter((key) => after.includes(key)),
      ['mailbox:m1', 'mailbox:m3'],
    );
  });

  it('comes with its turn where there is too much of it for one run, each once in some runs, whatever else is touched', async () => {
    const many = Array.from({ length: 1_200 }, (_, no) => `m${String(no).padStart(4, '0')}`);
    await store.touched.addEverything(ORG);
    await store.touched.take(ORG, 'run');
    await store.touched.again(ORG, many, 'turn');
    await store.touched.clear(ORG, 'run');
    const turns: string[][] = [];
    for (let run = 0; run < 4; run += 1) {
      await store.touched.add(ORG, ['user:u']);
      turns.push(await store.touched.take(ORG, `run ${run}`));
      await store.touched.clear(ORG, `run ${run}`);
    }
    const keys = many.map((id) => `mailbox:${id}`);
    assert.deepEqual(turns, [
      [...keys.slice(0, 500), 'user:u'],
      [...keys.slice(500, 1_000), 'user:u'],
      [...keys.slice(1_000), 'user:u'],
      ['user:u'],
    ]);
  });

  it('waits for its turn again where the run says so again, and is taken again where the run was cut off', async () => {
    await store.touched.again(ORG, ['m1', 'm2', 'm3'], 'turn');
    assert.deepEqual(await store.touched.take(ORG, 'cut off'), ['mailbox:m1', 'mailbox:m2', 'mailbox:m3']);
    assert.deepEqual(await store.touched.take(ORG, 'run'), ['mailbox:m1', 'mailbox:m2', 'mailbox:m3']);
    await store.touched.again(ORG, ['m2'], 'turn');
    await store.touched.add(ORG, ['mailbox:m3']);
    await store.touched.clear(ORG, 'run');
    assert.deepEqual(await seen(), ['mailbox:m2', 'mailbox:m3']);
  });

  it('is due with its turn or after a reading, whichever comes first, where a run says both', async () => {
    const later = Array.from({ length: 501 }, (_, no) => `m${String(no).padStart(4, '0')}`);
    const last = `mailbox:${later.at(-1)}`;
    for (const said of [
      ['turn', 'reading'],
      ['reading', 'turn'],
    ] as const)
      for (const due of said) await store.touched.again(ORG, later, due);
    assert.equal((await store.touched.take(ORG, 'run')).includes(last), false);
    await readWhole(store, 'second', [anEasRecord('a')]);
    assert.equal((await store.touched.take(ORG, 'after')).includes(last), true);
  });

  it('is, after a reading, every name that a changed record had or has, and nothing of the others', async () => {
    const before = { ...anMdmRecord('1'), user: { id: 'u1', upn: 'Old@x', addresses: ['old@x'] } };
    await readWhole(store, 'second', [before]);
    await store.touched.take(ORG, 'run');
    await store.touched.clear(ORG, 'run');
    const after = { ...before, user: { ...before.user, upn: 'new@x', addresses: ['new@x'] }, easIds: ['OTHER'] };
    await readWhole(store, 'third', [after]);
    assert.deepEqual(await seen(), ['eas-id:eas1', 'eas-id:other', after.key, 'user:new@x', 'user:old@x', 'user:u1']);
  });

  it('is one row while everything is touched and no run comes to its end: rows are not only added', async () => {
    await store.touched.addEverything(ORG);
    await store.touched.add(ORG, ['user:a', 'mailbox:b']);
    assert.deepEqual(await seen(), ['*']);
    await store.touched.add(ORG, ['user:c']);
    await store.touched.clear(ORG, `look ${runs}`);
    assert.deepEqual(await seen(), ['user:c']);
  });

  it('is the mailbox of a phone that Exchange has, changed or has no more', async () => {
    const eas = (easId: string, state: 'allowed' | 'blocked' = 'allowed') => anEasRecord(easId, state);
    const { mailbox } = eas('a');
    await readWhole(store, 'changed', [eas('a', 'blocked')]);
    assert.deepEqual(await seen(), [`mailbox:${mailbox.id}`]);
    await store.touched.take(ORG, 'run');
    await store.touched.clear(ORG, 'run');
    await readWhole(store, 'same', [eas('a', 'blocked')]);
    assert.deepEqual(await seen(), []);
    await readWhole(store, 'gone', []);
  });

  it('is everything after a first reading, and after an MDM was forgotten', async () => {
    await store.snapshots.forget('mdm', 'intune');
    assert.deepEqual(await seen(), ['*']);
    await store.touched.take(ORG, 'run');
    assert.equal(await store.touched.isEverythingTakenBy(ORG, 'run'), true);
    await store.touched.clear(ORG, 'run');
    assert.equal(await store.touched.isEverythingTakenBy(ORG, 'run'), false);
    await readWhole(store, 'again', [anMdmRecord('1')]);
    assert.deepEqual(await seen(), ['*']);
  });

  it('is a mailbox with each change of what we own on its lists, of its link, and of who was asked for', async () => {
    const entry = { organization: ORG, mailboxId: 'm1', easId: 'a', list: 'blocked' } as const;
    const touches = async (change: () => Promise<unknown>): Promise<string[]> => {
      await change();
      const keys = await store.touched.take(ORG, 'run');
      await store.touched.clear(ORG, 'run');
      return keys;
    };
    const mine = ['mailbox:m1'];
    assert.deepEqual(await touches(() => store.entries.record({ ...entry, writtenAt: AT, rule: 'r' })), mine);
    assert.deepEqual(
      await touches(() => store.entries.intend({ ...entry, operation: 'remove', rule: 'r', at: AT })),
      [],
    );
    assert.deepEqual(await touches(() => store.entries.settle(entry, false, AT)), mine);
    assert.deepEqual(await touches(() => store.entries.forgetTakenOff(entry)), mine);
    await store.entries.record({ ...entry, writtenAt: AT, rule: 'r' });
    assert.deepEqual(await touches(() => store.entries.remove(entry)), mine);
    assert.deepEqual(
      await touches(() => store.activations.add({ mailbox: 'M1', easId: 'a', at: AT, userAgent: null, tokenId: 't' })),
      mine,
    );
    assert.deepEqual(await touches(() => store.asked.put(ORG, ['M1'], AT)), mine);
  });

  it('is a mailbox with what Exchange told of its devices, and not when it told the same again', async () => {
    const device = { key: 'eas:org:m1:a', organization: ORG, mailboxId: 'M1', seen: 's' };
    await store.attempts.put([{ ...device, lastAttemptAt: AT, toldAt: AT }]);
    assert.deepEqual(await store.touched.take(ORG, 'run'), ['mailbox:m1']);
    await store.touched.clear(ORG, 'run');
    await store.attempts.same([device], AT);
    await store.attempts.quiet([device], []);
    assert.deepEqual(await store.touched.take(ORG, 'run'), []);
  });

  describe('the changes of records', () => {
    it('are named one by one since any of them, and not when a whole scope came', async () => {
      const no = await store.snapshots.lastChange();
      assert.deepEqual(await store.snapshots.changesSince(no), { no, keys: [] });
      await readWhole(store, 'two', [anMdmRecord('1', 'renamed'), anMdmRecord('2')]);
      await readWhole(store, 'three', [anMdmRecord('2')]);
      const since = await store.snapshots.changesSince(no);
      assert.deepEqual(since, { no: no + 3, keys: [anMdmRecord('1').key, anMdmRecord('2').key] });
      const reading = aReading('other', 'full', 'jamf');
      await store.snapshots.begin(reading);
      await store.snapshots.putPage(reading, [anMdmRecord('9', null, 'jamf')]);
      await store.snapshots.commit(reading);
      assert.equal(await store.snapshots.changesSince(no), null);
    });
  });
});

describe('what is known of devices', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const device = (easId: string, changes: Partial<DeviceDecision> = {}): DeviceDecision => {
    const { key, mailbox } = anEas({ organization: ORG, easId });
    return {
      key,
      organization: ORG,
      mailboxId: mailbox.id,
      user: 'anna@contoso.example',
      ownerName: 'anna adler',
      kind: 'iphone16c1',
      lastSync: '',
      easId,
      model: 'iPhone16C1',
      platform: 'ios',
      state: 'allowed',
      decision: 'block',
      rule: 'unmanaged',
      reason: 'not-enrolled',
      reviewAt: null,
      firstSyncAt: AT,
      at: AT,
      ...changes,
    };
  };
  const kept = async (easId: string): Promise<unknown> =>
    (await store.devices.decided([device(easId).key])).get(device(easId).key) ?? null;

  it('is what was decided last, since when it has been decided so', async () => {
    await readWhole(store, '1', [anEasRecord('a')]);
    assert.equal(await kept('a'), null);
    await store.devices.decide([device('a'), device('b', { decision: 'allow', reason: 'compliant' })]);
    await store.devices.decide([device('a', { state: 'blocked', at: LATER }), device('b', { at: LATER })]);
    const { firstSyncAt: _, at: __, ...known } = device('a', { state: 'blocked' });
    assert.deepEqual(await kept('a'), { ...known, since: AT });
    assert.deepEqual(await kept('b'), { ...known, key: device('b').key, easId: 'b', state: 'allowed', since: LATER });
  });

  it('is counted anew, and what was kept wrongly is put right', async () => {
    await store.devices.decide([device('a'), device('b', { decision: 'allow', reason: 'compliant' })]);
    const right = await store.devices.counts(ORG);
    assert.equal(await store.devices.recount(ORG), false);
    await store.devices.decide([
      { ...device('c'), organization: 'contoso2', key: device('c').key.replace(ORG, 'contoso2') },
    ]);
    assert.equal(await store.devices.recount(ORG), false);
    assert.deepEqual(await store.devices.counts(ORG), right);
  });

  it('says whose time has come', async () => {
    await store.devices.decide([device('a', { reviewAt: AT, mailboxId: 'm1' }), device('b', { reviewAt: LATER })]);
    assert.deepEqual(await store.devices.due(ORG, AT), ['m1']);
    assert.deepEqual(await store.devices.due('another', LATER), []);
    assert.deepEqual((await store.devices.due(ORG, LATER)).length, 2);
  });

  it('is forgotten with the next reading that has the device no more, and so is what it was one with', async () => {
    await readWhole(store, '1', [anEasRecord('a'), anEasRecord('b')]);
    await store.devices.decide([device('a'), device('b', { platform: 'android' })]);
    await store.merges.settle(ORG, [{ easKey: device('a').key, mdmKey: 'mdm:1', by: 'eas-id' }], AT);
    await readWhole(store, '2', [anEasRecord('b')]);
    assert.equal(await kept('a'), null);
    assert.deepEqual(await store.devices.counts(ORG), {
      decision: { block: 1 },
      reason: { 'not-enrolled': 1 },
      platform: { android: 1 },
      merged: {},
    });
  });

  it('is counted with every change as if it were counted anew', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(
            fc.record({
              easId: fc.constantFrom('a', 'b', 'c', 'd'),
              decision: fc.constantFrom('block', 'allow', 'leave'),
              reason: fc.constantFrom('not-enrolled', 'compliant'),
              platform: fc.constantFrom('ios', 'android'),
              mdmKey: fc.constantFrom(null, 'mdm:1', 'mdm:2'),
              by: fc.constantFrom('eas-id', 'activation'),
            }),
            { maxLength: 4 },
          ),
          { maxLength: 6 },
        ),
        async (pages) => {
          const own = await openEmptyStore();
          try {
            const expected = new Map<string, (typeof pages)[number][number]>();
            for (const page of pages) {
              const rows = [...new Map(page.map((row) => [row.easId, row])).values()];
              for (const row of rows) expected.set(row.easId, row);
              await own.devices.decide(
                rows.map(({ easId, decision, reason, platform }) => device(easId, { decision, reason, platform })),
              );
              await own.merges.settle(
                ORG,
                rows.map(({ easId, mdmKey, by }) => ({ easKey: device(easId).key, mdmKey, by: mdmKey && by })),
                AT,
              );
            }
            const count = (names: readonly (string | null)[]): Record<string, number> => {
              const counts: Record<string, number> = {};
              for (const name of names) if (name !== null) counts[name] = (counts[name] ?? 0) + 1;
              return counts;
            };
            const all = [...expected.values()];
            assert.deepEqual(await own.devices.counts(ORG), {
              decision: count(all.map((row) => row.decision)),
              reason: count(all.map((row) => row.reason)),
              platform: count(all.map((row) => row.platform)),
              merged: count(all.map((row) => row.mdmKey && row.by)),
            });
          } finally {
            await own.close();
          }
        },
      ),
      { numRuns: 60 },
    ));

  it('is, of records that are one, since when they are, and which MDM record was parted from', async () => {
    const easKey = device('a').key;
    const settle = (mdmKey: string | null, by: string | null, at: string) =>
      store.merges.settle(ORG, [{ easKey, mdmKey, by }], at);
    assert.deepEqual(await settle('mdm:1', 'activation', AT), []);
    assert.deepEqual(await settle('mdm:1', 'eas-id', LATER), []);
    assert.deepEqual(
      [...(await store.merges.getMany([easKey])).values()],
      [{ easKey, mdmKey: 'mdm:1', by: 'eas-id', since: AT, until: null }],
    );
    assert.deepEqual(await settle('mdm:2', 'eas-id', LATER), ['mdm:1']);
    assert.deepEqual(await settle(null, null, LATER), ['mdm:2']);
  });

  it('is remembered of records that were one, until they are one again or with another one', async () => {
    const easKey = device('a').key;
    const settle = (mdmKey: string | null, at: string) =>
      store.merges.settle(ORG, [{ easKey, mdmKey, by: mdmKey && 'eas-id' }], at);
    const row = async () => (await store.merges.getMany([easKey])).get(easKey);
    const merged = { easKey, mdmKey: 'mdm:1', by: 'eas-id', since: AT, until: null };
    await settle('mdm:1', AT);
    assert.deepEqual(await settle(null, LATER), ['mdm:1']);
    assert.deepEqual(await row(), { ...merged, until: LATER });
    assert.deepEqual((await store.devices.counts(ORG)).merged, {});
    assert.deepEqual(await settle(null, 'later still'), []);
    assert.deepEqual(await row(), { ...merged, until: LATER });
    assert.deepEqual(await store.merges.withMdm(ORG, ['mdm:1', 'mdm:2']), [easKey]);
    assert.deepEqual(await store.merges.withMdm('another', ['mdm:1']), []);
    assert.deepEqual(await settle('mdm:1', LATER), []);
    assert.deepEqual(await row(), { ...merged, since: LATER });
    await settle(null, LATER);
    assert.deepEqual(await settle('mdm:2', LATER), []);
    assert.deepEqual(await row(), { ...merged, mdmKey: 'mdm:2', since: LATER });
    assert.deepEqual((await store.devices.counts(ORG)).merged, { 'eas-id': 1 });
  });

  it('is, of records that were one, the hardware of the MDM record, also of a row that an older version made', async () => {
    const easKey = device('a').key;
    const settle = (mdmKey: string | null, hardware: readonly string[] | undefined, at: string) =>
      store.merges.settle(ORG, [{ easKey, mdmKey, by: mdmKey && 'eas-id', ...(hardware && { hardware }) }], at);
    const row = async () => (await store.merges.getMany([easKey])).get(easKey);
    const merged = { easKey, mdmKey: 'mdm:1', by: 'eas-id', since: AT, until: null };
    await settle('mdm:1', undefined, AT);
    assert.deepEqual(await row(), merged);
    await settle('mdm:1', ['imei:356938035643809', 'serial:s1'], LATER);
    assert.deepEqual(await row(), { ...merged, hardware: ['imei:356938035643809', 'serial:s1'] });
    await settle(null, undefined, LATER);
    assert.deepEqual(await row(), { ...merged, until: LATER, hardware: ['imei:356938035643809', 'serial:s1'] });
    await settle('mdm:2', ['serial:s2'], LATER);
    assert.deepEqual(await row(), { ...merged, mdmKey: 'mdm:2', since: LATER, hardware: ['serial:s2'] });
    assert.deepEqual((await store.devices.counts(ORG)).merged, { 'eas-id': 1 });
  });

  it('forgets what a device was one with once Exchange has it no more', async () => {
    const easKey = device('a').key;
    await readWhole(store, '1', [anEasRecord('a'), anEasRecord('b')]);
    await store.merges.settle(ORG, [{ easKey, mdmKey: 'mdm:1', by: 'eas-id' }], AT);
    await store.merges.settle(ORG, [{ easKey, mdmKey: null, by: null }], AT);
    await readWhole(store, '2', [anEasRecord('b')]);
    assert.deepEqual(await store.merges.getMany([easKey]), new Map());
  });
});
