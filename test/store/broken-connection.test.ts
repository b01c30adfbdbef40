/** PostgreSQL goes away while the store is in use: what was under way fails, and the process lives. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Kysely, sql } from 'kysely';
import { Client } from 'pg';
import { ERROR_HELP, isConnectorError } from '../../src/errors.ts';
import { openPostgres } from '../../src/store/dialects.ts';
import type { Schema } from '../../src/store/schema.ts';
import { startWire } from '../support/postgres-wire.ts';
import { openStore, openStoreToRead } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { ownTimeOf } from '../support/own-time.ts';

const server = process.env['CONNECTOR_TEST_POSTGRES'];

if (server !== undefined) {
  describe('a store on PostgreSQL', () => {
    let store: Store;
    let admin: Client;

    beforeEach(async () => {
      admin = new Client(server);
      await admin.connect();
      const schema = `cut_${randomUUID().replaceAll('-', '')}`;
      await admin.query(`create schema ${schema}; set search_path = ${schema}`);
      store = await openStore({
        engine: 'postgres',
        connection: `${server}?options=-c%20search_path%3D${schema}`,
      });
    });
    afterEach(async () => {
      await store.close();
      await admin.end();
    });

    const setting = async (name: string): Promise<unknown> => store.settings.get(name);

    it('fails what is in the middle of a transaction when its connection is cut, and works on with another', async () => {
      const cut = store.together(async (parts) => {
        await parts.settings.set('half', true);
        await admin.query(`select pg_terminate_backend(pid) from pg_locks
          where relation = 'settings'::regclass and mode = 'RowExclusiveLock'`);
        // The end of the connection arrives while nothing is asked of it.
        await new Promise((resolve) => setTimeout(resolve, 50));
        await parts.settings.set('whole', true);
      });
      await assert.rejects(cut, (error) => isConnectorError(error, 'ERR_STORE_WRITE'));
      await store.settings.set('after', true);
      assert.deepEqual([await setting('half'), await setting('whole'), await setting('after')], [null, null, true]);
    });

    it('says what ended a statement in the midst of a change, not that there was nothing left to take back', async () => {
      await admin.query('begin; lock table settings in access exclusive mode');
      const cut = store.together((parts) => parts.settings.set('half', true));
      const refused = assert.rejects(cut, (error) => {
        assert.match(String(error), /PostgreSQL failed: terminating connection due to administrator command\./);
        return isConnectorError(error, 'ERR_STORE_WRITE');
      });
      const end = `select pg_terminate_backend(pid) from pg_locks where relation = 'settings'::regclass and not granted`;
      while ((await admin.query(end)).rowCount === 0) await new Promise(setImmediate);
      await admin.query('rollback');
      await refused;
      assert.equal(await setting('half'), null);
    });

    it('is not taken for none by a user who may not read it', async () => {
      const user = `user_${randomUUID().replaceAll('-', '')}`;
      const { rows } = await admin.query('select current_schema() as schema');
      const { schema } = rows[0] as { schema: string };
      await admin.query(`create role ${user} login; grant usage on schema ${schema} to ${user}`);
      const address = new URL(`${server}?options=-c%20search_path%3D${schema}`);
      address.username = user;
      await assert.rejects(openStoreToRead({ engine: 'postgres', connection: address.href }), {
        code: 'ERR_STORE_OPEN',
        message: `The store could not be read: permission denied for table meta. ${ERROR_HELP.ERR_STORE_OPEN}`,
      });
    });

    it('is closed at once while something waits for a connection, and does that before', async () => {
      await store.settings.set('before', true);
      const { ms } = await ownTimeOf(async () => {
        const last = store.settings.set('last', true);
        await store.close();
        await last;
      });
      assert.ok(ms < 2_000, `closing took ${Math.round(ms)} ms`);
    });

    it('works on with another connection where the server has fallen silent on one, as a host does that was switched off', async () => {
      const wire = await startWire(server, { pooler: false });
      const engine = await openPostgres(wire.address, false, 3_000);
      const database = new Kysely<Schema>({ dialect: engine.dialect });
      const ask = async (): Promise<unknown> => (await sql`select 1 as "one"`.execute(database)).rows;
      assert.deepEqual(await ask(), [{ one: 1 }]);
      wire.silence();
      await assert.rejects(ask(), (error) => isConnectorError(error, 'ERR_STORE_WRITE'));
      assert.deepEqual(await ask(), [{ one: 1 }]);
      const cut = database.transaction().execute(async (transaction) => {
        await sql`select 1`.execute(transaction);
        wire.silence();
        await sql`select 1`.execute(transaction);
      });
      await assert.rejects(cut, (error) => isConnectorError(error, 'ERR_STORE_WRITE'));
      assert.deepEqual(await ask(), [{ one: 1 }]);
      await database.destroy();
      wire.close();
    });

    it('is closed while a statement waits for a lock that is never given up: the statement fails', async function test() {
      await admin.query('begin; lock table "outbox" in access exclusive mode');
      const waiting = assert.rejects(store.outbox.mailboxes('contoso'), (error) =>
        isConnectorError(error, 'ERR_STORE_WRITE'),
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      await store.close();
      await waiting;
      await admin.query('rollback');
    });
  });
}
