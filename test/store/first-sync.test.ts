import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../src/store/open-store.ts';
import type { OpenStoreOptions } from '../../src/store/store.ts';
import { anEas } from '../support/records.ts';
import { emptySchema, inFolder, readWhole } from './records.ts';

const FIRST = '2026-02-01T08:00:00.000Z';
const QUERY = `select "key" as "easId", "firstSyncAt" from "devices" order by "key"`;

/** EAS ID, what the phone calls itself, when Exchange saw it first. */
const PHONES = [
  ['A', 'iPhone', FIRST],
  ['B', '","firstSyncAt":"2020-01-01T00:00:00.000Z', FIRST],
  ['C', 'half a character \ud83d, and none \0', FIRST],
  ['D', 'never', null],
  ['E', '"firstSyncAt":"2020-01-01T00:00:00.000Z"', null],
] as const;

describe('when Exchange saw a device first', () => {
  const records = PHONES.map(([easId, friendlyName, firstSyncAt]) =>
    anEas({ organization: 'contoso', easId, device: { friendlyName }, firstSyncAt }),
  );
  const expected = records.map(({ key, firstSyncAt }) => ({ easId: key, firstSyncAt }));

  const read = async (options: OpenStoreOptions): Promise<void> => {
    const store = await openStore(options);
    await readWhole(store, 'r1', records);
    await store.close();
  };

  it('is known of each device, whatever the phone calls itself', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      await read({ engine: 'sqlite', path });
      const database = new DatabaseSync(path, { readOnly: true });
      const rows = database.prepare(QUERY).all();
      database.close();
      assert.deepEqual(
        rows.map((row) => ({ ...row })),
        expected,
      );
    }));

  const server = process.env['CONNECTOR_TEST_POSTGRES'];
  if (server !== undefined) {
    it('is known in PostgreSQL too', async () => {
      const connection = await emptySchema(server);
      await read({ engine: 'postgres', connection });
      const name: string = 'pg';
      const { default: pg } = (await import(name)) as { default: { Client: new (url: string) => PgClient } };
      const client = new pg.Client(connection);
      await client.connect();
      const { rows } = await client.query(QUERY);
      await client.end();
      assert.deepEqual(rows, expected);
    });
  }
});

interface PgClient {
  connect(): Promise<void>;
  query(text: string): Promise<{ rows: unknown[] }>;
  end(): Promise<void>;
}
