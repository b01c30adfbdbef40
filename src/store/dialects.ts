/**
 * The two engines. Everything in which SQLite and PostgreSQL differ is in this file: opening, column words,
 * append-only tables, locks, error codes. The repositories above run unchanged on both. What only caring for a store
 * needs to know of them is in care/engine-care.ts.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { clearTimeout, setTimeout as startTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { PostgresDialect, SqliteDialect, sql } from 'kysely';
import type {
  Dialect,
  Kysely,
  KyselyPlugin,
  PostgresPool,
  RawBuilder,
  SqliteDatabase,
  SqliteStatement,
  Transaction,
} from 'kysely';
import { ConnectorError, asConnectorError } from '../errors.ts';
import { redact } from '../log.ts';
import { runInThread } from './index-thread.ts';
import { isThere, keptOpen, OpenedFile } from './opened-file.ts';
import { hasItsSession, NamedStatements, settle } from './named-statements.ts';
import type { SessionClient } from './named-statements.ts';
import type { Schema } from './schema.ts';
import { TakesTurns } from './turns.ts';
import { refusal } from '../model/refusals.ts';
import { english, given } from '../model/say.ts';

/** Words and statements of one engine. */
export interface Engine {
  readonly name: 'sqlite' | 'postgres';
  readonly dialect: Dialect;
  /** What every statement passes. */
  readonly plugins: readonly KyselyPlugin[];
  /** Column of a self-numbering primary key. */
  readonly identity: string;
  /** Text that is compared and ordered byte by byte, whatever the locale of the database. */
  readonly key: string;
  /** What follows the closing parenthesis of a table. */
  readonly tableEnd: string;
  /** Statements after which rows of the table can be added and read, not changed or deleted. */
  readonly appendOnly: (table: string) => string[];
  /** Statements that take this back, within the one transaction that ends with `appendOnly` again. */
  readonly notAppendOnly: (table: string) => string[];
  /** The database's clock, ISO 8601 UTC with milliseconds: the one clock that all who share the store go by. */
  readonly clock: RawBuilder<string>;
  /** A text at the top of the JSON in "record", by its name; null: it is null, or not there. */
  readonly fieldOf: (name: 'firstSyncAt') => RawBuilder<string | null>;
  /** What a statement is given for a text of which there are the bytes in UTF-8; it says `cast(… as text)`. */
  readonly textOf: (bytes: Buffer) => string | Buffer;
  /** Waits until no other transaction, of any process, holds this name; holds it until the transaction ends. */
  readonly lock: (transaction: Transaction<Schema>, name: string) => Promise<void>;
  /** Has the database look at what is in tables now, after they have changed much; its plans go by what it knows. */
  readonly analyze: (database: Kysely<Schema>, tables: readonly (keyof Schema)[]) => Promise<void>;
  /**
   * Makes an index beside the event loop, while nobody else of this process reads or writes the store; null: it is made as
   * any statement is. Rejects with ERR_STORE_WRITE, and nothing is made.
   */
  readonly makeIndex: ((database: Kysely<Schema>, statement: string) => Promise<void>) | null;
  /** Resolves once no statement is under way and none waits for its turn, or after a few seconds. Before it is closed. */
  readonly quiet: () => Promise<void>;
  /** Once it is being closed: what is under way still fails, so that nobody waits for it. */
  readonly cut: () => void;
}

/** How long a write waits for another process to finish its own; this whole process waits with it, so not long. */
const BUSY_TIMEOUT_MS = 2000;

/** What the journal beside the file is cut back to when it begins anew. */
const JOURNAL_LIMIT = 16 * 1024 * 1024;

/** Pages of the file that are kept in memory, at most. */
const CACHE_KIB = 8 * 1024;

/** Statements kept prepared. The repositories have some sixty; page sizes make a few more. */
const PREPARED_LIMIT = 200;

/** How long a store that is being closed waits for what is under way, and how often it looks. */
const QUIET_LIMIT_MS = 3000;
const QUIET_LOOK_MS = 5;

/** "EASC", so that `file` and SQLite's tools can tell whose database this is. https://sqlite.org/pragma.html#pragma_application_id */
const APPLICATION_ID = 0x45415343;

/** SQLite result codes, https://sqlite.org/rescode.html. Extended codes carry the primary one in their low byte. */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

/**
 * Opens (or makes) an SQLite file for this process.
 * Throws ERR_STORE_OPEN if it cannot be opened or is another program's, ERR_STORE_BUSY if another process locks it.
 */
export function openSqlite(path: string): Engine {
  const database = openDatabase(path);
  const file = path === ':memory:' ? null : path;
  if (file === null) return sqliteEngine(new SqliteShim(database));
  return sqliteEngine(new SqliteShim(database, { file: new OpenedFile(file), closed: keptOpen(file) }), file);
}

/**
 * Opens an SQLite file to read it, beside whoever writes it; every write is refused (https://sqlite.org/wal.html#readonly).
 * Throws ERR_STORE_OPEN if there is none or it is another program's, ERR_STORE_BUSY if another process locks it.
 */
export function readSqlite(path: string): Engine {
  const database = opening(path, (kept) => {
    if (!isThere(path)) throw new Error('there is no such file');
    const made = kept(new DatabaseSync(path, { readOnly: true }));
    made.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    if (tablesOf(made).includes('meta')) return made;
    throw new Error('it is not a store of this package');
  });
  return sqliteEngine(new SqliteShim(database, { reads: true, closed: keptOpen(path) }));
}

/**
 * Opens an SQLite file that nobody else has open, and lets nobody else open it until it is closed.
 * Throws ERR_STORE_BUSY if somebody has, ERR_STORE_OPEN as {@link readSqlite} does.
 */
export function openSqliteAlone(path: string): Engine {
  const database = opening(path, (kept) => {
    if (!isThere(path)) throw new Error('there is no such file');
    const made = kept(new DatabaseSync(path));
    made.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    // Before anything is read; whoever only has the file open holds it shared: https://sqlite.org/wal.html#noshm
    made.exec('pragma locking_mode = exclusive; begin immediate; rollback');
    if (tablesOf(made).includes('meta')) return made;
    throw new Error('it is not a store of this package');
  });
  return sqliteEngine(new SqliteShim(database, { closed: keptOpen(path) }));
}

/** @param file what another thread can write as well; null: nobody but this one does */
function sqliteEngine(database: SqliteShim, file: string | null = null): Engine {
  return {
    name: 'sqlite',
    dialect: new SqliteDialect({ database }),
    plugins: [new TakesTurns()],
    identity: 'integer primary key autoincrement',
    key: 'text',
    tableEnd: ' strict',
    appendOnly: (table) =>
      ['update', 'delete'].map(
        (verb) =>
          `create trigger "${table}_refuses_${verb}" before ${verb} on "${table}" begin select raise(abort, '${table} is append-only'); end`,
      ),
    notAppendOnly: (table) => ['update', 'delete'].map((verb) => `drop trigger "${table}_refuses_${verb}"`),
    // A transaction of ours begins IMMEDIATE: it is the lock.
    clock: sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`,
    fieldOf: (name) => sql<string | null>`"record" ->> ${sql.lit(name)}`,
    // Bytes that are cast are taken for what they are: https://sqlite.org/lang_expr.html#castexpr
    textOf: (bytes) => bytes,
    lock: async () => {},
    // Without statistics it takes the indexes as they are meant (sqlite-plans.test.ts).
    analyze: async () => {},
    makeIndex:
      file === null
        ? null
        : (kysely, statement) => kysely.connection().execute(async () => runInThread(file, statement)),
    // A file with a transaction under way is not closed.
    quiet: () => untilQuiet(() => database.isInTransaction),
    // A statement is over before anything else happens.
    cut: () => {},
  };
}

function openDatabase(path: string): DatabaseSync {
  return opening(path, (kept) => {
    // The file holds the link secret: readable by its owner only. SQLite gives its journal files the same mode.
    if (path !== ':memory:' && !isThere(path)) closeSync(openSync(path, 'a', 0o600));
    const database = kept(new DatabaseSync(path));
    database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    refuseForeign(database);
    // The ledger must survive a power cut: FULL costs little beside NORMAL (1k rows a transaction: about a tenth).
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
    database.exec(`pragma application_id = ${APPLICATION_ID}`);
    // Records are read and written in the order of their keys, or one by one all over the file: more of it in memory gains nothing.
    // It comes and goes in pages all over the heap of the C library, which keeps what lies between.
    database.exec(`pragma cache_size = -${CACHE_KIB}`);
    // The commit of a large reading makes the journal as large as the reading; without a limit it stays so.
    database.exec(`pragma journal_size_limit = ${JOURNAL_LIMIT}`);
    return database;
  });
}

/** Does what opens a file; if it fails, the database it was to keep is closed, and the error gets its code. */
function opening(path: string, open: (kept: (made: DatabaseSync) => DatabaseSync) => DatabaseSync): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    return open((made) => (database = made));
  } catch (error) {
    if (database?.isOpen) database.close();
    if (error instanceof ConnectorError) throw error;
    if (isBusy(error)) {
      throw new ConnectorError('ERR_STORE_BUSY', refusal('locked', { path }), { cause: error });
    }
    const text = error instanceof Error ? error.message : String(error);
    throw new ConnectorError('ERR_STORE_OPEN', refusal('unopened', { path, why: english(text) }), {
      cause: error,
      details: { path },
    });
  }
}

/** Another program's database is left as it is, down to its journal mode. */
function refuseForeign(database: DatabaseSync): void {
  const tables = tablesOf(database);
  if (tables.length === 0 || tables.includes('meta')) return;
  throw new Error('it is the database of another program');
}

/** Names of the tables in a file. */
export function tablesOf(database: DatabaseSync): unknown[] {
  return database
    .prepare(`select name from sqlite_schema where type = 'table'`)
    .all()
    .map((table) => table['name']);
}

/** node:sqlite in the shape Kysely's SQLite dialect expects (better-sqlite3's). */
class SqliteShim implements SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, SqliteStatement>();
  readonly #reads: boolean;
  readonly #file: OpenedFile | undefined;
  readonly #closed: () => void;
  /** True from the moment on at which a transaction is begun. */
  isInTransaction = false;

  /**
   * @param options.reads it is only read: its journal is left to whoever writes
   * @param options.file what is written to, as long as it is where it was
   * @param options.closed is called once it is closed
   */
  constructor(
    database: DatabaseSync,
    { reads = false, file, closed = () => {} }: { reads?: boolean; file?: OpenedFile; closed?: () => void } = {},
  ) {
    this.#database = database;
    this.#reads = reads;
    this.#file = file;
    this.#closed = closed;
  }

  prepare(text: string): SqliteStatement {
    // A deferred transaction that reads first and writes later fails at once, without waiting, when another process
    // wrote in between. https://sqlite.org/lang_transaction.html
    const statement = text === 'begin' ? 'begin immediate' : text;
    // Each statement is prepared just before it is run.
    if (!this.isInTransaction && !NOT_WRITING.test(text)) this.#file?.refuseAnother();
    if (text === 'begin') this.isInTransaction = true;
    if (text === 'commit' || text === 'rollback') this.isInTransaction = false;
    const known = this.#prepared.get(statement);
    if (known !== undefined) return known;
    const prepared =
      statement === 'rollback'
        ? rollbackOf(this.#database)
        : guarded(() => sqliteStatement(statement, this.#database.prepare(statement)));
    if (this.#prepared.size >= PREPARED_LIMIT) this.#prepared.clear();
    this.#prepared.set(statement, prepared);
    return prepared;
  }

  close(): void {
    this.#prepared.clear();
    try {
      // Moves the journal into the file; closing the last connection then removes the -wal and -shm files.
      if (!this.#reads) guarded(() => this.#database.exec('pragma wal_checkpoint(truncate)'));
    } finally {
      this.#database.close();
      this.#closed();
    }
  }
}

function sqliteStatement(text: string, statement: StatementSync): SqliteStatement {
  return {
    // StatementSync.columns() would tell, but Node.js 22.13 does not have it.
    reader: /^\s*(select|with|pragma)\b/i.test(text) || /\breturning\b/i.test(text),
    all: (parameters) => guarded(() => statement.all(...(parameters as SqliteValue[]))),
    run: (parameters) => guarded(() => statement.run(...(parameters as SqliteValue[]))),
    iterate: (parameters) => guarded(() => statement.iterate(...(parameters as SqliteValue[]))),
  };
}

/**
 * Takes back what is left to be taken back: a full disk or a failing one has SQLite do it by itself, and an error about that would
 * hide the one that ended the change. https://sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
 */
function rollbackOf(database: DatabaseSync): SqliteStatement {
  const rollback = (): { changes: number; lastInsertRowid: number } => {
    guarded(() => {
      try {
        database.exec('rollback');
      } catch (error) {
        if (!/no transaction is active/.test(String(error))) throw error;
      }
    });
    return { changes: 0, lastInsertRowid: 0 };
  };
  return { reader: false, all: () => [], run: rollback, iterate: () => [][Symbol.iterator]() };
}

async function untilQuiet(isBusy: () => boolean): Promise<void> {
  const end = performance.now() + QUIET_LIMIT_MS;
  while (isBusy() && performance.now() < end) await setTimeout(QUIET_LOOK_MS);
}

/** What writes nothing, whatever follows; `with` may begin either. */
const NOT_WRITING = /^\s*(select|pragma|commit|rollback)\b/i;

type SqliteValue = string | number | bigint | null | Uint8Array;

function guarded<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw isBusy(error)
      ? new ConnectorError('ERR_STORE_BUSY', refusal('kept'), { cause: error })
      : asConnectorError(error, 'ERR_STORE_WRITE', `The store failed: ${(error as Error).message}.`);
  }
}

/** True for an error of SQLite that says that another process holds a lock. */
export function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' && ((code & 0xff) === SQLITE_BUSY || (code & 0xff) === SQLITE_LOCKED);
}

/** The part of `pg` that is used; the package is optional and not a dependency. */
interface PgModule {
  Client: new (options: {
    connectionString: string;
    connectionTimeoutMillis: number;
    query_timeout: number;
  }) => PgClient & {
    connect(): Promise<void>;
    query(text: string, values: readonly unknown[]): Promise<{ rows: Readonly<Record<string, unknown>>[] }>;
  };
  Pool: new (options: {
    connectionString: string;
    max: number;
    connectionTimeoutMillis: number;
    keepAlive: boolean;
    keepAliveInitialDelayMillis: number;
  }) => PostgresPool & {
    on(event: 'error', listener: (error: Error) => void): void;
    on(event: 'connect' | 'acquire', listener: (client: PgClient) => void): void;
    on(event: 'release', listener: (error: unknown, client: PgClient) => void): void;
    readonly totalCount: number;
    readonly idleCount: number;
    readonly waitingCount: number;
  };
}

interface PgClient {
  /** Of the server that the address leads to. */
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly database: string | undefined;
  on(event: 'error', listener: (error: Error) => void): void;
  /** Breaks the connection if a statement is under way. */
  end(): Promise<void>;
}

/**
 * A statement without an answer for so long has lost its server: no host says so that was switched off, or that a failover has
 * taken the address from. Longer than any statement here takes, waiting for locks included.
 */
const SILENCE_MS = 300_000;

/** From when on the system asks, on a connection on which nothing comes; then once a second, ten times (libuv). */
const KEEP_ALIVE_MS = 10_000;

/**
 * Prepares connections to PostgreSQL; none is opened yet.
 * Throws ERR_DEPENDENCY_MISSING if the package `pg` is not installed, ERR_CONFIG_INVALID for an address that cannot be read.
 * @param reads every write is refused
 * @param silenceMs after so long without an answer a connection is broken
 */
export async function openPostgres(
  connection: string,
  reads: boolean = false,
  silenceMs: number = SILENCE_MS,
): Promise<Engine> {
  const { Pool } = await loadPg();
  refuseOtherAddress(connection);
  const pool = new Pool({
    connectionString: connection,
    max: 10,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  });
  // A connection that breaks is replaced by the pool, and what was under way on it rejects; without a listener, of the pool
  // for an idle one and of each for one in use, the event would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const inUse = new Set<PgClient>();
  pool.on('acquire', (client) => inUse.add(client));
  pool.on('release', (_error, client) => inUse.delete(client));
  return {
    name: 'postgres',
    dialect: new PostgresDialect({ pool: translatingPool(pool, { reads, silenceMs }) }),
    // Its answers come over a socket: the event loop has its turns.
    plugins: [],
    identity: 'integer generated always as identity primary key',
    key: 'text collate "C"',
    tableEnd: '',
    appendOnly: (table) => [
      `create function "${table}_is_append_only"() returns trigger language plpgsql as $$ begin raise exception '${table} is append-only'; end $$`,
      `create trigger "${table}_refuses_change" before update or delete or truncate on "${table}" for each statement execute function "${table}_is_append_only"()`,
    ],
    notAppendOnly: (table) => [
      `drop trigger "${table}_refuses_change" on "${table}"`,
      `drop function "${table}_is_append_only"()`,
    ],
    clock: sql<string>`to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    fieldOf: valueInText,
    textOf: (bytes) => bytes.toString(),
    lock: async (transaction, name) => {
      await sql`select pg_advisory_xact_lock(${APPLICATION_ID}, hashtext(${name}))`.execute(transaction);
    },
    analyze: async (database, tables) => {
      for (const table of tables) await sql`analyze ${sql.table(table)}`.execute(database);
    },
    makeIndex: null,
    // What waits for a connection when the pool is ended would wait until its time is over.
    quiet: () => untilQuiet(() => pool.waitingCount > 0 || pool.totalCount > pool.idleCount),
    // The pool waits for its connections, and one whose statement waits for a lock is not given back.
    cut: () => {
      for (const client of inUse) client.end().catch(() => {});
    },
  };
}

/** Of a database, as libpq has it, and of a socket, as `pg` has it. */
const OURS = /^(postgres(ql)?:\/\/|socket:|\/)/i;

/** Whose an address is: what stands before its host, as `mysql` or `jdbc:postgresql`. */
const WHOSE = /^(jdbc:)?[a-z][a-z0-9+.-]*(?=:\/\/)/i;

/**
 * Throws ERR_CONFIG_INVALID for what is no address as `pg` reads it: a URL, of which the host may be left out for one in its query,
 * or the path of a socket. `pg` would take the address of any other server for one of PostgreSQL.
 */
export function refuseOtherAddress(connection: string): void {
  const isAddress =
    connection.startsWith('/') || URL.canParse(connection) || URL.canParse(connection.replace('@/', '@host/'));
  if (isAddress && OURS.test(connection)) return;
  const whose = isAddress ? WHOSE.exec(connection)?.[0] : undefined;
  throw new ConnectorError(
    'ERR_CONFIG_INVALID',
    whose === undefined ? refusal('unread-connection') : refusal('other-connection', { whose: given(whose) }),
  );
}

/**
 * PostgreSQL takes no JSON with half a character in it, and phones name themselves: what is between the name and the next
 * quote. Within another value quotes would be escaped; a name that comes twice is not taken for either.
 */
function valueInText(name: string): RawBuilder<string | null> {
  const mark = sql.lit(`"${name}":"`);
  return sql<string | null>`case when split_part("record", ${mark}, 3) = ''
    then nullif(split_part(split_part("record", ${mark}, 2), '"', 1), '') end`;
}

/** The package `pg`. Throws ERR_DEPENDENCY_MISSING. */
export async function loadPg(): Promise<PgModule> {
  const name: string = 'pg';
  try {
    const module = (await import(name)) as { default?: PgModule } & Partial<PgModule>;
    return module.default ?? (module as PgModule);
  } catch (error) {
    throw new ConnectorError('ERR_DEPENDENCY_MISSING', refusal('no-pg'), {
      cause: error,
      details: { package: 'pg' },
    });
  }
}

type Query = (text: string | NamedQuery, parameters?: readonly unknown[]) => Promise<unknown>;

interface NamedQuery {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What reads. A setting of the session would say it too; behind a pooler it is refused, ignored, or somebody else's. */
const READING = /^\s*(select|with|begin|rollback|commit)\b/i;

/**
 * A pool whose failures are ours: an unreachable server and a refused statement each with its code. Statements that come
 * again have names, where the connections allow it.
 */
function translatingPool(
  pool: PostgresPool,
  { reads, silenceMs }: { readonly reads: boolean; readonly silenceMs: number },
): PostgresPool {
  const translated = new WeakSet<object>();
  const names = new NamedStatements();
  return new Proxy(pool, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (property !== 'connect') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return async () => {
        const client = await connect(target);
        if (translated.has(client)) return client;
        const query = breakingSilence(client as unknown as QueryingClient, silenceMs);
        client.query = query as unknown as typeof client.query;
        const named = await ownSession(client as unknown as SessionClient).catch((error: unknown) => {
          client.release();
          throw postgresError(error, 'ERR_STORE_OPEN', 'The PostgreSQL store could not be asked');
        });
        translated.add(client);
        const translating = async (text: string, values: readonly unknown[]): Promise<unknown> => {
          if (reads && !READING.test(text)) throw new ConnectorError('ERR_STORE_WRITE', 'The store is only read.');
          const name = named ? names.nameOf(text) : null;
          return (name === null ? query(text, values) : query({ name, text, values })).catch((error: unknown) => {
            // With its connection a change is gone: https://www.postgresql.org/docs/current/tutorial-transactions.html
            if (text === 'rollback') return { command: 'ROLLBACK', rowCount: null, rows: [] };
            const code = names.failed(error as object) ? 'ERR_STORE_BUSY' : 'ERR_STORE_WRITE';
            throw postgresError(error, code, 'PostgreSQL failed');
          });
        };
        client.query = translating as unknown as typeof client.query;
        return client;
      };
    },
  });
}

/** A file that the address names is read before anything is asked, and may be missing. */
async function connect(pool: PostgresPool): ReturnType<PostgresPool['connect']> {
  try {
    return await pool.connect();
  } catch (error) {
    throw postgresError(error, 'ERR_STORE_OPEN', 'The PostgreSQL store could not be reached');
  }
}

/** A client of the pool as `pg` makes it. */
type QueryingClient = PgClient & { readonly query: Query };

/** What a client is asked, until it has been silent for too long: then its connection is broken, and all on it rejects. */
function breakingSilence(client: QueryingClient, silenceMs: number): Query {
  const query = client.query.bind(client);
  return async (text, values) => {
    const timer = startTimer(() => void client.end().catch(() => {}), silenceMs).unref();
    try {
      return await query(text, values);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** True if the connection has its session to itself; then it is made ready for what is asked here. */
async function ownSession(client: SessionClient): Promise<boolean> {
  const isOwn = await hasItsSession(client);
  if (isOwn) await settle(client);
  return isOwn;
}

/** Lock not available and deadlock are "busy". https://www.postgresql.org/docs/current/errcodes-appendix.html */
const POSTGRES_BUSY = new Set(['55P03', '40P01', '40001']);

function postgresError(
  error: unknown,
  code: 'ERR_STORE_OPEN' | 'ERR_STORE_WRITE' | 'ERR_STORE_BUSY',
  seen: string,
): ConnectorError {
  const state = (error as { code?: unknown }).code;
  const text = redact(error instanceof Error ? error.message : String(error));
  const chosen = typeof state === 'string' && POSTGRES_BUSY.has(state) ? 'ERR_STORE_BUSY' : code;
  return new ConnectorError(chosen, `${seen}: ${text}.`, { cause: error });
}
