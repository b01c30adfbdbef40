/** Deleting everything a store holds about one person. */
import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import { ConnectorError } from '../../errors.ts';
import { AuditLog } from '../audit.ts';
import { addCounts, countUp } from '../counters.ts';
import { Devices } from '../devices.ts';
import { viewOf } from '../generations.ts';
import type { Schema } from '../schema.ts';
import { numberOf } from '../seen-records.ts';
import { hashesOf, isThere } from '../snapshot-rows.ts';
import { findPerson } from './find-person.ts';
import type { Person } from './find-person.ts';
import { forgetNumbers } from './forget-numbers.ts';
import { storeId, whoWorks, withTables } from './open-tables.ts';
import type { OpenTables, StoreAddress } from './open-tables.ts';
import { holdingsOf } from './person-data.ts';
import type { Answer, Holdings } from './person-data.ts';
import { DELETED, personRows } from './person-rows.ts';
import type { TableRows } from './person-rows.ts';
import { PERSONAL } from './personal-columns.ts';
import { TABLES } from './tables.ts';
import type { Row, Table } from './tables.ts';

/** What is deleted, and by whom. */
export interface Deletion {
  readonly word: string;
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** That entries of ours are on lists in Exchange is forgotten too: they are an administrator's from then on. */
  readonly entries: boolean;
  /** Told what is being done. */
  readonly doing?: (step: string) => void;
}

/**
 * Deletes everything that is held about a person, in one transaction, and leaves nothing of it in free space: an SQLite file
 * is written anew, and so are the tables of a PostgreSQL. That it was done, by whom, and of how many rows is a row of the audit.
 * What stays: entries of ours on lists in Exchange, unless they are forgotten too; what the person did as an administrator.
 * Throws ERR_STORE_IN_USE while a Node-RED works with the store, or while a change of the person's is on its way to Exchange.
 */
export async function deletePerson(address: StoreAddress, deletion: Deletion): Promise<Answer<Holdings>> {
  const { word, now, doing } = deletion;
  return withTables(address, address.engine === 'sqlite' ? 'alone' : 'write', async (tables) => {
    const salt = await storeId(tables);
    doing?.('deleting');
    const answer = await tables.database.transaction().execute(async (transaction): Promise<Answer<Holdings>> => {
      await lockAll(transaction, tables);
      const inUse = await whoWorks({ ...tables, database: transaction }, now);
      if (inUse !== null) throw refused(inUse);
      const found = await findPerson(transaction, word);
      if (found.kind !== 'person') return found;
      const { person } = found;
      const rows = await personRows(transaction, person);
      refuseUnknownOutcome(rows);
      await deleteRows({ ...tables, database: transaction }, { person, rows, salt, deletion });
      return { kind: 'person', ...holdingsOf(person, rows), inUse: null };
    });
    doing?.('writing the store anew');
    await writeAnew(tables);
    return answer;
  });
}

function refused(seen: string): ConnectorError {
  return new ConnectorError('ERR_STORE_IN_USE', `Nothing was deleted. ${seen}`);
}

/** SQLite's transaction is the lock. */
async function lockAll(transaction: Transaction<Schema>, { engine }: OpenTables): Promise<void> {
  if (engine.name === 'sqlite') return;
  const names = TABLES.map(({ name }) => sql.table(name));
  await sql`lock table ${sql.join(names)} in share row exclusive mode`.execute(transaction);
}

function refuseUnknownOutcome(found: readonly TableRows[]): void {
  const changes = found.find(({ table }) => table.name === 'outbox')?.rows ?? [];
  if (changes.every(({ state }) => state !== 'reserved' && state !== 'settling')) return;
  throw refused(
    'A change of a list of this person was handed to Exchange, and whether it was made is not known yet: the next sync looks.',
  );
}

interface Work {
  readonly person: Person;
  readonly rows: readonly TableRows[];
  readonly salt: string;
  readonly deletion: Deletion;
}

async function deleteRows(tables: OpenTables, { person, rows: found, salt, deletion }: Work): Promise<void> {
  const { database } = tables;
  const keys = [...new Set([...person.keys, ...recordKeys(found)])];
  await countDown(database, found, keys);
  for (const { table, rows, mentions } of found) {
    const { deletion: how } = PERSONAL[table.name as keyof Schema];
    if (table.name === 'audit') await emptyAudit(tables, table, { rows, mentions });
    else {
      const goes = how === 'goes' || (how === 'is asked for' && deletion.entries);
      if (goes)
        for (const row of rows)
          await sql`delete from ${sql.table(table.name)} where ${isRow(table, row)}`.execute(database);
      for (const mention of mentions) await cutOut(database, table, mention);
    }
  }
  await forgetNumbers(database, new Set(keys.map((key) => numberOf(salt, key))));
  const devices = found.find(({ table }) => table.name === 'devices')?.rows ?? [];
  for (const organization of new Set(devices.map((row) => String(row['organization']))))
    await new Devices(database).recount(organization);
  await new AuditLog(database).append([auditOf(found, deletion)]);
}

function recordKeys(found: readonly TableRows[]): string[] {
  return found.find(({ table }) => table.name === 'records')?.rows.map(({ key }) => String(key)) ?? [];
}

function isRow({ key }: Table, row: Row) {
  return sql.join(
    key.map((column) => sql`${sql.ref(column)} = ${row[column] ?? null}`),
    sql` and `,
  );
}

async function cutOut(
  database: Kysely<Schema>,
  table: Table,
  { row, column, without }: TableRows['mentions'][number],
): Promise<void> {
  await sql`update ${sql.table(table.name)} set ${sql.ref(column)} = ${without} where ${isRow(table, row)}`.execute(
    database,
  );
}

/** Counts that are kept beside the rows. */
async function countDown(
  database: Kysely<Schema>,
  found: readonly TableRows[],
  keys: readonly string[],
): Promise<void> {
  for (const snapshot of await database.selectFrom('snapshots').selectAll().execute()) {
    const shown = await hashesOf(database, viewOf(snapshot).generations, keys);
    const gone = [...shown.values()].filter(isThere).length;
    if (gone === 0) continue;
    await database
      .updateTable('snapshots')
      .set({ count: snapshot.count - gone })
      .where('source', '=', snapshot.source)
      .where('scope', '=', snapshot.scope)
      .execute();
  }
  const merges = found.find(({ table }) => table.name === 'merges')?.rows ?? [];
  const counts = new Map<string, Map<string, number>>();
  for (const { organization, by, until } of merges) {
    if (until !== null) continue;
    const own = counts.get(String(organization)) ?? new Map<string, number>();
    counts.set(String(organization), own);
    countUp(own, `merged:${String(by)}`, -1);
  }
  for (const [organization, own] of counts) await addCounts(database as Transaction<Schema>, organization, own);
}

/** That something happened stays, and who did it; about whom goes. */
async function emptyAudit(
  { database, engine }: OpenTables,
  table: Table,
  { rows, mentions }: Pick<TableRows, 'rows' | 'mentions'>,
): Promise<void> {
  if (rows.length + mentions.length === 0) return;
  for (const statement of engine.notAppendOnly('audit')) await sql.raw(statement).execute(database);
  for (const row of rows)
    await sql`update "audit" set "deviceKey" = null, "reason" = ${DELETED}, "evidence" = '[]', "before" = 'null',
      "after" = 'null' where ${isRow(table, row)}`.execute(database);
  for (const mention of mentions) await cutOut(database, table, mention);
  for (const statement of engine.appendOnly('audit')) await sql.raw(statement).execute(database);
}

function auditOf(found: readonly TableRows[], { by, now, entries }: Deletion) {
  const counts = found.flatMap(({ table: { name }, rows, mentions }) => {
    const count = (name === 'entries' && !entries ? 0 : rows.length) + mentions.length;
    return count === 0 ? [] : [[name, count] as const];
  });
  const rows = counts.reduce((sum, [, count]) => sum + count, 0);
  return {
    at: new Date(now).toISOString(),
    who: by,
    what: 'delete-person',
    deviceKey: null,
    organization: null,
    rule: null,
    reason: `What was held about one person was deleted: ${rows} rows in ${counts.length} tables.`,
    evidence: [],
    before: Object.fromEntries(counts),
    after: null,
    approvedBy: null,
  };
}

/**
 * Rows that are gone are still in free space: in pages of an SQLite file (https://sqlite.org/pragma.html#pragma_secure_delete)
 * and its journal, and in a PostgreSQL's tables, their indexes and the samples of their statistics
 * (https://www.postgresql.org/docs/current/sql-vacuum.html). All of it is written anew, also what went earlier.
 */
async function writeAnew({ engine, database }: OpenTables): Promise<void> {
  if (engine.name === 'sqlite') {
    await sql.raw('vacuum').execute(database);
    await sql.raw('pragma wal_checkpoint(truncate)').execute(database);
    return;
  }
  for (const { name } of TABLES) await sql`vacuum (full, analyze) ${sql.table(name)}`.execute(database);
}
