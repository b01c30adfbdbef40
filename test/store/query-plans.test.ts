/**
 * PostgreSQL plans by statistics, and a table that has just been filled has none. Whatever it knows, what is asked often goes
 * by an index, also when it has planned the same often: counted by the server itself. Only with a PostgreSQL (`npm run test:postgres`).
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { startWire } from '../support/postgres-wire.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { aMailDevice, anEasRecord, readWhole } from './records.ts';

const server = process.env['CONNECTOR_TEST_POSTGRES'];
const AT = '2026-06-01T08:00:00.000Z';
const ROWS = 60_000;

async function ask(schema: string, text: string): Promise<Record<string, unknown>[]> {
  const options = `-c search_path=${schema}`;
  const client = new Client({ connectionString: server, options, application_name: schema });
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** Sessions tell the server what they did when they end, which is a while after their connection was closed. */
async function untilToldBy(schema: string): Promise<void> {
  const others = `select 1 from pg_stat_activity where application_name = '${schema}' and pid <> pg_backend_pid()`;
  while ((await ask(schema, others)).length > 0) await setTimeout(20);
}

/** PostgreSQL thinks of one plan for all values once it has planned a named statement five times; the first time it has no name. */
const TIMES = 8;

/** What is asked often. @param turn counted from 0 */
async function work(store: Store, turn: number): Promise<void> {
  const keys = Array.from({ length: 700 }, (_, n) => `eas:${n * 50}`);
  const early = '2026-06-01T00:10:00.000Z';
  assert.equal((await store.snapshots.getMany(keys)).size, 700);
  assert.equal((await store.snapshots.read('mdm', 'intune')[Symbol.asyncIterator]().next()).value?.length, 500);
  assert.equal((await store.outbox.getMany(keys.slice(0, 500))).length, 500);
  assert.equal((await store.outbox.due(early, { organization: 'org', limit: 10 })).length, 10);
  assert.equal((await store.mails.list({ notifier: 'n', states: ['waiting'], dueBy: early, limit: 10 })).length, 10);
  assert.equal(await store.mails.count({ notifier: 'n', states: ['attention'] }), 0);
  assert.equal((await store.mails.ofDevice('device7', 'k')).length, 1);
  assert.equal((await store.mails.devices('mail7')).length, 1 + turn);
  const news = {
    notifier: 'n',
    mailboxId: 'mailbox7',
    kind: 'k',
    deviceKey: 'device8',
    organization: 'org',
    easId: 'a',
    episode: 'episode',
  };
  const { earlier, inLedger, joinable } = await store.mails.about(news, early);
  assert.deepEqual([earlier.map(({ id }) => id), inLedger, joinable], [['mail8'], true, 'mail7']);
  assert.deepEqual(await store.mails.join({ id: 'mail7', kind: 'k' }, [aMailDevice(`more${turn}`)]), [`more${turn}`]);
  assert.deepEqual(await store.outbox.underWay(['nobody', 'mailbox7'], early), new Set(['mailbox7']));
  assert.deepEqual(
    (await store.outbox.ofMailboxes(['nobody', 'mailbox7'])).map(({ key }) => key),
    ['eas:7'],
  );
  assert.deepEqual(await store.announcements.blocksOf(['nobody', 'else'], AT), []);
  const numbers = Array.from({ length: 16 }, (_, n) => 100 + turn * 16 + n);
  const taken = await store.mails.reserve(
    numbers.map((n) => ({ id: `mail${n}`, messageId: `<${n}@x>` })),
    'queue',
    AT.replace('-06-', '-07-'),
  );
  assert.equal(taken.length, 16);
  assert.equal((await store.mails.devicesOf(taken.map(({ id }) => id))).size, 16);
  await store.mails.forgetNews(taken.map(({ id }) => id));
  const devices = numbers.map((n) => ({ organization: 'org', mailboxId: `mailbox${n}`, easId: 'a' }));
  assert.equal((await store.entries.forDevices(devices)).length, 16);
  assert.equal((await store.entries.takenOffOf(devices)).length, 16);
  const cause = { reason: 'idle', kind: null };
  await store.entries.tell('org', [{ ...devices[0]!, cause }]);
  await store.entries.tell(
    'org',
    devices.map((one) => ({ ...one, cause })),
  );
  assert.equal((await store.plans.changes('plan', { limit: 10, mailbox: 'mailbox7' })).length, 1);
  assert.equal((await store.plans.changes('plan', { limit: 10, after: 'key5' })).length, 10);
  assert.equal((await store.announcements.get('change7'))?.id, 'change7');
  await store.announcements.settleBlocks(`device${8 + turn}`);
  // Of rows as small as these, PostgreSQL rightly reads all rather than look for a hundredth of them.
  assert.equal((await store.devices.readBy(keys.slice(0, 50), AT)).size, 50);
  assert.equal((await store.devices.decided(keys.slice(0, 50))).size, 0);
  assert.deepEqual(await store.devices.due('contoso', AT), []);
  assert.equal((await store.plans.ofMailboxes('plan', ['nobody', 'mailbox7'])).length, 1);
  assert.deepEqual(await store.activations.forMailboxes(['nobody']), []);
  assert.deepEqual(await store.devices.told(['eas:7', ...keys.slice(0, 49)]), new Map([['eas:7', 'ambiguous']]));
  assert.equal((await store.timeline.of(keys.slice(0, 50))).length, 50);
  assert.equal((await store.timeline.delay('contoso', 'mailed', '2026-06-01T16:00:00.000Z'))?.count, 2);
  await store.history.recent({ limit: 10, subject: 'eas' });
}

/** Rows that the server makes itself: one statement a table. */
async function fill(schema: string): Promise<void> {
  const rows = `generate_series(0, ${ROWS - 1}) as n`;
  const at = `to_char(timestamp '2026-06-01' + n * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"')`;
  const parts = {
    eas: '"easId":"a","mailbox":{"id":"mailbox"},"device":{"imei":null}',
    mdm: '"easIds":[],"user":{"id":null,"upn":null,"addresses":[]},"device":{"serial":null,"imeis":[]}',
  };
  const record = (kind: 'eas' | 'mdm') => `'{"kind":"${kind}",${parts[kind]},"text":"' || repeat('x', 300) || '"}'`;
  await ask(
    schema,
    [
      `insert into readings ("syncId", source, scope, kind, state, "startedAt", "touchedAt") values
        ('eas', 'eas', 'contoso', 'full', 'current', '${AT}', '${AT}'), ('mdm', 'mdm', 'intune', 'full', 'current', '${AT}', '${AT}')`,
      ...(['eas', 'mdm'] as const).flatMap((kind, at0) => [
        `insert into records select ${at0 + 1}, '${kind}:' || n, ${at0 + 1}, 'h', ${record(kind)} from ${rows}`,
        `insert into snapshots values ('${kind}', '${kind === 'eas' ? 'contoso' : 'intune'}', ${at0 + 1}, '${kind}', 'full', '${AT}', '${AT}', '${AT}', ${ROWS}, null, null)`,
      ]),
      `insert into readings ("syncId", source, scope, kind, state, "startedAt", "touchedAt")
        values ('mdm 2', 'mdm', 'intune', 'full', 'difference', '${AT}', '${AT}')`,
      `insert into records select 3, key, 3, 'h2', record from records where generation = 2 and key like 'mdm:1%'`,
      `update snapshots set differences = '[3]', "lastRead" = 3 where source = 'mdm'`,
      `insert into outbox select 'eas:' || n, 'org', 'mailbox' || n, 'planned', 0, ${at}, ${at}, null, ${record('eas')}, 1 from ${rows}`,
      `insert into mails (id, notifier, "mailboxId", kind, no, state, "createdAt", "dueAt", attempts)
        select 'mail' || n, 'n', 'mailbox' || n, 'k', 0, 'waiting', ${at}, ${at}, 0 from ${rows}`,
      `insert into "mailDevices" select 'mail' || n, 'device' || n, 'k', 'e', 0, ${at}, 1, 0, '{}' from ${rows}`,
      `insert into entries select 'org', 'mailbox' || n, 'a', 'blocked', 'a', 'owned', ${at}, 'r', 'e' || n from ${rows}`,
      `insert into "takenOff" select 'org', 'mailbox' || n, 'a', 'blocked', 'a', ${at} from ${rows}`,
      `insert into announcements (id, organization, kind, "deviceKey", at, "emittedAt", "emittedBy", emissions, "declinedBy", news)
        select 'change' || n, 'org', 'blocked', 'device' || n, ${at}, ${at}, 'run', 1, '[]', 'null' from ${rows}`,
      `insert into devices select 'eas:' || n, 'contoso', null, '${AT}', case when n = 7 then 'ambiguous' end from ${rows}`,
      `insert into timeline ("organization", "deviceKey", step, at, waited)
        select 'contoso', 'eas:' || n, case when n % 1000 = 0 then 'mailed' else 'blocked' end, ${at}, n from ${rows}`,
      `insert into "heldPlans" values ('plan', 'org', '${AT}', 'r', 1, '{}', '["shuts"]')`,
      `insert into "heldChanges" select 'plan', 'key' || n, 'block', 'r', 'mailbox' || n, 'owner' || n, '{}', 'shuts' from ${rows}`,
    ].join(';\n'),
  );
}

if (server !== undefined) {
  describe('what is asked of PostgreSQL often', () => {
    const TABLES = [
      'records',
      'outbox',
      'entries',
      'takenOff',
      'mails',
      'mailDevices',
      'announcements',
      'heldChanges',
      'devices',
      'timeline',
    ];

    /** What is open still: a process that has connections does not end, also where an assertion failed. */
    const open: { close(): unknown }[] = [];
    const opened = <T extends { close(): unknown }>(made: T): T => {
      open.push(made);
      return made;
    };
    async function closeAll(): Promise<void> {
      for (const made of open.splice(0).reverse()) await made.close();
    }
    afterEach(closeAll);

    // Behind a pooler nothing is set in a session, and no statement has a name: there the statements alone have to see to it.
    for (const [sentence, prepare, pooler] of [
      ['fresh, without statistics', null, false],
      ['with statistics of when it was nearly empty', 'early', false],
      ['with statistics', 'late', false],
      ['fresh, behind a pooler', null, true],
      ['with statistics of when it was nearly empty, behind a pooler', 'early', true],
    ] as const) {
      it(`reads no table whole, ${sentence}`, async function test() {
        this.timeout(1_200_000);
        const schema = `plans_${randomUUID().replaceAll('-', '')}`;
        await ask('public', `create schema ${schema}`);
        const connection = `${server}?options=-c%20search_path%3D${schema}&application_name=${schema}`;
        opened(await openStore({ engine: 'postgres', connection }));
        await ask(schema, TABLES.map((table) => `alter table "${table}" set (autovacuum_enabled = off)`).join('; '));
        if (prepare === 'early') await ask(schema, 'analyze');
        await fill(schema);
        await closeAll();
        if (prepare === 'late') await ask(schema, 'analyze');
        const scans = async (): Promise<Record<string, unknown>[]> => {
          await untilToldBy(schema);
          return ask(
            schema,
            `select relname, seq_scan from pg_stat_user_tables where schemaname = '${schema}' order by relname`,
          );
        };
        const counted = (rows: readonly Record<string, unknown>[]): unknown[] =>
          rows
            .filter(({ relname }) => TABLES.includes(String(relname)))
            .map(({ relname, seq_scan }) => [relname, Number(seq_scan)]);
        const before = counted(await scans());
        const wire = opened(await startWire(connection, { pooler }));
        const store = opened(await openStore({ engine: 'postgres', connection: wire.address }));
        for (let turn = 0; turn < TIMES; turn += 1) await work(store, turn);
        await closeAll();
        assert.deepEqual(counted(await scans()), before);
        const clearing = opened(await openStore({ engine: 'postgres', connection }));
        await readWhole(clearing, 'eas 2', [anEasRecord('id1')]);
        await clearing.plans.remove('plan');
        await clearing.plans.clear();
        await closeAll();
        assert.deepEqual(counted(await scans()), before, 'nor to clear what is replaced');
        await ask('public', `drop schema ${schema} cascade`);
      });
    }
  });
}
