/** What is held about one person: exported, and deleted without a trace; on a file, or on a PostgreSQL when there is one. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { assert as assertProperty, asyncProperty, record, string } from 'fast-check';
import { sql } from 'kysely';
import { deletePerson } from '../../../src/store/care/delete-person.ts';
import { withTables } from '../../../src/store/care/open-tables.ts';
import type { StoreAddress } from '../../../src/store/care/open-tables.ts';
import { exportPerson, lookForPerson } from '../../../src/store/care/person-data.ts';
import { PERSONAL } from '../../../src/store/care/personal-columns.ts';
import { lookAtStore } from '../../../src/store/care/store-facts.ts';
import { pagesOf, TABLES } from '../../../src/store/care/tables.ts';
import type { Row } from '../../../src/store/care/tables.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { emptySchema, inFolder } from '../records.ts';
import { addPerson, easOf, makeStore, PETRA, readBoth, traces } from './stored-person.ts';
import type { Known } from './stored-person.ts';

const SERVER = process.env['CONNECTOR_TEST_POSTGRES'];
const NOW = Date.parse('2026-06-02T10:00:00.000Z');

async function withPerson(work: (address: StoreAddress, folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const address: StoreAddress =
      SERVER === undefined
        ? { engine: 'sqlite', path: join(folder, 'store.sqlite') }
        : { engine: 'postgres', connection: await emptySchema(SERVER) };
    await makeStore(address);
    await addPerson(address, PETRA);
    await work(address, folder);
  });
}

const remove = (address: StoreAddress, word: string, entries = true) =>
  deletePerson(address, { word, by: 'Ops', now: NOW, entries });

/** Everything that the store has, as text: the whole file with its journal; of a PostgreSQL its rows and their statistics. */
async function everything(address: StoreAddress): Promise<string> {
  if (address.engine === 'sqlite') {
    const files = ['', '-wal', '-shm'].map((end) => `${address.path}${end}`).filter((file) => existsSync(file));
    return files.map((file) => readFileSync(file, 'utf8')).join('\n');
  }
  return withTables(address, 'read', async ({ database }) => {
    const { rows } = await sql<Row>`select * from pg_stats where schemaname = current_schema()`.execute(database);
    return JSON.stringify([[...(await allRows(address))], rows]);
  });
}

async function allRows(address: StoreAddress): Promise<Map<string, Row[]>> {
  return withTables(address, 'read', async ({ database }) => {
    const all = new Map<string, Row[]>();
    for (const table of TABLES) {
      const rows: Row[] = [];
      for await (const page of pagesOf(database, table)) rows.push(...page);
      all.set(table.name, rows);
    }
    return all;
  });
}

const found = async (address: StoreAddress, known: Known = PETRA): Promise<string[]> => {
  const text = await everything(address);
  return traces(known).filter((trace) => text.includes(trace) || text.includes(JSON.stringify(trace).slice(1, -1)));
};

describe('what is held about one person', () => {
  it('is found by each name, the EAS ID or the mailbox, in every table that can hold something', () =>
    withPerson(async (address) => {
      const personal = TABLES.map(({ name }) => name).filter((name) =>
        Object.values(PERSONAL[name as keyof typeof PERSONAL].columns).some(
          (holding) => !['none', 'numbers', 'staff'].includes(holding),
        ),
      );
      for (const word of [PETRA.address.toUpperCase(), PETRA.upn, PETRA.easId.toLowerCase(), PETRA.mailbox]) {
        const answer = await lookForPerson(address, word, { now: NOW });
        assert.ok(answer.kind === 'person', word);
        assert.deepEqual(answer.tables.map(({ table }) => table).sort(), personal.sort(), word);
        assert.deepEqual(answer.person.mailboxes, [PETRA.mailbox]);
        assert.deepEqual(answer.person.names, [`alias-${PETRA.address}`, PETRA.upn, PETRA.address].sort());
        assert.deepEqual(answer.entries, [
          { mailbox: PETRA.mailbox, list: 'says-more-about-petra', easId: PETRA.easId },
        ]);
      }
    }));

  it('is exported with what is hers of a report about many, and not with what is of others', () =>
    withPerson(async (address, folder) => {
      const file = join(folder, 'petra.json');
      const answer = await exportPerson(address, { word: PETRA.upn, file, now: NOW });
      assert.ok(answer.kind === 'person');
      const text = readFileSync(file, 'utf8');
      const document = JSON.parse(text) as {
        tables: { table: string; rows: Row[]; mentions?: { says: unknown[] }[] }[];
      };
      assert.deepEqual(
        traces(PETRA).filter((trace) => !text.includes(JSON.stringify(trace).slice(1, -1))),
        [],
      );
      assert.ok(
        !text.includes('others@contoso.example') ||
          !JSON.stringify(document.tables.find(({ table }) => table === 'history')).includes('others@'),
      );
      const history = document.tables.find(({ table }) => table === 'history');
      assert.deepEqual(history?.mentions?.[0]?.says, [
        ...[PETRA.displayName, PETRA.address, PETRA.upn].map((mailbox) => ({ mailbox, model: PETRA.model })),
        PETRA.easId,
      ]);
      if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
      await assert.rejects(exportPerson(address, { word: PETRA.upn, file, now: NOW }), { code: 'ERR_FILE_WRITE' });
    }));

  it('is gone after a deletion, from free pages and the journal too', () =>
    withPerson(async (address) => {
      assert.notDeepEqual(await found(address), []);
      const answer = await remove(address, PETRA.address);
      assert.equal(answer.kind, 'person');
      assert.deepEqual(await found(address), []);
      assert.deepEqual(await lookForPerson(address, PETRA.upn, { now: NOW }), { kind: 'nobody' });
      const { damage, content } = await lookAtStore(address);
      assert.deepEqual(damage ?? [], []);
      assert.deepEqual(
        content?.snapshots.map(({ scope, count, found: shown, whole }) => ({ scope, count, shown, whole })),
        [
          { scope: 'exchange', count: 2, shown: 2, whole: true },
          { scope: 'exchange of hers', count: 2, shown: 2, whole: true },
          { scope: 'tenant', count: 1, shown: 1, whole: true },
        ],
      );
      assert.deepEqual(content?.unguarded, []);
    }));

  it('leaves the rows of others as they were, and says in the audit that it was deleted, not of whom', () =>
    withPerson(async (address) => {
      const before = await allRows(address);
      const taken = new Map(
        (
          await lookForPerson(address, PETRA.upn, { now: NOW }).then((answer) =>
            answer.kind === 'person' ? answer.tables : [],
          )
        ).map(({ table, rows }) => [table, rows]),
      );
      await remove(address, PETRA.easId);
      const after = await allRows(address);
      for (const { name, key } of TABLES) {
        const rows = (all: Map<string, Row[]>): Row[] => all.get(name) ?? [];
        // What is counted has changed.
        if (name === 'audit' || name === 'counters') continue;
        assert.equal(rows(after).length, rows(before).length - (taken.get(name) ?? 0), name);
        const keyOf = (row: Row): string => JSON.stringify(key.map((column) => row[column]));
        const kept = new Map(rows(after).map((row) => [keyOf(row), row]));
        for (const row of rows(before)) {
          const other = kept.get(keyOf(row));
          if (
            other === undefined ||
            JSON.stringify(row).includes(PETRA.address) ||
            ['snapshots', 'seen'].includes(name)
          )
            continue;
          assert.deepEqual(other, row, name);
        }
      }
      const audit = after.get('audit') ?? [];
      assert.equal(audit.length, (before.get('audit') ?? []).length + 1);
      const { at, who, what, deviceKey, reason } = audit.at(-1)!;
      assert.deepEqual([at, who, what, deviceKey], [new Date(NOW).toISOString(), 'Ops', 'delete-person', null]);
      assert.match(String(reason), /^What was held about one person was deleted: \d+ rows in \d+ tables\.$/);
    }));

  it('keeps of an entry that is on a list in Exchange the mailbox and the EAS ID, until it is said that they go too', () =>
    withPerson(async (address) => {
      await remove(address, PETRA.address, false);
      assert.deepEqual(await found(address), [
        PETRA.mailbox,
        PETRA.easId,
        PETRA.easId.toLowerCase(),
        'says-more-about-petra',
      ]);
      await remove(address, PETRA.mailbox, true);
      assert.deepEqual(await found(address), []);
    }));

  it('is read again while Exchange still has it: the next full reading shows her device as a new one', () =>
    withPerson(async (address) => {
      await remove(address, PETRA.address);
      await readBoth(address, 'after', PETRA);
      const store = await openStore(address);
      assert.ok((await store.snapshots.getMany([easOf(PETRA).key])).has(easOf(PETRA).key));
      await store.close();
    }));

  it('is not deleted while a Node-RED works with the store', () =>
    withPerson(async (address) => {
      const store = await openStore(address);
      const lease = { name: 'organization/exchange', holder: 'one', node: 'switch', process: 'elsewhere/1/1' };
      await store.leases.take(lease, { validMs: 60_000 });
      if (address.engine === 'postgres') await store.close();
      await assert.rejects(remove(address, PETRA.address), { code: 'ERR_STORE_IN_USE' });
      await store.close();
      await assert.rejects(remove(address, PETRA.address), {
        code: 'ERR_STORE_IN_USE',
        message: /^Nothing was deleted\. A Node-RED works with it/,
      });
      assert.notDeepEqual(await found(address), []);
    }));

  it('is not deleted while a change of hers is on its way to Exchange', () =>
    withPerson(async (address) => {
      const store = await openStore(address);
      await store.outbox.reserve([easOf(PETRA).key]);
      await store.close();
      await assert.rejects(remove(address, PETRA.address), { code: 'ERR_STORE_IN_USE', message: /handed to Exchange/ });
    }));

  it('is of one person: an EAS ID that several mailboxes have names nobody', () =>
    withPerson(async (address) => {
      const paul = {
        ...PETRA,
        mailbox: '7e57aaaa-0000-4000-8000-00000000cafe',
        upn: 'paul@corp.example',
        address: 'paul@contoso.example',
        displayName: 'Paul Probe',
      };
      const store = await openStore(address);
      const sync = {
        id: 'quick',
        source: 'eas',
        scope: 'exchange',
        kind: 'quick',
        startedAt: '2026-06-02T09:50:00.000Z',
        page: 0,
      } as const;
      await store.snapshots.begin(sync);
      await store.snapshots.putPage(sync, [easOf(paul)]);
      await store.snapshots.commit(sync);
      await store.close();
      assert.deepEqual(await remove(address, PETRA.easId), {
        kind: 'several',
        mailboxes: [paul.mailbox, PETRA.address],
      });
      assert.equal((await remove(address, PETRA.address)).kind, 'person');
      const left = await lookForPerson(address, paul.address, { now: NOW });
      assert.ok(left.kind === 'person');
      assert.deepEqual(left.person.easIds, [PETRA.easId.toLowerCase()]);
    }));

  it('is found by a name with umlauts, however it is written, after Exchange and the MDM have them no more', () =>
    withPerson(async (address) => {
      await remove(address, PETRA.address);
      const known = {
        ...PETRA,
        mailbox: '7e57aaaa-0000-4000-8000-00000000cafe',
        upn: 'Änne.ÖZ@corp.example',
        address: 'Änne.ÖZ@contoso.example',
        displayName: 'Änne Öz',
        easId: 'AENNESPHONE4711',
        mdmId: 'mdm-of-aenne-0816',
        serial: 'F2LAENNE01',
      };
      await addPerson(address, known);
      for (const id of ['without', 'without again']) await readBoth(address, id, null);
      for (const word of [known.address, 'änne.öz@contoso.example', 'A\u0308NNE.ÖZ@CONTOSO.EXAMPLE']) {
        const answer = await lookForPerson(address, word, { now: NOW });
        assert.ok(answer.kind === 'person', word);
        assert.deepEqual(answer.person.mailboxes, [known.mailbox], word);
      }
    }));

  it('is gone whatever somebody is called', function () {
    const word = string({ unit: 'grapheme', minLength: 6, maxLength: 20 }).map((text) =>
      text.replaceAll(/\s|\0/gu, '_'),
    );
    const someone = record({ upn: word, address: word, displayName: word, easId: word, model: word, serial: word });
    return withPerson(async (address) => {
      await remove(address, PETRA.address);
      await assertProperty(
        asyncProperty(someone, async (parts) => {
          // A mark in each, so that it is nothing that is in every store.
          const of = (name: keyof typeof parts): string => `${name}7Q7${parts[name]}`;
          const known: Known = {
            ...PETRA,
            upn: `${of('upn')}@x.example`,
            address: `${of('address')}@x.example`,
            displayName: of('displayName'),
            easId: of('easId'),
            model: of('model'),
            serial: of('serial'),
          };
          await addPerson(address, known);
          assert.equal((await remove(address, known.address)).kind, 'person');
          assert.deepEqual(await found(address, known), []);
        }),
        // What fails leaves its rows: there is nothing to shrink.
        { numRuns: 10, endOnFailure: true },
      );
    });
  });
});
