/** A store file that is deleted or replaced while it is in use. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ERROR_HELP } from '../../src/errors.ts';
import { fileNow } from '../../src/store/opened-file.ts';
import type { FileMarks } from '../../src/store/opened-file.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { allOf, anMdmRecord, inFolder, readWhole } from './records.ts';

const sqlite = 'sqlite' as const;

/** @param ino number @param born when, nanoseconds @param changed when last */
const marks = (ino: bigint, born: bigint, changed = 900n): FileMarks => ({
  ino,
  birthtimeNs: born,
  ctimeNs: changed,
});

const gone = (path: string): object => ({
  code: 'ERR_STORE_REPLACED',
  message: `The store file ${path} was moved away or deleted while it is in use. Nothing more is done. ${ERROR_HELP.ERR_STORE_REPLACED}`,
});

const other = (path: string): object => ({
  code: 'ERR_STORE_REPLACED',
  message: `Another file was put in the place of the store file ${path} while that is in use. Nothing more is done. ${ERROR_HELP.ERR_STORE_REPLACED}`,
});

async function opened(path: string): Promise<Store> {
  const store = await openStore({ engine: sqlite, path });
  await readWhole(store, 'a', [anMdmRecord('1')]);
  return store;
}

/** A file that is put somewhere has changed later than it was made, by the clock of file systems, which has steps of up to 10 ms. */
const tick = (): Promise<void> => setTimeout(20);

describe('a store file in use', () => {
  for (const [name, now, is] of [
    ['is gone if nothing has its path', undefined, 'gone'],
    ['is the same while its number is', marks(1n, 500n, 950n), 'same'],
    ['is the same under another number if it was born when it was', marks(2n, 100n), 'same'],
    ['is the same under another number if the system knows no birth', marks(2n, 0n), 'same'],
    [
      'is the same under another number if the system takes the last change for the birth',
      marks(2n, 950n, 950n),
      'same',
    ],
    ['is another one with another number that was born at another time', marks(2n, 500n, 950n), 'other'],
  ] as const) {
    it(name, () => assert.equal(fileNow(marks(1n, 100n), now), is));
  }

  it('takes no write any more once it is deleted, and what was read from it can still be read', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const store = await opened(path);
      unlinkSync(path);
      await assert.rejects(readWhole(store, 'b', [anMdmRecord('2')]), gone(path));
      await assert.rejects(store.settings.set('what', 'ever'), gone(path));
      assert.deepEqual(await allOf(store.snapshots.read('mdm')), [anMdmRecord('1')]);
      await store.close();
    }));

  for (const journal of ['goes', 'stays'] as const)
    it(`takes no write any more once a backup is put in its place and its journal ${journal}, and the backup is worked with after the next start`, () =>
      inFolder(async (folder) => {
        const path = join(folder, 'store.sqlite');
        await (await opened(path)).close();
        const backup = join(folder, 'backup.sqlite');
        copyFileSync(path, backup);
        const bytes = readFileSync(backup);
        const store = await openStore({ engine: sqlite, path });
        await readWhole(store, 'b', [anMdmRecord('2')]);
        await tick();
        if (journal === 'goes') for (const beside of ['-wal', '-shm']) rmSync(path + beside);
        renameSync(backup, path);
        await assert.rejects(readWhole(store, 'c', [anMdmRecord('3')]), other(path));
        await store.close();
        const left = existsSync(`${path}-wal`) ? readFileSync(`${path}-wal`).length : null;
        assert.deepEqual([readFileSync(path), left], [bytes, journal === 'stays' ? 0 : null]);
        const next = await openStore({ engine: sqlite, path });
        assert.deepEqual(await allOf(next.snapshots.read('mdm')), [anMdmRecord('1')]);
        await next.close();
      }));

  it('is written to again once it is back', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      const store = await opened(path);
      renameSync(path, `${path}.away`);
      await assert.rejects(readWhole(store, 'b', [anMdmRecord('2')]), gone(path));
      renameSync(`${path}.away`, path);
      await readWhole(store, 'c', [anMdmRecord('3')]);
      assert.deepEqual(await allOf(store.snapshots.read('mdm')), [anMdmRecord('3')]);
      await store.close();
    }));

  it('is found behind a link, and the link may lead to another one only after a restart', () =>
    inFolder(async (folder) => {
      const [first, second] = [join(folder, 'first.sqlite'), join(folder, 'second.sqlite')];
      await (await opened(first)).close();
      await tick();
      copyFileSync(first, second);
      await tick();
      const path = join(folder, 'store.sqlite');
      symlinkSync(first, path);
      const store = await opened(path);
      unlinkSync(path);
      symlinkSync(second, path);
      await assert.rejects(readWhole(store, 'b', [anMdmRecord('2')]), other(path));
      await store.close();
    }));
});
