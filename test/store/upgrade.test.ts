/**
 * A store of the version before this one, with everything in it that may wait: two phones mailed, a mail that waits for
 * another try, one whose news had only arrived, an allow that failed, a plan that the brake holds. Opened by this version and
 * synced with nothing changed, it writes, mails and tells nothing.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sequentialIds } from '../../src/lab/organization.ts';
import { openStore } from '../../src/store/open-store.ts';
import { MailWorld } from '../connector/mails/support/mail-world.ts';
import { SyncWorld } from '../connector/sync/sync-world.ts';
import { inFolder } from './records.ts';

const VERSION_2 = new URL('../fixtures/store/version-2.sql', import.meta.url);
const ALIASES = ['anna', 'ben', 'carla', 'dora', 'emil', 'frida', 'gero', 'hilde', 'iris', 'jan', 'karl', 'lena'];
const BLOCKED = ['carla', 'dora', 'emil', 'frida'];
const address = (alias: string): string => `${alias}@contoso.example`;

describe('a store of the version before', () => {
  it('goes on where it was: nothing is written, mailed or told twice, and nothing that waits is lost', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const old = new DatabaseSync(path);
      old.exec(readFileSync(VERSION_2, 'utf8'));
      old.close();
      // Exchange and the MDM as they were when the store was left.
      const clock = { time: Date.parse('2026-06-01T09:00:00.000Z') };
      const store = await openStore({ engine: 'sqlite', path, now: () => new Date(clock.time) });
      const world = await SyncWorld.open({ newId: sequentialIds() }, store);
      try {
        world.letPass(3_600_000);
        for (const alias of ALIASES) world.addPhone(alias);
        for (const alias of ['frida', 'jan', 'karl', 'lena']) world.enroll(alias);
        for (const alias of BLOCKED) {
          const { easId } = (await store.entries.list()).find(
            ({ mailboxId }) => mailboxId === world.organization.mailboxByAddress(address(alias))!.guid,
          )!;
          world.setLists(alias, { blocked: [easId] });
        }
        world.set({ brakeCount: 0, brakePercent: 0 });
        world.failures.push('refused', 'refused', 'refused');
        const mails = new MailWorld(store);
        mails.now = world.now();
        await world.due();
        assert.deepEqual(world.news('blocked'), [], 'no block is told of again');
        const { held } = await world.sync();
        assert.equal(held?.count, 5, 'the plan that was held is made anew');
        assert.deepEqual([world.news('blocked'), world.writes, world.blocked(...ALIASES)], [[], 0, BLOCKED]);
        await mails.due();
        assert.deepEqual(mails.mailed().sort(), [address('emil'), address('frida')], 'only those whose mails waited');
        world.failures.length = 0;
        await world.retry();
        assert.deepEqual([world.news('allowed').length, world.blocked(...ALIASES)], [1, ['carla', 'dora', 'emil']]);
        assert.deepEqual(await mails.waiting(), []);
      } finally {
        await world.close();
      }
    }));

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
});
