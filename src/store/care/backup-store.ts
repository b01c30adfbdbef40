/** A copy of a store file while Node-RED works with it. */
import { existsSync, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { ConnectorError } from '../../errors.ts';
import type { Schema } from '../schema.ts';
import { CARE } from './engine-care.ts';
import { storeId, withTables } from './open-tables.ts';
import type { OpenTables } from './open-tables.ts';
import { countRows } from './tables.ts';

/** A copy that was made and found whole. */
export interface Backup {
  readonly file: string;
  readonly bytes: number;
  /** Of the store it was made from. */
  readonly storeBytes: number;
  /** Rows in the copy. */
  readonly rows: number;
  /** True: the store did not change meanwhile, and the copy has as many rows in every table. */
  readonly compared: boolean;
}

/**
 * Copies an SQLite store into a new file that only its owner can read, and looks at the copy. VACUUM INTO copies one moment,
 * whoever writes meanwhile; SQLite's page-wise backup begins anew whenever somebody else has written, and beside a writer
 * that never rests it does not end. It leaves out free space too. A store of another version is copied as it is: an older one is to be
 * kept before it is updated.
 * Throws ERR_FILE_WRITE if the file exists or cannot be written, ERR_STORE_COPY if the copy is not whole, and what opening throws.
 */
export async function backupStore(path: string, file: string): Promise<Backup> {
  const target = resolve(file);
  return withTables({ engine: 'sqlite', path }, 'read', async (tables) => {
    const { database } = tables;
    const id = await idOf(tables);
    const { bytes: storeBytes } = await CARE.sqlite.size(database);
    await makeEmpty(target);
    try {
      const [before, counted] = [await dataVersion(database), await rowsOf(database)];
      await vacuumInto(database, target);
      const isSame = before === (await dataVersion(database));
      await sync(target);
      const rows = await lookAtCopy(target, id, isSame ? counted : null);
      return { file: target, bytes: statSync(target).size, storeBytes, rows, compared: isSame };
    } catch (error) {
      await rm(target, { force: true });
      throw error;
    }
  });
}

/** SQLite fills an empty file and keeps its mode; so it is never readable by others, not even for a moment. */
async function makeEmpty(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** Why a file cannot be written. */
export function unwritable(file: string, cause: unknown): ConnectorError {
  const text = existsSync(file) ? 'it exists already' : (cause as Error).message;
  return new ConnectorError('ERR_FILE_WRITE', `The file ${file} was not written: ${text}.`, { cause });
}

async function vacuumInto(database: Kysely<Schema>, file: string): Promise<void> {
  try {
    await sql`vacuum into ${file}`.execute(database);
  } catch (error) {
    throw new ConnectorError('ERR_FILE_WRITE', `The copy ${file} was not written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Puts a file, and its name in its folder, on the disk. */
export async function sync(file: string): Promise<void> {
  for (const path of [file, dirname(file)]) {
    const handle = await open(path, 'r+').catch(() => open(path, 'r'));
    try {
      await handle.sync();
    } catch (error) {
      // A folder cannot be synced everywhere.
      if (path === file) throw unwritable(file, error);
    } finally {
      await handle.close();
    }
  }
}

/** Another number after every change by another connection. https://sqlite.org/pragma.html#pragma_data_version */
async function dataVersion(database: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(database);
  return rows[0]?.data_version ?? 0;
}

/** The id of a store of whatever version. Throws as `storeId` does where there is none. */
async function idOf(tables: OpenTables): Promise<string> {
  const row = await tables.database.selectFrom('meta').select('value').where('name', '=', 'id').executeTakeFirst();
  return row?.value ?? storeId(tables);
}

/** Of every table there is: another version has others. */
async function rowsOf(database: Kysely<Schema>): Promise<Map<string, number>> {
  const { rows: tables } = await sql<{ name: string }>`select name from sqlite_schema
    where type = 'table' and name not like 'sqlite\\_%' escape '\\'`.execute(database);
  const counts = new Map<string, number>();
  for (const { name } of tables) counts.set(name, await countRows(database, name));
  return counts;
}

async function lookAtCopy(file: string, id: string, counted: ReadonlyMap<string, number> | null): Promise<number> {
  return withTables({ engine: 'sqlite', path: file }, 'read', async (copy) => {
    const damage = await CARE.sqlite.damage(copy.database);
    if (damage === null || damage.length > 0) throw notWhole(`damaged: ${damage?.[0]}`);
    if ((await idOf(copy)) !== id) throw notWhole('another store');
    const found = await rowsOf(copy.database);
    for (const [table, rows] of counted ?? []) {
      if (found.get(table) !== rows) throw notWhole(`${found.get(table)} rows in ${table}, not ${rows}`);
    }
    return [...found.values()].reduce((sum, rows) => sum + rows, 0);
  });
}

function notWhole(seen: string): ConnectorError {
  return new ConnectorError('ERR_STORE_COPY', `The copy is not what the store holds: ${seen}. It was removed.`);
}
