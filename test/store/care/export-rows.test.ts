/** Exporting rows, and cutting the audit: on a file, or on a PostgreSQL when there is one. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { cutAudit, exportRows } from '../../../src/store/care/export-rows.ts';
import type { ExportWish } from '../../../src/store/care/export-rows.ts';
import { withTables } from '../../../src/store/care/open-tables.ts';
import type { StoreAddress } from '../../../src/store/care/open-tables.ts';
import { lookAtStore } from '../../../src/store/care/store-facts.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { AuditEntry, Store } from '../../../src/store/store.ts';
import { emptySchema, inFolder } from '../records.ts';
import { fill } from './filled-store.ts';

const SERVER = process.env['CONNECTOR_TEST_POSTGRES'];
const UNTIL = '2026-02-01T00:00:00.000Z';
const CUT = { until: UNTIL, by: 'Ops', at: '2026-06-02T10:00:00.000Z' };

const entry = (n: number): AuditEntry => ({
  at: new Date(Date.parse('2026-01-01T00:00:00.000Z') + n * 60_000).toISOString(),
  who: 'access switch',
  what: 'block',
  deviceKey: `d${n}`,
  organization: 'contoso',
  rule: '=cmd|calc',
  reason: 'r',
  evidence: ['a "quoted" ⚠ word'],
  before: null,
  after: { n },
  approvedBy: null,
});

/** A store with audit rows of January to March, one a minute. */
async function withAudit(
  rows: number,
  work: (world: { store: Store; address: StoreAddress; wish: ExportWish; file: string }) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const address: StoreAddress =
      SERVER === undefined
        ? { engine: 'sqlite', path: join(folder, 'store.sqlite') }
        : { engine: 'postgres', connection: await emptySchema(SERVER) };
    const store = await openStore(address);
    try {
      await store.audit.append(Array.from({ length: rows }, (_, n) => entry(n)));
      const file = join(folder, 'audit.jsonl');
      await work({ store, address, file, wish: { table: 'audit', until: UNTIL, file, format: 'json' } });
    } finally {
      await store.close();
    }
  });
}

const JANUARY = 31 * 24 * 60;

describe('exporting rows', () => {
  it('writes those from before a time as lines of JSON, with their number and the hash of the file', () =>
    withAudit(JANUARY + 3, async ({ address, wish, file }) => {
      const seen: number[] = [];
      const made = await exportRows(address, wish, { exporting: ({ rows }) => seen.push(rows) });
      const text = readFileSync(file, 'utf8');
      const lines = text.trimEnd().split('\n');
      assert.deepEqual(
        { ...made, file: null },
        {
          file: null,
          rows: JANUARY,
          bytes: Buffer.byteLength(text),
          sha256: createHash('sha256').update(text).digest('hex'),
          lastNo: JANUARY + 3,
        },
      );
      assert.deepEqual(JSON.parse(lines[7]!), { no: 8, ...entry(7) });
      assert.deepEqual([lines.length, seen.at(-1), statSync(file).mode & 0o777], [JANUARY, JANUARY, 0o600]);
    }));

  it('writes for spreadsheets what none of them takes for a formula', () =>
    withAudit(1, async ({ address, wish, file }) => {
      await exportRows(address, { ...wish, until: null, format: 'csv' });
      assert.deepEqual(readFileSync(file, 'utf8').split('\r\n'), [
        '"no","at","who","what","deviceKey","organization","rule","reason","evidence","before","after","approvedBy"',
        `1,"2026-01-01T00:00:00.000Z","access switch","block","d0","contoso","'=cmd|calc","r","[""a \\""quoted\\"" ⚠ word""]","null","{""n"":0}",""`,
        '',
      ]);
    }));

  it('writes mails, runs and activations too', () =>
    withAudit(0, async ({ store, address, wish, file }) => {
      await fill(store);
      const rows: unknown[] = [];
      for (const table of ['mails', 'timeline', 'history', 'activations'] as const) {
        const made = await exportRows(address, { ...wish, until: null, table, file: `${file}.${table}` });
        rows.push([table, made.rows]);
      }
      assert.deepEqual(rows, [
        ['mails', 2],
        ['timeline', 4],
        ['history', 2],
        ['activations', 2],
      ]);
    }));

  it('overwrites nothing, and leaves no half of a file', () =>
    withAudit(1200, async ({ address, wish, file }) => {
      const stop = new AbortController();
      const stopped = exportRows(address, wish, { signal: stop.signal, exporting: () => stop.abort() });
      await assert.rejects(stopped, { code: 'ERR_ABORTED' });
      assert.equal(existsSync(file), false);
      writeFileSync(file, 'precious');
      await assert.rejects(exportRows(address, wish), { code: 'ERR_FILE_WRITE' });
      assert.equal(readFileSync(file, 'utf8'), 'precious');
    }));
});

describe('cutting the audit', () => {
  it('takes out what was exported and nothing else, says so in the audit, and leaves it append-only', () =>
    withAudit(JANUARY + 3, async ({ store, address, wish }) => {
      const made = await exportRows(address, wish);
      const seen: number[] = [];
      assert.equal(await cutAudit(address, made, { ...CUT, cutting: ({ rows }) => seen.push(rows) }), JANUARY);
      assert.ok(seen.length > 20, 'in steps');
      assert.deepEqual(await store.audit.recent(), [
        {
          at: CUT.at,
          who: 'Ops',
          what: 'cut-audit',
          deviceKey: null,
          organization: null,
          rule: null,
          reason: `Exported, then taken out of the store: ${JANUARY} rows from before ${UNTIL}.`,
          evidence: ['audit.jsonl', `sha256 ${made.sha256}`],
          before: { rows: JANUARY },
          after: { until: UNTIL, file: 'audit.jsonl', sha256: made.sha256 },
          approvedBy: null,
        },
        entry(JANUARY + 2),
        entry(JANUARY + 1),
        entry(JANUARY),
      ]);
      assert.deepEqual((await lookAtStore(address)).content?.unguarded, []);
      await withTables(address, 'write', async ({ database }) => {
        await assert.rejects(sql`delete from "audit"`.execute(database), /append-only/);
        await assert.rejects(sql`update "audit" set "who" = 'x'`.execute(database), /append-only/);
      });
    }));

  it('that was stopped half way has said so, and what is left is exported again', () =>
    withAudit(5000, async ({ store, address, wish, file }) => {
      const made = await exportRows(address, wish);
      const stop = new AbortController();
      const stopped = cutAudit(address, made, { ...CUT, signal: stop.signal, cutting: () => stop.abort() });
      await assert.rejects(stopped, { code: 'ERR_ABORTED' });
      assert.equal((await store.audit.recent({ limit: 1 }))[0]?.what, 'cut-audit');
      const again = await exportRows(address, { ...wish, file: `${file}.2` });
      assert.equal(again.rows, 3000);
      assert.equal(await cutAudit(address, again, CUT), 3000);
    }));

  it('takes out nothing when the file is another by now, or the audit has such rows that are not in it', () =>
    withAudit(10, async ({ store, address, wish, file }) => {
      const made = await exportRows(address, wish);
      writeFileSync(file, 'other');
      await assert.rejects(cutAudit(address, made, CUT), { code: 'ERR_STORE_COPY', message: /is another one by now/ });
      const again = await exportRows(address, { ...wish, file: `${file}.2` });
      await store.audit.append([entry(20)]);
      await assert.rejects(cutAudit(address, { ...again, lastNo: 11 }, CUT), {
        code: 'ERR_STORE_COPY',
        message: /the audit has 11 such rows, the file 10/,
      });
      assert.equal(await cutAudit(address, again, CUT), 10, 'a row that came later stays');
      assert.equal((await store.audit.recent()).length, 2);
    }));
});
