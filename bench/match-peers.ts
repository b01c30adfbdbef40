/**
 * The same join and outcomes in SQL. In it: EAS ID and user (every address), the record seen last of several, other user,
 * an activation that exactly one record fits, unmatched, an action by compliance, an outcome line. {@link LEFT_OUT} is not.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';
import type { Activation, EasRecord, MdmRecord } from '../src/model/records.ts';
import type { TaskResult } from './match-ours.ts';
import { eachLine, writer } from './match-world.ts';

/** What the SQL of the peers does not do, and ours does. */
export const LEFT_OUT =
  'The SQL of the peers leaves out: several activations that compete, pairings, serial numbers and IMEIs, clients that are no' +
  " platform's own, devices that wait for a link or returned, age of the readings, access rules besides compliance, evidence.";

const DUCKDB = '@duckdb/node-api';
const DUCKDB_SETTINGS = { threads: '2', memory_limit: '4GB' };

/** Where DuckDB is installed, in the folder that BENCH_PEERS names or beside us; null if it is not. */
export function findDuckdb(): string | null {
  const folders = [process.env['BENCH_PEERS'], join(import.meta.dirname, '..')].filter(
    (folder) => folder !== undefined,
  );
  for (const folder of folders) {
    try {
      return createRequire(join(resolve(folder), 'bench.js')).resolve(DUCKDB);
    } catch {
      // Not in this one.
    }
  }
  return null;
}

/** What is used of DuckDB's module. */
interface Duckdb {
  readonly DuckDBInstance: {
    create(path: string, settings: Record<string, string>): Promise<{ connect(): Promise<DuckdbConnection> }>;
  };
}
interface DuckdbConnection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{ getRows(): unknown[][] }>;
}

/** DuckDB in memory, two threads: one statement over both files. */
export async function duckdbAll(folder: string): Promise<TaskResult> {
  const place = findDuckdb();
  if (place === null) throw new Error(`${DUCKDB} is not installed.`);
  const { DuckDBInstance } = (await import(pathToFileURL(place).href)) as Duckdb;
  const instance = await DuckDBInstance.create(':memory:', { ...DUCKDB_SETTINGS, temp_directory: folder });
  const database = await instance.connect();
  await database.run(`CREATE TEMP TABLE outcome AS ${duckdbQuery(folder)}`);
  await database.run(
    `COPY (SELECT key, mdm, reason, action, rule FROM outcome) TO '${join(folder, 'outcome.ndjson')}'`,
  );
  const rows = await database.runAndReadAll(`SELECT action || ' ' || how, count(*) FROM outcome GROUP BY 1`);
  return { counts: Object.fromEntries(rows.getRows().map(([name, count]) => [String(name), Number(count)])) };
}

function duckdbQuery(folder: string): string {
  const path = (name: string): string => `'${join(folder, name).replaceAll("'", "''")}'`;
  return `
    WITH mdm AS MATERIALIZED (
      SELECT key, easIds, compliance, lastSeenAt, enrolledAt,
        list_transform(list_concat([user.id, user.upn], user.addresses), lambda text: lower(text)) AS users
      FROM read_ndjson(${path('mdm.ndjson')}, columns = {key: 'VARCHAR', easIds: 'VARCHAR[]', managed: 'BOOLEAN',
        user: 'STRUCT(id VARCHAR, upn VARCHAR, addresses VARCHAR[])',
        compliance: 'VARCHAR', lastSeenAt: 'TIMESTAMP', enrolledAt: 'TIMESTAMP'})
      WHERE managed
    ), eas AS MATERIALIZED (
      SELECT key, lower(trim(easId)) AS easId, lower(mailbox.id) AS mailbox,
        list_transform(list_concat([mailbox.id, mailbox.upn, mailbox.address], mailbox.addresses), lambda text: lower(text))
          AS users
      FROM read_ndjson(${path('eas.ndjson')}, columns = {key: 'VARCHAR', easId: 'VARCHAR',
        mailbox: 'STRUCT(id VARCHAR, upn VARCHAR, address VARCHAR, addresses VARCHAR[])'})
    ), ids AS (
      SELECT lower(trim(id)) AS easId, mdm.* EXCLUDE (easIds) FROM mdm, unnest(mdm.easIds) AS every(id)
    ), pairs AS (
      SELECT eas.key, ids.key AS mdm, compliance, lastSeenAt, list_has_any(eas.users, ids.users) AS same
      FROM eas JOIN ids USING (easId)
    ), found AS (
      SELECT key, bool_or(same) AS same,
        arg_max({mdm: mdm, compliance: compliance}, lastSeenAt) FILTER (WHERE same) AS best
      FROM pairs GROUP BY key
    ), clicks AS (
      SELECT lower(mailbox) AS mailbox, lower(trim(easId)) AS easId, min("at") AS clickedAt
      FROM read_json(${path('activations.json')}, columns = {mailbox: 'VARCHAR', easId: 'VARCHAR', "at": 'TIMESTAMP'})
      GROUP BY ALL
    ), claims AS (
      SELECT eas.key, clickedAt, unnest(eas.users) AS "user"
      FROM eas JOIN clicks USING (mailbox, easId) ANTI JOIN found ON found.key = eas.key
    ), free AS (
      SELECT key AS mdm, compliance, enrolledAt, unnest(users) AS "user" FROM mdm WHERE len(easIds) = 0
    ), claimed AS (
      SELECT key, any_value({mdm: mdm, compliance: compliance}) AS best
      FROM claims JOIN free USING ("user") WHERE enrolledAt > clickedAt
      GROUP BY key HAVING count(DISTINCT mdm) = 1
    ), joined AS (
      SELECT eas.key, coalesce(found.best, claimed.best) AS best,
        CASE WHEN found.same THEN 'eas-id' WHEN found.key IS NOT NULL THEN 'other-user'
          WHEN claimed.key IS NOT NULL THEN 'activation' ELSE 'not-enrolled' END AS how
      FROM eas LEFT JOIN found ON found.key = eas.key LEFT JOIN claimed ON claimed.key = eas.key
    )
    SELECT key, how, best.mdm AS mdm, CASE WHEN best IS NULL THEN how ELSE 'merged' END AS reason,
      CASE WHEN how = 'other-user' THEN 'leave' WHEN how = 'not-enrolled' THEN 'block'
        WHEN best.compliance IN ('compliant', 'in-grace') THEN 'allow'
        WHEN best.compliance = 'noncompliant' THEN 'block' ELSE 'leave' END AS action,
      coalesce(best.compliance, how) AS rule
    FROM joined`;
}

/** node:sqlite, not durable: the MDM records in tables, one or two look-ups an EAS record as it streams past. */
export function sqliteAll(folder: string): TaskResult {
  const database = new DatabaseSync(join(folder, 'peer.sqlite'));
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
  fillTables(database, folder);
  const find = new Lookups(database, folder);
  const counts: Record<string, number> = {};
  const output = writer(join(folder, 'outcome.ndjson'));
  eachLine(join(folder, 'eas.ndjson'), (line) => {
    const eas = JSON.parse(line) as EasRecord;
    const { how, mdm, compliance } = find.of(eas);
    const action = actionOf(how, compliance);
    counts[`${action} ${how}`] = (counts[`${action} ${how}`] ?? 0) + 1;
    const merged = mdm === null ? 'null' : `"${mdm}"`;
    const reason = mdm === null ? how : 'merged';
    output.write(
      `{"key":"${eas.key}","mdm":${merged},"reason":"${reason}","action":"${action}","rule":"${compliance ?? how}"}`,
    );
  });
  output.close();
  database.close();
  return { counts };
}

function fillTables(database: DatabaseSync, folder: string): void {
  database.exec(`
    CREATE TABLE mdm (row INTEGER PRIMARY KEY, key TEXT, compliance TEXT, lastSeenAt TEXT, enrolledAt TEXT, free INTEGER);
    CREATE TABLE ids (easId TEXT, row INTEGER);
    CREATE TABLE users (user TEXT, row INTEGER);
    BEGIN`);
  const addRecord = database.prepare('INSERT INTO mdm VALUES (?, ?, ?, ?, ?, ?)');
  const addId = database.prepare('INSERT INTO ids VALUES (?, ?)');
  const addUser = database.prepare('INSERT INTO users VALUES (?, ?)');
  let row = 0;
  eachLine(join(folder, 'mdm.ndjson'), (line) => {
    const { key, compliance, lastSeenAt, enrolledAt, easIds, user, managed } = JSON.parse(line) as MdmRecord;
    if (!managed) return;
    addRecord.run(++row, key, compliance, lastSeenAt, enrolledAt, easIds.length === 0 ? 1 : 0);
    for (const easId of easIds) addId.run(easId.trim().toLowerCase(), row);
    for (const text of folded([user.id, user.upn, ...user.addresses])) addUser.run(text, row);
  });
  database.exec('COMMIT; CREATE INDEX byId ON ids (easId, row); CREATE INDEX byUser ON users (user, row)');
}

interface Found {
  readonly how: 'eas-id' | 'other-user' | 'activation' | 'not-enrolled';
  readonly mdm: string | null;
  readonly compliance: string | null;
}

const NOT_ENROLLED: Found = { how: 'not-enrolled', mdm: null, compliance: null };

/** Prepared statements, one for each number of texts a user is known by. */
class Lookups {
  readonly #database: DatabaseSync;
  readonly #byId: StatementSync[] = [];
  readonly #byUser: StatementSync[] = [];
  readonly #clicks = new Map<string, string>();

  constructor(database: DatabaseSync, folder: string) {
    this.#database = database;
    const activations = JSON.parse(readFileSync(join(folder, 'activations.json'), 'utf8')) as Activation[];
    for (const { mailbox, easId, at } of activations) this.#clicks.set(clickKey(mailbox, easId), at);
  }

  of(eas: EasRecord): Found {
    const { id, upn, address, addresses } = eas.mailbox;
    const users = folded([id, upn, address, ...addresses]);
    this.#byId[users.length] ??= this.#database.prepare(byIdQuery(users.length));
    const best = this.#byId[users.length]!.get(...users, eas.easId.trim().toLowerCase());
    if (best) return best['same'] === 1 ? foundAs('eas-id', best) : { ...NOT_ENROLLED, how: 'other-user' };
    const at = this.#clicks.get(clickKey(id, eas.easId));
    if (at === undefined) return NOT_ENROLLED;
    this.#byUser[users.length] ??= this.#database.prepare(byUserQuery(users.length));
    const free = this.#byUser[users.length]!.all(...users, at);
    return free.length === 1 ? foundAs('activation', free[0]!) : NOT_ENROLLED;
  }
}

function foundAs(how: Found['how'], { key, compliance }: Record<string, unknown>): Found {
  return { how, mdm: String(key), compliance: String(compliance) };
}

function byIdQuery(users: number): string {
  return `SELECT key, compliance,
      EXISTS (SELECT 1 FROM users WHERE users.row = mdm.row AND user IN (${marks(users)})) AS same
    FROM ids JOIN mdm USING (row) WHERE easId = ? ORDER BY same DESC, lastSeenAt DESC, key LIMIT 1`;
}

function byUserQuery(users: number): string {
  return `SELECT DISTINCT key, compliance FROM users JOIN mdm USING (row)
    WHERE user IN (${marks(users)}) AND free = 1 AND enrolledAt > ? LIMIT 2`;
}

function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}

function folded(texts: readonly (string | null)[]): string[] {
  return [...new Set(texts.flatMap((text) => (text === null ? [] : [text.trim().toLowerCase()])))];
}

function clickKey(mailbox: string, easId: string): string {
  return `${mailbox.toLowerCase()}:${easId.trim().toLowerCase()}`;
}

function actionOf(how: Found['how'], compliance: string | null): string {
  if (how === 'other-user') return 'leave';
  if (how === 'not-enrolled' || compliance === 'noncompliant') return 'block';
  return compliance === 'unknown' ? 'leave' : 'allow';
}
