/** A second user of a store file, for the test on two processes: obeys `get`, `lock`, `unlock`, `begin work`; ends with its input. */
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';

import { openStore } from '../../src/store/open-store.ts';
import { aReading, anMdmRecord } from './records.ts';

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
  if (word === 'begin work') {
    await store.snapshots.begin(aReading('cut off'));
    await store.snapshots.putPage(aReading('cut off'), [anMdmRecord('2')]);
    const entry = { organization: 'contoso', mailboxId: 'm', easId: 'ABC', list: 'blocked' } as const;
    await store.entries.intend({ ...entry, operation: 'add', rule: 'not enrolled', at: '2026-05-04T10:00:00.000Z' });
    raw.exec(`begin immediate; delete from "records"`);
    console.log('half done');
  }
  if (word === 'unlock') {
    raw.exec('rollback');
    console.log('unlocked');
  }
}
raw.close();
await store.close();
