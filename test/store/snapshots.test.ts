import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { Client } from 'pg';
import type { MdmRecord } from '../../src/model/records.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import {
  allOf,
  aReading,
  anEasRecord,
  anMdmRecord,
  emptySchema,
  inFolder,
  openEmptyStore,
  readWhole,
} from './records.ts';

describe('snapshots', () => {
  let store: Store;
  let now: Date;
  beforeEach(async () => {
    now = new Date('2026-05-04T00:10:00.000Z');
    store = await openEmptyStore({ now: () => now });
  });
  afterEach(() => store.close());

  const names = async (): Promise<string[]> => (await allOf(store.snapshots.read('mdm'))).map(({ id }) => id);

  it('forgets an MDM that was given up, and no other', async () => {
    for (const source of ['intune', 'jamf']) {
      const sync = aReading(source, 'full', source);
      await store.snapshots.begin(sync);
      await store.snapshots.putPage(sync, [anMdmRecord('1', null, source)]);
      await store.snapshots.commit(sync);
    }
    assert.equal(await store.snapshots.forget('mdm', 'jamf'), true);
    assert.equal(await store.snapshots.forget('mdm', 'jamf'), false);
    assert.deepEqual(
      (await store.snapshots.list('mdm')).map(({ scope }) => scope),
      ['intune'],
    );
    assert.equal(await store.snapshots.get(anMdmRecord('1', null, 'jamf').key), null);
    assert.deepEqual(await names(), ['1']);
  });

  it('shows nothing of a reading before its commit, then all of it', async () => {
    const sync = aReading('a');
    await store.snapshots.begin(sync);
    await store.snapshots.putPage(sync, [anMdmRecord('1'), anMdmRecord('2')]);
    assert.deepEqual(await names(), []);
    assert.equal(await store.snapshots.get(anMdmRecord('1').key), null);
    assert.equal(await store.snapshots.latest('mdm', 'intune'), null);
    await store.snapshots.putPage({ ...sync, page: 1 }, [anMdmRecord('3')]);
    assert.deepEqual(await store.snapshots.commit(sync), {
      source: 'mdm',
      scope: 'intune',
      syncId: 'a',
      kind: 'full',
      startedAt: '2026-05-04T00:00:00.000Z',
      completedAt: '2026-05-04T00:10:00.000Z',
      fullStartedAt: '2026-05-04T00:00:00.000Z',
      count: 3,
      previousCount: null,
      content: { ios: { records: 3, easIds: 3, user: 3, compliance: 3, managed: 3 } },
    });
    assert.deepEqual(await names(), ['1', '2', '3']);
  });

  it('counts by platform what the records of an MDM say, and a page that comes again once', async () => {
    const pixel = { ...anMdmRecord('4').device, platform: 'android' as const };
    const sync = aReading('a');
    await store.snapshots.begin(sync);
    const pages = [
      [anMdmRecord('1'), { ...anMdmRecord('2'), easIds: [], managed: false }],
      [
        { ...anMdmRecord('3'), user: { id: 'u3', upn: null, addresses: [] }, compliance: 'unknown' as const },
        { ...anMdmRecord('4'), easIds: [], device: pixel, compliance: 'noncompliant' as const },
      ],
    ];
    await store.snapshots.putPage(sync, pages[0]!);
    await store.snapshots.putPage({ ...sync, page: 1 }, pages[1]!);
    await store.snapshots.putPage(sync, pages[0]!);
    const { content } = await store.snapshots.commit(sync);
    assert.deepEqual(content, {
      ios: { records: 3, easIds: 2, user: 2, compliance: 2, managed: 2 },
      android: { records: 1, easIds: 0, user: 1, compliance: 1, managed: 1 },
    });
    const quick = await readWhole(store, 'b', [{ ...anMdmRecord('3'), easIds: [] }], 'quick');
    assert.deepEqual(quick.content, content, 'a quick reading leaves the counts of the whole picture');
    assert.deepEqual((await readWhole(store, 'c', [])).content, {}, 'an empty one says that there is nothing');
  });

  it('keeps the later one of a record that comes twice in a full reading, reading after reading', async () => {
    const [alone, whole] = [anEasRecord('ABC'), { ...anEasRecord('ABC'), firstSyncAt: '2026-05-03T08:00:00.000Z' }];
    for (const id of ['a', 'b', 'c']) {
      const sync = { ...aReading(id, 'full', alone.organization), source: 'eas' as const };
      await store.snapshots.begin(sync);
      await store.snapshots.putPage(sync, [alone, anEasRecord('DEF')]);
      await store.snapshots.putPage({ ...sync, page: 1 }, [whole]);
      assert.equal((await store.snapshots.commit(sync)).count, 2);
      assert.deepEqual(await store.snapshots.get(alone.key), whole);
    }
  });

  it('counts nothing in a reading of Exchange', async () => {
    assert.equal((await readWhole(store, 'a', [anEasRecord('ABC')])).content, undefined);
  });

  it('replaces the whole snapshot with a full reading', async () => {
    await readWhole(store, 'a', [anMdmRecord('1'), anMdmRecord('2'), anMdmRecord('3')]);
    const info = await readWhole(store, 'b', [anMdmRecord('2', 'new name')]);
    assert.deepEqual([info.count, info.previousCount], [1, 3]);
    assert.deepEqual(await allOf(store.snapshots.read('mdm')), [anMdmRecord('2', 'new name')]);
  });

  it('changes the snapshot with a quick reading, and still knows how many records the full one replaced', async () => {
    await readWhole(store, 'a', [anMdmRecord('1'), anMdmRecord('2'), anMdmRecord('3')]);
    await readWhole(store, 'b', [anMdmRecord('1'), anMdmRecord('2')]);
    const info = await readWhole(store, 'c', [anMdmRecord('2', 'new name'), anMdmRecord('4')], 'quick');
    assert.deepEqual([info.kind, info.count, info.previousCount], ['quick', 3, 3]);
    assert.deepEqual(await allOf(store.snapshots.read('mdm')), [
      anMdmRecord('1'),
      anMdmRecord('2', 'new name'),
      anMdmRecord('4'),
    ]);
  });

  it('takes an empty full reading for what it says: nothing is there', async () => {
    await readWhole(store, 'a', [anMdmRecord('1')]);
    const info = await readWhole(store, 'b', []);
    assert.deepEqual([info.count, info.previousCount], [0, 1]);
    assert.deepEqual(await names(), []);
  });

  it('leaves the snapshot alone when a reading is abandoned', async () => {
    await readWhole(store, 'a', [anMdmRecord('1')]);
    const sync = aReading('b');
    await store.snapshots.begin(sync);
    await store.snapshots.putPage(sync, [anMdmRecord('9')]);
    await store.snapshots.abandon('b');
    await store.snapshots.abandon('a');
    await store.snapshots.abandon('never heard of');
    assert.deepEqual(await names(), ['1']);
    await assert.rejects(store.snapshots.putPage(sync, []), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    await assert.rejects(store.snapshots.commit(sync), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
  });

  it('keeps the scopes of one source apart', async () => {
    await readWhole(store, 'a', [anMdmRecord('1')]);
    const jamf = aReading('b', 'full', 'jamf');
    await store.snapshots.begin(jamf);
    await store.snapshots.putPage(jamf, [anMdmRecord('7', null, 'jamf')]);
    await store.snapshots.commit(jamf);
    await readWhole(store, 'c', [anEasRecord('ABC')]);
    assert.deepEqual(
      (await store.snapshots.list('mdm')).map((info) => [info.scope, info.count]),
      [
        ['intune', 1],
        ['jamf', 1],
      ],
    );
    assert.deepEqual(await names(), ['1', '7']);
    assert.deepEqual(await allOf(store.snapshots.read('mdm', 'jamf')), [anMdmRecord('7', null, 'jamf')]);
    assert.deepEqual(await allOf(store.snapshots.read('eas')), [anEasRecord('ABC')]);
    assert.deepEqual(await allOf(store.snapshots.read('eas', 'fabrikam')), []);
  });

  it('notices a page that never came', async () => {
    const sync = aReading('a');
    await store.snapshots.begin(sync);
    await store.snapshots.putPage(sync, [anMdmRecord('1')]);
    await store.snapshots.putPage(sync, [anMdmRecord('1')]);
    await assert.rejects(store.snapshots.putPage({ ...sync, page: 2 }, [anMdmRecord('3')]), {
      code: 'ERR_SNAPSHOT_INCOMPLETE',
    });
    const late = aReading('b');
    await store.snapshots.begin(late);
    await assert.rejects(store.snapshots.putPage({ ...late, page: 2 }, [anMdmRecord('3')]), {
      code: 'ERR_SNAPSHOT_INCOMPLETE',
    });
  });

  it('refuses records of another source or scope, and a reading that does not say whose it is', async () => {
    const sync = aReading('a');
    await store.snapshots.begin(sync);
    await assert.rejects(store.snapshots.putPage(sync, [anEasRecord('ABC')]), { code: 'ERR_INPUT_INVALID' });
    await assert.rejects(store.snapshots.putPage(sync, [anMdmRecord('1', null, 'jamf')]), {
      code: 'ERR_INPUT_INVALID',
    });
    const { scope: _, ...without } = aReading('b');
    await assert.rejects(store.snapshots.begin(without), { code: 'ERR_INPUT_INVALID' });
  });

  it('wants a full reading before a quick one', async () => {
    await assert.rejects(store.snapshots.begin(aReading('a', 'quick')), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    await store.snapshots.begin(aReading('b'));
    await store.snapshots.begin(aReading('b'));
    await store.snapshots.commit(aReading('b'));
  });

  it('takes the same reading from two matchers once, whichever comes to its end first', async () => {
    const sync = aReading('a');
    const take = async (page: number, ...ids: string[]): Promise<void> => {
      await store.snapshots.begin({ ...sync, page });
      await store.snapshots.putPage(
        { ...sync, page },
        ids.map((id) => anMdmRecord(id)),
      );
    };
    await take(0, '1', '2');
    await take(0, '1', '2');
    await take(1, '3');
    const info = await store.snapshots.commit(sync);
    await take(1, '3');
    assert.deepEqual(await store.snapshots.commit(sync), info);
    assert.deepEqual(await names(), ['1', '2', '3']);
    await readWhole(store, 'b', [anMdmRecord('4')]);
    await take(0, '1', '2');
    assert.equal((await store.snapshots.commit(sync)).syncId, 'b');
    assert.deepEqual(await names(), ['4']);
  });

  it('takes the same reading from two matchers that work at the same time', async () => {
    const sync = aReading('a');
    const records = Array.from({ length: 30 }, (_, id) => anMdmRecord(String(id).padStart(2, '0')));
    const take = async (): Promise<number> => {
      for (let page = 0; page < 3; page += 1) {
        await store.snapshots.begin({ ...sync, page });
        await store.snapshots.putPage({ ...sync, page }, records.slice(page * 10, page * 10 + 10));
      }
      return (await store.snapshots.commit(sync)).count;
    };
    assert.deepEqual(await Promise.all([take(), take(), take()]), [30, 30, 30]);
    assert.deepEqual(await allOf(store.snapshots.read('mdm')), records);
  });

  it('takes readings that begin at the same time, each with a sync of its own', async () => {
    const scopes = Array.from({ length: 40 }, (_, no) => `mdm-${String(no)}`);
    const take = async (scope: string): Promise<number> => {
      const sync = aReading(`reading of ${scope}`, 'full', scope);
      await store.snapshots.begin(sync);
      await store.snapshots.putPage(sync, [anMdmRecord('1', 'first', scope)]);
      return (await store.snapshots.commit(sync)).count;
    };
    assert.deepEqual(
      await Promise.all(scopes.map(take)),
      scopes.map(() => 1),
    );
  });

  it('refuses another reading under the id of one it knows, and one that was given up', async () => {
    await readWhole(store, 'a', [anMdmRecord('1')]);
    const others = [aReading('a', 'full', 'jamf'), { ...aReading('a'), startedAt: '2026-05-05T00:00:00.000Z' }];
    for (const other of others) await assert.rejects(store.snapshots.begin(other), { code: 'ERR_INPUT_INVALID' });
    const lost = aReading('b');
    await store.snapshots.begin(lost);
    await store.snapshots.abandon('b');
    const steps = [
      () => store.snapshots.begin(lost),
      () => store.snapshots.putPage(lost, [anMdmRecord('2')]),
      () => store.snapshots.commit(lost),
    ];
    for (const step of steps) await assert.rejects(step(), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    assert.deepEqual(await names(), ['1']);
  });

  it('counts a record once, however often its page chain repeats it; the last one holds', async () => {
    const sync = aReading('a');
    await store.snapshots.begin(sync);
    await store.snapshots.putPage(sync, [anMdmRecord('1', 'first'), anMdmRecord('1', 'second')]);
    await store.snapshots.putPage({ ...sync, page: 1 }, [anMdmRecord('1', 'third')]);
    assert.equal((await store.snapshots.commit(sync)).count, 1);
    assert.deepEqual(await store.snapshots.get(anMdmRecord('1').key), anMdmRecord('1', 'third'));
  });

  it('shows of a reading that is larger than memory what came last of each record, in whatever order they came', async () => {
    // Of 12,000 records five thousand at a time wait in a file.
    const shuffled = Array.from({ length: 12_000 }, (_, at) => String((at * 7919) % 12_000));
    const read = async (id: string, pages: readonly (readonly MdmRecord[])[]) => {
      const sync = aReading(id);
      await store.snapshots.begin(sync);
      for (const [page, records] of pages.entries()) await store.snapshots.putPage({ ...sync, page }, records);
      return store.snapshots.commit(sync);
    };
    const all = (name: string): MdmRecord[] => shuffled.map((id) => anMdmRecord(id, name));
    const [again, last] = [shuffled.slice(0, 10), shuffled.slice(-10)];
    const named = (ids: readonly string[], name: string): MdmRecord[] => ids.map((id) => anMdmRecord(id, name));
    const shown = async (): Promise<string[]> =>
      (await allOf(store.snapshots.read('mdm'))).map(({ key, device }) => `${key} ${device.name}`);
    const expected = (name: string, others: readonly string[] = [], other: string = ''): string[] =>
      shuffled.map((id) => `${anMdmRecord(id).key} ${others.includes(id) ? other : name}`).sort();

    const first = await read('a', [all('first'), named([...again, ...last], 'later')]);
    assert.equal(first.count, 12_000);
    assert.deepEqual(await shown(), expected('first', [...again, ...last], 'later'));
    const second = await read('b', [all('second'), named(again, 'first'), named(again, 'later'), named(last, 'first')]);
    assert.equal(second.count, 12_000);
    assert.deepEqual(
      (await shown()).filter((line) => !line.endsWith('second')),
      [...named(again, 'later'), ...named(last, 'first')].map(({ key, device }) => `${key} ${device.name}`).sort(),
    );
    assert.equal((await read('c', [all('second').slice(0, 11_000)])).count, 11_000);
    assert.equal((await shown()).length, 11_000);
  });

  it('shows each record of a reading that is larger than memory as it was, whatever characters are in it', async () => {
    const names = ['plain', 'é', '名', '\u{1f600}', '"\\\n', '\ud800', null];
    const ids = ['', 'ü', '名', '\u{1f600}', '"'];
    const records = Array.from({ length: 7_000 }, (_, at) =>
      anMdmRecord(`${ids[at % ids.length]}${at}`, names[at % names.length]),
    );
    await readWhole(store, 'a', records);
    const byKey = (all: readonly MdmRecord[]): Map<string, MdmRecord> => new Map(all.map((one) => [one.key, one]));
    assert.deepEqual(byKey(await allOf(store.snapshots.read('mdm'))), byKey(records));
  });

  it('leaves nothing of a large reading behind that is given up, or whose store is closed in its middle', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'connector.sqlite');
      const large = await openStore({ engine: 'sqlite', path });
      for (const id of ['a', 'b']) {
        await large.snapshots.begin(aReading(id));
        const records = Array.from({ length: 5000 }, (_, at) => anMdmRecord(String(at)));
        await large.snapshots.putPage(aReading(id), records);
      }
      await large.snapshots.abandon('a');
      await large.close();
      assert.deepEqual(readdirSync(folder), ['connector.sqlite']);
      const file = new DatabaseSync(path);
      assert.deepEqual({ ...file.prepare('select count(*) as "records" from "records"').get() }, { records: 0 });
      file.close();
    }));

  it('reads on through the snapshot it began with while a new one is committed', async () => {
    const many = Array.from({ length: 50 }, (_, index) => anMdmRecord(String(index).padStart(3, '0'), 'old'));
    await readWhole(store, 'a', many);
    const seen: string[] = [];
    for await (const page of store.snapshots.read('mdm', 'intune', { pageSize: 7 })) {
      if (seen.length === 0) await readWhole(store, 'b', [anMdmRecord('000', 'new')]);
      seen.push(...page.map((record) => `${record.id} ${record.device.name}`));
    }
    assert.deepEqual(
      seen,
      many.map((record) => `${record.id} old`),
    );
    assert.deepEqual(await names(), ['000']);
  });

  it('reads the same while differences are folded into the base, and notices another process that folded later ones', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const own = await openStore({ engine: 'sqlite', path });
      await readWhole(own, 'a', [anMdmRecord('1'), anMdmRecord('2'), anMdmRecord('3')]);
      await readWhole(own, 'b', [anMdmRecord('2'), anMdmRecord('3', 'new'), anMdmRecord('4')]);
      const pages = own.snapshots.read('mdm', 'intune', { pageSize: 1 })[Symbol.asyncIterator]();
      const seen = [...((await pages.next()).value as MdmRecord[])];
      await readWhole(own, 'c', [anMdmRecord('9')]);
      while (foldedIn(path) < 2) await new Promise((resolve) => setImmediate(resolve));
      seen.push(...((await pages.next()).value as MdmRecord[]));
      assert.deepEqual(seen, [anMdmRecord('2'), anMdmRecord('3', 'new')]);
      assert.equal(foldedIn(path), 2, 'what was read later waits for the reader');
      execute(path, 'update "snapshots" set "folded" = 3');
      await assert.rejects(async () => pages.next(), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
      assert.deepEqual(await allOf(own.snapshots.read('mdm')), [anMdmRecord('9')]);
      while (ofFile(path, 'select "differences" from "snapshots"') !== '[]')
        await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(await allOf(own.snapshots.read('mdm')), [anMdmRecord('9')]);
      await own.close();
    }));

  it('reads the sync times of the reading it began with, whatever is read meanwhile', async () => {
    const heardOf = (hour: number): MdmRecord[] =>
      ['1', '2', '3'].map((id) => ({ ...anMdmRecord(id), lastSeenAt: `2026-05-03T0${hour}:00:00.000Z` }));
    await readWhole(store, 'a', heardOf(1));
    await readWhole(store, 'b', heardOf(2));
    const seen: MdmRecord[] = [];
    let readings = 2;
    for await (const page of store.snapshots.read('mdm', 'intune', { pageSize: 1 })) {
      readings += 1;
      await readWhole(store, `r${readings}`, heardOf(readings));
      assert.deepEqual(
        await store.snapshots.getMany([anMdmRecord('3').key]),
        new Map([[anMdmRecord('3').key, heardOf(readings)[2]]]),
      );
      seen.push(...page);
    }
    assert.deepEqual(seen, heardOf(2));
  });

  it('writes no record for a full reading that says the same, whenever its devices were last heard of', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const own = await openStore({ engine: 'sqlite', path });
      const heardOf = (hour: number): MdmRecord[] =>
        ['1', '2', '3'].map((id) => ({ ...anMdmRecord(id), lastSeenAt: `2026-05-03T0${hour}:00:00.000Z` }));
      await readWhole(own, 'a', heardOf(1));
      await readWhole(own, 'b', heardOf(2));
      const info = await readWhole(own, 'c', heardOf(3));
      assert.deepEqual([info.syncId, info.count, info.previousCount], ['c', 3, 3]);
      assert.deepEqual(await allOf(own.snapshots.read('mdm')), heardOf(3));
      assert.deepEqual(await own.snapshots.get(anMdmRecord('2').key), heardOf(3)[1]);
      assert.deepEqual(
        ['select count(distinct "reading") || \' \' || count(*) from "records"', 'select count(*) from "seen"'].map(
          (text) => ofFile(path, text),
        ),
        ['1 3', 1],
      );
      await own.close();
      const again = await openStore({ engine: 'sqlite', path });
      assert.deepEqual(await allOf(again.snapshots.read('mdm')), heardOf(3));
      await again.close();
    }));

  it('compares each record with its row where it is not known what the last full reading has seen', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const first = await openStore({ engine: 'sqlite', path });
      await readWhole(first, 'a', [anMdmRecord('1'), anMdmRecord('2'), anMdmRecord('3')]);
      await first.close();
      execute(path, 'delete from "seen"');
      const second = await openStore({ engine: 'sqlite', path });
      const info = await readWhole(second, 'b', [anMdmRecord('1'), anMdmRecord('2', 'new')]);
      assert.equal(info.count, 2);
      assert.deepEqual(await allOf(second.snapshots.read('mdm')), [anMdmRecord('1'), anMdmRecord('2', 'new')]);
      await second.close();
    }));

  it('knows the devices of a reading also if it was cut off just after it was shown, from the next reading on', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const own = await openStore({ engine: 'sqlite', path });
      const all = ['A', 'B', 'C'].map((id) => anEasRecord(id));
      await readWhole(own, 'a', all);
      execute(path, 'delete from "devices" where "key" like \'%B\'; update "snapshots" set "devicesOf" = 0');
      await readWhole(own, 'b', all);
      const known = await own.devices.readBy(
        all.map(({ key }) => key),
        '2026-05-04T00:00:00.000Z',
      );
      assert.deepEqual([...known].sort(), all.map(({ key }) => key).sort());
      await own.close();
    }));

  it('refuses what still comes of a reading whose store was closed, or whose MDM was forgotten, in the middle', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const sync = aReading('b');
      const first = await openStore({ engine: 'sqlite', path });
      await readWhole(first, 'a', [anMdmRecord('1'), anMdmRecord('2')]);
      await first.snapshots.begin(sync);
      await first.snapshots.putPage(sync, [anMdmRecord('1')]);
      await first.close();
      const second = await openStore({ engine: 'sqlite', path });
      for (const step of [
        () => second.snapshots.begin(sync),
        () => second.snapshots.putPage({ ...sync, page: 1 }, []),
        () => second.snapshots.commit(sync),
      ])
        await assert.rejects(step(), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
      assert.equal((await allOf(second.snapshots.read('mdm'))).length, 2);
      const other = aReading('c');
      await second.snapshots.begin(other);
      await second.snapshots.putPage(other, [anMdmRecord('1')]);
      await second.snapshots.forget('mdm', 'intune');
      await assert.rejects(second.snapshots.commit(other), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
      assert.deepEqual(await second.snapshots.list('mdm'), []);
      await second.close();
    }));

  it('gives up a full reading when an earlier one is shown in its middle: it was compared with what is no more', async () => {
    const [early, late] = [aReading('early'), aReading('late')];
    await readWhole(store, 'a', [anMdmRecord('1')]);
    for (const sync of [early, late]) {
      await store.snapshots.begin(sync);
      await store.snapshots.putPage(sync, [anMdmRecord('1', sync === early ? 'other' : null)]);
    }
    await store.snapshots.commit(early);
    await assert.rejects(store.snapshots.commit(late), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    assert.deepEqual(await allOf(store.snapshots.read('mdm')), [anMdmRecord('1', 'other')]);
  });

  it('stops reading when asked to', async () => {
    await readWhole(store, 'a', [anMdmRecord('1'), anMdmRecord('2')]);
    const abort = new AbortController();
    const pages = store.snapshots.read('mdm', 'intune', { pageSize: 1, signal: abort.signal });
    const reading = pages[Symbol.asyncIterator]();
    await reading.next();
    abort.abort();
    await assert.rejects(reading.next(), { code: 'ERR_ABORTED' });
  });

  it('finds many records by key in one go', async () => {
    const many = Array.from({ length: 1203 }, (_, index) => anMdmRecord(`id${index}`));
    await readWhole(store, 'a', many);
    const found = await store.snapshots.getMany(['mdm:intune:no such', ...many.map((record) => record.key)]);
    assert.deepEqual(found, new Map(many.map((record) => [record.key, record])));
    assert.deepEqual(await store.snapshots.getMany([]), new Map());
  });

  it('finds records of many MDMs, some of which were just read again', async () => {
    const all: MdmRecord[] = [];
    for (let mdm = 0; mdm < 30; mdm += 1) {
      for (const name of ['old', 'new']) {
        const sync = aReading(`${name} ${mdm}`, 'full', `mdm${mdm}`);
        const records = Array.from({ length: 20 }, (_, id) => anMdmRecord(String(id), name, `mdm${mdm}`));
        await store.snapshots.begin(sync);
        await store.snapshots.putPage(sync, records);
        await store.snapshots.commit(sync);
        if (name === 'new') all.push(...records);
      }
    }
    const found = await store.snapshots.getMany(all.map(({ key }) => key));
    assert.deepEqual(found, new Map(all.map((record) => [record.key, record])));
  });

  it('gives up a reading of which nothing was heard for an hour, and no sooner', async () => {
    const [slow, lost] = [aReading('slow'), aReading('lost')];
    await store.snapshots.begin(slow);
    await store.snapshots.begin(lost);
    now = new Date('2026-05-04T01:00:00.000Z');
    await store.snapshots.putPage(slow, [anMdmRecord('1')]);
    now = new Date('2026-05-04T01:30:00.000Z');
    await store.snapshots.begin(aReading('next'));
    await assert.rejects(store.snapshots.putPage(lost, []), { code: 'ERR_SNAPSHOT_INCOMPLETE' });
    assert.equal((await store.snapshots.commit(slow)).count, 1);
  });

  const server = process.env['CONNECTOR_TEST_POSTGRES'];
  if (server !== undefined) {
    it('has PostgreSQL look at its tables after a large reading', async () => {
      const connection = await emptySchema(server);
      const own = await openStore({ engine: 'postgres', connection });
      const looked = async (): Promise<unknown[]> => {
        const client = new Client(connection);
        await client.connect();
        const { rows } = await client.query(
          `select relname from pg_stat_user_tables where analyze_count > 0 and schemaname = current_schema() order by 1`,
        );
        await client.end();
        return rows.map(({ relname }: { relname: string }) => relname);
      };
      await readWhole(own, 'a', [anMdmRecord('1')]);
      assert.deepEqual(await looked(), []);
      await readWhole(
        own,
        'b',
        Array.from({ length: 20_000 }, (_, index) => anMdmRecord(`id${index}`)),
      );
      while ((await looked()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      await own.close();
      assert.deepEqual(await looked(), ['devices', 'records']);
    });
  }

  it('keeps no rows of replaced, abandoned and lost readings', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const some = Array.from({ length: 2500 }, (_, index) => anMdmRecord(`id${index}`));
      const first = await openStore({ engine: 'sqlite', path, now: () => now });
      await readWhole(first, 'a', some);
      await readWhole(first, 'b', some);
      await first.snapshots.begin(aReading('crashed'));
      await first.snapshots.putPage(aReading('crashed'), some);
      await first.close();
      now = new Date('2026-05-05T00:00:00.000Z');
      const second = await openStore({ engine: 'sqlite', path, now: () => now });
      await readWhole(second, 'c', [anMdmRecord('1')]);
      await readWhole(second, 'd', [anMdmRecord('2')], 'quick');
      const rows = (): unknown => ofFile(path, 'select count(*) from "records"');
      // Old rows go in steps, in the background.
      while (rows() !== 2) await new Promise((resolve) => setImmediate(resolve));
      await second.close();
    }));

  it('always shows what a plain table of the committed readings would, however readings overlap', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('begin' as const), kind: fc.constantFrom('full' as const, 'quick' as const) }),
      fc.record({
        do: fc.constant('put' as const),
        which: fc.nat(5),
        id: fc.nat(4),
        name: fc.nat(2),
        seen: fc.constantFrom(null, '2026-05-03T08:00:00.000Z', '2026-05-03T09:00:00.000Z', 'yesterday'),
      }),
      fc.record({
        do: fc.constant('commit' as const),
        which: fc.nat(5),
        gone: fc.array(fc.nat(4), { maxLength: 2 }),
      }),
      fc.record({ do: fc.constant('abandon' as const), which: fc.nat(5) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const fresh = await openEmptyStore();
        try {
          const model = new PlainSnapshots();
          for (const one of steps) {
            if (one.do === 'begin') {
              if (one.kind === 'quick' && model.shown === null) continue;
              const no = model.begin(one.kind);
              await fresh.snapshots.begin(aReading(`r${no}`, one.kind));
              continue;
            }
            const no = [...model.open.keys()][one.which % Math.max(model.open.size, 1)];
            if (no === undefined) continue;
            const sync = aReading(`r${no}`, model.open.get(no)?.kind ?? 'full');
            if (one.do === 'abandon') {
              model.open.delete(no);
              await fresh.snapshots.abandon(sync.id);
            } else if (one.do === 'put') {
              const record = { ...anMdmRecord(IDS[one.id]!, String(one.name)), lastSeenAt: one.seen };
              model.put(no, record);
              await fresh.snapshots.putPage(sync, [record]);
            } else {
              const gone = one.gone.map((id) => anMdmRecord(IDS[id]!).key);
              model.commit(no, gone);
              const info = await fresh.snapshots.commit(sync, gone);
              assert.equal(info.count, model.records().length);
            }
            const shown = model.records();
            assert.deepEqual(await allOf(fresh.snapshots.read('mdm', 'intune', { pageSize: 2 })), shown);
            const keys = IDS.map((id) => anMdmRecord(id).key);
            const found = await fresh.snapshots.getMany(keys);
            assert.deepEqual(found, new Map(shown.map((record) => [record.key, record])));
          }
        } finally {
          await fresh.close();
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** The first value that a question to the file has for an answer. */
function ofFile(path: string, text: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare(text).get();
  database.close();
  return Object.values(row ?? {})[0];
}

function foldedIn(path: string): number {
  const isFolded = ofFile(path, 'select "differences" not like \'[2%\' from "snapshots"');
  return isFolded === 1 ? Number(ofFile(path, 'select "folded" from "snapshots"')) : 0;
}

function execute(path: string, text: string): void {
  const database = new DatabaseSync(path);
  database.exec(text);
  database.close();
}

/** Ids in the order of their bytes, which is not that of JavaScript. */
const IDS = ['0', '1', 'é', '\uff21', '\u{1f600}'];

interface PlainReading {
  readonly kind: 'full' | 'quick';
  /** Key → record, null if it is gone, and the reading that says so. */
  readonly rows: Map<string, { record: MdmRecord | null; from: number }>;
}

/** What snapshots promise, in the plainest form: a later reading knows better than an earlier one. */
class PlainSnapshots {
  readonly open = new Map<number, PlainReading>();
  shown: (PlainReading & { no: number }) | null = null;
  #next = 1;

  begin(kind: 'full' | 'quick'): number {
    this.open.set(this.#next, { kind, rows: new Map() });
    return this.#next++;
  }

  put(no: number, record: MdmRecord): void {
    write(this.open.get(no)?.rows, record.key, record, no);
  }

  commit(no: number, gone: readonly string[]): void {
    const reading = this.open.get(no) as PlainReading;
    this.open.delete(no);
    if (this.shown !== null && this.shown.no > no) return;
    // One that began later is compared with what is shown no more.
    for (const [other, { kind }] of this.open) if (kind === 'full' && other > no) this.open.delete(other);
    if (reading.kind === 'full') {
      this.shown = { ...reading, no };
      return;
    }
    const earlier = [...this.open]
      .filter(([other, { kind }]) => kind === 'full' && other < no)
      .map(([, open]) => open.rows);
    for (const rows of [this.shown?.rows, ...earlier]) {
      for (const [key, { record }] of reading.rows) write(rows, key, record, no);
      for (const key of gone) if (!reading.rows.has(key)) write(rows, key, null, no);
    }
  }

  records(): MdmRecord[] {
    return [...(this.shown?.rows.values() ?? [])]
      .flatMap(({ record }) => record ?? [])
      .sort((left, right) => Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)));
  }
}

function write(rows: PlainReading['rows'] | undefined, key: string, record: MdmRecord | null, from: number): void {
  if ((rows?.get(key)?.from ?? 0) <= from) rows?.set(key, { record, from });
}
