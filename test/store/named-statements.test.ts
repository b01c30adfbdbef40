/** Statements with names, on a connection that has its session to itself, and behind a pooler. The latter with a PostgreSQL only. */
import assert from 'node:assert/strict';
import { Client } from 'pg';
import { isConnectorError } from '../../src/errors.ts';
import { NamedStatements, settle } from '../../src/store/named-statements.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { startWire } from '../support/postgres-wire.ts';
import type { PostgresWire } from '../support/postgres-wire.ts';
import { emptySchema } from './records.ts';

const server = process.env['CONNECTOR_TEST_POSTGRES'];

describe('names of statements', () => {
  const QUESTION = 'select "value" from "settings" where "name" = $1';

  it('begin with the second time, stay the same, and are for what has values', () => {
    const names = new NamedStatements();
    const once = [QUESTION, 'begin', 'create table "t" ()'].map((text) => names.nameOf(text));
    const again = [QUESTION, 'begin', 'create table "t" ()', QUESTION].map((text) => names.nameOf(text));
    assert.deepEqual(
      [once, again],
      [
        [null, null, null],
        ['exchange_connector_1', null, null, 'exchange_connector_1'],
      ],
    );
  });

  it('are bounded in number', () => {
    const names = new NamedStatements();
    const texts = Array.from({ length: 1_000 }, (_, n) => `select ${n}`);
    for (const text of texts) names.nameOf(text);
    assert.equal(texts.filter((text) => names.nameOf(text) !== null).length, 300);
  });

  for (const [sentence, error, expected] of [
    [
      'another process has changed a table',
      { code: '0A000', routine: 'RevalidateCachedQuery' },
      [true, 'exchange_connector_2'],
    ],
    ['the session is another one', { code: '26000', routine: 'FetchPreparedStatement' }, [true, null]],
    ['the name is taken', { code: '42P05', routine: 'StorePreparedStatement' }, [true, null]],
    ['something else is not supported', { code: '0A000', routine: 'transformStmt' }, [false, 'exchange_connector_1']],
    ['a row is there already', { code: '23505', routine: '_bt_check_unique' }, [false, 'exchange_connector_1']],
    ['the connection broke', {}, [false, 'exchange_connector_1']],
  ] as const) {
    it(`are looked at when ${sentence}`, () => {
      const names = new NamedStatements();
      for (const _ of [1, 2]) names.nameOf(QUESTION);
      const isTheirs = names.failed(error);
      names.nameOf(QUESTION);
      assert.deepEqual([isTheirs, names.nameOf(QUESTION)], expected);
    });
  }
});

if (server !== undefined) {
  describe('a store on PostgreSQL', () => {
    let schema: string;
    let wire: PostgresWire;
    let store: Store;

    const open = async (pooler: boolean): Promise<void> => {
      schema = await emptySchema(server);
      wire = await startWire(schema, { pooler });
      store = await openStore({ engine: 'postgres', connection: wire.address });
    };
    afterEach(async () => {
      await store.close();
      wire.close();
    });

    /** What is parsed while the same is asked ten times. */
    const parsed = async (): Promise<PostgresWire['parsed']> => {
      const before = { ...wire.parsed };
      for (let n = 0; n < 10; n += 1) assert.equal(await store.settings.get('nothing'), null);
      return { named: wire.parsed.named - before.named, unnamed: wire.parsed.unnamed - before.unnamed };
    };

    it('has the server parse once what comes again', async () => {
      await open(false);
      const { named } = await parsed();
      assert.deepEqual([named, await parsed()], [1, { named: 0, unnamed: 0 }]);
    });

    it('names nothing behind a pooler, which hands its sessions around', async () => {
      await open(true);
      await parsed();
      assert.deepEqual(await parsed(), { named: 0, unnamed: 10 });
      assert.equal(wire.parsed.named, 0);
    });

    for (const [sentence, pooler, expected] of [
      ['has short statements planned as such, where the session is its own', false, true],
      ['sets nothing behind a pooler: the next one would have it', true, false],
    ] as const) {
      it(sentence, async () => {
        await open(pooler);
        await parsed();
        assert.equal(
          wire.plain.some((text) => text.includes('set_config')),
          expected,
        );
      });
    }

    it('finds many devices of a large table without statistics by its index, and starts no workers for them', async () => {
      const client = new Client(await emptySchema(server));
      await client.connect();
      try {
        await settle(client);
        await client.query('create table "steps" ("key" text unique, "value" text)');
        await client.query(`insert into "steps" select n, repeat('x', 200) from generate_series(1, 20000) as n`);
        const each = Array.from({ length: 16 }, (_, n) => `select * from "steps" where "key" > '${n}'`);
        const { rows } = await client.query(`explain select * from (${each.join(' union all ')}) as "found"`);
        const plan = rows.map((row: Record<string, unknown>) => String(row['QUERY PLAN'])).join('\n');
        assert.doesNotMatch(plan, /Seq Scan|Parallel|Gather|JIT/);
      } finally {
        await client.end();
      }
    });

    it('is busy once when another process has changed a table, and works on', async () => {
      await open(false);
      await parsed();
      const other = new Client(schema);
      await other.connect();
      await other.query('alter table "settings" alter column "value" type varchar');
      await other.end();
      await assert.rejects(store.settings.get('nothing'), (error) => isConnectorError(error, 'ERR_STORE_BUSY'));
      assert.deepEqual(await parsed(), { named: 1, unnamed: 1 });
    });
  });
}
