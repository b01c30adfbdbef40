/** Opens a store for what cares for it: its tables as they are, nothing made, updated or cleared. */
import { existsSync } from 'node:fs';
import { Kysely, sql } from 'kysely';
import { ConnectorError, isConnectorError } from '../../errors.ts';
import { openPostgres, openSqlite, openSqliteAlone, readSqlite } from '../dialects.ts';
import type { Engine } from '../dialects.ts';
import { Leases } from '../leases.ts';
import { identify } from '../open-store.ts';
import type { Schema } from '../schema.ts';
import type { Lease, OpenStoreOptions } from '../store.ts';
import { CARE } from './engine-care.ts';
import type { EngineCare } from './engine-care.ts';

/** Which store. */
export type StoreAddress = Pick<OpenStoreOptions, 'engine' | 'path' | 'connection'>;

/** A store's tables. */
export interface OpenTables {
  readonly engine: Engine;
  readonly care: EngineCare;
  readonly database: Kysely<Schema>;
  close(): Promise<void>;
}

/**
 * `read`: every write is refused, and whoever writes goes on. `write`: beside whoever writes. `alone` (a file): nobody else
 * has it open, nor gets it open meanwhile. `make` (a file): it is made if there is none.
 */
export type Access = 'read' | 'write' | 'alone' | 'make';

/** Opens the tables. Throws ERR_STORE_OPEN, ERR_STORE_BUSY, ERR_DEPENDENCY_MISSING; ERR_STORE_IN_USE for a file that is not free. */
export async function openTables(address: StoreAddress, access: Access): Promise<OpenTables> {
  const engine = await engineOf(address, access);
  const database = new Kysely<Schema>({ dialect: engine.dialect, plugins: [...engine.plugins] });
  return { engine, care: CARE[engine.name], database, close: () => database.destroy() };
}

async function engineOf({ engine, path = '', connection = '' }: StoreAddress, access: Access): Promise<Engine> {
  if (engine === 'postgres') return openPostgres(connection, access === 'read');
  if (access === 'read') return readSqlite(path);
  if (access === 'alone') return aloneWith(path);
  if (access === 'write' && !existsSync(path)) {
    throw new ConnectorError('ERR_STORE_OPEN', `The store ${path} could not be opened: there is no such file.`);
  }
  return openSqlite(path);
}

function aloneWith(path: string): Engine {
  try {
    return openSqliteAlone(path);
  } catch (error) {
    if (!isConnectorError(error, 'ERR_STORE_BUSY')) throw error;
    throw new ConnectorError('ERR_STORE_IN_USE', `Another process has the store ${path} open.`, { cause: error });
  }
}

/** Opens the tables, does the work, and closes them. */
export async function withTables<T>(
  address: StoreAddress,
  access: Access,
  work: (tables: OpenTables) => Promise<T>,
): Promise<T> {
  const tables = await openTables(address, access);
  try {
    return await work(tables);
  } finally {
    await tables.close();
  }
}

/** Runs in one transaction that only reads: all that it sees is of one moment. */
export async function inOneMoment<T>(
  { database, care }: OpenTables,
  work: (database: Kysely<Schema>) => Promise<T>,
): Promise<T> {
  return database.connection().execute(async (connection) => {
    await sql.raw(care.beginToRead).execute(connection);
    try {
      return await work(connection);
    } finally {
      await sql.raw('rollback').execute(connection);
    }
  });
}

/** The id of a store of this version. Throws ERR_STORE_OPEN for no store, ERR_STORE_VERSION, ERR_STORE_INCOMPLETE. */
export function storeId({ database }: OpenTables): Promise<string> {
  return identify(database);
}

/** Longer than any lease is valid. */
const LONGEST_LEASE_MS = 60_000;

/** The leases that somebody holds. */
export async function heldLeases({ database, engine }: Pick<OpenTables, 'database' | 'engine'>): Promise<Lease[]> {
  const names = await database.selectFrom('leases').select('name').execute();
  return new Leases(database, engine).held(
    names.map(({ name }) => name),
    { validMs: LONGEST_LEASE_MS },
  );
}

/** A reading that somebody has touched within this time is under way: Graph may make a page wait some minutes. */
export const READING_MS = 10 * 60_000;

/** Why a store is not free, in a sentence; null: nobody is known to work with it. @param now milliseconds since 1970 */
export async function whoWorks(tables: OpenTables, now: number): Promise<string | null> {
  const [lease] = await heldLeases(tables);
  if (lease !== undefined) return `A Node-RED works with it: ${lease.name} is held by ${lease.process}.`;
  const reading = await tables.database
    .selectFrom('readings')
    .selectAll()
    .where('state', '=', 'reading')
    .where('touchedAt', '>', new Date(now - READING_MS).toISOString())
    .executeTakeFirst();
  if (reading === undefined) return null;
  return `A reading of ${reading.scope} is under way, last heard of at ${reading.touchedAt}; one that was cut off counts for ten minutes.`;
}
