/** What the store is owed to remember: mails, and what the flow has not been heard to hear. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/open-store.ts';
import type { Announcement, Mail, MailFilter, Store } from '../../src/store/store.ts';
import { blocked } from '../support/changes.ts';
import { guid } from '../support/records.ts';
import { aMail, aMailDevice, inFolder, openEmptyStore } from './records.ts';

const VERSION_1 = new URL('../fixtures/store/version-1.sql', import.meta.url);
const AT = '2026-06-01T08:00:00.000Z';
const time = (minutes: number): string => new Date(Date.parse(AT) + minutes * 60_000).toISOString();

describe('mails', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const due = (id: string, minutes: number, changes: Partial<Mail> = {}): Mail =>
    aMail(id, { dueAt: time(minutes), ...changes });
  const byId = <T extends { readonly id: string }>(mails: readonly T[]): T[] =>
    [...mails].sort((a, b) => (a.id < b.id ? -1 : 1));
  const ids = async (filter: MailFilter & { limit?: number }): Promise<string[]> =>
    (await store.mails.list(filter)).map(({ id }) => id);

  it('are handed out the longest due first, by notifier, state and time', async () => {
    const given = [
      due('b', 2),
      due('a', 1, { since: AT }),
      due('c', 3, { since: AT }),
      due('d', 0, { state: 'attention' }),
      due('e', 0, { notifier: 'm' }),
    ];
    for (const mail of given) await store.mails.add(mail, [aMailDevice(mail.id)]);
    assert.deepEqual(await ids({ notifier: 'n' }), ['d', 'a', 'b', 'c']);
    assert.deepEqual(await ids({ notifier: 'n', states: ['waiting'], dueBy: time(2) }), ['a', 'b']);
    assert.deepEqual(await ids({ notifier: 'n', states: ['waiting'], limit: 1 }), ['a']);
    assert.deepEqual(await ids({ notifier: 'n', sinceAndDueAfter: time(1) }), ['c']);
    assert.deepEqual(await ids({ notifier: 'n', states: ['waiting'], sinceBy: null }), ['b']);
    assert.deepEqual(await ids({ notifier: 'n', sinceBy: AT }), ['a', 'c']);
    assert.equal(await store.mails.count({ states: ['waiting'] }), 4);
    assert.deepEqual([await store.mails.get('b'), await store.mails.get('z')], [given[0], null]);
  });

  it('are one about a device, kind, blocking and number, unless the first one was given up', async () => {
    const first = aMail('1');
    assert.deepEqual(await store.mails.add(first, [aMailDevice('a'), aMailDevice('b')]), ['a', 'b']);
    assert.deepEqual(await store.mails.add(aMail('2'), [aMailDevice('a')]), []);
    assert.equal(await store.mails.get('2'), null, 'a mail about nobody is none');
    assert.deepEqual(await store.mails.add(aMail('3'), [aMailDevice('a'), aMailDevice('c')]), ['c']);
    assert.deepEqual(await store.mails.add(aMail('4', { no: 1 }), [aMailDevice('a')]), ['a']);
    assert.deepEqual(await store.mails.add(aMail('5'), [aMailDevice('a', 'another')]), ['a']);
    await store.mails.giveUp('1', 'Nobody is there.');
    assert.deepEqual(await store.mails.add(aMail('6'), [aMailDevice('a')]), ['a']);
    assert.deepEqual(
      byId(await store.mails.ofDevice('a', 'not-enrolled')).map(({ id, state, episode }) => [id, state, episode]),
      [
        ['1', 'given-up', 'episode'],
        ['4', 'waiting', 'episode'],
        ['5', 'waiting', 'another'],
        ['6', 'waiting', 'episode'],
      ],
    );
  });

  it('take further devices of their mailbox until somebody reserves them', async () => {
    const { mailboxId, kind, notifier } = aMail('1');
    const join = async (key: string): Promise<string[] | null> => {
      const news = { notifier, mailboxId, kind, deviceKey: key, organization: 'contoso', easId: key, episode: null };
      const { joinable } = await store.mails.about(news, AT);
      return joinable === null ? null : store.mails.join({ id: joinable, kind }, [aMailDevice(key)]);
    };
    assert.equal(await join('a'), null);
    for (const mail of [aMail('r', { no: 1 }), aMail('p', { dueAt: time(9) }), aMail('o', { mailboxId: 'another' })])
      await store.mails.add(mail, [aMailDevice(mail.id)]);
    assert.equal(await join('a'), null, 'a reminder, one that is put off, one of another mailbox');
    await store.mails.add(aMail('1'), [aMailDevice('a')]);
    assert.deepEqual([await join('b'), await join('b'), await join('a')], [['b'], [], []]);
    assert.equal((await store.mails.reserve([{ id: '1', messageId: '<1@x>' }], 'queue', AT)).length, 1);
    assert.equal(await join('c'), null);
    assert.deepEqual(await store.mails.devices('1'), [aMailDevice('a'), aMailDevice('b')]);
    assert.equal(await store.mails.join({ id: '1', kind }, [aMailDevice('c')]), null, 'it is reserved since');
    await store.mails.update('1', { state: 'waiting', dueAt: AT });
    assert.equal(await join('c'), null, 'it may have been sent under its Message-ID');
  });

  it('are reserved by one queue, and are had back from one that is gone', async () => {
    const [mail, reserved] = [aMail('1'), aMail('1', { state: 'reserved', reservedBy: 'a', messageId: '<1@x>' })];
    await store.mails.add(mail, [aMailDevice('a')]);
    const take = (by: string, at = AT) => store.mails.reserve([{ id: '1', messageId: '<1@x>' }], by, at);
    assert.deepEqual(await take('a', '2026-01-01T00:00:00.000Z'), [], 'it is not due');
    assert.deepEqual([await take('a'), await take('b')], [[reserved], []]);
    assert.deepEqual(await store.mails.get('1'), reserved);
    assert.deepEqual([await store.mails.release('1', 'b'), await store.mails.release('1', 'a')], [false, true]);
    assert.deepEqual(await store.mails.get('1'), { ...reserved, state: 'waiting', reservedBy: null });
    assert.equal(await store.mails.release('1', 'a'), false);
  });

  it('are each reserved by one of two queues that ask for the same ones at the same time, in whatever order', async () => {
    const all = Array.from({ length: 40 }, (_, n) => String(n));
    for (const id of all) await store.mails.add(due(id, 0), [aMailDevice(id)]);
    const wanted = all.map((id) => ({ id, messageId: `<${id}@x>` }));
    for (let round = 0; round < 5; round += 1) {
      const taken = await Promise.all([
        store.mails.reserve(wanted, 'a', AT),
        store.mails.reserve([...wanted].reverse(), 'b', AT),
      ]);
      assert.deepEqual(
        byId(taken.flat()).map(({ id }) => id),
        [...all].sort(),
      );
      for (const [at, mails] of taken.entries())
        for (const { id } of mails) assert.equal(await store.mails.release(id, at === 0 ? 'a' : 'b'), true);
    }
  });

  it('are put back as they were by the queue that has reserved them and did not begin', async () => {
    const mails = ['1', '2'].map((id) => aMail(id, { openUntil: time(2), since: AT }));
    for (const mail of mails) await store.mails.add(mail, [aMailDevice(mail.id)]);
    const wanted = [...mails, aMail('none')].map(({ id }) => ({ id, messageId: `<${id}@x>` }));
    const taken = await store.mails.reserve(wanted, 'a', AT);
    assert.deepEqual(
      byId(taken),
      mails.map((mail) => ({
        ...mail,
        state: 'reserved',
        reservedBy: 'a',
        messageId: `<${mail.id}@x>`,
        openUntil: null,
      })),
    );
    const back = (by: string) => store.mails.putBack(mails[0]!, by);
    assert.deepEqual([await back('b'), await back('a'), await back('a')], [false, true, false]);
    assert.deepEqual(await store.mails.get('1'), mails[0]);
    assert.equal((await store.mails.get('2'))?.reservedBy, 'a');
    assert.deepEqual([await store.mails.reserve([], 'a', AT), (await store.mails.devicesOf([])).size], [[], 0]);
  });

  it('keep what they came to, and not what they were made of', async () => {
    await store.mails.add(aMail('1'), [aMailDevice('a'), aMailDevice('b')]);
    await store.mails.leaveOut('1', ['b', 'x']);
    await store.mails.leaveOut('1', []);
    await store.mails.done('1', { sentAt: time(1), note: '250', address: 'a@x' });
    assert.deepEqual(await store.mails.devices('1'), [aMailDevice('a')]);
    await store.mails.forgetNews(['1', 'none']);
    await store.mails.forgetNews([]);
    const done = aMail('1', { state: 'done', sentAt: time(1), note: '250', address: 'a@x' });
    assert.deepEqual(
      [await store.mails.get('1'), await store.mails.devices('1')],
      [done, [{ ...aMailDevice('a'), change: null }]],
    );
    await store.mails.remove('1');
    assert.deepEqual([await store.mails.get('1'), await store.mails.devices('1')], [null, []]);
  });

  it('are handed out whole when they are many', async () => {
    for (let n = 0; n < 1203; n += 1) await store.mails.add(due(String(n), n % 7), [aMailDevice(String(n))]);
    assert.equal(new Set(await ids({ notifier: 'n' })).size, 1203);
    assert.equal((await ids({ notifier: 'n', limit: 600 })).length, 600);
  });

  /** News as older versions kept it. */
  const news = (n: number, at = AT) => ({ ...blocked(n), change: { ...blocked(n).change, at } });

  it('of a store that kept them as small values become rows', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const database = new DatabaseSync(path);
      database.exec(readFileSync(VERSION_1, 'utf8'));
      const kept = database.prepare('insert into "settings" ("name", "value") values (?, ?)');
      const waiting = [
        { change: news(1), dueAt: Date.parse(AT), attempts: 3, since: Date.parse(AT), attention: true },
        { of: 'nothing' },
      ];
      kept.run('notifier.due.n1', JSON.stringify(waiting));
      const arrived = [1, 2].map((n) => ({ change: news(n), dueAt: Date.parse(AT), attempts: 0 }));
      kept.run('notifier.due.n1.arrived', JSON.stringify(arrived));
      kept.run('notifier.other', '1');
      database.close();
      const opened = await openStore({ engine: 'sqlite', path });
      try {
        const common = { notifier: 'n1', createdAt: AT, dueAt: AT };
        const mails = await opened.mails.list({ notifier: 'n1' });
        const own = (n: number) => ({ ...common, mailboxId: guid(n), address: `user${n}@contoso.example` });
        assert.deepEqual(
          mails.map((mail) => ({ ...mail, id: '' })).sort((a, b) => (a.state < b.state ? -1 : 1)),
          [
            aMail('', { ...own(1), state: 'attention', since: AT, attempts: 3 }),
            aMail('', { ...own(2), state: 'waiting' }),
          ],
        );
        const about = await Promise.all(mails.map(({ id }) => opened.mails.devices(id)));
        assert.deepEqual(
          about
            .flat()
            .map(({ deviceKey }) => deviceKey)
            .sort(),
          [news(1).device.key, news(2).device.key],
        );
        assert.equal(await opened.settings.get('notifier.due.n1'), null);
        assert.equal(await opened.settings.get('notifier.other'), 1);
      } finally {
        await opened.close();
      }
    }));

  it('that were sent by such a store, about an entry that still stands, count as mailed; news of them leads to none', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const database = new DatabaseSync(path);
      database.exec(readFileSync(VERSION_1, 'utf8'));
      const { device } = news(1);
      const { organization, mailbox, easId } = device.eas!;
      database
        .prepare(
          'insert into "entries" ("organization", "mailboxId", "easIdFolded", "list", "easId", "state", "writtenAt", "rule") values (?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(organization, mailbox.id, easId.toLowerCase(), 'blocked', easId, 'owned', AT, 'rule');
      const sent = database.prepare(
        'insert into "notifications" ("deviceKey", "kind", "at", "blockedAt", "address", "outcome", "messageId", "note") values (?, ?, ?, ?, ?, ?, ?, ?)',
      );
      for (const outcome of ['failed', 'sent', 'sent'])
        sent.run(device.key, 'not-enrolled', AT, AT, 'a@x', outcome, '<1@x>', null);
      const kept = database.prepare('insert into "settings" ("name", "value") values (?, ?)');
      kept.run('notifier.due.n.arrived', JSON.stringify([{ change: news(1), dueAt: Date.parse(AT), attempts: 0 }]));
      database.close();
      const opened = await openStore({ engine: 'sqlite', path });
      try {
        const [entry] = await opened.entries.list({ organization });
        const mails = await opened.mails.ofDevice(device.key);
        assert.deepEqual(
          [entry?.episode, mails.map(({ state, no, episode, sentAt }) => [state, no, episode, sentAt])],
          [
            AT,
            [
              ['done', 0, AT, AT],
              ['done', 1, AT, AT],
            ],
          ],
        );
      } finally {
        await opened.close();
      }
    }));
});

describe('what the flow is owed', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const owed = (id: string, changes: Partial<Announcement> = {}): Announcement => ({
    id,
    organization: 'org',
    kind: 'blocked',
    deviceKey: `eas:${id}`,
    at: AT,
    emittedAt: AT,
    emittedBy: 'run 1',
    emissions: 1,
    declinedBy: [],
    news: { device: id },
    ...changes,
  });

  it('stays until it is settled, and is told in the order it happened', async () => {
    const { announcements } = store;
    for (const one of [owed('2'), owed('1'), owed('3', { organization: 'another' })]) await announcements.add(one);
    assert.deepEqual(await announcements.list({ organization: 'org' }), [owed('2'), owed('1')]);
    assert.deepEqual([await announcements.settle('2'), await announcements.settle('2')], [true, false]);
    assert.deepEqual(await announcements.list({ organization: 'org' }), [owed('1')]);
    assert.deepEqual([await announcements.get('1'), await announcements.get('2')], [owed('1'), null]);
  });

  it('is known by who told it last, when, and how often', async () => {
    const { announcements } = store;
    for (const id of ['1', '2']) await announcements.add(owed(id));
    await announcements.emit('1', { at: time(5), by: 'run 2' });
    assert.deepEqual(await announcements.list({ organization: 'org', notEmittedBy: 'run 1' }), [
      owed('1', { emittedAt: time(5), emittedBy: 'run 2', emissions: 2 }),
    ]);
    assert.deepEqual(await announcements.list({ organization: 'org', emittedBefore: time(1) }), [owed('2')]);
  });

  it('remembers each notifier that mails nobody', async () => {
    const { announcements } = store;
    await announcements.add(owed('1'));
    for (const notifier of ['a', 'b', 'a']) await announcements.decline('1', notifier);
    await announcements.decline('unknown', 'a');
    assert.deepEqual((await announcements.get('1'))?.declinedBy, ['a', 'b']);
  });
});

describe('a transaction', () => {
  it('keeps all that was done in it, or nothing', async () => {
    const store = await openEmptyStore();
    try {
      await assert.rejects(
        store.together(async ({ settings, audit, entries }) => {
          await settings.set('a', 1);
          const entry = { organization: 'org', mailboxId: 'm', easId: 'ID', list: 'blocked' } as const;
          await entries.intend({ ...entry, operation: 'add', rule: 'r', at: AT });
          await entries.settle(entry, true, AT);
          await audit.append([]);
          throw new Error('The power went.');
        }),
        /The power went/,
      );
      assert.deepEqual([await store.settings.get('a'), await store.entries.list()], [null, []]);
      assert.equal(await store.together(async ({ settings }) => (await settings.set('a', 2), 'done')), 'done');
      assert.equal(await store.settings.get('a'), 2);
    } finally {
      await store.close();
    }
  });
});
