/**
 * What can be seen of a store file without making or changing anything in it. It is opened by SQLite alone: whoever opens and
 * closes it otherwise takes the locks away from a store that this process has open (https://sqlite.org/howtocorrupt.html, 2.2).
 */
import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { counted, english } from '../../model/say.ts';
import type { Value } from '../../model/say.ts';
import { isBusy, tablesOf } from '../dialects.ts';
import { MOVING, SCHEMA_VERSION } from '../migrations.ts';
import { hasOtherJournal, journalOf } from '../opened-file.ts';
import { failed, judgeFolder, judgeMarks, judgeSpace } from './judge-store.ts';
import type { StoreMarks } from './judge-store.ts';
import type { Finding } from './report.ts';
import { said } from './words/words.ts';

/** Whoever writes is waited for so long; this whole process waits with it. */
const PATIENCE_MS = 1000;

/** Runs a step; `look` null: it is left out, since an earlier one failed. Tells whether it is in order. */
type Step = (
  id: 'engine' | 'folder' | 'file' | 'store' | 'write' | 'space',
  look: (() => Finding) | null,
) => Promise<boolean>;

const LOOKS = [
  ['folder', lookAtFolder],
  ['file', lookAtFile],
  ['store', lookAtMarks],
  ['write', lookAtWriting],
  ['space', lookAtSpace],
] as const;

/** Looks, step by step, up to the first that is not in order. @param path `:memory:`: there is no file */
export async function lookAtSqlite(path: string, step: Step): Promise<void> {
  await step('engine', lookAtEngine);
  if (path === ':memory:') {
    await step('file', () => ({ verdict: 'file.memory', seen: said('file.memory') }));
    return;
  }
  let isRight = true;
  for (const [id, look] of LOOKS) {
    const isNow = await step(id, isRight ? () => look(path) : null);
    isRight &&= isNow;
  }
}

function lookAtEngine(): Finding {
  const { node, sqlite } = process.versions;
  return {
    verdict: 'engine.there',
    seen: said('engine.sqlite', { node, sqlite: sqlite ?? said('engine.unknown-version') }),
  };
}

/**
 * | the folder                    | verdict                          |
 * |-------------------------------|----------------------------------|
 * | is not there, or no folder    | folder.missing                   |
 * | may not be looked at          | folder.closed                    |
 * | is there                      | folder.there, or folder.network  |
 */
function lookAtFolder(path: string): Finding {
  const folder = dirname(path);
  const blanks = { folder };
  try {
    if (!statSync(folder).isDirectory())
      return { verdict: 'folder.missing', seen: said('folder.no-folder', { folder }), code: 'ERR_STORE_OPEN', blanks };
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return judgeFolder(folder, typeOf(folder));
  } catch (error) {
    const reason = codeOf(error);
    const isMissing = reason === 'ENOENT' || reason === 'ENOTDIR';
    const seen = said(isMissing ? 'folder.missing' : 'folder.closed', { folder, reason: reason ?? said('no-code') });
    return { verdict: isMissing ? 'folder.missing' : 'folder.closed', seen, code: 'ERR_STORE_OPEN', blanks };
  }
}

function typeOf(folder: string): number | null {
  try {
    return statfsSync(folder).type;
  } catch {
    return null;
  }
}

/**
 * | the file                         | verdict             |
 * |----------------------------------|---------------------|
 * | is not there                     | file.new            |
 * | is not there, but its journal    | file.gone           |
 * | is something else                | file.none           |
 * | has another file's journal       | file.other-journal  |
 * | can be read by others (POSIX)    | file.open-to-others |
 * | any other                        | file.there          |
 */
function lookAtFile(path: string): Finding {
  const blanks = { file: path, folder: dirname(path) };
  const found = statSync(path, { throwIfNoEntry: false });
  const journal = journalOf(path);
  if (found === undefined && existsSync(journal))
    return { verdict: 'file.gone', seen: said('file.gone', { file: path, journal }), code: 'ERR_STORE_OPEN', blanks };
  if (found === undefined) return { verdict: 'file.new', seen: said('file.new', { file: path }), blanks };
  if (!found.isFile())
    return { verdict: 'file.none', seen: said('file.none', { file: path }), code: 'ERR_STORE_OPEN', blanks };
  if (hasOtherJournal(path))
    return {
      verdict: 'file.other-journal',
      seen: said('file.other-journal', { file: path, journal }),
      code: 'ERR_STORE_OPEN',
      blanks,
    };
  const seen = said('file.there', { file: path, kib: counted(Math.ceil(found.size / 1024)) });
  const isOpen = process.platform !== 'win32' && (found.mode & 0o077) !== 0;
  return { verdict: isOpen ? 'file.open-to-others' : 'file.there', seen, blanks };
}

/** The store in a file, by its marks. */
function lookAtMarks(path: string): Finding {
  if (isNew(path)) return judgeMarks({ tables: 0, isOurs: false, version: null, isIncomplete: false }, 0, false);
  try {
    return withDatabase(path, true, (database) => judgeMarks(marksOf(database), SCHEMA_VERSION, false));
  } catch (error) {
    if (isBusy(error)) return busy(path);
    return failed('store.unreadable', said('store.sqlite', { text: textOf(error) }), 'ERR_STORE_OPEN');
  }
}

/** Whether it can be written: takes the lock of a write and gives it back; a file of a moment shows that of the folder. */
function lookAtWriting(path: string): Finding {
  const folder = dirname(path);
  const blanks = { file: path, folder };
  try {
    const probe = join(folder, `.exchange-connector-test-${randomUUID()}`);
    writeFileSync(probe, 'test', { flag: 'wx', mode: 0o600 });
    rmSync(probe);
    if (isNew(path)) return { verdict: 'write.possible', seen: said('write.folder', { folder }), blanks };
    accessSync(path, constants.R_OK | constants.W_OK);
    withDatabase(path, false, (database) => database.exec('begin immediate; rollback'));
    return { verdict: 'write.possible', seen: said('write.lock'), blanks };
  } catch (error) {
    if (isBusy(error)) return busy(path);
    return {
      verdict: 'write.refused',
      seen: said('write.refused', { text: textOf(error) }),
      code: 'ERR_STORE_WRITE',
      blanks,
    };
  }
}

function lookAtSpace(path: string): Finding {
  const blanks = { folder: dirname(path) };
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return judgeSpace(bavail * bsize, blanks);
  } catch (error) {
    return { verdict: 'space.untold', seen: said('space.untold', { text: textOf(error) }), blanks };
  }
}

/** A file of no bytes is none yet: it is what is left of an opening that was broken off. */
function isNew(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
}

function busy(path: string): Finding {
  const seen = said('write.busy', { file: path });
  return { verdict: 'write.busy', seen, code: 'ERR_STORE_BUSY', blanks: { file: path, folder: dirname(path) } };
}

function marksOf(database: DatabaseSync): StoreMarks {
  const tables = tablesOf(database);
  const isOurs = tables.includes('meta');
  const mark = (name: string): unknown =>
    isOurs ? database.prepare('select value from meta where name = ?').get(name)?.['value'] : undefined;
  const version = Number(mark('schemaVersion') ?? Number.NaN);
  return {
    tables: tables.length,
    isOurs,
    version: Number.isInteger(version) && version >= 0 ? version : null,
    isIncomplete: mark(MOVING) !== undefined,
  };
}

function withDatabase<T>(path: string, readOnly: boolean, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { readOnly });
  try {
    database.exec(`pragma busy_timeout = ${PATIENCE_MS}`);
    return work(database);
  } finally {
    database.close();
  }
}

/** Null: it has none. */
function codeOf(error: unknown): string | null {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : null;
}

/** The system's own words. */
function textOf(error: unknown): Value {
  return english(error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
}
