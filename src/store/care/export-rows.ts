/** Rows of a table as lines of a file; and, for the audit, taking out of the store what is in such a file. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import { ConnectorError, throwIfAborted } from '../../errors.ts';
import { AuditLog } from '../audit.ts';
import type { Schema } from '../schema.ts';
import { sync, unwritable } from './backup-store.ts';
import { storeId, withTables } from './open-tables.ts';
import type { OpenTables, StoreAddress } from './open-tables.ts';
import { countRows, isNumbered, pagesOf, TABLES } from './tables.ts';
import type { Cell, Row, Table } from './tables.ts';

/** Tables that may be exported, and the column that says when it happened. None of them holds a secret. */
const EXPORTED = { audit: 'at', mails: 'createdAt', timeline: 'at', history: 'at', activations: 'at' } as const;
export type Exported = keyof typeof EXPORTED;

/** What is exported, and how. */
export interface ExportWish {
  readonly table: Exported;
  /** Only rows from before this time, ISO 8601 UTC; null: all. */
  readonly until: string | null;
  readonly file: string;
  /** `json`: a JSON document a line. `csv`: for spreadsheets, with a line of titles. */
  readonly format: 'json' | 'csv';
}

/** A file that was written. */
export interface Export {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the file's bytes. */
  readonly sha256: string;
  /** Number of the last row that was there when the export began; null: the table numbers none. */
  readonly lastNo: number | null;
}

/** How far it is. */
export type Exporting = (counts: { rows: number; of: number }) => void;

/**
 * Writes the rows into a new file that only its owner can read, in the order of their numbers, and puts it on the disk.
 * Throws ERR_FILE_WRITE if the file exists or cannot be written, ERR_ABORTED, and what opening throws; the file is gone then.
 */
export async function exportRows(
  address: StoreAddress,
  wish: ExportWish,
  { signal, exporting }: { readonly signal?: AbortSignal; readonly exporting?: Exporting } = {},
): Promise<Export> {
  const file = resolve(wish.file);
  return withTables(address, 'read', async (tables) => {
    await storeId(tables);
    const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
      throw unwritable(file, error);
    });
    try {
      const { table, columns } = await described(tables, wish.table);
      const lastNo = isNumbered(table) ? await lastNumber(tables.database, wish.table) : null;
      const where = rowsUntil(wish.table, wish.until, lastNo);
      const of = await countRows(tables.database, wish.table, where);
      const digest = createHash('sha256');
      let [rows, bytes] = [0, 0];
      const append = async (text: string): Promise<void> => {
        const chunk = Buffer.from(text);
        digest.update(chunk);
        bytes += chunk.length;
        await handle.write(chunk).catch((error: unknown) => {
          throw new ConnectorError('ERR_FILE_WRITE', `The file ${file} was not written: ${(error as Error).message}.`);
        });
      };
      if (wish.format === 'csv') await append(csvLine(columns));
      for await (const page of pagesOf(tables.database, table, where)) {
        throwIfAborted(signal);
        const line = wish.format === 'csv' ? csvRow(columns) : jsonRow(table);
        await append(page.map(line).join(''));
        rows += page.length;
        exporting?.({ rows, of });
      }
      await handle.close();
      await sync(file);
      return { file, rows, bytes, sha256: digest.digest('hex'), lastNo };
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(file, { force: true });
      throw error;
    }
  });
}

async function described(
  { care, database }: OpenTables,
  name: Exported,
): Promise<{ table: Table; columns: readonly string[] }> {
  return { table: TABLES.find((table) => table.name === name)!, columns: await care.columns(database, name) };
}

async function lastNumber(database: Kysely<Schema>, table: Exported): Promise<number> {
  const { rows } = await sql<{ no: number | null }>`select max("no") as "no" from ${sql.table(table)}`.execute(
    database,
  );
  return rows[0]?.no ?? 0;
}

function rowsUntil(table: Exported, until: string | null, lastNo: number | null): RawBuilder<unknown> {
  const upTo = lastNo === null ? sql`1 = 1` : sql`"no" <= ${lastNo}`;
  return until === null ? upTo : sql`${upTo} and ${sql.ref(EXPORTED[table])} < ${until}`;
}

function jsonRow({ json }: Table): (row: Row) => string {
  return (row) => {
    const plain = Object.entries(row).map(([column, value]) => [column, json.includes(column) ? parsed(value) : value]);
    return `${JSON.stringify(Object.fromEntries(plain))}\n`;
  };
}

/** What cannot be read is exported as the text it is. */
function parsed(value: Cell): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function csvRow(columns: readonly string[]): (row: Row) => string {
  return (row) => csvLine(columns.map((column) => row[column] ?? ''));
}

/** Fields of RFC 4180; one that a spreadsheet would take for a formula begins with an apostrophe. https://owasp.org/www-community/attacks/CSV_Injection */
function csvLine(cells: readonly (string | number)[]): string {
  const fields = cells.map((cell) => {
    if (typeof cell === 'number') return String(cell);
    const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return `"${text.replaceAll('"', '""')}"`;
  });
  return `${fields.join(',')}\r\n`;
}

/** Rows that are taken out in one transaction: some ten milliseconds. */
const CUT_ROWS = 2000;

/**
 * Takes the rows of an export out of the audit. That it was done, by whom, and what of, is a row of the audit before the
 * first one goes. Cut off, what is left stays where it is, and is in the file too.
 * Throws ERR_STORE_COPY if the file or the audit is no longer what it was; nothing is taken out then.
 * @returns how many rows went
 */
export async function cutAudit(
  address: StoreAddress,
  made: Export,
  {
    until,
    by,
    at,
    signal,
    cutting,
  }: {
    readonly until: string;
    readonly by: string;
    readonly at: string;
    readonly signal?: AbortSignal;
    readonly cutting?: Exporting;
  },
): Promise<number> {
  if ((await digestOf(made.file)) !== made.sha256) throw changed(`the file ${made.file} is another one by now`);
  return withTables(address, 'write', async (tables) => {
    await storeId(tables);
    const which = rowsUntil('audit', until, made.lastNo);
    let gone = 0;
    for (let isFirst = true; ; isFirst = false) {
      throwIfAborted(signal);
      const rows = await tables.database.transaction().execute(async (transaction) => {
        if (isFirst) {
          const there = await countRows(transaction, 'audit', which);
          if (there !== made.rows) throw changed(`the audit has ${there} such rows, the file ${made.rows}`);
          await new AuditLog(transaction).append([cutEntry(made, { until, by, at })]);
        }
        return removeSome(transaction, tables, which);
      });
      gone += rows;
      cutting?.({ rows: gone, of: made.rows });
      if (rows < CUT_ROWS) return gone;
    }
  });
}

async function removeSome(
  transaction: Kysely<Schema>,
  { engine }: OpenTables,
  which: RawBuilder<unknown>,
): Promise<number> {
  const { rows } = await sql<{ no: number }>`
    select "no" from "audit" where ${which} order by "no" limit ${sql.lit(CUT_ROWS)}`.execute(transaction);
  if (rows.length === 0) return 0;
  for (const statement of engine.notAppendOnly('audit')) await sql.raw(statement).execute(transaction);
  await sql`delete from "audit" where ${which} and "no" <= ${rows.at(-1)?.no ?? 0}`.execute(transaction);
  for (const statement of engine.appendOnly('audit')) await sql.raw(statement).execute(transaction);
  return rows.length;
}

function cutEntry({ file, rows, sha256 }: Export, { until, by, at }: { until: string; by: string; at: string }) {
  return {
    at,
    who: by,
    what: 'cut-audit',
    deviceKey: null,
    organization: null,
    rule: null,
    reason: `Exported, then taken out of the store: ${rows} rows from before ${until}.`,
    evidence: [basename(file), `sha256 ${sha256}`],
    before: { rows },
    after: { until, file: basename(file), sha256 },
    approvedBy: null,
  };
}

async function digestOf(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}

function changed(seen: string): ConnectorError {
  return new ConnectorError('ERR_STORE_COPY', `Nothing was taken out: ${seen}.`);
}
