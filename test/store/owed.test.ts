/** What the store is owed to remember: waiting mails, and what the flow has not been heard to hear. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/open-store.ts';
import type { Announcement, Store, WaitingMail } from '../../src/store/store.ts';
import { inFolder, openEmptyStore } from './records.ts';

const VERSION_1 = new URL('../fixtures/store/version-1.sql', import.meta.url);
const AT = '2026-06-01T08:00:00.000Z';
const time = (minutes: number): string => new Date(Date.parse(AT) + minutes * 60_000).toISOString();

describe('waiting mails', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const mail = (deviceKey: string, minutes: number, changes: Partial<WaitingMail> = {}): WaitingMail => ({
    notifier: 'n',
    part: 'due',
    deviceKey,
    heldBy: null,
    attention: false,
    dueAt: time(minutes),
    since: null,
    attempts: 0,
    change: { of: deviceKey },
    ...changes,
  });
  const keys = async (filter: Partial<Parameters<Store['mails']['list']>[0]> = {}): Promise<string[]> =>
    (await store.mails.list({ notifier: 'n', part: 'due', ...filter })).map(({ deviceKey }) => deviceKey);

  it('are handed out the longest due first, by time, part, notifier and queue', async () => {
    const arrived = { part: 'arrived', heldBy: 'queue' } as const;
    await store.mails.put([mail('b', 2), mail('a', 1), mail('c', 3), mail('d', 0, { attention: true })]);
    await store.mails.put([
      mail('a', 9, arrived),
      mail('e', 9, { ...arrived, heldBy: 'another' }),
      mail('f', 0, { notifier: 'm' }),
    ]);
    assert.deepEqual(await keys(), ['d', 'a', 'b', 'c']);
    assert.deepEqual(await keys({ attention: false, dueBy: time(2) }), ['a', 'b']);
    assert.deepEqual(await keys({ attention: true }), ['d']);
    assert.deepEqual(await keys({ deviceKeys: ['c', 'x'], limit: 1 }), ['c']);
    assert.deepEqual(await keys({ part: 'arrived', notHeldBy: 'queue' }), ['e']);
    assert.deepEqual(await store.mails.list({ notifier: 'n', part: 'arrived', deviceKeys: ['a'] }), [
      mail('a', 9, arrived),
    ]);
    assert.equal(await store.mails.count({ notifier: 'n', part: 'due', attention: false }), 3);
  });

  it('are one a device, and go alone', async () => {
    const later = mail('a', 5, { since: AT, attempts: 2, attention: true });
    await store.mails.put([mail('a', 1), mail('b', 1)]);
    await store.mails.put([later, mail('a', 1, { part: 'arrived' })]);
    assert.deepEqual(await store.mails.list({ notifier: 'n', part: 'due', deviceKeys: ['a'] }), [later]);
    await store.mails.remove({ notifier: 'n', part: 'due', deviceKey: 'a' });
    assert.deepEqual([await keys(), await keys({ part: 'arrived' })], [['b'], ['a']]);
  });

  it('are handed out whole when they are many', async () => {
    const many = Array.from({ length: 1203 }, (_, n) => mail(String(n).padStart(4, '0'), n % 7));
    await store.mails.put(many);
    assert.equal(new Set(await keys()).size, 1203);
    assert.equal((await keys({ limit: 600 })).length, 600);
  });

  it('of a store that kept them as small values become rows', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const database = new DatabaseSync(path);
      database.exec(readFileSync(VERSION_1, 'utf8'));
      const change = { device: { key: 'eas:1' }, change: { at: AT } };
      const kept = database.prepare('insert into "settings" ("name", "value") values (?, ?)');
      const waiting = [
        { change, dueAt: Date.parse(AT), attempts: 3, since: Date.parse(AT), attention: true },
        { of: 'nothing' },
      ];
      kept.run('notifier.due.n1', JSON.stringify(waiting));
      kept.run('notifier.due.n1.arrived', JSON.stringify([{ change, dueAt: Date.parse(AT), attempts: 0 }]));
      kept.run('notifier.other', '1');
      database.close();
      const opened = await openStore({ engine: 'sqlite', path });
      try {
        const common = { notifier: 'n1', deviceKey: 'eas:1', heldBy: null, dueAt: AT, change };
        assert.deepEqual(await opened.mails.list({ notifier: 'n1', part: 'due' }), [
          { ...common, part: 'due', attention: true, since: AT, attempts: 3 },
        ]);
        assert.deepEqual(await opened.mails.list({ notifier: 'n1', part: 'arrived' }), [
          { ...common, part: 'arrived', attention: false, since: null, attempts: 0 },
        ]);
        assert.equal(await opened.settings.get('notifier.due.n1'), null);
        assert.equal(await opened.settings.get('notifier.other'), 1);
      } finally {
        await opened.close();
      }
    }));

  it('of such a store whose entry still stands count as mailed', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const database = new DatabaseSync(path);
      database.exec(readFileSync(VERSION_1, 'utf8'));
      database
        .prepare(
          'insert into "entries" ("organization", "mailboxId", "easIdFolded", "list", "easId", "state", "writtenAt", "rule") values (?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run('org', 'm', 'id', 'blocked', 'ID', 'owned', AT, 'rule');
      database
        .prepare(
          'insert into "notifications" ("deviceKey", "kind", "at", "blockedAt", "address", "outcome", "messageId", "note") values (?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run('eas:org:m:id', 'not-enrolled', AT, AT, 'a@x', 'sent', '<1@x>', null);
      database.close();
      const opened = await openStore({ engine: 'sqlite', path });
      try {
        const [entry] = await opened.entries.list({ organization: 'org' });
        const [sent] = await opened.notifications.find('eas:org:m:id');
        assert.deepEqual([entry?.episode, sent?.episode], [AT, AT]);
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
