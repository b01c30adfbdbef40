/** Orders of the lists that a first sync of very many devices does without. On SQLite: PostgreSQL keeps them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from '../../src/log.ts';
import { openStore, openStoreToRead } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { SyncWorld } from '../connector/sync/sync-world.ts';
import { inFolder } from './records.ts';

const POSTPONED = ['decision', 'easId', 'kind', 'lastSync', 'owner', 'since', 'state', 'user'].map(
  (name) => `devices_${name}`,
);
const BY_OWNER = { order: 'owner', descending: false, after: null, rows: 10 } as const;
const IS_SORTING = { code: 'ERR_STORE_SORTING', message: /first sync of very many devices/ } as const;

/** What a file has of the indexes of devices, as they were made, by name. */
function indexesOf(path: string): ReadonlyMap<string, string> {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database
    .prepare(`select name, lower(sql) as sql from sqlite_schema where tbl_name = 'devices' and sql is not null`)
    .all() as { name: string; sql: string }[];
  database.close();
  return new Map(rows.filter(({ sql }) => sql.startsWith('create index')).map(({ name, sql }) => [name, sql]));
}

function missingIn(path: string): string[] {
  const there = indexesOf(path);
  return POSTPONED.filter((name) => !there.has(name));
}

/** A store of which a reading has just brought so many devices, and others were decided about before. */
async function aStore(path: string, { read = 20_000, decided = 0 } = {}, logger?: Logger): Promise<Store> {
  const store = await openStore({ engine: 'sqlite', path, ...(logger && { logger }) });
  addDevices(path, read);
  const at = '2026-06-01T10:00:00.000Z';
  const rows = Array.from({ length: decided }, (_, n) => ({
    key: `eas:org:m${n}:id${n}`,
    organization: 'org',
    mailboxId: `m${n}`,
    easId: `ID${n}`,
    user: `user${9 - (n % 10)}@contoso.com`,
    ownerName: null,
    kind: '',
    lastSync: '',
    model: null,
    platform: 'ios',
    state: 'allowed',
    decision: 'allow' as const,
    rule: 'Managed',
    reason: 'managed',
    reviewAt: null,
    firstSyncAt: null,
    at,
  }));
  await store.devices.decide(rows);
  return store;
}

function addDevices(path: string, count: number): void {
  const database = new DatabaseSync(path);
  database.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
    insert into devices ("key", "organization", "firstReadAt")
    select printf('eas:new:%06d:id', i), 'new', '2026-06-01T10:00:00.000Z' from n limit ${count}`);
  database.close();
}

/** They are made beside the rest. */
async function allMade(path: string): Promise<void> {
  while (missingIn(path).length > 0) await setTimeout(10);
}

describe('the orders of the lists', () => {
  it('are let go of for the first sync of 20,000 devices, and are as they were once it is through', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const store = await aStore(path, { decided: 20 });
      const before = indexesOf(path);
      const list = async () => (await store.listings.devices('org', {}, BY_OWNER)).devices.map(({ user }) => user);
      const listed = await list();
      assert.deepEqual(missingIn(path), []);

      await store.listings.postponeOrders();
      assert.deepEqual(missingIn(path), POSTPONED);
      await assert.rejects(list(), IS_SORTING);
      await assert.rejects(store.listings.called('ID7', 10), IS_SORTING);
      // Who only reads the file goes through all rows, and keeps nobody waiting.
      const reader = await openStoreToRead({ engine: 'sqlite', path });
      assert.deepEqual(
        (await reader.listings.devices('org', {}, BY_OWNER)).devices.map(({ user }) => user),
        listed,
      );
      assert.deepEqual(await reader.listings.called('ID7', 10), ['eas:org:m7:id7']);
      await reader.close();

      store.listings.makeOrders('sync');
      await allMade(path);
      assert.deepEqual(indexesOf(path), before);
      assert.deepEqual(await list(), listed);
      assert.deepEqual(await store.listings.called('ID7', 10), ['eas:org:m7:id7']);
      await store.close();
    }));

  for (const [devices, whose] of [
    [{ read: 19_999 }, 'fewer devices are new'],
    [{ read: 20_000, decided: 20_001 }, 'more devices were decided about than are new'],
  ] as const)
    it(`stay where ${whose}`, () =>
      inFolder(async (folder) => {
        const path = join(folder, 'store.sqlite');
        const store = await aStore(path, devices);
        await store.listings.postponeOrders();
        assert.deepEqual(missingIn(path), []);
        await store.close();
      })).timeout(100_000);

  it('stay in a store that is no file', async () => {
    const store = await openStore({ engine: 'sqlite', path: ':memory:' });
    await store.listings.postponeOrders();
    assert.deepEqual((await store.listings.devices('org', {}, BY_OWNER)).devices, []);
    await store.close();
  });

  it('are made by the daily care after a sync that was cut off, and not beside one that goes on', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const cutOff = await aStore(path);
      await cutOff.listings.postponeOrders();
      cutOff.listings.makeOrders('care');
      await cutOff.close();
      assert.deepEqual(missingIn(path), POSTPONED);

      const store = await openStore({ engine: 'sqlite', path });
      store.listings.makeOrders('care');
      await allMade(path);
      // One that ends in no way, in a process that goes on.
      await store.listings.postponeOrders();
      store.listings.makeOrders('care');
      assert.deepEqual(missingIn(path), POSTPONED);
      store.listings.makeOrders('care');
      await allMade(path);
      await store.close();
    }));

  it('wait until another process has written, and nobody of this one waits in a turn of its own', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const store = await aStore(path);
      await store.listings.postponeOrders();
      const other = new DatabaseSync(path);
      other.exec('begin immediate');
      store.listings.makeOrders('sync');
      const asked = store.settings.get('a question of somebody else');
      await setTimeout(100);
      assert.deepEqual(missingIn(path), POSTPONED);
      other.exec('commit');
      other.close();
      assert.equal(await asked, null);
      await allMade(path);
      await store.close();
    }));

  it('that cannot be made are said in the log, and are made after the next sync', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const said: string[] = [];
      const warn = (text: string, facts?: object): void => void said.push(`${text} ${JSON.stringify(facts)}`);
      const store = await aStore(path, {}, { debug() {}, info() {}, warn, error() {} });
      await store.listings.postponeOrders();
      const other = new DatabaseSync(path);
      other.exec('create table devices_user (n)');
      store.listings.makeOrders('sync');
      while (said.length === 0) await setTimeout(10);
      assert.deepEqual(said, [
        'The orders of the lists could not be made yet. {"error":"ConnectorError: The store failed: there is already a table named devices_user. The store refused a write. Check the disk, its rights, and the room for temporary files."}',
      ]);
      assert.deepEqual(missingIn(path), ['devices_user']);
      await assert.rejects(store.listings.devices('org', {}, BY_OWNER), IS_SORTING);
      other.exec('drop table devices_user');
      other.close();
      store.listings.makeOrders('sync');
      await allMade(path);
      await store.close();
    }));

  it('come with the end of a sync, and not with one that was cut off', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const world = await SyncWorld.open({}, await openStore({ engine: 'sqlite', path }));
      addDevices(path, 20_000);
      for (const alias of ['anna', 'bert', 'carla']) world.addPhone(alias);
      for (const source of ['mdm', 'eas'] as const) await world.readOnly(source);
      world.matchesAll = true;
      await world.match({ isCutOff: true });
      assert.deepEqual(missingIn(path), POSTPONED);
      world.restart();
      await world.match();
      assert.deepEqual(world.blocked('anna', 'bert', 'carla'), ['anna', 'bert', 'carla']);
      await allMade(path);
      await world.close();
    }));
});
