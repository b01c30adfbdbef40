/** Which MDM sources count: those that are deployed, those that were read, and what an old file knows of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { mdmReadings } from '../../src/store/mdm-readings.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { AnnouncedSource, Store } from '../../src/store/store.ts';
import { anMdmRecord, inFolder, openEmptyStore, readWhole } from './records.ts';

const VERSION_1 = new URL('../fixtures/store/version-1.sql', import.meta.url);

const GONE_AT = '2026-07-01T00:00:00.000Z';

describe('the MDM sources', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openEmptyStore();
  });
  afterEach(() => store.close());

  const source = (nodeId: string, scope: string, changes: Partial<AnnouncedSource> = {}): AnnouncedSource => ({
    nodeId,
    scope,
    provider: 'intune',
    name: null,
    announcedAt: '2026-05-04T10:00:00.000Z',
    ...changes,
  });
  const readings = async (): Promise<string[]> =>
    (await mdmReadings(store)).map(({ scope, name, snapshot }) => `${scope} ${name} ${snapshot?.count ?? 'missing'}`);

  it('are kept one row a node: told again, what changed is taken over, and since when stays', async () => {
    await store.sources.announce(source('n1', 'tenant'));
    await store.sources.announce(source('n1', 'other', { name: 'Other', announcedAt: '2026-06-01T00:00:00.000Z' }));
    assert.deepEqual(await store.sources.list(), [source('n1', 'other', { name: 'Other' })]);
    assert.equal(await store.sources.remove('n1', GONE_AT), true);
    assert.equal(await store.sources.remove('n1', GONE_AT), false);
    assert.deepEqual(await store.sources.list(), []);
  });

  it('say what is to be known of them, as they said it last', async () => {
    const notes = [{ code: 'no-eas-id', text: 'Tells no EAS ID.' }];
    await store.sources.announce(source('n1', 'list', { notes }));
    assert.deepEqual(await store.sources.list(), [source('n1', 'list', { notes })]);
    assert.deepEqual((await mdmReadings(store))[0]?.notes, notes);
    await store.sources.announce(source('n1', 'list'));
    assert.deepEqual(await store.sources.list(), [source('n1', 'list')]);
    assert.equal((await mdmReadings(store))[0]?.notes, undefined);
  });

  it('count when they are deployed, read or not, and when they were read, deployed or not', async () => {
    assert.deepEqual(await readings(), []);
    await readWhole(store, 'a', [anMdmRecord('1')]);
    await store.sources.announce(source('n2', 'second'));
    assert.deepEqual(await readings(), ['intune intune 1', 'second second missing']);
    await store.sources.announce(source('n1', 'intune', { name: 'Head office' }));
    await store.sources.announce(source('n3', 'intune'));
    assert.deepEqual(await readings(), ['intune Head office 1', 'second second missing']);
    await store.sources.remove('n2', GONE_AT);
    await store.sources.remove('n1', GONE_AT);
    assert.deepEqual(await readings(), ['intune intune 1']);
  });

  it('count as a mapping from the first whole reading on', async () => {
    await store.sources.announce(source('n1', 'intune', { provider: 'mapping' }));
    assert.deepEqual(await readings(), []);
    await readWhole(store, 'a', []);
    assert.deepEqual(await readings(), ['intune intune 0']);
  });

  it('count as a mapping before the first reading if it is expected', async () => {
    await store.sources.announce(source('n1', 'jamf', { provider: 'mapping', expected: true }));
    assert.deepEqual(await readings(), ['jamf jamf missing']);
    assert.deepEqual(await store.sources.list(), [source('n1', 'jamf', { provider: 'mapping', expected: true })]);
    await store.sources.announce(source('n1', 'jamf', { provider: 'mapping' }));
    assert.deepEqual(await readings(), []);
  });

  it('are gone when the last node of a scope goes or reads another one, until one is back or the reading is forgotten', async () => {
    const gone = async (): Promise<unknown[]> =>
      (await mdmReadings(store)).map(({ scope, name, goneAt }) => [scope, name, goneAt]);
    await readWhole(store, 'a', [anMdmRecord('1')]);
    await store.sources.announce(source('n1', 'intune', { name: 'Head office' }));
    await store.sources.announce(source('n2', 'intune', { name: 'Head office' }));
    await store.sources.remove('n1', GONE_AT);
    assert.deepEqual(await gone(), [['intune', 'Head office', null]]);
    await store.sources.announce(source('n2', 'other', { announcedAt: GONE_AT }));
    const missing = ['other', 'other', null];
    assert.deepEqual(await gone(), [['intune', 'Head office', GONE_AT], missing]);
    await store.sources.announce(source('n3', 'intune', { name: 'Head office' }));
    assert.deepEqual(await gone(), [['intune', 'Head office', null], missing]);
    await store.sources.remove('n3', GONE_AT);
    await store.snapshots.forget('mdm', 'intune');
    assert.deepEqual([await gone(), await store.sources.gone()], [[missing], []]);
  });

  it('that nobody ever announced are not gone: their pages may come from anywhere', async () => {
    await readWhole(store, 'a', [anMdmRecord('1')]);
    assert.deepEqual(
      (await mdmReadings(store)).map(({ goneAt }) => goneAt),
      [null],
    );
  });

  it('of a file of the first version are those that were read, and nobody knows what their records say', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const old = new DatabaseSync(path);
      old.exec(readFileSync(VERSION_1, 'utf8'));
      old.close();
      const opened = await openStore({ engine: 'sqlite', path });
      const [reading, ...others] = await mdmReadings(opened);
      assert.deepEqual(
        [reading?.scope, reading?.snapshot?.count, reading?.snapshot?.content, others],
        ['intune', 2, undefined, []],
      );
      const sync = {
        id: 'new',
        source: 'mdm',
        kind: 'full',
        scope: 'intune',
        startedAt: '2026-06-01T00:00:00.000Z',
      } as const;
      await opened.snapshots.begin(sync);
      await opened.snapshots.putPage(sync, [anMdmRecord('1')]);
      const { content, previousCount } = await opened.snapshots.commit(sync);
      assert.deepEqual(
        [content, previousCount],
        [{ ios: { records: 1, easIds: 1, user: 1, compliance: 1, managed: 1 } }, 2],
      );
      assert.equal((await opened.entries.list()).length, 1);
      await opened.close();
    }));
});
