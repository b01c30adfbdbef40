/**
 * How the engines go about what a person looks through: by an index, whatever is looked for. SQLite knows no statistics;
 * PostgreSQL is asked with and without. On PostgreSQL only with `npm run test:postgres`.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { openStore } from '../../src/store/open-store.ts';
import type { AuditWanted, DeviceOrder, Store } from '../../src/store/store.ts';
import { askedOfSqlite } from '../support/asked-of-sqlite.ts';
import { emptySchema, inFolder } from './records.ts';

const ROWS = 60_000;
const AT = '2026-06-01T10:00:00.000Z';
const GUID = '00000000-0000-4000-8000-000000000007';
const KEY = `eas:org:${GUID}:id7`;

/** What a line of the devices has from elsewhere. */
const BESIDE = ['key of devices', 'key of mails', 'key of merges', 'key of outbox', 'mailDevices_device'];

/** What a person asks, and the indexes that its answer comes by; of the tables that are long nothing else is used. */
const QUESTIONS: readonly {
  readonly what: string;
  readonly ask: (store: Store) => Promise<unknown>;
  readonly indexes: readonly string[];
}[] = [
  {
    what: 'whose device is called by its EAS ID',
    ask: ({ listings }) => listings.called('ID7', 200),
    indexes: ['devices_easId', 'devices_user'],
  },
  {
    what: 'whose devices are called by their owner',
    ask: ({ listings }) => listings.called('user7@contoso.com', 200),
    indexes: ['audit_of_device', 'devices_easId', 'devices_user', 'key of devices'],
  },
  {
    what: 'whose devices are called by their mailbox',
    ask: ({ listings }) => listings.called(GUID, 200),
    indexes: ['audit_of_device', 'devices_easId', 'devices_user', 'key of devices'],
  },
  { what: 'the audit', ask: auditOf({}), indexes: ['audit_at'] },
  { what: 'the audit of a day', ask: auditOf({ from: AT, to: '2026-06-01T11:00:00.000Z' }), indexes: ['audit_at'] },
  { what: 'the audit of who acted', ask: auditOf({ person: 'Ida' }), indexes: ['audit_at'] },
  { what: 'the audit of a device', ask: auditOf({ deviceKey: KEY }), indexes: ['audit_of_device'] },
  {
    what: 'the audit of a person who has devices',
    ask: auditOf({ deviceKeys: [KEY, 'eas:org:nobody:id'], from: AT }),
    indexes: ['audit_of_device'],
  },
  { what: 'the audit of an EAS ID that nothing else knows', ask: auditOf({ easId: 'id7' }), indexes: ['audit_at'] },
  {
    what: 'who may be gone, for the daily care',
    ask: ({ gone }) => gone.undecided({ after: 'eas:', rows: 500 }),
    indexes: ['devices_undecided'],
  },
  ...(['owner', 'since', 'kind', 'state', 'decision', 'lastSync'] as const).flatMap((order) =>
    [false, true].map((descending) => ({
      what: `the devices by ${order}${descending ? ', backwards' : ''}`,
      ask: pagesBy(order, descending),
      indexes: [`devices_${order}`, ...BESIDE],
    })),
  ),
];

function auditOf(wanted: AuditWanted): (store: Store) => Promise<unknown> {
  return ({ listings }) => listings.audit(wanted, { after: null, rows: 100 });
}

/** The first page and a later one, of all devices and of some. */
function pagesBy(order: DeviceOrder, descending: boolean): (store: Store) => Promise<unknown> {
  return async ({ listings }) => {
    for (const wanted of [{}, { text: 'user9' }, { states: ['blocked'], reasons: ['idle'], platforms: ['ios'] }]) {
      for (const after of [null, { value: 'm', key: KEY }])
        await listings.devices('org', wanted, { order, descending, rows: 100, after });
    }
  };
}

/** Rows that the server makes itself. */
const FILL = [
  `insert into devices (key, organization, "firstReadAt", "mailboxId", "user", "ownerName", kind, "lastSync", "easId",
     model, platform, state, decision, rule, reason, since)
   select 'eas:org:' || guid || ':id' || n, 'org', '${AT}', guid, 'user' || n || '@contoso.com', 'user ' || n,
     'model' || n % 50, '${AT}', 'ID' || n, 'Model', 'ios', 'allowed', 'allow', 'r', 'merged', '${AT}'
   from (select n, '00000000-0000-4000-8000-' || lpad(n::text, 12, '0') as guid from generate_series(1, ${ROWS}) as n) as many`,
  `insert into audit (at, who, what, "deviceKey", organization, reason, evidence, before, after)
   select to_char(timestamp '2026-05-01' + n * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"'), 'switch', 'block',
     'eas:org:00000000-0000-4000-8000-' || lpad((n % 20000)::text, 12, '0') || ':id' || n % 20000, 'org', 'idle', '[]', 'null', 'null'
   from generate_series(1, ${ROWS}) as n`,
  `insert into mails (id, notifier, "mailboxId", kind, no, state, "createdAt", "dueAt", attempts)
   select 'mail' || n, 'n', 'mailbox' || n, 'k', 0, 'done', '${AT}', '${AT}', 0 from generate_series(1, ${ROWS}) as n`,
  `insert into "mailDevices" select 'mail' || n, 'device' || n, 'k', 'e', 0, '${AT}', 1, 0, '{}' from generate_series(1, ${ROWS}) as n`,
  `insert into merges select 'm' || n, 'org', 'mdm:' || n, 'eas-id', '${AT}' from generate_series(1, ${ROWS}) as n`,
  `insert into outbox (key, organization, "mailboxId", state, turn, attempts, "createdAt", "nextAttemptAt", change)
   select 'c' || n, 'org', 'm', 'planned', 0, 0, '${AT}', '${AT}', '{}' from generate_series(1, ${ROWS}) as n`,
  `insert into counters values ('org', 'mailboxes:decided', ${ROWS})`,
];

describe('what a person looks through on SQLite', () => {
  for (const { what, ask, indexes } of QUESTIONS) {
    it(`comes by an index: ${what}`, () =>
      inFolder(async (folder) => {
        const path = join(folder, 'store.sqlite');
        const store = await openStore({ engine: 'sqlite', path });
        await store.devices.decide([
          {
            key: KEY,
            organization: 'org',
            mailboxId: GUID,
            user: 'user7@contoso.com',
            ownerName: null,
            kind: '',
            lastSync: '',
            easId: 'ID7',
            model: null,
            platform: 'ios',
            state: 'blocked',
            decision: 'block',
            rule: 'r',
            reason: 'idle',
            reviewAt: null,
            firstSyncAt: null,
            at: AT,
          },
        ]);
        const asked = await askedOfSqlite(async () => void (await ask(store)));
        const database = new DatabaseSync(path, { readOnly: true });
        const plans = [...asked].flatMap((statement) => {
          if (!/^\s*(select|with)\b/i.test(statement)) return [];
          const plan = database.prepare(`explain query plan ${statement}`).all() as { detail: string }[];
          return plan
            .map(({ detail }) => detail)
            .filter((detail) => /\b(devices|audit|merges|outbox|mails|mailDevices)\b/.test(detail));
        });
        database.close();
        await store.close();
        const used = plans.map((detail) => / INDEX (\S+)/.exec(detail)?.[1] ?? detail);
        const named = used.map((name) => name.replace(/^sqlite_autoindex_(\w+)_1$/, 'key of $1'));
        assert.deepEqual([...new Set(named)].sort(), indexes);
        assert.deepEqual(
          plans.filter((detail) => detail.startsWith('SCAN ') && !detail.endsWith('INDEX audit_at')),
          [],
          'no index is gone through from end to end but the one that the page is in the order of',
        );
      }));
  }
});

const server = process.env['CONNECTOR_TEST_POSTGRES'];

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function* nodesOf(plan: PlanNode): Generator<PlanNode> {
  yield plan;
  for (const one of plan.Plans ?? []) yield* nodesOf(one);
}

/** Statements with their values, as a store sends them. */
async function askedOfPostgres(work: () => Promise<void>): Promise<{ text: string; values: unknown[] }[]> {
  const asked: { text: string; values: unknown[] }[] = [];
  const plain = Object.getOwnPropertyDescriptor(Client.prototype, 'query')!;
  const query = plain.value as (this: Client, ...given: unknown[]) => unknown;
  Client.prototype.query = function seen(this: Client, ...given: unknown[]): unknown {
    const [first, second] = given as [string | { text: string; values: unknown[] }, unknown[]?];
    asked.push(typeof first === 'string' ? { text: first, values: second ?? [] } : first);
    return query.apply(this, given);
  } as typeof Client.prototype.query;
  try {
    await work();
  } finally {
    Object.defineProperty(Client.prototype, 'query', plain);
  }
  return asked.filter(({ text }) => /"(devices|audit)"/.test(text));
}

if (server !== undefined) {
  for (const statistics of ['none', 'of when nothing was decided', 'of now']) {
    describe(`what a person looks through on PostgreSQL with statistics ${statistics}`, () => {
      let connection: string;
      let client: Client;
      before(async function prepare() {
        this.timeout(240_000);
        connection = await emptySchema(server);
        await (await openStore({ engine: 'postgres', connection })).close();
        client = new Client({ connectionString: connection });
        await client.connect();
        for (const table of ['devices', 'audit', 'merges', 'outbox', 'mails', '"mailDevices"'])
          await client.query(`alter table ${table} set (autovacuum_enabled = off)`);
        for (const statement of FILL) await client.query(statement);
        if (statistics === 'of when nothing was decided') {
          await client.query(
            'create table kept as select key, decision from devices; update devices set decision = null',
          );
          await client.query('vacuum analyze');
          await client.query('update devices set decision = kept.decision from kept where kept.key = devices.key');
        }
        if (statistics === 'of now') await client.query('analyze');
        // As where a pooler hands sessions around, and nothing is set in them.
        await client.query('set jit = off');
      });
      after(() => client.end());

      for (const { what, ask, indexes } of QUESTIONS) {
        // A reading of many devices has the server look at them (generations.ts).
        if (statistics === 'none' && what.startsWith('the devices')) continue;
        it(`comes by an index: ${what}`, async () => {
          const store = await openStore({ engine: 'postgres', connection });
          const asked = await askedOfPostgres(async () => void (await ask(store)));
          await store.close();
          const used = new Set<string>();
          for (const { text, values } of asked) {
            const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
              `explain (format json) ${text}`,
              values,
            );
            for (const node of nodesOf(rows[0]!['QUERY PLAN'][0].Plan)) {
              if (node['Relation Name'] === undefined && node['Index Name'] === undefined) continue;
              if (node['Node Type'] === 'Bitmap Heap Scan') continue;
              const index = node['Index Name'] ?? `${node['Node Type']} of ${node['Relation Name']}`;
              used.add(index.replace(/^([a-z]+)_\w+_key$/, 'key of $1'));
            }
          }
          assert.deepEqual([...used].sort(), indexes);
        });
      }
    });
  }
}
