import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { backupStore } from '../../../src/store/care/backup-store.ts';
import { lookAtStore } from '../../../src/store/care/store-facts.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { anMdmRecord, inFolder, readWhole } from '../records.ts';
import { fill, tamper } from './filled-store.ts';

/** Writes a row every five milliseconds, each a transaction, until it is killed. */
const RESTLESS = `
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(process.argv[1]);
  database.exec('pragma busy_timeout = 2000');
  const add = database.prepare('insert into "settings" values (?, ?)');
  let n = 0;
  setInterval(() => { add.run('n' + n, String(n)); if (n++ === 5) console.log('writing'); }, 5);
`;

describe('a backup of a store file', () => {
  it('is a store of its own with every row, the same id and secret, that only its owner can read', () =>
    inFolder(async (folder) => {
      const [path, file] = [join(folder, 'store.sqlite'), join(folder, 'copy.sqlite')];
      const store = await openStore({ engine: 'sqlite', path });
      await fill(store);
      const { rows, compared, bytes } = await backupStore(path, file);
      const [known, found] = [
        await lookAtStore({ engine: 'sqlite', path }),
        await lookAtStore({ engine: 'sqlite', path: file }),
      ];
      assert.deepEqual(found.tables, known.tables);
      assert.deepEqual([compared, rows, bytes], [true, sumOf(known.tables), statSync(file).size]);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const copy = await openStore({ engine: 'sqlite', path: file });
      assert.deepEqual([copy.id, copy.linkSecret], [store.id, store.linkSecret]);
      await Promise.all([copy.close(), store.close()]);
    }));

  it('is made of a store of an older or newer version too, every table of it, before an update changes it', () =>
    inFolder(async (folder) => {
      const [path, file] = [join(folder, 'store.sqlite'), join(folder, 'copy.sqlite')];
      const old = new DatabaseSync(path);
      old.exec(readFileSync(new URL('../../fixtures/store/version-2.sql', import.meta.url), 'utf8'));
      const all = (database: DatabaseSync, table: string) => database.prepare(`select * from "${table}"`).all();
      for (const [version, name] of [
        ['2', file],
        ['9999', `${file}.2`],
      ] as const) {
        old.prepare(`update "meta" set "value" = ? where "name" = 'schemaVersion'`).run(version);
        const { compared } = await backupStore(path, name);
        const copy = new DatabaseSync(name, { readOnly: true });
        for (const table of ['meta', 'notifications', 'records', 'entries'])
          assert.deepEqual(all(copy, table), all(old, table), table);
        copy.close();
        assert.equal(compared, true);
      }
      assert.ok(all(old, 'notifications').length > 0);
      old.close();
    }));

  it('ends beside a process that never stops writing, and is of one moment', () =>
    inFolder(async (folder) => {
      const [path, file] = [join(folder, 'store.sqlite'), join(folder, 'copy.sqlite')];
      const store = await openStore({ engine: 'sqlite', path });
      await readWhole(
        store,
        'a',
        Array.from({ length: 5000 }, (_, n) => anMdmRecord(String(n))),
      );
      const writer = spawn(process.execPath, ['--no-warnings', '-e', RESTLESS, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await once(writer.stdout, 'data');
        // On a busy machine the writer may have had no turn meanwhile.
        while ((await backupStore(path, file)).compared) rmSync(file);
      } finally {
        writer.kill();
        await once(writer, 'exit');
      }
      const { damage, tables } = await lookAtStore({ engine: 'sqlite', path: file });
      assert.deepEqual([damage, tables.find(({ name }) => name === 'records')?.rows], [[], 5000]);
      await store.close();
    }));

  it('is without the space that rows left which are gone', () =>
    inFolder(async (folder) => {
      const [path, file] = [join(folder, 'store.sqlite'), join(folder, 'copy.sqlite')];
      const store = await openStore({ engine: 'sqlite', path });
      await readWhole(
        store,
        'a',
        Array.from({ length: 3000 }, (_, n) => anMdmRecord(String(n))),
      );
      await readWhole(store, 'b', [anMdmRecord('1')]);
      await store.close();
      await (await openStore({ engine: 'sqlite', path })).close();
      tamper(path, `delete from "records" where "generation" = 1`);
      const { bytes, storeBytes } = await backupStore(path, file);
      assert.ok(bytes < storeBytes / 3, `${bytes} of ${storeBytes}`);
    }));

  it('overwrites nothing, and leaves nothing behind when it fails', () =>
    inFolder(async (folder) => {
      const [path, file] = [join(folder, 'store.sqlite'), join(folder, 'copy.sqlite')];
      await (await openStore({ engine: 'sqlite', path })).close();
      writeFileSync(file, 'precious');
      await assert.rejects(backupStore(path, file), { code: 'ERR_FILE_WRITE', message: /it exists already/ });
      await assert.rejects(backupStore(path, path), { code: 'ERR_FILE_WRITE' });
      await assert.rejects(backupStore(path, join(folder, 'none', 'copy.sqlite')), { code: 'ERR_FILE_WRITE' });
      await assert.rejects(backupStore(join(folder, 'none.sqlite'), join(folder, 'x.sqlite')), {
        code: 'ERR_STORE_OPEN',
      });
      assert.equal(readFileSync(file, 'utf8'), 'precious');
      assert.deepEqual(
        readdirSync(folder)
          .filter((name) => !/-wal$|-shm$/.test(name))
          .sort(),
        ['copy.sqlite', 'store.sqlite'],
      );
    }));
});

function sumOf(tables: readonly { readonly rows: number | null }[]): number {
  return tables.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
}
