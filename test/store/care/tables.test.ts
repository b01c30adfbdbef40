import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../../src/store/open-store.ts';
import { TABLES } from '../../../src/store/care/tables.ts';
import { inFolder } from '../records.ts';

describe('the list of tables', () => {
  it('names every table of a store, by a key that the database keeps unique, and its columns of JSON', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'store.sqlite');
      await (await openStore({ engine: 'sqlite', path })).close();
      const database = new DatabaseSync(path);
      const named = (query: string): string[] =>
        database
          .prepare(query)
          .all()
          .map((row) => String(row['name']));
      const unique = (table: string): string[] => [
        ...named(`select name from pragma_table_info('${table}') where pk = 1`),
        ...named(`select name from pragma_index_list('${table}') where "unique" = 1`).map((index) =>
          named(`select name from pragma_index_info('${index}') order by seqno`).join(),
        ),
      ];
      assert.deepEqual(
        TABLES.map(({ name }) => name).sort(),
        named(`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name`).sort(),
      );
      for (const { name, key, json } of TABLES) {
        assert.ok(unique(name).includes(key.join()), `${name} is unique by ${key.join()}`);
        const columns = named(`select name from pragma_table_info('${name}')`);
        assert.deepEqual(
          json.filter((column) => !columns.includes(column)),
          [],
          name,
        );
      }
      database.close();
    }));
});
