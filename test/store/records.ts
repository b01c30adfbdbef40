/** Records and stores for the tests of the store. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EasRecord, MdmRecord } from '../../src/model/records.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Mail, MailDevice, OpenStoreOptions, SnapshotSync, Store } from '../../src/store/store.ts';
import { anEas, anMdm } from '../support/records.ts';

export function anEasRecord(easId: string, state: EasRecord['access']['state'] = 'allowed'): EasRecord {
  return anEas({ organization: 'contoso', easId, access: { state } });
}

export function anMdmRecord(id: string, name: string | null = null, source = 'intune'): MdmRecord {
  return anMdm({ source, id, easIds: [`EAS${id}`], device: { name } });
}

export function aReading(
  id: string,
  kind: 'full' | 'quick' = 'full',
  scope = 'intune',
): SnapshotSync & { page: number } {
  return {
    id,
    source: scope === 'contoso' ? 'eas' : 'mdm',
    kind,
    scope,
    startedAt: '2026-05-04T00:00:00.000Z',
    page: 0,
  };
}

/** A whole reading of one page, committed. */
export async function readWhole(
  store: Store,
  id: string,
  records: readonly (EasRecord | MdmRecord)[],
  kind: 'full' | 'quick' = 'full',
) {
  const sync = aReading(id, kind, records[0]?.kind === 'eas' ? 'contoso' : 'intune');
  await store.snapshots.begin(sync);
  await store.snapshots.putPage(sync, records);
  return store.snapshots.commit(sync);
}

/** A first mail that waits. */
export function aMail(id: string, changes: Partial<Mail> = {}): Mail {
  const at = '2026-05-04T10:00:00.000Z';
  return {
    id,
    notifier: 'n',
    mailboxId: 'mailbox',
    kind: 'not-enrolled',
    no: 0,
    state: 'waiting',
    createdAt: at,
    dueAt: changes.createdAt ?? at,
    openUntil: null,
    since: null,
    attempts: 0,
    messageId: null,
    reservedBy: null,
    address: null,
    sentAt: null,
    note: null,
    ...changes,
  };
}

/** A device of it. */
export function aMailDevice(deviceKey: string, episode = 'episode'): MailDevice {
  return { deviceKey, episode, blockedAt: '2026-05-04T10:00:00.000Z', inLedger: true, change: { of: deviceKey } };
}

/** Everything `read` yields, as one list. */
export async function allOf<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/**
 * A new, empty store: in memory, or in the file that is named, or, when CONNECTOR_TEST_POSTGRES holds the URL of a server (and `pg` is installed), in a
 * schema of its own there.
 */
export async function openEmptyStore({
  path = ':memory:',
  ...options
}: Pick<OpenStoreOptions, 'now'> & { readonly path?: string | undefined } = {}): Promise<Store> {
  const connection = clearedSchemas.pop() ?? (await schemaOfRun());
  if (connection === null) return openStore({ engine: 'sqlite', path, ...options });
  const store = await openStore({ engine: 'postgres', connection, ...options });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await store.close();
    await clearSchema(connection);
    clearedSchemas.push(connection);
  };
  return { ...store, close: () => (closing ??= close()) };
}

/** Addresses of schemas for the next stores: to make the tables takes five times as long as to clear them. */
const clearedSchemas: string[] = [];

/** Leaves the schema of a closed store as it was made. */
async function clearSchema(connection: string): Promise<void> {
  const client = await connect(connection);
  await client.query(`do $$ declare tables text; begin
    select string_agg(format('%I', relname), ', ') into tables from pg_class
      where relnamespace = current_schema()::text::regnamespace and relkind = 'r' and relname <> 'meta' and pg_relation_size(oid) > 0;
    set local session_replication_role = replica;
    if tables is not null then execute 'truncate ' || tables || ' restart identity'; end if;
    delete from pg_statistic where starelid in (select oid from pg_class where relnamespace = current_schema()::text::regnamespace);
    delete from meta where name <> 'schemaVersion';
  end $$`);
  await client.end();
}

/** The same store for two instances: with connections of their own on PostgreSQL. Closing the first one closes both. */
export async function openForTwo(): Promise<readonly [Store, Store]> {
  const connection = await schemaOfRun();
  if (connection === null) {
    const store = await openStore({ engine: 'sqlite', path: ':memory:' });
    return [store, store];
  }
  const first = await openStore({ engine: 'postgres', connection });
  const second = await openStore({ engine: 'postgres', connection: `${connection}&application_name=second` });
  const close = async (): Promise<void> => void (await Promise.all([first.close(), second.close()]));
  return [{ ...first, close }, second];
}

/** The address of a new schema; null: the tests run on SQLite. */
async function schemaOfRun(): Promise<string | null> {
  const server = process.env['CONNECTOR_TEST_POSTGRES'];
  return server === undefined ? null : emptySchema(server);
}

/** The address of a new, empty schema on a PostgreSQL server. */
export async function emptySchema(server: string): Promise<string> {
  const schema = `test_${randomUUID().replaceAll('-', '')}`;
  const client = await connect(server);
  await client.query(`create schema ${schema}`);
  await client.end();
  return `${server}?options=-c%20search_path%3D${schema}`;
}

async function connect(address: string): Promise<PgClient> {
  const name: string = 'pg';
  const { default: pg } = (await import(name)) as { default: { Client: new (url: string) => PgClient } };
  const client = new pg.Client(address);
  await client.connect();
  return client;
}

interface PgClient {
  connect(): Promise<void>;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
}

/** Runs with an empty folder, which is removed afterwards. */
export async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'connector-store-'));
  try {
    await act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
