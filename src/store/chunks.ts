/** Statements take so many values. */

/** Rows in one statement: of any of our tables far under SQLite's 32,766 parameters and PostgreSQL's 65,535. */
export const ROWS_PER_STATEMENT = 500;

/** The values in lists of a size. */
export function* chunks<T>(values: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}
