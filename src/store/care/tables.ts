/**
 * The tables of a store as lists of rows, whatever is in their columns: for what goes over all of them alike (check,
 * move, export). A new table needs its line here; a new column needs nothing.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import type { Schema } from '../schema.ts';

/** One table. */
export interface Table {
  readonly name: string;
  /** Columns that no two rows have alike, none of them null; their order is the rows' order, on both engines the same. */
  readonly key: readonly string[];
  /** Columns that hold JSON. */
  readonly json: readonly string[];
}

/** A column's value; nothing else is in a store. */
export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

/** Every table, `meta` first: it says whose store this is. */
export const TABLES: readonly Table[] = [
  { name: 'meta', key: ['name'], json: [] },
  { name: 'settings', key: ['name'], json: ['value'] },
  { name: 'sources', key: ['nodeId'], json: ['notes'] },
  { name: 'leases', key: ['name'], json: [] },
  { name: 'readings', key: ['no'], json: ['content'] },
  { name: 'snapshots', key: ['source', 'scope'], json: ['content', 'clock', 'gaps', 'view'] },
  { name: 'seen', key: ['reading', 'no'], json: [] },
  { name: 'records', key: ['generation', 'key'], json: ['record'] },
  { name: 'pairings', key: ['easKey'], json: [] },
  { name: 'exemptions', key: ['key'], json: [] },
  { name: 'activations', key: ['no'], json: [] },
  { name: 'tokens', key: ['tokenId'], json: [] },
  { name: 'entries', key: ['organization', 'mailboxId', 'easIdFolded', 'list'], json: [] },
  { name: 'takenOff', key: ['organization', 'mailboxId', 'easIdFolded', 'list'], json: [] },
  { name: 'missed', key: ['key'], json: [] },
  { name: 'outbox', key: ['key'], json: ['change', 'lastError'] },
  { name: 'heldPlans', key: ['id'], json: ['plan', 'held', 'goes'] },
  { name: 'heldChanges', key: ['planId', 'key'], json: ['change'] },
  { name: 'notifiers', key: ['node'], json: [] },
  { name: 'checks', key: ['node', 'target'], json: ['texts'] },
  { name: 'announcements', key: ['no'], json: ['declinedBy', 'news'] },
  { name: 'mails', key: ['id'], json: [] },
  { name: 'mailDevices', key: ['mailId', 'deviceKey'], json: ['change'] },
  { name: 'devices', key: ['key'], json: [] },
  { name: 'merges', key: ['easKey'], json: [] },
  { name: 'returns', key: ['organization', 'mailboxId', 'mdmKey'], json: [] },
  { name: 'counters', key: ['organization', 'name'], json: [] },
  { name: 'touched', key: ['organization', 'key'], json: [] },
  { name: 'changes', key: ['no'], json: [] },
  { name: 'timeline', key: ['no'], json: [] },
  { name: 'attempts', key: ['key'], json: [] },
  { name: 'asked', key: ['organization', 'mailboxId'], json: [] },
  { name: 'entraLinks', key: ['scope'], json: ['nextGone'] },
  { name: 'entraDevices', key: ['scope', 'id'], json: [] },
  { name: 'entraRecords', key: ['scope', 'deviceId', 'recordId'], json: [] },
  { name: 'goneSources', key: ['scope'], json: [] },
  { name: 'lowered', key: ['organization', 'mailboxId', 'kind'], json: [] },
  { name: 'requests', key: ['no'], json: ['payload'] },
  { name: 'history', key: ['no'], json: ['report'] },
  { name: 'audit', key: ['no'], json: ['evidence', 'before', 'after'] },
];

/** True for a table that numbers its rows itself. */
export function isNumbered({ key }: Table): boolean {
  return key.length === 1 && key[0] === 'no';
}

/** Rows of one page: half a megabyte of records. */
export const PAGE_ROWS = 500;

/**
 * The rows of a table in the order of its key, page by page.
 * @param where which of them; absent: all
 */
export async function* pagesOf(
  database: Kysely<Schema>,
  { name, key }: Table,
  where: RawBuilder<unknown> = sql`1 = 1`,
): AsyncGenerator<Row[]> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  let last: Row | undefined;
  for (;;) {
    const after =
      last === undefined
        ? sql``
        : sql`and (${columns}) > (${sql.join(key.map((column) => sql.val(last?.[column] ?? null)))})`;
    const { rows } = await sql<Row>`
      select * from ${sql.table(name)} where ${where} ${after} order by ${columns} limit ${sql.lit(PAGE_ROWS)}`.execute(
      database,
    );
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE_ROWS) return;
    last = rows.at(-1);
  }
}

/** How many rows a table has. */
export async function countRows(
  database: Kysely<Schema>,
  name: string,
  where: RawBuilder<unknown> = sql`1 = 1`,
): Promise<number> {
  const { rows } = await sql<{ count: number | string }>`
    select count(*) as "count" from ${sql.table(name)} where ${where}`.execute(database);
  return Number(rows[0]?.count ?? 0);
}

/** What a table holds, in short: equal on both engines for equal rows. */
export interface TableDigest {
  readonly rows: number;
  readonly sha256: string;
}

/** Adds rows up to a {@link TableDigest}; they come in the order of the key. */
export class DigestOfRows {
  readonly #hash = createHash('sha256');
  #rows = 0;

  add(rows: readonly Row[]): void {
    for (const row of rows) {
      const columns = Object.keys(row).sort();
      this.#hash.update(`${JSON.stringify(columns.map((column) => [column, row[column]]))}\n`);
    }
    this.#rows += rows.length;
  }

  get rows(): number {
    return this.#rows;
  }

  digest(): TableDigest {
    return { rows: this.#rows, sha256: this.#hash.digest('hex') };
  }
}
