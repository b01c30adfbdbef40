/** Many rows of one table: of the statement that takes the most of them, Kysely makes the text once. */
import { CompiledQuery, sql } from 'kysely';
import type { InsertQueryBuilder, InsertResult, Kysely } from 'kysely';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import type { Schema } from './schema.ts';

type Insert<Table extends keyof Schema> = InsertQueryBuilder<Schema, Table, InsertResult>;
type Value = string | number | null | Uint8Array;

/** Inserts any number of rows into one table. */
export class RowInsert<Table extends keyof Schema, Column extends string & keyof Schema[Table]> {
  readonly #table: Table;
  readonly #columns: readonly Column[];
  readonly #conflict: (insert: Insert<Table>) => Insert<Table>;
  readonly #size: number;
  readonly #cast: Column | null;
  /** By what an engine's statements are made with. */
  readonly #texts = new WeakMap<object, string>();

  /**
   * @param conflict adds what happens to a row that is there already
   * @param options.size rows in one statement
   * @param options.cast a column of text whose values may be bytes, as `Engine.textOf` gives them
   */
  constructor(
    table: Table,
    columns: readonly Column[],
    conflict: (insert: Insert<Table>) => Insert<Table>,
    { size = ROWS_PER_STATEMENT, cast = null }: { readonly size?: number; readonly cast?: Column | null } = {},
  ) {
    this.#table = table;
    this.#columns = columns;
    this.#conflict = conflict;
    this.#size = size;
    this.#cast = cast;
  }

  /** @param same columns of which the value is one for all rows */
  async run<Same extends Column = never>(
    database: Kysely<Schema>,
    rows: readonly Readonly<Record<Exclude<Column, Same>, Value>>[],
    same?: Readonly<Record<Same, Value>>,
  ): Promise<void> {
    const known: Partial<Record<Column, Value>> = { ...same };
    const fixed = this.#columns.map((column) => known[column]);
    for (const some of chunks(rows, this.#size)) {
      const values: Value[] = [];
      for (const row of some as readonly unknown[] as readonly Readonly<Record<Column, Value>>[]) {
        for (let at = 0; at < fixed.length; at += 1) values.push(fixed[at] ?? row[this.#columns[at]!]);
      }
      await database.executeQuery(CompiledQuery.raw(this.#textFor(database, some.length), values));
    }
  }

  #textFor(database: Kysely<Schema>, rows: number): string {
    const { adapter } = database.getExecutor();
    const known = rows === this.#size ? this.#texts.get(adapter) : undefined;
    if (known !== undefined) return known;
    const row = Object.fromEntries(
      this.#columns.map((column) => [column, column === this.#cast ? sql`cast(${''} as text)` : '']),
    );
    const values = Array.from({ length: rows }, () => row) as unknown as Parameters<Insert<Table>['values']>[0];
    const { sql: text } = this.#conflict(database.insertInto(this.#table).values(values)).compile();
    if (rows === this.#size) this.#texts.set(adapter, text);
    return text;
  }
}
