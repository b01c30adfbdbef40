/**
 * Stores of earlier versions, which this one opens. Of version 2, with everything in it that may wait: two phones mailed, a mail that waits for
 * another try, one whose news had only arrived, an allow that failed, a plan that the brake holds. Of version 3: two phones
 * blocked and mailed, one that a person was told to look at. Synced with nothing changed, nothing is written, mailed or told.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Client } from 'pg';
import { sequentialIds } from '../../src/lab/organization.ts';
import { easRecordKey } from '../../src/model/keys.ts';
import { openPostgres, openSqlite } from '../../src/store/dialects.ts';
import { migrate } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Schema } from '../../src/store/schema.ts';
import { MailWorld } from '../connector/mails/support/mail-world.ts';
import { codes, easIdOf, SyncWorld } from '../connector/sync/sync-world.ts';
import { aliasOf, makeMany } from './many-devices.ts';
import { anEasRecord, inFolder } from './records.ts';

const VERSION_2 = new URL('../fixtures/store/version-2.sql', import.meta.url);
const VERSION_3 = new URL('../fixtures/store/version-3.sql', import.meta.url);
const ALIASES = ['anna', 'ben', 'carla', 'dora', 'emil', 'frida', 'gero', 'hilde', 'iris', 'jan', 'karl', 'lena'];
const BLOCKED = ['carla', 'dora', 'emil', 'frida'];
const address = (alias: string): string => `${alias}@contoso.example`;

/** The GUIDs that mailboxes get when they are made in this order. */
async function mailboxIds(aliases: readonly string[]): Promise<(alias: string) => string> {
  const world = await SyncWorld.open({ newId: sequentialIds() });
  world.letPass(3_600_000);
  for (const alias of aliases) world.addPhone(alias);
  const ids = new Map(aliases.map((alias) => [alias, world.organization.mailboxByAddress(address(alias))!.guid]));
  await world.close();
  return (alias) => ids.get(alias) ?? assert.fail(`no mailbox ${alias}`);
}

/** Makes the tables of version 3 on PostgreSQL. */
async function makeVersion3(connection: string): Promise<void> {
  const engine = await openPostgres(connection);
  const database = new Kysely<Schema>({ dialect: engine.dialect });
  await migrate(database, engine, 3);
  await database.destroy();
}

describe('a store of the version before', () => {
  for (const copies of [1, 84]) {
    const devices = copies * ALIASES.length;
    it(`of ${devices} devices goes on where it was: nothing is written, mailed or told twice, and nothing that waits is lost`, () =>
      inFolder(async (folder) => {
        const names = (aliases: readonly string[]): string[] =>
          Array.from({ length: copies }, (_, n) => aliases.map((alias) => aliasOf(alias, n))).flat();
        const path = join(folder, 'store.sqlite');
        const old = new DatabaseSync(path);
        old.exec(readFileSync(VERSION_2, 'utf8'));
        // An older version mailed some twice.
        old.exec(`insert into "notifications" select null, "deviceKey", "kind", "at", "blockedAt", "address", "outcome", "messageId", "note"
          from "notifications" where "outcome" = 'sent'`);
        makeMany(old, { aliases: ALIASES, copies, guidOf: await mailboxIds(names(ALIASES)) });
        old.close();
        // Exchange and the MDM as they were when the store was left.
        const clock = { time: Date.parse('2026-06-01T09:00:00.000Z') };
        const store = await openStore({ engine: 'sqlite', path, now: () => new Date(clock.time) });
        const world = await SyncWorld.open({ newId: sequentialIds() }, store);
        try {
          world.letPass(3_600_000);
          for (const alias of names(ALIASES)) world.addPhone(alias);
          for (const alias of names(['frida', 'jan', 'karl', 'lena'])) world.enroll(alias);
          assert.equal((await store.entries.list()).length, names(BLOCKED).length);
          for (const alias of names(BLOCKED)) world.setLists(alias, { blocked: [easIdOf(alias)] });
          world.set({ brakeCount: 0, brakePercent: 0 });
          world.failures.push(...Array.from({ length: devices }, () => 'refused' as const));
          const mails = new MailWorld(store);
          mails.now = world.now();
          await world.due();
          assert.deepEqual(world.news('blocked'), [], 'no block is told of again');
          const { held } = await world.sync();
          assert.equal(held?.count, 5 * copies, 'the plan that was held is made anew');
          const all = names(ALIASES);
          assert.deepEqual(
            [world.news('blocked'), world.writes, world.blocked(...all).sort()],
            [[], 0, names(BLOCKED).sort()],
          );
          await mails.due();
          const waited = names(['emil', 'frida']).map(address);
          assert.deepEqual(mails.mailed().sort(), waited.sort(), 'only those whose mails waited');
          world.failures.length = 0;
          await world.retry();
          const left = names(['carla', 'dora', 'emil']);
          assert.deepEqual([world.news('allowed').length, world.blocked(...all).sort()], [copies, left.sort()]);
          assert.deepEqual(await mails.waiting(), []);
          const before = [world.told.length, world.writes, mails.mailed().length];
          await world.sync();
          await mails.due();
          assert.deepEqual([world.told.length, world.writes, mails.mailed().length], before, 'and now nothing changes');
        } finally {
          await world.close();
        }
      })).timeout(240_000);
  }

  it('has its waiting changes say what they wait for, and when it is their turn', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const old = new DatabaseSync(path);
      old.exec(readFileSync(VERSION_2, 'utf8'));
      old.exec('delete from outbox');
      const insert = old.prepare(`insert into outbox values (?, 'org', 'm', ?, ?, '', '', null, ?)`);
      const rows = [
        ['a', 'waiting', 0, { action: 'block' }],
        ['b', 'waiting', 2, { action: 'allow' }],
        ['c', 'waiting', 2, { action: 'block', waits: { at: '', text: '' } }],
        ['d', 'waiting', 1, { action: 'allow', unsettled: { action: 'block' } }],
        ['e', 'sending', 0, { action: 'block' }],
        ['f', 'settling', 0, { action: 'release' }],
        ['g', 'attention', 9, { action: 'block' }],
      ] as const;
      for (const [key, state, attempts, change] of rows) insert.run(key, state, attempts, JSON.stringify(change));
      old.close();
      const store = await openStore({ engine: 'sqlite', path });
      try {
        assert.deepEqual(
          (await store.outbox.list()).map(({ key, state, turn }) => [key, state, turn]),
          [
            ['a', 'planned', 1],
            ['b', 'later', 0],
            ['c', 'next-sync', 1],
            ['d', 'reserved', 0],
            ['e', 'reserved', 1],
            ['f', 'settling', 0],
            ['g', 'attention', 1],
          ],
        );
      } finally {
        await store.close();
      }
    }));

  it('knows how many mailboxes have devices when its brake did not count them, and decides about all devices anew', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const engine = openSqlite(path);
      const database = new Kysely<Schema>({ dialect: engine.dialect });
      await migrate(database, engine, 11);
      await database.destroy();
      const old = new DatabaseSync(path);
      const at = '2026-05-04T00:00:00.000Z';
      const device = old.prepare(`insert into devices ("key", "organization", "firstReadAt", "mailboxId", "decision")
        values (?, 'contoso', '${at}', ?, ?)`);
      for (const [key, mailboxId, decision] of [
        ['a', 'm1', 'block'],
        ['b', 'm1', 'leave'],
        ['c', 'm2', 'block'],
        ['d', 'm3', null],
      ] as const)
        device.run(key, mailboxId, decision);
      old.exec(`
        insert into lowered values ('contoso', '2026-05-04T00', 3);
        insert into touched ("organization", "key", "due", "run") values ('contoso', '*', 'now', 'r');
        insert into snapshots ("source", "scope", "generation", "syncId", "kind", "startedAt", "completedAt",
          "fullStartedAt", "count", "previousCount") values ('eas', 'contoso', 1, 's', 'full', '${at}', '${at}', '${at}', 4, 4)`);
      old.close();
      const store = await openStore({ engine: 'sqlite', path });
      try {
        assert.equal(await store.devices.mailboxes('contoso'), 2);
        assert.deepEqual(await store.lowered.since('contoso', at), new Map());
        assert.deepEqual(await store.touched.take('contoso', 'next'), ['*']);
      } finally {
        await store.close();
      }
    }));

  const server = process.env['CONNECTOR_TEST_POSTGRES'];
  if (server !== undefined) {
    it('is understood by PostgreSQL too, whatever phones call themselves', async () => {
      const hostile = {
        ...anEasRecord('hostile'),
        device: { ...anEasRecord('hostile').device, model: 'half: \ud800' },
      };
      const other = anEasRecord('other');
      const at = '2026-05-04T00:00:00.000Z';
      const schema = `upgrade_${randomUUID().replaceAll('-', '')}`;
      const connection = `${server}?options=-c%20search_path%3D${schema}`;
      const client = new Client({ connectionString: connection });
      await client.connect();
      try {
        await client.query(`create schema ${schema}`);
        await makeVersion3(connection);
        for (const [generation, record] of [hostile, other].entries()) {
          const row = [record.key, generation + 1, JSON.stringify(record)];
          await client.query(`insert into records values (1, $1, $2, 'h', $3)`, row);
        }
        await client.query(
          `insert into snapshots values ('eas', 'contoso', 1, 's', 'full', $1, $1, $1, 2, null, null)`,
          [at],
        );
        await client.query(`insert into outbox values ($1, 'org', 'm', 'sending', 0, $2, $2, null, $3)`, [
          hostile.key,
          at,
          JSON.stringify({ action: 'block', device: hostile }),
        ]);
        const store = await openStore({ engine: 'postgres', connection });
        assert.equal((await store.devices.readBy([hostile.key, other.key], at)).size, 2);
        assert.equal(await store.settings.get('access.toldUntil.contoso'), at);
        assert.deepEqual(
          (await store.outbox.list()).map(({ key, state, turn }) => [key, state, turn]),
          [[hostile.key, 'reserved', 1]],
        );
        await store.close();
      } finally {
        await client.query(`drop schema ${schema} cascade`);
        await client.end();
      }
    });
  }

  it('takes for told what a version told that did not keep it, and tells of what came later', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const old = new DatabaseSync(path);
      old.exec(readFileSync(VERSION_3, 'utf8'));
      old.close();
      const clock = { time: Date.parse('2026-06-01T09:00:00.000Z') };
      const store = await openStore({ engine: 'sqlite', path, now: () => new Date(clock.time) });
      const world = await SyncWorld.open({ newId: sequentialIds() }, store);
      try {
        const phones = ['anna', 'ben', 'carla', 'dora'];
        for (const alias of phones) world.addPhone(alias);
        world.enroll('dora');
        world.enroll('carla', { easDeviceId: easIdOf('ben') });
        for (const alias of ['anna', 'carla']) world.setLists(alias, { blocked: [easIdOf(alias)] });
        const keys = await store.devices.readBy(
          phones.map((alias) =>
            easRecordKey('exchange', world.organization.mailboxByAddress(address(alias))!.guid, easIdOf(alias)),
          ),
          '2026-06-01T08:00:00.065Z',
        );
        assert.equal(keys.size, 4, 'the devices of the last reading are known since then');
        world.letPass(3_600_000);
        const mails = new MailWorld(store);
        mails.now = world.now();
        await world.due();
        const { counts } = await world.sync();
        await mails.due();
        assert.deepEqual([world.told, world.writes, mails.mailed(), counts.undecided], [[], 0, [], 1]);
        assert.deepEqual(await store.timeline.devices(), []);
        world.addPhone('emil');
        world.enroll('frida', { easDeviceId: easIdOf('emil') });
        await world.sync();
        assert.deepEqual(codes(world.news('attention')), ['emil: other-user']);
        world.restart();
        await world.sync();
        assert.equal(world.told.length, 1);
      } finally {
        await world.close();
      }
    }));
});
