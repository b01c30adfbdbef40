/** What can be seen of a PostgreSQL without making or changing anything in it: one connection, one transaction that only reads. */
import { isConnectorError } from '../../errors.ts';
import type { Blanks } from '../../model/check-report.ts';
import { given } from '../../model/say.ts';
import { TABLES } from '../care/tables.ts';
import { loadPg, refuseOtherAddress } from '../dialects.ts';
import { MOVING, SCHEMA_VERSION } from '../migrations.ts';
import { judgeConnection, judgeMarks, judgeRights, judgeTls } from './judge-store.ts';
import type { Finding } from './report.ts';
import { said } from './words/words.ts';

/** Runs a step; `look` null: it is left out, since an earlier one failed. Tells whether it is in order. */
type Step = (
  id: 'engine' | 'connection' | 'tls' | 'version' | 'rights' | 'store',
  look: (() => Promise<Finding>) | null,
) => Promise<boolean>;

type Row = Readonly<Record<string, unknown>>;
type Ask = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

const PATIENCE_MS = 10_000;

/** Looks. @throws ERR_ABORTED */
export async function lookAtPostgres(connection: string, step: Step, signal: AbortSignal): Promise<void> {
  let blanks: Blanks = {};
  const found: { pg: Awaited<ReturnType<typeof loadPg>> | null; ask: Ask | null } = { pg: null, ask: null };
  await step('engine', async () => {
    try {
      found.pg = await loadPg();
      return { verdict: 'engine.there', seen: said('engine.pg') };
    } catch (error) {
      if (!isConnectorError(error, 'ERR_DEPENDENCY_MISSING')) throw error;
      return { verdict: 'engine.package', seen: said('engine.no-pg'), code: error.code };
    }
  });
  const end: (() => Promise<unknown>)[] = [];
  const stop = (): void => void Promise.allSettled(end.map((one) => one()));
  signal.addEventListener('abort', stop, { once: true });
  try {
    await step('connection', found.pg === null ? null : () => connect(found.pg!));
    const { ask } = found;
    for (const [id, look] of LOOKS) await step(id, ask === null ? null : () => look(ask, blanks));
  } finally {
    signal.removeEventListener('abort', stop);
    for (const one of end) await one().catch(() => {});
  }

  async function connect({ Client }: NonNullable<(typeof found)['pg']>): Promise<Finding> {
    try {
      refuseOtherAddress(connection);
      const client = new Client({
        connectionString: connection,
        connectionTimeoutMillis: PATIENCE_MS,
        query_timeout: PATIENCE_MS,
      });
      client.on('error', () => {});
      const { host, port, user = '', database = '' } = client;
      blanks = { host, port: String(port), user, database };
      end.push(() => client.end());
      await client.connect();
      found.ask = async (text, values = []) => (await client.query(text, values)).rows;
      await found.ask('begin transaction read only');
      return {
        verdict: 'connection.open',
        seen: said('connection.open', {
          user: given(user),
          database: given(database),
        }),
      };
    } catch (error) {
      found.ask = null;
      const { message } = error as { message?: unknown };
      const state = stateOf(error);
      return judgeConnection(state, (typeof message === 'string' ? message : '') || state, blanks);
    }
  }
}

/** What a connection failed with, as a code. Of files only those of certificates and keys are opened. */
function stateOf(error: unknown): string {
  if (isConnectorError(error, 'ERR_CONFIG_INVALID')) return 'ERR_INVALID_URL';
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (syscall === 'open') return 'ERR_TLS_FILE';
  return typeof code === 'string' ? code : '';
}

const LOOKS = [
  ['tls', lookAtTls],
  ['version', lookAtVersion],
  ['rights', lookAtRights],
  ['store', lookAtMarks],
] as const;

async function lookAtTls(ask: Ask): Promise<Finding> {
  const [row] = await ask(
    `select s.ssl, s.version, s.cipher, host(inet_server_addr()) as server, host(inet_client_addr()) as client
      from (select 1) as one left join pg_stat_ssl s on s.pid = pg_backend_pid()`,
  );
  const { ssl, version, cipher } = row ?? {};
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const [server, client] = [text(row?.['server']), text(row?.['client'])];
  const isHere = server === null || server === client || /^(127\.|::1$)/.test(server);
  const tls = typeof ssl === 'boolean' ? { isOn: ssl, version: text(version), cipher: text(cipher) } : null;
  return judgeTls({ isHere, tls });
}

/** PostgreSQL 13 as a number of the server. https://www.postgresql.org/docs/current/runtime-config-preset.html */
const TESTED = 130_000;

async function lookAtVersion(ask: Ask): Promise<Finding> {
  const [row] = await ask(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
  );
  const seen = said('version', { version: String(row?.['version']) });
  return { verdict: Number(row?.['number']) < TESTED ? 'version.old' : 'version.good', seen };
}

async function lookAtRights(ask: Ask, blanks: Blanks): Promise<Finding> {
  const [row] = await ask(
    `select pg_is_in_recovery() as standby, s.setting as readonly, current_schema() as schema,
        coalesce(has_schema_privilege(current_schema(), 'create'), false) as creates
      from pg_settings s where s.name = 'default_transaction_read_only'`,
  );
  // Which a comma would ask for is any of them.
  const tables = await ask(
    `select t.name, pg_get_userbyid(c.relowner) as owner, pg_has_role(c.relowner, 'usage') as owns,
        has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert') and
        has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete') as open
      from unnest($1::text[]) as t(name) join pg_class c on c.oid = to_regclass(quote_ident(t.name))`,
    [TABLES.map(({ name }) => name)],
  );
  const schema = row?.['schema'];
  return judgeRights(
    {
      isStandby: row?.['standby'] === true,
      isReadOnly: row?.['readonly'] === 'on',
      schema: typeof schema === 'string' ? schema : null,
      mayCreate: row?.['creates'] === true,
      closed: tables.filter(({ open }) => open !== true).map(({ name }) => String(name)),
      owner: tables[0] === undefined ? null : String(tables[0]['owner']),
      ownsTables: tables.every(({ owns }) => owns === true),
    },
    blanks,
  );
}

async function lookAtMarks(ask: Ask): Promise<Finding> {
  const [there] = await ask(`select to_regclass('"meta"') is not null as ours`);
  const isOurs = there?.['ours'] === true;
  const rows = isOurs
    ? await ask('select "name", "value" from "meta" where "name" = any($1)', [['schemaVersion', MOVING]])
    : [];
  const mark = (name: string): unknown => rows.find((row) => row['name'] === name)?.['value'];
  const version = Number(mark('schemaVersion') ?? Number.NaN);
  return judgeMarks(
    {
      tables: isOurs ? 1 : 0,
      isOurs,
      version: Number.isInteger(version) && version >= 0 ? version : null,
      isIncomplete: mark(MOVING) !== undefined,
    },
    SCHEMA_VERSION,
    true,
  );
}
