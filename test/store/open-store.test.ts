import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Kysely, sql } from 'kysely';
import { ERROR_HELP } from '../../src/errors.ts';
import { openSqlite, openSqliteAlone } from '../../src/store/dialects.ts';
import { loadStore, requireEngine } from '../../src/store/load-store.ts';
import { migrate, SCHEMA_VERSION } from '../../src/store/migrations.ts';
import { openStore, openStoreToRead } from '../../src/store/open-store.ts';
import type { Schema } from '../../src/store/schema.ts';
import { allOf, anMdmRecord, emptySchema, inFolder, readWhole } from './records.ts';

const sqlite = 'sqlite' as const;
/** Bytes that the journal is cut back to. */
const LIMIT = 16 * 1024 * 1024;

/** Opens a store in a process of its own, the first one there. */
const OPEN = `import { openStore } from ${JSON.stringify(new URL('../../src/store/open-store.ts', import.meta.url).href)};
await (await openStore({ engine: 'sqlite', path: process.argv[1] })).close();`;
/** Opens one that nobody else may have open. */
const ALONE = `import { openSqliteAlone } from ${JSON.stringify(new URL('../../src/store/dialects.ts', import.meta.url).href)};
openSqliteAlone(process.argv[1]);`;

describe('opening the store', () => {
  it('keeps what was written over a restart, id and link secret included', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const first = await openStore({ engine: sqlite, path });
      await readWhole(first, 'a', [anMdmRecord('1')]);
      await first.close();
      const second = await openStore({ engine: sqlite, path });
      assert.deepEqual([second.id, second.linkSecret], [first.id, first.linkSecret]);
      assert.equal(second.linkSecret.length, 32);
      assert.deepEqual(await allOf(second.snapshots.read('mdm')), [anMdmRecord('1')]);
      await second.close();
    }));

  it('makes the same tables, in whatever way this process makes them', () =>
    inFolder(async (folder) => {
      const made = async (name: string): Promise<unknown> => {
        const path = join(folder, name);
        await (await openStore({ engine: sqlite, path })).close();
        const database = new DatabaseSync(path);
        const tables = database
          .prepare('select "type", "name", "tbl_name", "sql" from sqlite_schema order by 1, 2')
          .all();
        database.close();
        return tables;
      };
      const byMigrations = spawnSync(process.execPath, [
        '--input-type=module',
        '-e',
        OPEN,
        join(folder, 'first.sqlite'),
      ]);
      assert.equal(byMigrations.status, 0, String(byMigrations.stderr));
      const first = await made('first.sqlite');
      assert.deepEqual([await made('second.sqlite'), await made('third.sqlite')], [first, first]);
    }));

  it('leaves one file that only its owner can read, and no journal beside it', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const store = await openStore({ engine: sqlite, path });
      await readWhole(store, 'a', [anMdmRecord('1')]);
      await store.close();
      assert.deepEqual(readdirSync(folder), ['store.sqlite']);
      assert.equal(statSync(path).mode & 0o777, 0o600);
    }));

  it('gives two nodes one connection, and closes it with the last of them', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      mkdirSync(join(folder, 'real'));
      symlinkSync(join(folder, 'real'), join(folder, 'linked'));
      const [one, two] = await Promise.all([
        openStore({ engine: sqlite, path: join(folder, 'real', 'store.sqlite') }),
        openStore({ engine: sqlite, path: join(folder, 'linked', 'store.sqlite') }),
      ]);
      assert.equal(one.snapshots, two.snapshots);
      await one.close();
      await one.close();
      await two.settings.set('still', 'open');
      assert.equal(await two.settings.get('still'), 'open');
      await two.close();
      await assert.rejects(two.settings.get('still'));
      const reopened = await openStore({ engine: sqlite, path });
      await reopened.close();
    }));

  it('does not share a store in memory', async () => {
    const [one, two] = await Promise.all([
      openStore({ engine: sqlite, path: ':memory:' }),
      openStore({ engine: sqlite, path: ':memory:' }),
    ]);
    assert.notEqual(one.id, two.id);
    await Promise.all([one.close(), two.close()]);
  });

  it('signs with the given link secret and keeps its own for later', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const made = await openStore({ engine: sqlite, path });
      const given = await openStore({ engine: sqlite, path, linkSecret: 'a secret of the administrator' });
      assert.equal(Buffer.from(given.linkSecret).toString(), 'a secret of the administrator');
      await Promise.all([made.close(), given.close()]);
      const again = await openStore({ engine: sqlite, path, linkSecret: '' });
      assert.deepEqual(again.linkSecret, made.linkSecret);
      await again.close();
      await assert.rejects(openStore({ engine: sqlite, path, linkSecret: 'short' }), { code: 'ERR_CONFIG_INVALID' });
    }));

  it('for reading refuses every write, on either engine, beside the one that writes', () =>
    inFolder(async (folder) => {
      const server = process.env['CONNECTOR_TEST_POSTGRES'];
      const address =
        server === undefined
          ? { engine: sqlite, path: join(folder, 'store.sqlite') }
          : { engine: 'postgres' as const, connection: await emptySchema(server) };
      const [writer, reader] = [await openStore(address), await openStoreToRead(address)];
      await writer.settings.set('written by', 'us');
      assert.equal(await reader.settings.get('written by'), 'us');
      await assert.rejects(reader.settings.set('written by', 'nobody'), { code: 'ERR_STORE_WRITE' });
      await assert.rejects(
        reader.together(({ pairings }) => pairings.remove('x')),
        { code: 'ERR_STORE_WRITE' },
      );
      assert.equal(await writer.settings.get('written by'), 'us');
      await Promise.all([writer.close(), reader.close()]);
    }));

  it('keeps the journal beside the file small after a large reading', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const store = await openStore({ engine: sqlite, path });
      await store.together(async ({ settings }) => {
        for (let n = 0; n < 200; n++) await settings.set(`large ${n}`, 'x'.repeat(200_000));
      });
      assert.ok(statSync(`${path}-wal`).size > 2 * LIMIT);
      for (const n of [1, 2, 3]) await store.settings.set('small', n);
      assert.equal(statSync(`${path}-wal`).size, LIMIT);
      await store.close();
    }));

  it('refuses a file of a newer version and leaves it as it is', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      await (await openStore({ engine: sqlite, path })).close();
      changeMeta(path, 'schemaVersion', String(SCHEMA_VERSION + 1));
      await assert.rejects(openStore({ engine: sqlite, path }), { code: 'ERR_STORE_VERSION' });
      assert.equal(readMeta(path, 'schemaVersion'), String(SCHEMA_VERSION + 1));
    }));

  it('brings an old file up to date without losing anything', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const old = new DatabaseSync(path);
      old.exec(`create table "meta" ("name" text not null unique, "value" text not null) strict;
        insert into "meta" values ('schemaVersion', '0'), ('id', 'the-old-id')`);
      old.close();
      const store = await openStore({ engine: sqlite, path });
      assert.equal(store.id, 'the-old-id');
      assert.equal(readMeta(path, 'schemaVersion'), String(SCHEMA_VERSION));
      await store.close();
    }));

  it('leaves no half migration behind when one fails', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const old = new DatabaseSync(path);
      old.exec(
        `create table "meta" ("name" text not null unique, "value" text not null) strict; create table "outbox" ("x" text)`,
      );
      old.close();
      await assert.rejects(openStore({ engine: sqlite, path }), { code: 'ERR_STORE_WRITE' });
      const left = new DatabaseSync(path);
      const tables = left.prepare(`select name from sqlite_schema where type = 'table' order by name`).all();
      left.close();
      assert.deepEqual(
        tables.map((table) => table['name']),
        ['meta', 'outbox'],
      );
    }));

  it('refuses the database of another program and does not touch it', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'other.sqlite');
      const other = new DatabaseSync(path);
      other.exec('create table "orders" ("no" integer)');
      other.close();
      const before = readFileSync(path);
      await assert.rejects(openStore({ engine: sqlite, path }), { code: 'ERR_STORE_OPEN' });
      assert.deepEqual(readFileSync(path), before);
    }));

  it('makes no new store where the journal of one still lies that was moved away, and is whole once that is back', () =>
    inFolder(async (folder) => {
      const [path, elsewhere] = [join(folder, 'store.sqlite'), join(folder, 'elsewhere.sqlite')];
      const store = await openStore({ engine: sqlite, path });
      await store.settings.set('written', 'before');
      await store.settings.set('written', 'after');
      renameSync(path, elsewhere);
      // As its process leaves it that is killed.
      const journal = readFileSync(`${path}-wal`);
      await store.close();
      writeFileSync(`${path}-wal`, journal);
      const seen = `The store ${path} is not there, but its journal ${path}-wal is: the file was moved away or deleted while it was in use. Put it back beside the journal. To begin with an empty store, take the journal away.`;
      const refusal = { code: 'ERR_STORE_OPEN', message: `${seen} ${ERROR_HELP.ERR_STORE_OPEN}` };
      await assert.rejects(openStore({ engine: sqlite, path }), refusal);
      await assert.rejects(openStoreToRead({ engine: sqlite, path }), refusal);
      assert.deepEqual([existsSync(path), readFileSync(`${path}-wal`)], [false, journal]);
      renameSync(elsewhere, path);
      const again = await openStore({ engine: sqlite, path });
      assert.deepEqual([again.id, await again.settings.get('written')], [store.id, 'after']);
      await again.close();
    }));

  it('leaves a backup whole that was put in the place of a store without taking the journal of that away, and opens it without', () =>
    inFolder(async (folder) => {
      const [path, backup] = [join(folder, 'store.sqlite'), join(folder, 'backup.sqlite')];
      const store = await openStore({ engine: sqlite, path });
      for (let row = 0; row < 300; row++) await store.settings.set(`row ${row}`, 'x'.repeat(600));
      await store.close();
      const again = await openStore({ engine: sqlite, path });
      for (let row = 0; row < 300; row += 7) await again.settings.set(`row ${row}`, 'y'.repeat(900));
      const reads = new DatabaseSync(path, { readOnly: true });
      reads.prepare('vacuum into ?').run(backup);
      reads.close();
      // As its process leaves it that is killed.
      const journal = readFileSync(`${path}-wal`);
      await again.close();
      renameSync(backup, path);
      writeFileSync(`${path}-wal`, journal);
      const before = readFileSync(path);
      const seen = `The journal ${path}-wal was left by another file, in whose place ${path} was put: it would damage it. Nothing was changed. With Node-RED stopped, take the journal away.`;
      const refusal = { code: 'ERR_STORE_OPEN', message: `${seen} ${ERROR_HELP.ERR_STORE_OPEN}` };
      for (const open of [openStore, openStoreToRead]) await assert.rejects(open({ engine: sqlite, path }), refusal);
      assert.deepEqual([readFileSync(path), readFileSync(`${path}-wal`)], [before, journal]);
      renameSync(`${path}-wal`, join(folder, 'journal'));
      const restored = await openStore({ engine: sqlite, path });
      assert.deepEqual(
        [restored.id, await restored.settings.get('row 7'), await restored.settings.get('row 8')],
        [store.id, 'y'.repeat(900), 'x'.repeat(600)],
      );
      await restored.close();
    }));

  it('keeps a store that this process has open locked when it opens it once more', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const store = await openStore({ engine: sqlite, path });
      await store.settings.set('written', true);
      assert.ok(statSync(`${path}-wal`).size > 0);
      await (await openStoreToRead({ engine: sqlite, path })).close();
      const inAnother = spawnSync(process.execPath, ['--input-type=module', '--eval', ALONE, path], {
        encoding: 'utf8',
      });
      assert.match(inAnother.stderr, /code: 'ERR_STORE_BUSY'/);
      await store.close();
    }));

  it('says that the disk is full, of a change that this ends half way too, and goes on when there is room', () =>
    inFolder(async (folder) => {
      const engine = openSqlite(join(folder, 'store.sqlite'));
      const database = new Kysely<Schema>({ dialect: engine.dialect, plugins: [...engine.plugins] });
      await migrate(database, engine);
      const limit = (pages: number) => sql`pragma max_page_count = ${sql.lit(pages)}`.execute(database);
      const write = (value: string): Promise<void> =>
        database.transaction().execute(async (transaction) => {
          for (const name of ['first', 'second'])
            await transaction.insertInto('settings').values({ name, value }).execute();
        });
      await limit(1);
      await assert.rejects(write('x'.repeat(100_000)), {
        code: 'ERR_STORE_WRITE',
        message: `The store failed: database or disk is full. ${ERROR_HELP.ERR_STORE_WRITE}`,
      });
      await limit(100_000);
      await write('short');
      const rows = await database.selectFrom('settings').selectAll().orderBy('name').execute();
      assert.deepEqual(
        rows.map(({ name, value }) => [name, value]),
        [
          ['first', 'short'],
          ['second', 'short'],
        ],
      );
      await database.destroy();
    }));

  it('lets go of the file when it is closed, though its journal cannot be taken into it', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      await (await openStore({ engine: sqlite, path })).close();
      const store = await openStore({ engine: sqlite, path });
      await store.settings.set('written', true);
      truncateSync(`${path}-wal`, 100);
      await assert.rejects(store.close(), { code: 'ERR_STORE_WRITE' });
      const alone = new Kysely<Schema>({ dialect: openSqliteAlone(path).dialect });
      await alone.destroy();
    }));

  const broken: [string, (folder: string) => string][] = [
    ['a folder that does not exist', (folder) => join(folder, 'missing', 'store.sqlite')],
    ['a folder', (folder) => folder],
    [
      'a file that is no database',
      (folder) => {
        writeFileSync(join(folder, 'notes.txt'), 'not a database, but long enough to be looked at as one. '.repeat(40));
        return join(folder, 'notes.txt');
      },
    ],
  ];
  for (const [what, pathIn] of broken) {
    it(`says ERR_STORE_OPEN for ${what}, and opens when the cause is gone`, () =>
      inFolder(async (folder) => {
        await assert.rejects(openStore({ engine: sqlite, path: pathIn(folder) }), { code: 'ERR_STORE_OPEN' });
        chmodSync(folder, 0o700);
        await (await openStore({ engine: sqlite, path: join(folder, 'good.sqlite') })).close();
      }));
  }

  it('asks for a path or a connection', async () => {
    await assert.rejects(openStore({ engine: sqlite }), { code: 'ERR_CONFIG_INVALID' });
    await assert.rejects(openStore({ engine: 'postgres', connection: '' }), { code: 'ERR_CONFIG_INVALID' });
  });

  it('says what is missing for PostgreSQL: the package "pg", or else the server', async () => {
    const connection = 'postgres://someone:a-password@127.0.0.1:1/connector';
    await assert.rejects(openStore({ engine: 'postgres', connection }), (error: Error & { code?: string }) => {
      assert.match(error.code ?? '', /^ERR_(DEPENDENCY_MISSING|STORE_OPEN)$/);
      assert.doesNotMatch(error.message, /a-password/);
      return true;
    });
  });

  it('says that a PostgreSQL address cannot be read, such as one with # or / in its password, and not what is in it', async () => {
    const seen =
      'The connector store has a PostgreSQL address in "Connection" that cannot be read. It is written postgres://user:password@host/database, and special characters of a password with percent signs: # is %23, / is %2F, @ is %40.';
    const message = `${seen} ${ERROR_HELP.ERR_CONFIG_INVALID}`;
    for (const connection of [
      'postgres://u:S3CR#T@127.0.0.1:1/db',
      'postgres://u:S3CR/T@127.0.0.1:1/db',
      'host=127.0.0.1 password=S3CRT',
      'S3CRT',
      ' postgres://u:S3CRT@127.0.0.1:1/db',
    ]) {
      const address = { engine: 'postgres', connection } as const;
      await assert.rejects(openStore(address), { code: 'ERR_CONFIG_INVALID', message }, connection);
      await assert.rejects(openStoreToRead(address), { code: 'ERR_CONFIG_INVALID', message }, connection);
    }
    for (const connection of [
      'postgres://u:p%23@127.0.0.1:1/db',
      'POSTGRES://u@127.0.0.1:1/db',
      'postgres://u@127.0.0.1:1/db?sslrootcert=/nowhere/ca.pem',
      'postgres://u:p@/db?host=127.0.0.1&port=1',
      'postgresql:///db?host=/nowhere',
      '/nowhere db',
      'socket:/nowhere?db=db',
    ])
      await assert.rejects(openStore({ engine: 'postgres', connection }), { code: 'ERR_STORE_OPEN' }, connection);
  });

  it('says whose address it is that is none of a PostgreSQL, and asks nothing there', async () => {
    for (const [connection, whose] of [
      ['mysql://u:S3CRT@127.0.0.1:1/db', 'mysql'],
      ['jdbc:postgresql://127.0.0.1:1/db', 'jdbc:postgresql'],
      ['https://127.0.0.1:1/db', 'https'],
    ] as const) {
      const seen = `The connector store has a ${whose}:// address in "Connection". A store is a file or a PostgreSQL, whose address begins with postgres://.`;
      await assert.rejects(openStore({ engine: 'postgres', connection }), {
        code: 'ERR_CONFIG_INVALID',
        message: `${seen} ${ERROR_HELP.ERR_CONFIG_INVALID}`,
      });
    }
  });

  it('works beside another process, and says ERR_STORE_BUSY only when that one keeps the file locked', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const store = await openStore({ engine: sqlite, path });
      const other = await otherProcess(path);
      await store.settings.set('written by', 'us');
      assert.equal(await other.ask('get'), '"us"');
      assert.equal(await other.ask('lock'), 'locked');
      await assert.rejects(store.settings.set('written by', 'nobody'), { code: 'ERR_STORE_BUSY' });
      assert.equal(await other.ask('unlock'), 'unlocked');
      await store.settings.set('written by', 'us again');
      await other.end();
      await store.close();
      assert.deepEqual(readdirSync(folder), ['store.sqlite']);
    }));

  it('knows after the death of its process what was under way, and shows nothing half done', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const before = await openStore({ engine: sqlite, path });
      await readWhole(before, 'whole', [anMdmRecord('1')]);
      await before.close();
      const other = await otherProcess(path);
      assert.equal(await other.ask('begin work'), 'half done');
      await other.kill();
      const store = await openStore({ engine: sqlite, path });
      assert.deepEqual(await allOf(store.snapshots.read('mdm')), [anMdmRecord('1')]);
      assert.deepEqual(
        (await store.entries.list({ unsettled: true })).map(({ easId, state }) => [easId, state]),
        [['ABC', 'adding']],
      );
      await store.close();
      assert.deepEqual(readdirSync(folder), ['store.sqlite']);
    }));

  it('runs on Node.js 22.13 and later only, and says so', async () => {
    for (const version of ['20.20.2', '22.9.0', '22.12.0']) {
      assert.throws(() => requireEngine(version), { code: 'ERR_ENGINE_UNSUPPORTED' });
    }
    for (const version of ['22.13.0', '23.0.0', '24.21.0']) requireEngine(version);
    await (await loadStore({ engine: sqlite, path: ':memory:' })).close();
  });
});

function readMeta(path: string, name: string): unknown {
  const database = new DatabaseSync(path);
  const row = database.prepare('select "value" from "meta" where "name" = ?').get(name);
  database.close();
  return row?.['value'];
}

function changeMeta(path: string, name: string, value: string): void {
  const database = new DatabaseSync(path);
  database.prepare('update "meta" set "value" = ? where "name" = ?').run(value, name);
  database.close();
}

interface OtherProcess {
  ask(word: string): Promise<string>;
  end(): Promise<void>;
  kill(): Promise<void>;
}

/** A second Node.js that has the store open and obeys words on its standard input. */
async function otherProcess(path: string): Promise<OtherProcess> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', fileURLToPath(new URL('second-process.ts', import.meta.url)), path],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'exit');
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const next = waiting.shift();
      if (next) next(line);
      else lines.push(line);
    }
  });
  const answer = (): Promise<string> =>
    new Promise((resolve) => {
      const line = lines.shift();
      if (line === undefined) waiting.push(resolve);
      else resolve(line);
    });
  assert.equal(await answer(), 'open');
  return {
    ask: (word) => {
      child.stdin.write(`${word}\n`);
      return answer();
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
