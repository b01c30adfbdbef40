/** `exchange-connector person`, in this process. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommand } from '../../src/cli/run-command.ts';
import { openStore } from '../../src/store/open-store.ts';
import { easRecord } from '../support/records.ts';
import { NOW, seed } from '../connector/listings/seeded-store.ts';

const { easId, mailbox } = easRecord(2);
const USER2 = 'user2@contoso.example';

async function run(argv: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(stdout), text(stderr)]);
  const code = await runCommand(['person', ...argv], {
    stdout,
    stderr,
    env: {},
    isTerminal: false,
    columns: 100,
    signal: new AbortController().signal,
    now: () => Date.parse(NOW),
  });
  stdout.end();
  stderr.end();
  const [out, err] = await texts;
  return { code, out, err };
}

/** A folder with a seeded store; user2's phone is blocked by an entry of ours. */
async function inUserDir(work: (dir: string, path: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'exchange-person-'));
  try {
    const path = join(dir, 'exchange-connector.sqlite');
    const store = await openStore({ engine: 'sqlite', path });
    await seed(store);
    await store.close();
    await work(dir, path);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const COMES_BACK = [
  'What Exchange or an MDM still has is read again by the next sync: remove the device and the mailbox there first. Copies of the',
  'store, exports and logs have what they had.',
];

describe('exchange-connector person', () => {
  it('says first what would be deleted and what would stay, beside a running Node-RED, and deletes nothing', () =>
    inUserDir(async (dir, path) => {
      const store = await openStore({ engine: 'sqlite', path });
      const { code, out, err } = await run(['delete', USER2, '--user-dir', dir]);
      await store.close();
      assert.deepEqual([code, err], [0, '']);
      const lines = out.trimEnd().split('\n');
      assert.deepEqual(lines.slice(0, 4), [
        `Names       User 2, ${USER2}`,
        `Mailboxes   ${mailbox.id}`,
        `EAS IDs     ${easId.toLowerCase()}`,
        '',
      ]);
      assert.deepEqual(
        lines
          .filter((line) => /^(records|devices|entries|mails|audit|timeline) /.test(line))
          .map((line) => line.split(/ +/).slice(0, 3)),
        [
          ['records', '1', '0'],
          ['entries', '1', '0'],
          ['mails', '1', '0'],
          ['devices', '1', '0'],
          ['timeline', '3', '0'],
          ['audit', '2', '0'],
        ],
      );
      assert.deepEqual(lines.slice(-6), [
        '1 entry of ours on lists in Exchange: known until taken off, as GUID of the mailbox and EAS ID.',
        'To be rid of them, let Exchange forget the device, or add --forget-entries.',
        ...COMES_BACK,
        '',
        'Nothing was deleted: add --yes.',
      ]);
      assert.ok(readFileSync(path).includes(USER2));
    }));

  it('deletes with --yes, and says how to take an entry off that is forgotten', () =>
    inUserDir(async (dir, path) => {
      const { code, out, err } = await run([
        'delete',
        easId,
        '--yes',
        '--forget-entries',
        '--by',
        'Ops',
        '--user-dir',
        dir,
      ]);
      assert.deepEqual([code, err], [0, '']);
      assert.deepEqual(out.trimEnd().split('\n').slice(-5), [
        'Deleted.',
        "Entries of ours that are on lists in Exchange, and an administrator's from now on. To take them off:",
        `  Set-CASMailbox -Identity ${mailbox.id} -ActiveSyncBlockedDeviceIDs @{Remove='${easId}'}`,
        ...COMES_BACK,
      ]);
      const left = readFileSync(path, 'latin1');
      for (const trace of [USER2, mailbox.id, easId, easId.toLowerCase()]) assert.ok(!left.includes(trace), trace);
      assert.deepEqual(await run(['delete', USER2, '--user-dir', dir]), {
        code: 0,
        out: `Nothing is held about "${USER2}".\n`,
        err: '',
      });
    }));

  it('says by what an entry is found that stays, since the address is known no more, and is rid of it by that', () =>
    inUserDir(async (dir) => {
      const kept = await run(['delete', USER2, '--yes', '--user-dir', dir]);
      assert.deepEqual(kept.out.trimEnd().split('\n').slice(-5), [
        'Deleted.',
        '1 entry of ours on lists in Exchange: known until taken off, as GUID of the mailbox and EAS ID.',
        `To be rid of them, let Exchange forget the device, or add --forget-entries to ${mailbox.id}: no address finds them now.`,
        ...COMES_BACK,
      ]);
      const rid = await run(['delete', mailbox.id, '--yes', '--forget-entries', '--user-dir', dir]);
      assert.match(rid.out, new RegExp(`Set-CASMailbox -Identity ${mailbox.id} -ActiveSyncBlockedDeviceIDs`));
      assert.equal(
        (await run(['delete', mailbox.id, '--user-dir', dir])).out,
        `Nothing is held about "${mailbox.id}".\n`,
      );
    }));

  it('refuses to delete while a Node-RED has the store open', () =>
    inUserDir(async (dir, path) => {
      const store = await openStore({ engine: 'sqlite', path });
      const { code, err } = await run(['delete', USER2, '--yes', '--user-dir', dir]);
      await store.close();
      assert.equal(code, 1);
      assert.match(err, /^error ERR_STORE_IN_USE: .*Stop every Node-RED that works with the store/);
    }));

  it('exports into a new file, and says what is in it', () =>
    inUserDir(async (dir) => {
      const file = join(dir, 'user2.json');
      const { code, out, err } = await run(['export', USER2, file, '--user-dir', dir, '--json']);
      assert.deepEqual([code, err], [0, '']);
      const { kind, person, file: written } = JSON.parse(out) as Record<string, unknown>;
      assert.deepEqual([kind, written], ['person', file]);
      const document = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      assert.deepEqual([document['at'], document['person']], [NOW, person]);
      assert.ok(!readFileSync(file, 'utf8').includes('user3@'));
    }));

  it('says of a wrong command line what is wrong, and writes nothing', () =>
    inUserDir(async (dir) => {
      const file = join(dir, 'x.json');
      assert.equal(
        (await run(['export', USER2])).err,
        'The file is missing.\nTry: exchange-connector person export --help\n',
      );
      assert.equal((await run(['delete'])).code, 2);
      assert.match((await run([])).err, /^Usage: exchange-connector person <command>/);
      assert.match((await run(['delete', '--help'])).out, /--forget-entries/);
      assert.deepEqual(await run(['export', 'nobody@contoso.example', file, '--user-dir', dir]), {
        code: 0,
        out: 'Nothing is held about "nobody@contoso.example".\n',
        err: '',
      });
      assert.ok(!existsSync(file));
    }));
});
