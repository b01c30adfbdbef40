/** What a store forgets: the table, and the daily care over a store. */
import assert from 'node:assert/strict';
import { careForStore } from '../../../src/connector/care/care-for-store.ts';
import type { Forgotten } from '../../../src/connector/care/care-for-store.ts';
import {
  fateOf,
  forgottenActivations,
  forgottenMails,
  isWhollyRead,
  oldBefore,
} from '../../../src/connector/care/retention.ts';
import type { Needs } from '../../../src/connector/care/retention.ts';
import { easRecordKey } from '../../../src/model/keys.ts';
import type { Mail, Store } from '../../../src/store/store.ts';
import { easRecord } from '../../support/records.ts';
import { aMail, aMailDevice, openEmptyStore } from '../../store/records.ts';
import { keepWhole } from '../kept-readings.ts';

const NOW = '2026-06-01T09:00:00.000Z';
const daysAgo = (days: number): string => new Date(Date.parse(NOW) - days * 86_400_000).toISOString();

describe('what is forgotten', () => {
  const key = (easId: string): string => easRecordKey('contoso', 'm', easId);
  const keysOf = ({ mailbox, easId }: { mailbox: string; easId: string }): string[] => [
    easRecordKey('fabrikam', mailbox, easId),
    easRecordKey('contoso', mailbox, easId),
  ];
  const needs: Needs = { devices: new Set([key('blocked')]), inExchange: new Set([key('there')]) };

  for (const [what, deviceKeys, goes] of [
    ['a mail about devices that no block stands for', [key('free'), key('other')], true],
    ['a mail about nothing', [], true],
    ['a mail about a block that stands, among others', [key('free'), key('blocked')], false],
  ] as const) {
    it(`${goes ? 'is' : 'is not'} ${what}`, () => {
      const mails = [{ id: '1', deviceKeys }];
      assert.deepEqual(forgottenMails(mails, needs), goes ? mails : []);
    });
  }

  for (const [what, row, given, goes] of [
    ['an activation of a device that is gone', { mailbox: 'm', easId: 'GONE' }, needs, true],
    ['an activation of a device in Exchange', { mailbox: 'M', easId: 'There' }, needs, false],
    ['an activation of a device with an entry', { mailbox: 'm', easId: 'blocked' }, needs, false],
    [
      'an activation while nobody knows what Exchange has',
      { mailbox: 'm', easId: 'GONE' },
      { ...needs, inExchange: null },
      false,
    ],
  ] as const) {
    it(`${goes ? 'is' : 'is not'} ${what}`, () => {
      const rows = [{ no: 1, at: NOW, ...row }];
      assert.deepEqual(forgottenActivations(rows, given, keysOf), goes ? rows : []);
    });
  }

  for (const [what, goneAt, inExchange, fate] of [
    ['a device that Exchange has', null, ['key'], 'stays'],
    ['a device that Exchange has again', daysAgo(400), ['key'], 'is back'],
    ['a device that Exchange has no more', null, [], 'is missed'],
    ['a device that was missed for less than a year', daysAgo(364), [], 'stays'],
    ['a device that was missed for more than a year', daysAgo(366), [], 'may go'],
    ['a device, while nobody knows what Exchange has', daysAgo(366), null, 'stays'],
  ] as const) {
    it(`says of ${what} that it ${fate}`, () => {
      const known = inExchange === null ? null : new Set<string>(inExchange);
      assert.equal(fateOf({ key: 'key', goneAt }, { inExchange: known, before: daysAgo(365) }), fate);
    });
  }

  it('is old after a month, 90 days or a year', () => {
    const days = (['history', 'mails', 'timeline', 'activations', 'tokens', 'checks', 'devices'] as const).map((of) =>
      oldBefore(of, Date.parse(NOW)),
    );
    assert.deepEqual(days, [90, 365, 90, 365, 365, 30, 365].map(daysAgo));
  });

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
  let mailed = 0;
  const mail = async (
    { mails }: Pick<Store, 'mails'>,
    deviceKeys: readonly string[],
    at: string,
    state: Mail['state'] = 'done',
  ): Promise<void> => {
    mailed += 1;
    const devices = deviceKeys.map((key) => aMailDevice(key, `e${mailed}`));
    await mails.add(aMail(`${mailed}`.padStart(5, '0'), { createdAt: at, dueAt: at, state }), devices);
  };
  const mailsOf = async (deviceKey: string): Promise<string[]> =>
    (await store.mails.ofDevice(deviceKey)).map(({ createdAt }) => createdAt);
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
    await mail(store, [easRecord(2).key, easRecord(3).key], daysAgo(501));
    await mail(store, [easRecord(3).key, easRecord(4).key], daysAgo(500));
    await mail(store, [easRecord(3).key], daysAgo(499), 'waiting');
    await mail(store, [easRecord(3).key], daysAgo(5));
    const step = { organization, episode: 'e', detail: null, waited: null };
    for (const [deviceKey, ago] of [
      [easRecord(3).key, 92],
      [easRecord(4).key, 88],
    ] as const) {
      await store.timeline.append([
        { ...step, deviceKey, step: 'blocked', at: daysAgo(ago + 1) },
        { ...step, deviceKey, step: 'allowed', at: daysAgo(ago) },
      ]);
    }
    for (const n of [1, 2, 3]) await store.activations.add(activation(n, daysAgo(500)));
    await store.activations.add(activation(4, daysAgo(5)));
    await store.tokens.issue(token('old', daysAgo(366)));
    await store.tokens.issue(token('young', daysAgo(364)));
    await store.pairings.add({ easKey: 'e', mdmKey: 'm', at: daysAgo(5000), by: null, note: null });

    for (const [target, ago] of [
      ['old.example', 31],
      ['young.example', 29],
    ] as const)
      await store.checks.put({
        node: 'check',
        target,
        name: 'Inside',
        domain: target,
        at: daysAgo(ago),
        overall: 'healthy',
        verdict: null,
        texts: {},
      });

    for (const [n, ago] of [
      [5, 31],
      [6, 29],
    ] as const) {
      const entry = { organization, mailboxId: mailbox.id, easId: easRecord(n).easId, list: 'blocked' } as const;
      await store.entries.record({ ...entry, writtenAt: daysAgo(400), rule: 'r' });
      await store.entries.intend({ ...entry, operation: 'remove', rule: 'r', at: daysAgo(ago) });
      await store.entries.settle(entry, false, daysAgo(ago));
    }

    const went = { checks: 1, history: 2, mails: 1, timeline: 1, activations: 1, tokens: 1, takenOff: 1, devices: 0 };
    assert.deepEqual(await care(), went);

    assert.deepEqual(
      (await store.history.recent()).map(({ at }) => at),
      [daysAgo(1), daysAgo(89)],
    );
    assert.deepEqual(
      [await mailsOf(easRecord(2).key), await mailsOf(easRecord(3).key), await mailsOf(easRecord(4).key)],
      [[daysAgo(501)], [daysAgo(501), daysAgo(499), daysAgo(5)], []],
    );
    assert.deepEqual(await store.timeline.devices(), [easRecord(4).key]);
    assert.deepEqual(
      (await store.activations.list()).map(({ tokenId }) => tokenId),
      ['t1', 't2', 't4'],
    );
    assert.deepEqual([await store.tokens.find('old'), (await store.tokens.find('young'))?.tokenId], [null, 'young']);
    assert.equal((await store.pairings.list()).length, 1);
    assert.deepEqual(
      (await store.checks.list(20)).map(({ target }) => target),
      ['young.example'],
    );
    assert.deepEqual(
      (await store.entries.takenOff(organization)).map(({ easId: id }) => id),
      [easRecord(6).easId],
    );
  });

  it('leaves every activation while Exchange was not wholly read', async () => {
    await store.activations.add(activation(1, daysAgo(500)));
    assert.equal((await care())?.activations, 0);
    assert.equal((await store.activations.list()).length, 1);
  });

  const DAY = 86_400_000;
  /** Cares now, and again so many days later. */
  const careAfter = async (days: number): Promise<Forgotten | null> => {
    await care();
    now += days * DAY;
    return care();
  };
  /** Exchange has these devices, of 30 that are always there. */
  const exchangeHas = async (...numbers: readonly number[]): Promise<void> => {
    // Each reading has a time of its own.
    now += 1000;
    const others = Array.from({ length: 30 }, (_, n) => easRecord(100 + n));
    const records = [...others, ...numbers.map((n) => easRecord(n))];
    await keepWhole(store, 'eas', 'exchange', records, new Date(now).toISOString());
  };
  const decide = (...numbers: readonly number[]): Promise<void> =>
    store.devices.decide(
      numbers.map((n) => {
        const { key, organization, mailbox, easId } = easRecord(n);
        return {
          key,
          organization,
          mailboxId: mailbox.id,
          user: `user${n}@contoso.com`,
          ownerName: `user ${n}`,
          easId,
          kind: '',
          lastSync: '',
          model: null,
          platform: 'ios',
          state: 'allowed',
          decision: 'allow',
          rule: 'r',
          reason: 'compliant',
          reviewAt: null,
          firstSyncAt: null,
          at: new Date(now).toISOString(),
        };
      }),
    );
  const tried = (n: number): Promise<void> => {
    const { key, organization, mailbox } = easRecord(n);
    const toldAt = new Date(now).toISOString();
    return store.attempts.put([{ key, organization, mailboxId: mailbox.id, lastAttemptAt: toldAt, toldAt, seen: 's' }]);
  };
  const knows = async (n: number): Promise<[boolean, boolean]> => {
    const { key } = easRecord(n);
    return [(await store.devices.firstRead([key])).has(key), (await store.attempts.of([key])).has(key)];
  };

  it('forgets a device, and when it tried to sync, a year after Exchange had it last', async () => {
    await exchangeHas(1, 2);
    await decide(1, 2);
    for (const n of [1, 2]) await tried(n);
    await exchangeHas(2);
    assert.equal((await careAfter(365))?.devices, 0);
    assert.deepEqual(await knows(1), [true, true]);
    now += 2 * DAY;
    assert.equal((await care())?.devices, 1);
    assert.deepEqual(
      [await knows(1), await knows(2)],
      [
        [false, false],
        [true, true],
      ],
    );
  });

  it('begins the year anew for a device that came back, decided about or not', async () => {
    await exchangeHas(1, 2);
    await decide(1);
    await exchangeHas();
    await careAfter(300);
    await exchangeHas(1, 2);
    await decide(1);
    await exchangeHas(2);
    assert.equal((await careAfter(100))?.devices, 0);
    await exchangeHas();
    assert.equal((await careAfter(366))?.devices, 1, 'the one that left first');
    assert.deepEqual(
      [await knows(1), await knows(2)],
      [
        [false, false],
        [true, false],
      ],
    );
  });

  it('takes a device that comes back after it was forgotten for a new one', async () => {
    await exchangeHas(1);
    await decide(1);
    await store.devices.tell([
      { key: easRecord(1).key, organization: 'contoso', firstSyncAt: null, at: NOW, told: 'ambiguous' },
    ]);
    await exchangeHas();
    assert.equal((await careAfter(366))?.devices, 1);
    await exchangeHas(1);
    const { key } = easRecord(1);
    const [told, decided, counts] = [
      await store.devices.told([key]),
      await store.devices.decided([key]),
      await store.devices.counts(easRecord(1).organization),
    ];
    assert.deepEqual([(await knows(1))[0], told.size, decided.size, counts.decision], [true, 0, 0, {}]);
  });

  it('keeps every device while Exchange was not wholly read', async () => {
    await exchangeHas(1);
    await decide(1);
    await exchangeHas();
    await care();
    now += 400 * DAY;
    await keepWhole(store, 'eas', 'exchange', [easRecord(100)], new Date(now).toISOString());
    assert.equal((await care())?.devices, 0);
    assert.deepEqual((await knows(1))[0], true);
  });

  const { key, organization, mailbox, easId } = easRecord(1);
  const device = { organization, mailboxId: mailbox.id, easId };
  const at = daysAgo(3);
  const references: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['an entry of ours', () => store.entries.record({ ...device, list: 'blocked', writtenAt: at, rule: 'r' })],
    ['that an entry of ours misses it', () => store.missed.settle(organization, [key], at)],
    [
      'a change on its way',
      () =>
        store.outbox.putMany([
          {
            key,
            organization,
            mailboxId: mailbox.id,
            state: 'attention',
            turn: 1,
            attempts: 1,
            createdAt: at,
            nextAttemptAt: at,
            lastError: null,
            change: null,
          },
        ]),
    ],
    ['a mail that waits', () => mail(store, [key], at, 'attention')],
    ['a pairing', () => store.pairings.add({ easKey: key, mdmKey: 'm', at, by: null, note: null })],
    [
      'a timeline that is open',
      () =>
        store.timeline.append([
          { organization, deviceKey: key, episode: 'e', step: 'blocked', at, detail: null, waited: null },
        ]),
    ],
  ];
  for (const [what, refer] of references) {
    it(`keeps a device as long as there is ${what}`, async () => {
      await exchangeHas(1);
      await decide(1);
      await exchangeHas();
      await refer();
      assert.equal((await careAfter(366))?.devices, 0);
      assert.deepEqual((await knows(1))[0], true);
    });
  }

  it('forgets a device that only the audit names, and leaves the audit as it is', async () => {
    await exchangeHas(1);
    await decide(1);
    await exchangeHas();
    const rest = { rule: null, reason: 'idle', evidence: [], before: null, after: null, approvedBy: null };
    await store.audit.append([{ at, who: 'switch', what: 'block', deviceKey: key, organization, ...rest }]);
    assert.equal((await careAfter(366))?.devices, 1);
    assert.deepEqual(await store.listings.called(mailbox.id, 9), [key], 'by the GUID of its mailbox');
    assert.deepEqual(await store.listings.called('user1@contoso.com', 9), []);
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
    const mailboxId = easRecord(1).mailbox.id;
    const kept = easRecordKey('o', mailboxId, 'a');
    await store.entries.record({
      organization: 'o',
      mailboxId,
      easId: 'a',
      list: 'blocked',
      writtenAt: NOW,
      rule: 'r',
    });
    await store.together(async (parts) => {
      for (let n = 0; n < 1100; n++) await mail(parts, [n < 600 ? kept : 'gone'], daysAgo(400));
    });
    const stop = new AbortController();
    stop.abort();
    await assert.rejects(care(stop.signal), { code: 'ERR_ABORTED' });
    assert.equal((await mailsOf('gone')).length, 500);
    now += 86_400_001;
    assert.equal((await care())?.mails, 500);
    assert.deepEqual([(await mailsOf(kept)).length, (await mailsOf('gone')).length], [600, 0]);
  });
});
