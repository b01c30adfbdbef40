/** The commands over a store, in this process and as a process beside one that writes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommand } from '../../src/cli/run-command.ts';
import { textWidth } from '../../src/cli/text-width.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { HOSTILE, NOW, seed } from '../connector/listings/seeded-store.ts';

interface World {
  readonly columns?: number;
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
  readonly env?: Record<string, string>;
}

/** Runs the command in this process. */
async function run(argv: readonly string[], world: World = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(stdout), text(stderr)]);
  const code = await runCommand(argv, {
    stdout,
    stderr,
    env: world.env ?? {},
    isTerminal: world.isTerminal ?? false,
    columns: world.columns ?? null,
    signal: world.signal ?? new AbortController().signal,
    now: () => Date.parse(NOW),
  });
  stdout.end();
  stderr.end();
  const [out, err] = await texts;
  return { code, out, err };
}

/** A folder with a seeded store, as Node-RED's user directory would be. */
async function inUserDir(
  work: (dir: string, path: string) => Promise<void>,
  prepare: (store: Store) => Promise<void> = seed,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'exchange-listings-'));
  try {
    const path = join(dir, 'exchange-connector.sqlite');
    const store = await openStore({ engine: 'sqlite', path });
    await prepare(store);
    await store.close();
    await work(dir, path);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const lines = (out: string): string[] => out.trimEnd().split('\n');
const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('exchange-connector devices', () => {
  it('prints a table', () =>
    inUserDir(async (dir) => {
      const { code, out, err } = await run(['devices', '--user-dir', dir, '--eas-id', 'EAS?', '--mailbox', 'user*']);
      assert.deepEqual([code, err], [0, '']);
      assert.deepEqual(lines(out), [
        'Owner                  EAS ID  State    Reason        Our entry  Waits                    Mailed            Device',
        '---------------------  ------  -------  ------------  ---------  -----------------------  ----------------  ----------',
        'user1@contoso.example  EAS1    allowed  merged                                                              iPhone15C2',
        'user2@contoso.example  EAS2    blocked  not-enrolled  blocked                             2026-06-01 09:01  iPhone15C2',
        'user3@contoso.example  EAS3    allowed  not-enrolled             block, 2026-06-02 10:04                    iPhone15C2',
        '',
        '3 devices of 4.',
        'exchange: Exchange read 2026-06-02 08:30 (full); MDM tenant read 2026-06-02 08:00 (1 record).',
      ]);
    }));

  it('prints one JSON document', () =>
    inUserDir(async (_dir, path) => {
      const { code, out, err } = await run(['devices', '--store', path, '--state', 'blocked', '--json']);
      assert.deepEqual([code, err, lines(out).length], [0, '', 1]);
      const { organizations, devices, fitting } = JSON.parse(out) as Record<string, unknown>;
      assert.deepEqual(
        [organizations, devices, fitting],
        [
          [
            {
              organization: 'exchange',
              devices: 4,
              eas: { kind: 'full', startedAt: '2026-06-02T08:30:00.000Z', fullStartedAt: '2026-06-02T08:30:00.000Z' },
              mdm: {
                startedAt: '2026-06-02T08:00:00.000Z',
                complete: true,
                fresh: true,
                count: 1,
                sources: [{ source: 'tenant', startedAt: '2026-06-02T08:00:00.000Z', fresh: true, count: 1 }],
              },
            },
          ],
          [
            {
              organization: 'exchange',
              easId: 'EAS2',
              key: 'eas:exchange:00000000-0000-4000-8000-000000000002:eas2',
              owner: {
                name: 'User 2',
                address: 'user2@contoso.example',
                upn: 'user2@contoso.example',
                mailboxId: '00000000-0000-4000-8000-000000000002',
              },
              device: { type: 'iPhone', model: 'iPhone15C2', os: 'iOS 19.1' },
              status: 'eas',
              reason: (devices as { reason: unknown }[])[0]?.reason,
              matchedBy: null,
              access: { state: 'blocked', reason: 'individual', listed: 'blocked' },
              mdm: null,
              entries: [
                { list: 'blocked', state: 'owned', writtenAt: '2026-06-01T09:00:00.000Z', rule: 'Not managed' },
              ],
              waiting: null,
              mail: { at: '2026-06-01T09:01:00.000Z', kind: 'not-enrolled', outcome: 'sent', note: null },
              firstSyncAt: '2026-06-01T08:00:00.000Z',
              lastSyncAt: null,
            },
          ],
          1,
        ],
      );
    }));

  for (const columns of [40, 60, 80, 120, 200]) {
    it(`fits a terminal of ${columns} columns, hostile names and all`, () =>
      inUserDir(async (dir) => {
        const { out } = await run(['devices', '--user-dir', dir], { columns });
        const table = lines(out).slice(0, 6);
        assert.equal(table.length, 6);
        for (const line of table) assert.ok(textWidth(line) <= columns, line);
        assert.match(table[0] ?? '', columns < 60 ? /^Owner +EAS ID/ : /^Owner +EAS ID +State +Reason/);
      }));
  }

  it('hands no name to the terminal that could act on it, and keeps every name in JSON', () =>
    inUserDir(async (dir) => {
      const acting = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/;
      for (const argv of [
        ['devices'],
        ['plans'],
        ['plans', 'exchange-7'],
        ['history', 'EAS4'],
        ['history'],
        ['timeline', 'EAS4'],
      ]) {
        for (const more of [[], ['--json']]) {
          const { code, out } = await run([...argv, ...more, '--user-dir', dir]);
          assert.equal(code, 0);
          assert.doesNotMatch(out, acting, argv.join(' '));
        }
      }
      const { out } = await run(['devices', '--user-dir', dir, '--eas-id', 'EAS4', '--json']);
      const [device] = (JSON.parse(out) as { devices: { owner: { name: string } }[] }).devices;
      assert.equal(device?.owner.name, HOSTILE);
    }));

  it('says how many more there are', () =>
    inUserDir(async (dir) => {
      const { out } = await run(['devices', '--user-dir', dir, '--limit', '1']);
      assert.equal(lines(out).at(-2), 'The first 1 of 4 devices that fit; --limit shows more.');
      const { out: all } = await run(['devices', '--user-dir', dir, '--limit', 'all']);
      assert.equal(lines(all).at(-2), '4 devices of 4.');
    }));

  it('shows progress on a terminal and takes it away again', () =>
    inUserDir(async (dir) => {
      const { err } = await run(['devices', '--user-dir', dir, '--json'], { isTerminal: true });
      assert.match(err, /reading exchange/);
      assert.ok(err.endsWith('\r\u001b[K'));
    }));
});

describe('exchange-connector history', () => {
  it('prints the last runs', () =>
    inUserDir(async (dir) => {
      const { code, out, err } = await run(['history', '--user-dir', dir]);
      assert.deepEqual([code, err], [0, '']);
      assert.deepEqual(lines(out), [
        'At                Run     Ended     Counts                         Took   Organization',
        '----------------  ------  --------  -----------------------------  -----  ------------',
        '2026-06-02 08:31  access  not well  enforce, devices 4, held 2     1.5 s  exchange',
        '2026-06-01 08:31  access  well      enforce, devices 4, blocked 1  1.5 s  exchange',
      ]);
    }));

  it('prints runs of a subject, with the code of what went wrong and who asked for it', () =>
    inUserDir(
      async (dir) => {
        const { out } = await run(['history', '--user-dir', dir, '--subject', 'mdm', '--subject', 'write']);
        assert.deepEqual(lines(out), [
          'At                Run    Ended           Counts                       Took   Organization',
          '----------------  -----  --------------  ---------------------------  -----  ------------',
          '2026-06-01 08:01  mdm    ERR_GRAPH_AUTH                               0.0 s  tenant',
          '2026-06-01 08:00  write  well            approve, enforce, blocked 3  0.0 s  exchange',
        ]);
      },
      async (store) => {
        const row = { syncId: 's', tookMs: 4 };
        await store.history.add({
          ...row,
          at: '2026-06-01T08:00:00.000Z',
          subject: 'write',
          organization: 'exchange',
          ok: true,
          report: { sync: { id: 'approve', kind: 'control' }, mode: 'enforce', counts: { blocked: 3 } },
        });
        await store.history.add({
          ...row,
          at: '2026-06-01T08:01:00.000Z',
          subject: 'mdm',
          organization: null,
          ok: false,
          report: { source: 'tenant', error: { code: 'ERR_GRAPH_AUTH', text: 'Check the secret.' } },
        });
        await store.history.add({
          ...row,
          at: '2026-06-01T08:02:00.000Z',
          subject: 'access',
          organization: 'exchange',
          ok: true,
          report: {},
        });
      },
    ));

  it('prints what befell a device', () =>
    inUserDir(async (dir) => {
      const { out } = await run(['history', 'user2@contoso.example', '--user-dir', dir]);
      assert.deepEqual(lines(out), [
        'EAS2, user2@contoso.example',
        '',
        'At                What       Reason        By             Details',
        '----------------  ---------  ------------  -------------  --------------------------------------------------',
        '2026-06-01 09:00  block      not-enrolled  access switch  Not managed; No enrolled device of this user fits.',
        '2026-06-01 09:01  mail sent  not-enrolled                 user2@contoso.example',
        '2026-06-01 10:00  pair                     Ops            No enrolled device of this user fits.',
      ]);
      const { out: none } = await run(['history', 'nobody\u001b[2J', '--user-dir', dir]);
      assert.equal(none, 'No device is known by "nobody\\u001b[2J".\n');
    }));

  it('prints both as JSON', () =>
    inUserDir(async (dir) => {
      const runs = JSON.parse((await run(['history', '--user-dir', dir, '--limit', '1', '--json'])).out) as unknown;
      assert.deepEqual(runs, {
        runs: [
          {
            syncId: 'eas-1',
            at: '2026-06-02T08:31:00.000Z',
            subject: 'access',
            organization: 'exchange',
            ok: false,
            tookMs: 1500,
            report: { sync: { id: 'eas-1' }, mode: 'enforce', counts: { devices: 4, held: 2 } },
          },
        ],
      });
      const { out } = await run(['history', 'EAS2', '--user-dir', dir, '--limit', '2', '--json']);
      const key = 'eas:exchange:00000000-0000-4000-8000-000000000002:eas2';
      assert.deepEqual(JSON.parse(out), {
        devices: [
          {
            key,
            organization: 'exchange',
            easId: 'EAS2',
            mailboxId: '00000000-0000-4000-8000-000000000002',
            address: 'user2@contoso.example',
            name: 'User 2',
          },
        ],
        moreDevices: 0,
        events: [
          {
            kind: 'mail',
            at: '2026-06-01T09:01:00.000Z',
            key,
            what: 'sent',
            to: 'user2@contoso.example',
            reason: 'not-enrolled',
            note: null,
          },
          {
            kind: 'change',
            at: '2026-06-01T10:00:00.000Z',
            key,
            what: 'pair',
            who: 'Ops',
            rule: null,
            reason: '',
            evidence: ['No enrolled device of this user fits.'],
            before: { state: 'allowed', listed: null },
            after: { state: 'blocked', edit: null },
            approvedBy: null,
          },
        ],
      });
    }));
});

describe('exchange-connector timeline', () => {
  const key = 'eas:exchange:00000000-0000-4000-8000-000000000002:eas2';

  it('prints when what happened to a device, named by key, EAS ID or mailbox', () =>
    inUserDir(async (dir) => {
      for (const word of [key, 'eas2', 'user2@contoso.example']) {
        const { code, out, err } = await run(['timeline', word, '--user-dir', dir], { columns: 90 });
        assert.deepEqual([code, err], [0, '']);
        assert.deepEqual(lines(out), [
          'EAS2, user2@contoso.example',
          '',
          'At                   What           Why           Waited',
          '-------------------  -------------  ------------  ------',
          '2026-06-01 08:00:00  account added',
          '2026-06-01 09:00:00  blocked        not-enrolled',
          '2026-06-01 09:01:00  mailed         not-enrolled  3660 s',
        ]);
      }
    }));

  it('prints several devices of a pattern, one that Exchange no longer has, and one on which nothing was changed', () =>
    inUserDir(async (dir) => {
      const { out: several } = await run(['timeline', 'user*', '--user-dir', dir, '--limit', '1']);
      assert.deepEqual(lines(several).slice(-3), [
        'At                   EAS ID  What    Why           Waited',
        '-------------------  ------  ------  ------------  ------',
        '2026-06-01 09:01:00  EAS2    mailed  not-enrolled  3660 s',
      ]);
      const { out: gone } = await run(['timeline', 'gone9', '--user-dir', dir]);
      assert.match(lines(gone).at(-1) ?? '', /^2026-05-01 10:00:00 {2}taken off the list by somebody else/);
      const { out: none } = await run(['timeline', 'EAS1', '--user-dir', dir]);
      assert.deepEqual(lines(none), ['EAS1, user1@contoso.example', '', 'Nothing was changed.']);
    }));

  it('prints JSON', () =>
    inUserDir(async (dir) => {
      const { out } = await run(['timeline', 'EAS2', '--user-dir', dir, '--limit', '1', '--json']);
      assert.deepEqual(JSON.parse(out), {
        devices: [
          {
            key,
            organization: 'exchange',
            easId: 'EAS2',
            mailboxId: '00000000-0000-4000-8000-000000000002',
            address: 'user2@contoso.example',
            name: 'User 2',
          },
        ],
        moreDevices: 0,
        steps: [
          {
            organization: 'exchange',
            deviceKey: key,
            episode: 'e1',
            step: 'mailed',
            at: '2026-06-01T09:01:00.000Z',
            detail: 'not-enrolled',
            waited: 3660,
          },
        ],
      });
    }));
});

describe('exchange-connector plans', () => {
  it('prints the held plans with their changes by reason', () =>
    inUserDir(async (dir) => {
      const { code, out, err } = await run(['plans', '--user-dir', dir], { columns: 90 });
      assert.deepEqual([code, err], [0, '']);
      assert.deepEqual(lines(out), [
        'Plan exchange-7, exchange, 2 changes, held since 2026-06-02 09:30',
        'ERR_BRAKE: 2 devices would lose access; the brake allows 1 of 4.',
        'Action  Devices  Reason        For example                                     Rule',
        '------  -------  ------------  ----------------------------------------------  -----------',
        'block   2        not-enrolled  user3@contoso.example (iPhone15C2), 00000000-…  Not managed',
      ]);
    }));

  it('prints the changes of one', () =>
    inUserDir(async (dir) => {
      const { out } = await run(['plans', 'exchange-7', '--user-dir', dir, '--limit', '1']);
      assert.deepEqual(lines(out), [
        'Plan exchange-7, exchange, 2 changes, held since 2026-06-02 09:30',
        'ERR_BRAKE: 2 devices would lose access; the brake allows 1 of 4.',
        'Owner                  EAS ID  Action  State    Reason        Rule         Device',
        '---------------------  ------  ------  -------  ------------  -----------  ----------',
        'user3@contoso.example  EAS3    block   allowed  not-enrolled  Not managed  iPhone15C2',
        '',
        'The first 1 of 2; --limit shows more.',
      ]);
      const json = JSON.parse((await run(['plans', 'exchange-7', '--user-dir', dir, '--json'])).out) as {
        count: number;
        changes: unknown[];
      };
      assert.deepEqual([json.count, json.changes.length], [2, 2]);
    }));

  it('ends with 1 for a plan that is not held', () =>
    inUserDir(async (dir) => {
      const { code, out, err } = await run(['plans', 'x', '--user-dir', dir]);
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /^error ERR_PLAN_UNKNOWN: Plan "x" is not held\. Held: exchange-7\./);
    }));
});

describe('a command over a store', () => {
  it('says that an empty store has nothing', () =>
    inUserDir(
      async (dir) => {
        const outputs = [];
        for (const argv of [['devices'], ['history'], ['history', 'x'], ['timeline', 'x'], ['plans']])
          outputs.push(await run([...argv, '--user-dir', dir]));
        assert.deepEqual(outputs, [
          { code: 0, out: 'Exchange has not been read to its end yet.\n', err: '' },
          { code: 0, out: 'No run is remembered.\n', err: '' },
          { code: 0, out: 'No device is known by "x".\n', err: '' },
          { code: 0, out: 'No device is known by "x".\n', err: '' },
          { code: 0, out: 'No plan is held.\n', err: '' },
        ]);
        assert.equal((await run(['plans', '--user-dir', dir, '--json'])).out, '{"plans":[]}\n');
      },
      async () => {},
    ));

  it('makes no store where there is none', () =>
    inUserDir(async (dir) => {
      const { code, out, err } = await run(['devices', '--user-dir', dir, '--store', 'other.sqlite']);
      assert.deepEqual([code, out], [1, '']);
      assert.match(
        err,
        /^error ERR_STORE_OPEN: The store .*other\.sqlite could not be opened: there is no such file\./,
      );
      assert.deepEqual(readdirSync(dir), ['exchange-connector.sqlite']);
    }));

  it('refuses what is not a store, an older and a newer one, and leaves them as they are', () =>
    inUserDir(async (dir, path) => {
      writeFileSync(join(dir, 'text'), 'not a database, but long enough to be looked at as one'.repeat(20));
      new DatabaseSync(join(dir, 'foreign')).exec('create table "orders" ("no" integer)');
      for (const file of ['text', 'foreign']) {
        const before = digest(join(dir, file));
        const { code, err } = await run(['plans', '--store', join(dir, file)]);
        assert.equal(code, 1);
        assert.match(err, /^error ERR_STORE_OPEN: /);
        assert.equal(digest(join(dir, file)), before);
      }
      for (const version of ['1', '99']) {
        const database = new DatabaseSync(path);
        database.prepare(`update "meta" set "value" = ? where "name" = 'schemaVersion'`).run(version);
        database.exec('pragma wal_checkpoint(truncate)');
        database.close();
        const before = digest(path);
        const { code, out, err } = await run(['devices', '--store', path]);
        assert.deepEqual([code, out, digest(path)], [1, '', before]);
        assert.match(
          err,
          new RegExp(`^error ERR_STORE_VERSION: The store has version ${version}, this package works `),
        );
      }
    }));

  it('reads beside a Node-RED that writes, and changes nothing', () =>
    inUserDir(async (dir, path) => {
      const before = digest(path);
      await run(['devices', '--user-dir', dir]);
      assert.equal(digest(path), before);
      const writer = new DatabaseSync(path);
      try {
        writer.exec(`pragma journal_mode = wal; begin immediate; delete from "heldPlans"`);
        assert.match((await run(['plans', '--user-dir', dir])).out, /^Plan exchange-7/);
        writer.exec('commit');
        assert.equal((await run(['plans', '--user-dir', dir])).out, 'No plan is held.\n');
        writer.exec(`begin immediate; delete from "history"`);
        writer.exec('rollback');
      } finally {
        writer.close();
      }
      assert.deepEqual(readdirSync(dir), ['exchange-connector.sqlite']);
    }));

  it('is a process beside another one that is in the middle of a change', () =>
    inUserDir(async (dir, path) => {
      const cwd = new URL('../..', import.meta.url);
      const writer = spawn(process.execPath, ['test/store/second-process.ts', path], { cwd, stdio: 'pipe' });
      const said = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
      try {
        assert.equal((await said.next()).value, 'open');
        writer.stdin.write('begin work\n');
        assert.equal((await said.next()).value, 'half done');
        const argv = ['src/cli/exchange-connector.ts', 'devices', '--user-dir', dir, '--json'];
        const reader = spawn(process.execPath, argv, { cwd });
        const [out, [code]] = await Promise.all([text(reader.stdout), once(reader, 'exit')]);
        const { devices } = JSON.parse(out) as { devices: { easId: string }[] };
        assert.deepEqual([code, devices.map(({ easId }) => easId)], [0, ['EAS1', 'EAS2', 'EAS3', 'EAS4']]);
      } finally {
        writer.kill();
        await once(writer, 'exit');
      }
    }));

  it('shows no secret of the store', () =>
    inUserDir(async (dir, path) => {
      const store = await openStore({ engine: 'sqlite', path });
      const secret = Buffer.from(store.linkSecret).toString('base64url');
      await store.close();
      for (const argv of [['devices'], ['history'], ['history', '*'], ['plans'], ['plans', 'exchange-7']]) {
        const { out, err } = await run([...argv, '--json', '--user-dir', dir]);
        assert.ok(!`${out}${err}`.includes(secret), argv.join(' '));
      }
      const address = 'postgres://user:hunter2@host/db';
      const typed = await run(['plans', '--postgres-env', address]);
      assert.deepEqual([typed.code, typed.err.includes('hunter2')], [2, false]);
      const { err } = await run(['plans', '--postgres-env', 'STORE'], { env: { STORE: address } });
      assert.ok(!err.includes('hunter2'), err);
    }));

  it('stops when asked to', () =>
    inUserDir(async (dir) => {
      const { code, out, err } = await run(['devices', '--user-dir', dir], { signal: AbortSignal.abort() });
      assert.deepEqual([code, out], [130, '']);
      assert.match(err, /^error ERR_ABORTED: /);
    }));

  for (const argv of [
    ['devices', '--state', 'shut'],
    ['devices', '--reason', 'unknown'],
    ['devices', '--limit', '0'],
    ['devices', '--limit', '1', '--limit', '2'],
    ['devices', '--mailbox'],
    ['devices', '--bogus', 'x'],
    ['devices', 'word'],
    ['history', 'one', 'two'],
    ['history', '--subject', 'mail'],
    ['history', 'one', '--subject', 'eas'],
    ['timeline'],
    ['timeline', 'one', 'two'],
    ['plans', '--state', 'blocked'],
    ['plans', '--store', ''],
    ['plans', '--postgres-env', 'X', '--store', 'y'],
    ['plans', '--json=yes'],
    ['plans', '--store', 'mysql://u:geheim@h/db'],
    ['devices', '--store', 'postgres://u:geheim@h/db'],
  ]) {
    it(`ends with 2 at ${argv.join(' ')}`, async () => {
      const { code, out, err } = await run(argv);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, new RegExp(`\nTry: exchange-connector ${argv[0]} --help\n$`));
      assert.doesNotMatch(err, /geheim/);
    });
  }

  it('ends with 2 at an organization that the store does not know', () =>
    inUserDir(async (dir) => {
      const { code, err } = await run(['plans', '--user-dir', dir, '--organization', 'x']);
      assert.deepEqual([code, lines(err)[0]], [2, 'There is no organization "x" in this store. Known: exchange.']);
      assert.equal((await run(['plans', '--user-dir', dir, '--organization', 'exchange'])).code, 0);
    }));

  it('explains itself', async () => {
    for (const name of ['devices', 'history', 'timeline', 'plans']) {
      const { code, out, err } = await run([name, '--help']);
      assert.deepEqual([code, err], [0, '']);
      assert.deepEqual(await run([name, '-h']), { code, out, err });
      for (const word of [
        `exchange-connector ${name}`,
        '--store',
        '--user-dir',
        '--postgres-env',
        '--json',
        'Exit codes',
      ])
        assert.ok(out.includes(word), `${name}: ${word}`);
      for (const line of lines(out)) assert.ok(line.length <= 120, line);
    }
  });
});
