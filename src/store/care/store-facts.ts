/**
 * What can be seen of a store by looking at its tables, whatever its version. What it means is said in
 * `src/connector/care/judge-store.ts`.
 */
import { statSync } from 'node:fs';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { ConnectorError, isConnectorError, throwIfAborted } from '../../errors.ts';
import { walk } from '../generation-walk.ts';
import { viewOf } from '../generations.ts';
import { HeldPlans } from '../held-plans.ts';
import { SCHEMA_VERSION } from '../migrations.ts';
import type { Schema } from '../schema.ts';
import type { Lease } from '../store.ts';
import { heldLeases, inOneMoment, withTables } from './open-tables.ts';
import type { OpenTables, StoreAddress } from './open-tables.ts';
import { countRows, pagesOf, TABLES } from './tables.ts';
import type { Row, Table } from './tables.ts';

/** One table, as it was found. */
export interface TableFacts {
  readonly name: string;
  /** Null: there is no such table. */
  readonly rows: number | null;
  /** Keys that more than one row has. */
  readonly duplicates: number;
  /** Rows with a text that is no JSON where JSON is expected, and the key of the first of them. */
  readonly unreadable: number;
  readonly firstUnreadable: string | null;
  /** Why it could not be read to its end; null: it could. */
  readonly failure: string | null;
}

/** Everything that is seen. Times are ISO 8601 UTC. */
export interface StoreFacts {
  readonly engine: 'sqlite' | 'postgres';
  /** Of the engine: `SQLite 3.50.4`. */
  readonly engineVersion: string;
  /** Null: the mark is damaged or missing. */
  readonly version: number | null;
  readonly knownVersion: number;
  readonly hasId: boolean;
  readonly hasLinkSecret: boolean;
  /** Another store was being moved into it. */
  readonly isIncomplete: boolean;
  readonly bytes: number;
  readonly freeBytes: number;
  /** Bytes of the journal beside the file; null: there is no file. */
  readonly journalBytes: number | null;
  /** Permission bits of the file; null: there is no file, or the system has none. */
  readonly fileMode: number | null;
  /** What the engine finds damaged; null: it has no such check. */
  readonly damage: readonly string[] | null;
  readonly tables: readonly TableFacts[];
  /** What only a store of this version tells; null: it is of another version, or too damaged. */
  readonly content: ContentFacts | null;
}

/** What a store of this version tells. */
export interface ContentFacts {
  /** Append-only tables that can be changed. */
  readonly unguarded: readonly string[];
  /** Readings that were begun, and when they were last heard of. */
  readonly openReadings: readonly { readonly scope: string; readonly touchedAt: string }[];
  /** Snapshots, and how many of their records are there. */
  readonly snapshots: readonly {
    readonly scope: string;
    readonly count: number;
    readonly found: number;
    readonly whole: boolean;
  }[];
  /** Changes on their way to Exchange, by state. */
  readonly outbox: Readonly<Record<string, number>>;
  /** Mails that are still to be sent. */
  readonly mails: number;
  /** Mails that wait for a person. */
  readonly mailsInNeed: number;
  readonly announcements: number;
  readonly oldestAnnouncement: string | null;
  readonly heldPlans: readonly { readonly id: string; readonly at: string; readonly changes: number }[];
  readonly leases: readonly Lease[];
  /** Entries by state. */
  readonly entries: Readonly<Record<string, number>>;
  /** Settings that an update could not take over. */
  readonly leftSettings: readonly string[];
}

/** Append-only tables. */
const GUARDED = ['audit'];

/** Keys that are counted at once. */
const KEYS_PER_STEP = 2000;

/** How far the look is. */
export type Looking = (table: string, counts: { rows: number; of: number }) => void;

/**
 * Looks at a store, and changes nothing. Throws ERR_STORE_OPEN if it cannot be read at all, ERR_ABORTED.
 * @param options.looking told after each page of rows
 */
export async function lookAtStore(
  address: StoreAddress,
  options: { readonly signal?: AbortSignal; readonly looking?: Looking } = {},
): Promise<StoreFacts> {
  return withTables(address, 'read', async (tables) => {
    const { care, database } = tables;
    const { version, bytes, freeBytes } = await care.size(database);
    if ((await care.columns(database, 'meta')).length === 0)
      throw new ConnectorError('ERR_STORE_OPEN', 'The database has no store of this package.');
    const damage = await damageOf(tables);
    const marks = await marksOf(database);
    const schema = versionIn(marks.get('schemaVersion'));
    const isOurs = schema === SCHEMA_VERSION;
    // Of one moment: whoever writes meanwhile must not look like damage.
    const seen = await inOneMoment(tables, async (moment) => {
      const then = { ...tables, database: moment };
      return {
        tables: await tableFacts(then, isOurs, options),
        content: isOurs ? await orDamaged(contentFacts(then), () => null) : null,
      };
    });
    return {
      engine: tables.engine.name,
      engineVersion: version,
      version: schema,
      knownVersion: SCHEMA_VERSION,
      hasId: (marks.get('id') ?? '') !== '',
      hasLinkSecret: (marks.get('linkSecret') ?? '') !== '',
      isIncomplete: marks.has('moving'),
      bytes,
      freeBytes,
      ...fileFacts(address),
      damage,
      ...seen,
    };
  });
}

/** A damaged file may refuse any question: that is an answer too. */
async function orDamaged<T, D>(question: Promise<T>, answer: (text: string) => D): Promise<T | D> {
  try {
    return await question;
  } catch (error) {
    if (!isConnectorError(error, 'ERR_STORE_WRITE')) throw error;
    return answer(error.message);
  }
}

function damageOf({ care, database }: OpenTables): Promise<string[] | null> {
  return orDamaged(care.damage(database), (text) => [text]);
}

async function marksOf(database: Kysely<Schema>): Promise<Map<string, string>> {
  const rows = await database.selectFrom('meta').selectAll().execute();
  return new Map(rows.map(({ name, value }) => [name, value]));
}

function versionIn(mark: string | undefined): number | null {
  const version = Number(mark ?? Number.NaN);
  return Number.isInteger(version) && version >= 0 ? version : null;
}

function fileFacts({ engine, path = '' }: StoreAddress): Pick<StoreFacts, 'journalBytes' | 'fileMode'> {
  if (engine === 'postgres') return { journalBytes: null, fileMode: null };
  const journalBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return { journalBytes, fileMode: process.platform === 'win32' ? null : statSync(path).mode & 0o777 };
}

async function tableFacts(
  tables: OpenTables,
  isOurs: boolean,
  { signal, looking }: { readonly signal?: AbortSignal; readonly looking?: Looking },
): Promise<TableFacts[]> {
  const facts: TableFacts[] = [];
  for (const table of TABLES) {
    throwIfAborted(signal);
    const { name } = table;
    const columns = await tables.care.columns(tables.database, name);
    const nothing = { name, rows: null, duplicates: 0, unreadable: 0, firstUnreadable: null, failure: null };
    if (columns.length === 0) facts.push(nothing);
    else if (!isOurs) facts.push({ ...nothing, rows: await countRows(tables.database, name) });
    else
      facts.push(
        await orDamaged(lookAtTable(tables.database, table, { signal, looking }), (failure) => ({
          ...nothing,
          rows: 0,
          failure,
        })),
      );
  }
  return facts;
}

async function lookAtTable(
  database: Kysely<Schema>,
  table: Table,
  { signal, looking }: { readonly signal?: AbortSignal | undefined; readonly looking?: Looking | undefined },
): Promise<TableFacts> {
  const { name, json } = table;
  const rows = await countRows(database, name);
  const duplicates = await duplicatesIn(database, table);
  let [seen, unreadable] = [0, 0];
  let firstUnreadable: string | null = null;
  if (json.length > 0) {
    for await (const page of pagesOf(database, table)) {
      throwIfAborted(signal);
      const broken = page.filter((row) => json.some((column) => !isReadable(row[column])));
      unreadable += broken.length;
      firstUnreadable ??= keyText(broken[0], table);
      seen += page.length;
      looking?.(name, { rows: seen, of: rows });
    }
  }
  return { name, rows, duplicates, unreadable, firstUnreadable, failure: null };
}

async function duplicatesIn(database: Kysely<Schema>, { name, key }: Table): Promise<number> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const { rows } = await sql<{ count: number | string }>`
    select count(*) as "count" from
      (select 1 as "one" from ${sql.table(name)} group by ${columns} having count(*) > 1) as "twice"`.execute(database);
  return Number(rows[0]?.count ?? 0);
}

function keyText(row: Row | undefined, { key }: Table): string | null {
  return row === undefined ? null : key.map((column) => String(row[column])).join(' ');
}

function isReadable(value: Row[string] | undefined): boolean {
  if (typeof value !== 'string') return value === null || value === undefined;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

async function contentFacts(tables: OpenTables): Promise<ContentFacts> {
  const { database } = tables;
  const settings = await database
    .selectFrom('settings')
    .select('name')
    .where('name', 'like', 'notifier.due.%')
    .orderBy('name')
    .execute();
  const owed = await database
    .selectFrom('announcements')
    .select((query) => [query.fn.countAll().as('count'), query.fn.min('at').as('oldest')])
    .executeTakeFirstOrThrow();
  return {
    unguarded: await unguardedTables(tables),
    openReadings: await database
      .selectFrom('readings')
      .select(['scope', 'touchedAt'])
      .where('state', '=', 'reading')
      .orderBy('no')
      .execute(),
    snapshots: await snapshotFacts(database),
    outbox: await byState(database, 'outbox'),
    mails: await countRows(database, 'mails', sql`"state" in ('waiting', 'reserved', 'attention')`),
    mailsInNeed: await countRows(database, 'mails', sql`"state" = 'attention'`),
    announcements: Number(owed.count),
    oldestAnnouncement: owed.oldest,
    heldPlans: await planFacts(database),
    leases: await heldLeases(tables),
    entries: await byState(database, 'entries'),
    leftSettings: settings.map(({ name }) => name),
  };
}

async function unguardedTables({ engine, care, database }: OpenTables): Promise<string[]> {
  const unguarded: string[] = [];
  for (const table of GUARDED) {
    const there = await care.triggers(database, table);
    const wanted = engine.appendOnly(table).flatMap((one) => /^create trigger "([^"]+)"/.exec(one)?.[1] ?? []);
    if (wanted.some((name) => !there.includes(name))) unguarded.push(table);
  }
  return unguarded;
}

async function snapshotFacts(database: Kysely<Schema>): Promise<ContentFacts['snapshots']> {
  const facts: ContentFacts['snapshots'][number][] = [];
  for (const snapshot of await database
    .selectFrom('snapshots')
    .selectAll()
    .orderBy('source')
    .orderBy('scope')
    .execute()) {
    const { scope, count } = snapshot;
    const { generations } = viewOf(snapshot);
    let found = 0;
    for await (const rows of walk(database, generations, { step: KEYS_PER_STEP, records: false })) found += rows.length;
    const whole = await database
      .selectFrom('readings')
      .select('no')
      .where('no', 'in', generations)
      .where('cleared', '=', 0)
      .execute();
    facts.push({ scope, count, found, whole: whole.length === generations.length });
  }
  return facts;
}

async function planFacts(database: Kysely<Schema>): Promise<ContentFacts['heldPlans']> {
  const plans = new HeldPlans(database);
  const facts: ContentFacts['heldPlans'][number][] = [];
  for (const { id, at } of await plans.list()) facts.push({ id, at, changes: await plans.count(id) });
  return facts;
}

async function byState(database: Kysely<Schema>, table: 'outbox' | 'entries'): Promise<Record<string, number>> {
  const { rows } = await sql<{ state: string; count: number | string }>`
    select "state", count(*) as "count" from ${sql.table(table)} group by "state" order by "state"`.execute(database);
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
}
