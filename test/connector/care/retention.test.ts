/** What a store forgets: the table, and the daily care over a store. */
import assert from 'node:assert/strict';
import { careForStore } from '../../../src/connector/care/care-for-store.ts';
import type { Forgotten } from '../../../src/connector/care/care-for-store.ts';
import { forgotten, isWhollyRead } from '../../../src/connector/care/retention.ts';
import type { Needs } from '../../../src/connector/care/retention.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import type { NotificationRecord, Store } from '../../../src/store/store.ts';
import { easRecord } from '../../support/records.ts';
import { openEmptyStore } from '../../store/records.ts';
import { keepWhole } from '../kept-readings.ts';

const NOW = '2026-06-01T09:00:00.000Z';
const daysAgo = (days: number): string => new Date(Date.parse(NOW) - days * 86_400_000).toISOString();

describe('what is forgotten', () => {
  const key = (easId: string): string => easRecordKey('contoso', 'm', easId);
  const needs: Needs = {
    devices: new Set([key('blocked')]),
    inExchange: new Set([key('there')]),
    keysOf: (mailbox, easId) => [easRecordKey('fabrikam', mailbox, easId), easRecordKey('contoso', mailbox, easId)],
  };
  const cases: [string, Parameters<typeof forgotten>[0], object, Needs, boolean][] = [
    ['a run of 89 days ago', 'history', { at: daysAgo(89) }, needs, false],
    ['a run of 91 days ago', 'history', { at: daysAgo(91) }, needs, true],
    ['a mail of 364 days ago', 'notifications', { at: daysAgo(364), deviceKey: key('free') }, needs, false],
    ['a mail of 366 days ago', 'notifications', { at: daysAgo(366), deviceKey: key('free') }, needs, true],
    [
      'an old mail about a block that stands',
      'notifications',
      { at: daysAgo(999), deviceKey: key('blocked') },
      needs,
      false,
    ],
    [
      'an old activation of a device that is gone',
      'activations',
      { at: daysAgo(366), mailbox: 'm', easId: 'GONE' },
      needs,
      true,
    ],
    [
      'a young activation of a device that is gone',
      'activations',
      { at: daysAgo(364), mailbox: 'm', easId: 'GONE' },
      needs,
      false,
    ],
    [
      'an old activation of a device in Exchange',
      'activations',
      { at: daysAgo(999), mailbox: 'M', easId: 'There' },
      needs,
      false,
    ],
    [
      'an old activation of a device with an entry',
      'activations',
      { at: daysAgo(999), mailbox: 'm', easId: 'blocked' },
      needs,
      false,
    ],
    [
      'an old activation while nobody knows what Exchange has',
      'activations',
      { at: daysAgo(999), mailbox: 'm', easId: 'GONE' },
      { ...needs, inExchange: null },
      false,
    ],
  ];
  for (const [what, of, row, given, goes] of cases) {
    it(`${goes ? 'is' : 'is not'} ${what}`, () => {
      const rows = [{ no: 1, at: NOW, ...row }];
      assert.deepEqual(forgotten(of, rows, given, Date.parse(NOW)), goes ? rows : []);
    });
  }

  const readings: [string, [number, number | null][], boolean][] = [
    ['no reading', [], false],
    ['a first one', [[5, null]], true],
    ['one as large as the one before', [[100, 100]], true],
    ['one that shrank by a fifth', [[80, 100]], true],
    ['one that shrank by more', [[79, 100]], false],
    ['an empty one', [[0, null]], false],
    [
      'one good and one poor',
      [
        [100, 100],
        [10, 100],
      ],
      false,
    ],
  ];
  for (const [what, counts, whole] of readings) {
    it(`Exchange is ${whole ? '' : 'not '}wholly read by ${what}`, () => {
      assert.equal(isWhollyRead(counts.map(([count, previousCount]) => ({ count, previousCount }))), whole);
    });
  }
});

describe('the daily care', () => {
  let store: Store;
  let now = Date.parse(NOW);
  beforeEach(async () => {
    now = Date.parse(NOW);
    store = await openEmptyStore({ now: () => new Date(now) });
  });
  afterEach(() => store.close());
  const care = (signal = new AbortController().signal): Promise<Forgotten | null> =>
    careForStore({ store, now: () => now, signal });
  const mail = (deviceKey: string, at: string): NotificationRecord => ({
    deviceKey,
    kind: 'not-enrolled',
    at,
    blockedAt: at,
    address: null,
    outcome: 'sent',
    messageId: null,
    note: null,
    episode: 'e',
  });
  const run = (at: string) => ({
    syncId: at,
    at,
    subject: 'access',
    organization: 'contoso',
    ok: true,
    tookMs: 1,
    report: null,
  });
  const activation = (n: number, at: string) => ({
    easId: easRecord(n).easId,
    mailbox: easRecord(n).mailbox.id,
    at,
    userAgent: null,
    tokenId: `t${n}`,
  });
  const token = (tokenId: string, expiresAt: string) => ({
    tokenId,
    purpose: 'activate',
    mailboxId: 'm',
    easId: 'ID',
    issuedAt: expiresAt,
    expiresAt,
  });

  it('takes out what is old, and leaves what is young or needed', async () => {
    await keepWhole(store, 'eas', 'exchange', [easRecord(1)]);
    for (const days of [200, 91, 89, 1]) await store.history.add(run(daysAgo(days)));
    const { organization, mailbox, easId } = easRecord(2);
    await store.entries.record({
      organization,
      mailboxId: mailbox.id,
      easId,
      list: 'blocked',
      writtenAt: daysAgo(500),
      rule: 'r',
    });
    await store.notifications.record(mail(easRecord(2).key, daysAgo(500)));
    await store.notifications.record(mail(easRecord(3).key, daysAgo(500)));
    await store.notifications.record(mail(easRecord(3).key, daysAgo(5)));
    for (const n of [1, 2, 3]) await store.activations.add(activation(n, daysAgo(500)));
    await store.activations.add(activation(4, daysAgo(5)));
    await store.tokens.issue(token('old', daysAgo(366)));
    await store.tokens.issue(token('young', daysAgo(364)));
    await store.pairings.add({ easKey: 'e', mdmKey: 'm', at: daysAgo(5000), by: null, note: null });

    assert.deepEqual(await care(), { history: 2, notifications: 1, activations: 1, tokens: 1 });

    assert.deepEqual(
      (await store.history.recent()).map(({ at }) => at),
      [daysAgo(1), daysAgo(89)],
    );
    assert.deepEqual(
      (await store.notifications.list()).map(({ deviceKey, at }) => [deviceKey, at]),
      [
        [easRecord(3).key, daysAgo(5)],
        [easRecord(2).key, daysAgo(500)],
      ],
    );
    assert.deepEqual(
      (await store.activations.list()).map(({ tokenId }) => tokenId),
      ['t1', 't2', 't4'],
    );
    assert.deepEqual([await store.tokens.find('old'), (await store.tokens.find('young'))?.tokenId], [null, 'young']);
    assert.equal((await store.pairings.list()).length, 1);
  });

  it('leaves every activation while Exchange was not wholly read', async () => {
    await store.activations.add(activation(1, daysAgo(500)));
    assert.equal((await care())?.activations, 0);
    assert.equal((await store.activations.list()).length, 1);
  });

  it('is done once a day, however often and by how many it is asked for', async () => {
    assert.notEqual(await care(), null);
    assert.equal(await care(), null);
    now += 86_399_000;
    assert.equal(await care(), null);
    now += 2000;
    const asked = await Promise.all([care(), care()]);
    if (process.env['CONNECTOR_TEST_POSTGRES'] === undefined)
      assert.equal(asked.filter((done) => done !== null).length, 1);
  });

  it('is done again when the clock was put back by days', async () => {
    await care();
    now -= 10 * 86_400_000;
    assert.notEqual(await care(), null);
  });

  it('goes on past rows that are needed, and stops when it is told to', async () => {
    await store.entries.record({
      organization: 'o',
      mailboxId: 'm',
      easId: 'a',
      list: 'blocked',
      writtenAt: NOW,
      rule: 'r',
    });
    const kept = easRecordKey('o', 'm', 'a');
    await store.together(async ({ notifications }) => {
      for (let n = 0; n < 1100; n++) await notifications.record(mail(n < 600 ? kept : 'gone', daysAgo(400)));
    });
    const stop = new AbortController();
    stop.abort();
    await assert.rejects(care(stop.signal), { code: 'ERR_ABORTED' });
    assert.equal((await store.notifications.list({ limit: 2000 })).length, 1100);
    now += 86_400_001;
    assert.equal((await care())?.notifications, 500);
    assert.equal((await store.notifications.list({ limit: 2000 })).length, 600);
  });
});
