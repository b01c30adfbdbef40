/** How SQLite goes about what a sync and its mails ask: it knows no statistics, and must find its way by the indexes alone. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { MailWorld } from '../connector/mails/support/mail-world.ts';
import { SyncWorld } from '../connector/sync/sync-world.ts';
import { askedOfSqlite } from '../support/asked-of-sqlite.ts';
import { blocked } from '../support/changes.ts';
import { inFolder } from './records.ts';

/** Columns of which a value names one row or a few. */
const NAMES = [
  'id',
  'key',
  'deviceKey',
  'mailboxId',
  'mailId',
  'tokenId',
  'easKey',
  'easIdFolded',
  'planId',
  'syncId',
  'no',
  'generation',
  'nodeId',
];

/** A sync with blocks, a held plan, mails that fail, and an allow. */
async function syncAndMail(store: Store): Promise<void> {
  const world = await SyncWorld.open({}, store);
  const mails = new MailWorld(store);
  try {
    for (const alias of ['anna', 'ben', 'carla']) world.addPhone(alias);
    world.failures.push('refused');
    await world.sync();
    world.restart();
    await world.due();
    world.enroll('anna');
    world.set({ brakeCount: 1, brakePercent: 0 });
    for (const alias of ['dora', 'emil']) world.addPhone(alias);
    const { held } = await world.sync();
    await world.approve(held?.id ?? assert.fail('nothing is held'), 'Ida', { mailbox: 'dora@contoso.example' });
    await world.retry();
    mails.set({}, { reminders: 1 });
    for (let n = 1; n <= 3; n += 1) await mails.news(blocked(n, { id: `c${n}`, episode: `e${n}` }));
    await mails.due();
  } finally {
    await world.close();
  }
}

describe('what is asked of SQLite often', () => {
  it('goes by the index of what it names, in a store of which SQLite has no statistics', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const store = await openStore({ engine: 'sqlite', path });
      const asked = await askedOfSqlite(() => syncAndMail(store));
      const database = new DatabaseSync(path, { readOnly: true });
      const wrong: string[] = [];
      for (const statement of asked) {
        if (!/^\s*(select|update|delete|insert)\b/i.test(statement)) continue;
        const condition = /\bwhere\b(.*)$/is.exec(statement)?.[1] ?? '';
        const names = NAMES.some((column) => new RegExp(`"${column}" (=|in) `).test(condition));
        const plan = database.prepare(`explain query plan ${statement}`).all() as { detail: string }[];
        for (const { detail } of plan) {
          const bound = /^SEARCH .*\((.*)\)/.exec(detail)?.[1]?.match(/\w+(?=[=<>])/g) ?? ['rowid'];
          if (names && !bound.some((column) => column === 'rowid' || NAMES.includes(column)))
            wrong.push(`${detail}: ${statement}`);
        }
      }
      database.close();
      assert.ok(asked.size > 60, 'they were seen');
      assert.deepEqual(wrong, []);
    }));
});
