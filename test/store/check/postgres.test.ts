/** The report of a PostgreSQL, on a real one: what is right, what is missing, and that nothing is made. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { checkStore } from '../../../src/store/check/check-store.ts';
import { openStore } from '../../../src/store/open-store.ts';

const server = process.env['CONNECTOR_TEST_POSTGRES'];

if (server !== undefined) {
  describe('the report of a PostgreSQL', () => {
    let admin: Client;
    let schema: string;
    let address: string;

    beforeEach(async () => {
      admin = new Client(server);
      await admin.connect();
      schema = `test_${randomUUID().replaceAll('-', '')}`;
      await admin.query(`create schema ${schema}; set search_path = ${schema}`);
      address = `${server}?options=-c%20search_path%3D${schema}`;
    });
    afterEach(() => admin.end());

    const stepsOf = async (connection: string): Promise<string[]> => {
      const store = { engine: 'postgres', path: '', connection, secrets: {} } as const;
      const { steps } = await checkStore(store, { signal: new AbortController().signal });
      return steps.map(({ status, title, says }) => `${status} ${title}: ${says}`);
    };
    const tables = async (): Promise<number> =>
      (await admin.query('select 1 from pg_class where relnamespace = $1::regnamespace', [schema])).rows.length;

    it('says that a store can be made, and makes nothing', async () => {
      assert.deepEqual(await stepsOf(address), [
        'ok Engine: there',
        'ok Connection: open',
        'ok TLS: not needed, the server is on this host',
        'ok Version: known to work',
        'ok Rights: enough',
        'ok Store: none yet, it will be made',
        'ok Secrets: usable',
      ]);
      assert.equal(await tables(), 0);
    });

    it('says that a store is of this version, older or newer, and leaves it so', async () => {
      const store = await openStore({ engine: 'postgres', connection: address });
      try {
        for (const [version, says] of [
          [null, 'ok Store: of this version'],
          ['1', 'warning Store: of an older version'],
          ['9999', 'error Store: of a newer version'],
        ] as const) {
          if (version !== null) await admin.query(`update meta set value = $1 where name = 'schemaVersion'`, [version]);
          assert.equal((await stepsOf(address))[5], says);
        }
        const { rows } = await admin.query(`select value from meta where name = 'schemaVersion'`);
        assert.deepEqual(rows, [{ value: '9999' }]);
      } finally {
        await store.close();
      }
    });

    it('says which rights are missing', async () => {
      const store = await openStore({ engine: 'postgres', connection: address });
      await store.close();
      const user = `user_${randomUUID().replaceAll('-', '')}`;
      await admin.query(`create role ${user} login; grant usage on schema ${schema} to ${user}`);
      const other = new URL(address);
      other.username = user;
      assert.equal((await stepsOf(other.href))[4], 'error Rights: it may not make tables');
      await admin.query(`grant create on schema ${schema} to ${user}`);
      assert.equal((await stepsOf(other.href))[4], 'error Rights: it may not use the tables of the store');
      await admin.query(`alter role ${user} set default_transaction_read_only = on`);
      assert.equal((await stepsOf(other.href))[4], 'error Rights: nothing can be written there');
    });

    it('takes every address that a store opens, as the path of a socket, and names user and database that it leads to', async () => {
      const { rows } = await admin.query(`select current_setting('unix_socket_directories') as folder`);
      const { folder } = rows[0] as { folder: string };
      const { port, username } = new URL(server);
      for (const connection of [
        `postgres://${username}@/postgres?host=${folder}&port=${port}`,
        `postgres:///postgres?host=${folder}&port=${port}&user=${username}`,
        `postgres://${username}@${encodeURIComponent(folder)}:${port}/postgres`,
      ]) {
        const store = { engine: 'postgres', path: '', connection, secrets: {} } as const;
        const { steps } = await checkStore(store, { signal: new AbortController().signal });
        assert.deepEqual(
          steps.slice(1, 3).map(({ status, seen }) => [status, seen]),
          [
            ['ok', `Connected as ${username}, to the database postgres.`],
            ['ok', 'Nothing leaves this host.'],
          ],
        );
      }
    });

    it('does not take a file that the address names and is not there for a server that does not answer', async () => {
      const url = new URL(server);
      url.searchParams.set('sslrootcert', '/nowhere/ca.pem');
      assert.equal((await stepsOf(url.href))[1], 'error Connection: TLS failed');
    });

    it('says which database, user or TLS there is not', async () => {
      const changed = (change: (url: URL) => void): string => {
        const url = new URL(server);
        change(url);
        return url.href;
      };
      for (const [connection, says] of [
        [changed((url) => (url.pathname = '/nowhere')), 'error Connection: there is no such database'],
        [changed((url) => (url.username = 'nobody')), 'error Connection: the sign-in is refused'],
        [changed((url) => url.searchParams.set('sslmode', 'verify-full')), 'error Connection: TLS failed'],
      ] as const)
        assert.equal((await stepsOf(connection))[1], says);
    });
  });
}
