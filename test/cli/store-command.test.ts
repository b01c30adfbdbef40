/** `exchange-connector store`, in this process. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pgDumpCommand } from '../../src/cli/pg-dump-command.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { SCHEMA_VERSION } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/open-store.ts';
import { NOW, seed } from '../connector/listings/seeded-store.ts';

async function run(argv: readonly string[], env: Record<string, string> = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(stdout), text(stderr)]);
  const code = await runCommand(['store', ...argv], {
    stdout,
    stderr,
    env,
    isTerminal: true,
    columns: 100,
    signal: new AbortController().signal,
    now: () => Date.parse(NOW),
  });
  stdout.end();
  stderr.end();
  const [out, err] = await texts;
  // What a terminal shows in the end: without the progress line.
  return { code, out, err: err.replace(/\r\u001b\[K[^\r\n]*(?=\r)|\r\u001b\[K/g, '') };
}

/** A folder with a seeded store, as Node-RED's user directory would be. */
async function inUserDir(work: (dir: string, path: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'exchange-store-'));
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

const lines = (out: string): string[] => out.trimEnd().split('\n');

describe('exchange-connector store check', () => {
  it('says line by line whether the store is as it should be, and how many rows it has', () =>
    inUserDir(async (dir) => {
      const { code, out, err } = await run(['check', '--user-dir', dir]);
      assert.deepEqual([code, err], [0, '']);
      assert.deepEqual(
        // The first store of a process has a page that is free.
        lines(out).map((line) => line.replace(/SQLite [\d.]+, \d+ kB(, \d+ kB of them free)?|\d+ kB/, 'SIZE')),
        [
          `ok    version       ${SCHEMA_VERSION}`,
          'ok    size          SIZE',
          'ok    integrity     SQLite finds no damage',
          'ok    tables        39 rows',
          'ok    append-only   the audit can only be added to',
          'ok    readings      none under way',
          'ok    snapshots     exchange 4, tenant 1',
          'ok    changes       1 later',
          'ok    mails         none waits',
          'ok    owed news     0',
          'look  held plans    exchange-7: 2 changes since 2026-06-02 09:30',
          '                    → See `exchange-connector plans`; approve or discard them at the access switch.',
          'ok    list entries  1 owned',
          'ok    leases        nobody works with it',
          '',
          'Table        Rows',
          '-----------  ----',
          'meta         3',
          'settings     1',
          'readings     2',
          'snapshots    2',
          'seen         2',
          'records      5',
          'entries      1',
          'outbox       1',
          'heldPlans    1',
          'heldChanges  2',
          'mails        1',
          'mailDevices  1',
          'devices      4',
          'touched      2',
          'changes      2',
          'timeline     4',
          'history      2',
          'audit        3',
          '',
          'Nothing bad, 1 to look at; SIZE.',
        ],
      );
    }));

  it('ends with 1 when something is bad: a text that is no JSON, a record that is gone, a guard that is gone', () =>
    inUserDir(async (dir, path) => {
      const tool = new DatabaseSync(path);
      tool.exec(`drop trigger "audit_refuses_delete"; update "outbox" set "change" = '{"cut off';
        delete from "records" where "rowid" = 1`);
      tool.close();
      chmodSync(path, 0o644);
      const { code, out } = await run(['check', '--user-dir', dir, '--json']);
      const { bad, look, findings } = JSON.parse(out) as {
        bad: number;
        look: number;
        findings: { what: string; mark: string; seen: string }[];
      };
      assert.deepEqual([code, bad, look], [1, 3, 2]);
      assert.deepEqual(
        findings.filter(({ mark }) => mark === 'bad').map(({ what, seen }) => [what, seen.replace(/eas:\S+/, 'KEY')]),
        [
          ['tables', 'outbox: 1 rows that cannot be read, the first KEY'],
          ['append-only', 'audit can be changed'],
          ['snapshots', 'tenant has 0 of 1 records'],
        ],
      );
    }));

  it('looks at a store of another version too', () =>
    inUserDir(async (dir, path) => {
      const tool = new DatabaseSync(path);
      tool.exec(`update "meta" set "value" = '99' where "name" = 'schemaVersion'`);
      tool.close();
      const { code, out } = await run(['check', '--user-dir', dir]);
      assert.deepEqual([code, lines(out)[0]], [1, `bad   version    99; this package works with ${SCHEMA_VERSION}`]);
    }));

  it('finds a damaged file, and does not stumble over it', () =>
    inUserDir(async (dir, path) => {
      const tool = new DatabaseSync(path);
      const { rootpage } = tool.prepare(`select rootpage from sqlite_schema where name = 'outbox'`).get()!;
      tool.close();
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0xa5, (Number(rootpage) - 1) * 4096, Number(rootpage) * 4096));
      const { code, out, err } = await run(['check', '--user-dir', dir]);
      assert.deepEqual([code, err], [1, '']);
      assert.match(out, /^bad {3}integrity/m);
    }));
});

describe('exchange-connector store backup', () => {
  it('copies the store and says that the copy is whole', () =>
    inUserDir(async (dir) => {
      const file = join(dir, 'copy.sqlite');
      const { code, out, err } = await run(['backup', file, '--user-dir', dir]);
      assert.deepEqual([code, err], [0, '']);
      assert.match(
        out,
        /^Copied to \S+copy\.sqlite: \d+ kB of \d+ kB\.\nThe copy is whole: no damage, 39 rows, as many in each table as the store\.\n$/,
      );
      assert.equal((await run(['check', '--store', file])).code, 0);
      const again = await run(['backup', file, '--user-dir', dir]);
      assert.equal(again.code, 1);
      assert.match(again.err, /^error ERR_FILE_WRITE: .*it exists already/);
    }));

  it('prints the command of pg_dump for a PostgreSQL, without the password', async () => {
    const { code, out } = await run(['backup', "it's.dump", '--postgres-env', 'PG'], {
      PG: 'postgres://connector:geheim@db.contoso.com:5433/connector?sslmode=require&password=geheim&max=3',
    });
    assert.equal(code, 1);
    assert.deepEqual(lines(out), [
      'Nothing was copied: PostgreSQL has a tool of its own. Run this, with the password in PGPASSWORD or ~/.pgpass:',
      String.raw`(umask 077; pg_dump --format=custom --file='it'\''s.dump' --dbname='postgres://connector@db.contoso.com:5433/connector?sslmode=require')`,
    ]);
    assert.doesNotMatch(pgDumpCommand('host=db password=geheim', 'f'), /geheim/);
  });
});

describe('exchange-connector store export', () => {
  it('prints how many rows went into the file, and its hash; the store is as it was', () =>
    inUserDir(async (dir, path) => {
      const before = readFileSync(path);
      const file = join(dir, 'audit.jsonl');
      const { code, out } = await run(['export', 'audit', file, '--user-dir', dir]);
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      assert.equal(code, 0);
      assert.match(lines(out)[0]!, /^3 rows of audit in \S+audit\.jsonl, \d+ kB\.$/);
      assert.equal(lines(out)[1], `SHA-256 ${sha256}`);
      assert.deepEqual(readFileSync(path), before);
    }));

  it('cuts the audit when it is told to twice', () =>
    inUserDir(async (dir) => {
      const file = join(dir, 'audit.jsonl');
      const argv = [
        'export',
        'audit',
        file,
        '--user-dir',
        dir,
        '--until',
        '2026-06-01T09:30:00Z',
        '--by',
        'Ops',
        '--cut',
      ];
      const asked = await run(argv);
      assert.equal(asked.code, 2);
      assert.match(asked.err, /add --yes/);
      const { code, out } = await run([...argv, '--yes', '--json']);
      const { rows, cut } = JSON.parse(out) as { rows: number; cut: number };
      assert.deepEqual([code, rows, cut], [0, 2, 2]);
      const left = await run(['export', 'audit', `${file}.2`, '--user-dir', dir]);
      assert.match(left.out, /^2 rows of audit/);
      assert.match(readFileSync(`${file}.2`, 'utf8'), /"who":"Ops","what":"cut-audit"/);
    }));
});

describe('exchange-connector store move', () => {
  it('says in a dry run what would go, then moves and says what went', () =>
    inUserDir(async (dir) => {
      const argv = ['move', '--user-dir', dir, '--to', join(dir, 'new.sqlite')];
      const plan = await run([...argv, '--dry-run']);
      assert.equal(plan.code, 0);
      assert.match(plan.out, /36 rows would be moved\. The other database holds no store; one is made there\.\n$/);
      const { code, out, err } = await run(argv);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /^audit {8}3 {5}[0-9a-f]{64}$/m);
      assert.match(lines(out).at(-1)!, /^36 rows moved, and every table compared/);
      const again = await run(argv);
      assert.equal(again.code, 1);
      assert.match(again.err, /^error ERR_STORE_NOT_EMPTY: /);
    }));
});

describe('exchange-connector store', () => {
  it('names its commands', async () => {
    const { code, out } = await run(['--help']);
    assert.equal(code, 0);
    assert.deepEqual(
      [...out.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name),
      ['check', 'backup', 'export', 'move'],
    );
  });

  for (const name of ['check', 'backup', 'export', 'move']) {
    it(`explains ${name}, in lines that fit a terminal`, async () => {
      const { code, out } = await run([name, '--help']);
      assert.deepEqual([code, lines(out).filter((line) => line.length > 132)], [0, []]);
      assert.deepEqual(await run([name, '-h']), { code, out, err: '' });
      assert.match(out, /^Usage: exchange-connector store /);
      assert.match(out, /--postgres-env VAR/);
    });
  }

  const wrong: [string, readonly string[], RegExp][] = [
    ['no command', [], /^Usage:/],
    ['an unknown command', ['heal'], /^There is no command "store heal"/],
    ['a word too many', ['check', 'x'], /one argument too many/],
    ['no file', ['backup'], /The file is missing/],
    ['a table with secrets', ['export', 'meta', 'f'], /"meta" cannot be exported/],
    ['a date that is none', ['export', 'audit', 'f', '--until', '2026-13-01'], /--until is a day/],
    ['a date to come', ['export', 'audit', 'f', '--until', '2099-01-01'], /lies in the future/],
    ['a cut of all', ['export', 'audit', 'f', '--cut', '--yes'], /--cut needs --until/],
    [
      'a cut of something else',
      ['export', 'history', 'f', '--until', '2026-01-01', '--cut', '--yes'],
      /--cut is for the audit/,
    ],
    ['nowhere to move to', ['move'], /Where to/],
    ['two places to move to', ['move', '--to', 'f', '--to-postgres-env', 'PG'], /Where to/],
    ['an address in place of a file', ['check', '--store', 'mysql://u:geheim@h/d'], /--store takes the path of a file/],
    [
      'an address in place of a file to move to',
      ['move', '--to', 'postgres://u:geheim@h/d'],
      /--to takes the path of a file, not an address\. --to-postgres-env names a PostgreSQL\./,
    ],
    [
      'an address in place of a variable',
      ['move', '--to-postgres-env', 'postgres://u:geheim@h/d'],
      /names an environment variable/,
    ],
  ];
  for (const [what, argv, said] of wrong) {
    it(`refuses ${what} before it opens a store`, async () => {
      const { code, out, err } = await run(argv);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, said);
      assert.doesNotMatch(err, /geheim/);
    });
  }
});
