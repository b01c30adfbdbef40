/** A second user of a store file, for the test on two processes: obeys `get`, `lock`, `unlock`, ends with its input. */
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../src/store/open-store.ts';

const path = process.argv[2] ?? '';
const store = await openStore({ engine: 'sqlite', path });
const raw = new DatabaseSync(path);
console.log('open');
for await (const word of createInterface({ input: process.stdin })) {
  if (word === 'get') console.log(JSON.stringify(await store.settings.get('written by')));
  if (word === 'lock') {
    raw.exec('begin immediate');
    console.log('locked');
  }
  if (word === 'unlock') {
    raw.exec('rollback');
    console.log('unlocked');
  }
}
raw.close();
await store.close();
