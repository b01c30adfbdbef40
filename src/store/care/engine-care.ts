/** What caring for a store needs to know of its engine: columns, numbers, size, damage. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Engine } from '../dialects.ts';
import type { Schema } from '../schema.ts';

/** Statements of one engine. */
export interface EngineCare {
  /** Columns of a table as the database has it; none: there is no such table. */
  columns(database: Kysely<Schema>, table: string): Promise<string[]>;
  /** Begins a transaction that only reads, and in which nothing changes. */
  readonly beginToRead: string;
  /** What a row with its own number needs between columns and values. */
  readonly withNumber: string;
  /** The last number that a self-numbering table has given. */
  lastNumber(database: Kysely<Schema>, table: string): Promise<number>;
  /** The next row gets the number after this one. */
  numberFrom(database: Kysely<Schema>, table: string, last: number): Promise<void>;
  /** Takes a table of ours away, with what hangs on it. */
  drop(table: string): string[];
  /** Where a table is, as no other one of any database; null: there is no such table, or the path of its file tells. */
  place(database: Kysely<Schema>, table: string): Promise<string | null>;
  /** Names of the triggers of a table. */
  triggers(database: Kysely<Schema>, table: string): Promise<string[]>;
  /** Version of the engine; bytes of the store, and how many of them are free for new rows. */
  size(database: Kysely<Schema>): Promise<{ version: string; bytes: number; freeBytes: number }>;
  /** What the engine finds damaged, ten findings at most; null: it has no such check. */
  damage(database: Kysely<Schema>): Promise<string[] | null>;
}

const sqlite: EngineCare = {
  columns: async (database, table) => namesOf(database, sql`select name from pragma_table_info(${table})`),
  beginToRead: 'begin deferred',
  withNumber: '',
  lastNumber: (database, table) =>
    numberOf(database, sql`select coalesce(max(seq), 0) as "number" from sqlite_sequence where name = ${table}`),
  numberFrom: async (database, table, last) => {
    await sql`delete from sqlite_sequence where name = ${table}`.execute(database);
    await sql`insert into sqlite_sequence (name, seq) values (${table}, ${last})`.execute(database);
  },
  drop: (table) => [`drop table if exists "${table}"`],
  place: async () => null,
  triggers: (database, table) =>
    namesOf(database, sql`select name from sqlite_schema where type = 'trigger' and tbl_name = ${table}`),
  size: async (database) => {
    const page = await numberOf(database, sql`select page_size as "number" from pragma_page_size`);
    const pages = await numberOf(database, sql`select page_count as "number" from pragma_page_count`);
    const free = await numberOf(database, sql`select freelist_count as "number" from pragma_freelist_count`);
    const { rows } = await sql<{ version: string }>`select sqlite_version() as "version"`.execute(database);
    return { version: `SQLite ${rows[0]?.version ?? ''}`, bytes: page * pages, freeBytes: page * free };
  },
  damage: async (database) => {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(10)`.execute(database);
    return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  },
};

const postgres: EngineCare = {
  columns: (database, table) =>
    namesOf(
      database,
      sql`select attname as "name" from pg_attribute where attrelid = to_regclass(${quoted(table)})
        and attnum > 0 and not attisdropped order by attnum`,
    ),
  beginToRead: 'begin transaction isolation level repeatable read read only',
  withNumber: 'overriding system value',
  lastNumber: async (database, table) => {
    const sequence = await sequenceOf(database, table);
    return numberOf(
      database,
      sql`select case when is_called then last_value else 0 end as "number" from ${sql.raw(sequence)}`,
    );
  },
  numberFrom: async (database, table, last) => {
    const sequence = await sequenceOf(database, table);
    await sql`select setval(${sequence}::regclass, ${Math.max(1, last)}, ${last > 0})`.execute(database);
  },
  place: async (database, table) => {
    const { rows } = await sql<{ place: string }>`
      select concat_ws(' ', pg_postmaster_start_time(), current_database(), oid) as "place"
        from pg_class where oid = to_regclass(${quoted(table)})`.execute(database);
    return rows[0]?.place ?? null;
  },
  drop: (table) => [`drop table if exists "${table}"`, `drop function if exists "${table}_is_append_only"()`],
  triggers: (database, table) =>
    namesOf(
      database,
      sql`select tgname as "name" from pg_trigger where tgrelid = to_regclass(${quoted(table)})
        and not tgisinternal and tgenabled <> 'D'`,
    ),
  size: async (database) => {
    const bytes = await numberOf(
      database,
      sql`select coalesce(sum(pg_total_relation_size(oid)), 0) as "number" from pg_class
        where relkind = 'r' and relnamespace = (select relnamespace from pg_class where oid = to_regclass('"meta"'))`,
    );
    const { rows } = await sql<{ version: string }>`select current_setting('server_version') as "version"`.execute(
      database,
    );
    return { version: `PostgreSQL ${rows[0]?.version.split(' ')[0] ?? ''}`, bytes, freeBytes: 0 };
  },
  damage: async () => null,
};

/** What to ask of each engine. */
export const CARE: Readonly<Record<Engine['name'], EngineCare>> = { sqlite, postgres };

function quoted(table: string): string {
  return `"${table}"`;
}

async function sequenceOf(database: Kysely<Schema>, table: string): Promise<string> {
  const { rows } = await sql<{ sequence: string }>`
    select pg_get_serial_sequence(${quoted(table)}, 'no') as "sequence"`.execute(database);
  return rows[0]?.sequence ?? '';
}

async function namesOf(database: Kysely<Schema>, query: ReturnType<typeof sql>): Promise<string[]> {
  const { rows } = await query.execute(database);
  return rows.map((row) => String((row as { name: unknown }).name));
}

async function numberOf(database: Kysely<Schema>, query: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await query.execute(database);
  return Number((rows[0] as { number?: unknown } | undefined)?.number ?? 0);
}
