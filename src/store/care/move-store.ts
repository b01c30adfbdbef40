/** Moves a store into another, empty one, as from a file to PostgreSQL. The store it comes from stays as it is. */
import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import { ConnectorError, throwIfAborted } from '../../errors.ts';
import { migrate, MOVING } from '../migrations.ts';
import type { Schema } from '../schema.ts';
import { inOneMoment, storeId, whoWorks, withTables } from './open-tables.ts';
import type { OpenTables, StoreAddress } from './open-tables.ts';
import { countRows, DigestOfRows, isNumbered, pagesOf, TABLES } from './tables.ts';
import type { Row, Table, TableDigest } from './tables.ts';

/** What was moved, or would be. */
export interface Move {
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly sha256: string | null }[];
  readonly rows: number;
  /** What the other store held: nothing at all, an empty store, or what a move that was cut off has left. */
  readonly found: 'nothing' | 'empty' | 'incomplete';
  /** Why the store is not free to be moved; a dry run only says it. */
  readonly inUse: string | null;
}

/** How far it is. */
export type Moving = (step: 'copying' | 'comparing', table: string, counts: { rows: number; of: number }) => void;

export interface MoveOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal?: AbortSignal;
  readonly moving?: Moving;
}

/** Id, link secret and version: they come last, and with them the store is one. */
const [META, ...CONTENT] = TABLES as readonly [Table, ...Table[]];

/**
 * Moves all rows, page by page. The other store is marked as incomplete from before the first row until every table was read
 * back and found equal; a move that was cut off is begun anew by the next one.
 * Throws ERR_STORE_IN_USE while a Node-RED works with the store, ERR_STORE_NOT_EMPTY, ERR_STORE_COPY if a table differs
 * afterwards, ERR_ABORTED, and what opening throws.
 */
export async function moveStore(from: StoreAddress, to: StoreAddress, options: MoveOptions): Promise<Move> {
  return withTables(from, from.engine === 'sqlite' ? 'alone' : 'read', async (source) => {
    await storeId(source);
    const inUse = await whoWorks(source, options.now);
    if (inUse !== null) throw new ConnectorError('ERR_STORE_IN_USE', `The store cannot be moved now. ${inUse}`);
    refuseSameFile(from, to);
    return withTables(to, to.engine === 'sqlite' ? 'make' : 'write', async (target) => {
      await refuseSamePlace(source, target);
      const found = await whatIsThere(target);
      const mark = await prepare(target, found, options);
      return inOneMoment(source, async (moment) => {
        const digests = await copyAll({ ...source, database: moment }, target, mark, options);
        await compareAll(target, digests, options);
        await finish(moment, target, mark);
        return moveOf(digests, found);
      });
    });
  });
}

/** Says what {@link moveStore} would do, and changes nothing. Throws as it does, but only says that a Node-RED works. */
export async function planMove(from: StoreAddress, to: StoreAddress, { now }: MoveOptions): Promise<Move> {
  return withTables(from, 'read', async (source) => {
    await storeId(source);
    const inUse = await whoWorks(source, now);
    const isMissing = to.engine === 'sqlite' && !existsSync(to.path ?? '');
    refuseSameFile(from, to);
    const found = isMissing ? 'nothing' : await withTables(to, 'read', (target) => foundBeside(source, target));
    const tables: Move['tables'][number][] = [];
    for (const { name } of CONTENT) tables.push({ name, rows: await countRows(source.database, name), sha256: null });
    return { tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0), found, inUse };
  });
}

/** A file is locked while it is moved: whether both are one is looked at before. Links lead to the same file. */
function refuseSameFile({ engine, path = '' }: StoreAddress, to: StoreAddress): void {
  if (engine !== 'sqlite' || to.engine !== 'sqlite') return;
  const [one, other] = [path, to.path ?? ''].map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }));
  if (one !== undefined && one.ino === other?.ino && one.dev === other.dev) throw sameStore();
}

/** An address of PostgreSQL can be written in many ways. */
async function refuseSamePlace(source: OpenTables, target: OpenTables): Promise<void> {
  const [one, other] = [
    await source.care.place(source.database, META.name),
    await target.care.place(target.database, META.name),
  ];
  if (one !== null && one === other) throw sameStore();
}

function sameStore(): ConnectorError {
  return new ConnectorError('ERR_STORE_NOT_EMPTY', 'The store to move into is the one that is moved.');
}

async function foundBeside(source: OpenTables, target: OpenTables): Promise<Move['found']> {
  await refuseSamePlace(source, target);
  return whatIsThere(target);
}

/*
 *   the other database has                       found        the move
 *   no table `meta`                              nothing      makes the store
 *   the mark of a move                           incomplete   takes its tables away and makes the store anew
 *   a store in which only `meta` has rows        empty        goes on with it; its id and link secret are replaced
 *   a store with rows                            –            ERR_STORE_NOT_EMPTY
 */
async function whatIsThere({ care, database }: OpenTables): Promise<Move['found']> {
  if ((await care.columns(database, META.name)).length === 0) return 'nothing';
  const mark = await database.selectFrom('meta').select('value').where('name', '=', MOVING).executeTakeFirst();
  if (mark !== undefined) return 'incomplete';
  for (const { name } of CONTENT) {
    if ((await care.columns(database, name)).length === 0) continue;
    const rows = await countRows(database, name);
    if (rows === 0) continue;
    throw new ConnectorError('ERR_STORE_NOT_EMPTY', `The store to move into is not empty: ${name} has ${rows} rows.`);
  }
  return 'empty';
}

/** Makes the tables and marks them. @returns the mark: of two moves into one store, only the later one goes on */
async function prepare(target: OpenTables, found: Move['found'], { now }: MoveOptions): Promise<string> {
  const { engine, care, database } = target;
  if (found === 'incomplete') {
    await database.transaction().execute(async (transaction) => {
      for (const { name } of TABLES)
        for (const statement of care.drop(name)) await sql.raw(statement).execute(transaction);
    });
  }
  await migrate(database, engine);
  const mark = JSON.stringify({ move: randomUUID(), since: new Date(now).toISOString() });
  await database.transaction().execute(async (transaction) => {
    await engine.lock(transaction, MOVING);
    await transaction.insertInto('meta').values({ name: MOVING, value: mark }).execute();
  });
  return mark;
}

async function copyAll(
  source: OpenTables,
  target: OpenTables,
  mark: string,
  { signal, moving }: MoveOptions,
): Promise<Map<string, TableDigest>> {
  const digests = new Map<string, TableDigest>();
  for (const table of CONTENT) {
    const of = await countRows(source.database, table.name);
    const sum = new DigestOfRows();
    for await (const page of pagesOf(source.database, table)) {
      throwIfAborted(signal);
      await target.database.transaction().execute(async (transaction) => {
        await checkMark(transaction, target, mark);
        await insert(transaction, target, table, page);
      });
      sum.add(page);
      moving?.('copying', table.name, { rows: sum.rows, of });
    }
    digests.set(table.name, sum.digest());
    if (!isNumbered(table)) continue;
    const last = await source.care.lastNumber(source.database, table.name);
    await target.care.numberFrom(target.database, table.name, last);
  }
  return digests;
}

async function insert(
  transaction: Transaction<Schema>,
  { care }: OpenTables,
  table: Table,
  page: readonly Row[],
): Promise<void> {
  const columns = Object.keys(page[0] ?? {});
  const values = page.map((row) => sql`(${sql.join(columns.map((column) => sql.val(row[column] ?? null)))})`);
  await sql`
    insert into ${sql.table(table.name)} (${sql.join(columns.map((column) => sql.ref(column)))})
    ${sql.raw(isNumbered(table) ? care.withNumber : '')} values ${sql.join(values)}`.execute(transaction);
}

async function checkMark(transaction: Transaction<Schema>, { engine }: OpenTables, mark: string): Promise<void> {
  await engine.lock(transaction, MOVING);
  const row = await transaction.selectFrom('meta').select('value').where('name', '=', MOVING).executeTakeFirst();
  if (row?.value === mark) return;
  throw new ConnectorError('ERR_STORE_INCOMPLETE', 'Another move into the same store was begun meanwhile.');
}

async function compareAll(
  target: OpenTables,
  digests: ReadonlyMap<string, TableDigest>,
  { signal, moving }: MoveOptions,
): Promise<void> {
  for (const table of CONTENT) {
    const wanted = digests.get(table.name);
    const sum = new DigestOfRows();
    for await (const page of pagesOf(target.database, table)) {
      throwIfAborted(signal);
      sum.add(page);
      moving?.('comparing', table.name, { rows: sum.rows, of: wanted?.rows ?? 0 });
    }
    const got = sum.digest();
    if (got.sha256 === wanted?.sha256) continue;
    throw new ConnectorError(
      'ERR_STORE_COPY',
      `The table ${table.name} is not what it was: ${got.rows} rows of ${wanted?.rows ?? 0}, or others.`,
    );
  }
}

/** Id and link secret come, the mark goes: from here on it is the store. */
async function finish(source: Kysely<Schema>, target: OpenTables, mark: string): Promise<void> {
  const rows = await source.selectFrom('meta').selectAll().execute();
  await target.database.transaction().execute(async (transaction) => {
    await checkMark(transaction, target, mark);
    await transaction.deleteFrom('meta').execute();
    await transaction.insertInto('meta').values(rows).execute();
  });
}

function moveOf(digests: ReadonlyMap<string, TableDigest>, found: Move['found']): Move {
  const tables = [...digests].map(([name, digest]) => ({ name, ...digest }));
  return { tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0), found, inUse: null };
}
