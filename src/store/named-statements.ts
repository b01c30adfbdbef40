/**
 * Statements that PostgreSQL parses once a connection, and not each time: half of what our short ones cost it.
 * They live in a session, so they are for a connection that has one to itself. A pooler that hands sessions around
 * (PgBouncer, transaction pooling) answers with a key of its own for cancelling, and not with the process that serves;
 * there nothing is named.
 */

/** A client of `pg`. What the server said its process is: https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-BACKENDKEYDATA */
export interface SessionClient {
  readonly processID?: number | null;
  query(text: string): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
}

/** Statements named in a session. The repositories have some two hundred; page sizes make more. */
const NAMED_LIMIT = 300;

/** What is worth a name. Transactions have no parameters, tables are changed once. */
const NAMEABLE = /^\s*(select|insert|update|delete|with)\b/i;

/** Names of the statements of one pool: from the second time on that one is run. */
export class NamedStatements {
  /** Null: seen once. */
  #names = new Map<string, string | null>();
  #made = 0;
  #isOff = false;

  /** The name that a statement goes by; null: none. */
  nameOf(text: string): string | null {
    if (this.#isOff || !NAMEABLE.test(text)) return null;
    const known = this.#names.get(text);
    if (known !== undefined && known !== null) return known;
    if (known === undefined) {
      if (this.#names.size < NAMED_LIMIT) this.#names.set(text, null);
      return null;
    }
    this.#made += 1;
    const name = `exchange_connector_${this.#made}`;
    this.#names.set(text, name);
    return name;
  }

  /**
   * Looks at what a statement failed with. True if it was for its name, and the same statement may be run again.
   *
   *   another process has added a column         all names are made anew      https://github.com/postgres/postgres/blob/master/src/backend/utils/cache/plancache.c
   *   the session is not the one it was          nothing is named any more
   */
  failed({ code, routine }: { readonly code?: unknown; readonly routine?: unknown }): boolean {
    const isOutdated = code === FEATURE_NOT_SUPPORTED && routine === 'RevalidateCachedQuery';
    const isElsewhere = code === INVALID_STATEMENT_NAME || code === DUPLICATE_STATEMENT;
    if (isElsewhere) this.#isOff = true;
    if (isOutdated) this.#names = new Map();
    return isOutdated || isElsewhere;
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const FEATURE_NOT_SUPPORTED = '0A000';
const INVALID_STATEMENT_NAME = '26000';
const DUPLICATE_STATEMENT = '42P05';

/**
 * What our statements need in a session of their own: they are short, and each has its index. Without statistics PostgreSQL
 * takes some for long ones, and starting workers or compiling takes it milliseconds; a plan that reads a small table whole is
 * kept while the table grows.
 * https://www.postgresql.org/docs/current/how-parallel-query-works.html, https://www.postgresql.org/docs/current/jit-decision.html
 */
export async function settle(client: SessionClient): Promise<void> {
  await client.query(`select set_config('max_parallel_workers_per_gather', '0', false), set_config('jit', 'off', false),
    set_config('enable_seqscan', 'off', false)`);
}

/** True if a new connection has its session to itself. */
export async function hasItsSession(client: SessionClient): Promise<boolean> {
  const { rows } = await client.query('select pg_backend_pid() as "pid"');
  return rows[0]?.['pid'] === client.processID;
}
