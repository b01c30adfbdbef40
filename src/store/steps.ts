/** Long lists, read in steps: one statement that answers with a hundred thousand rows is one turn of the event loop. */

/** Rows of one step. */
export const STEP_ROWS = 500;

/**
 * All rows of a list, or the first `limit`.
 * @param step reads the rows that follow `last` (the first ones without it), in the list's order, `rows` at most
 * @param to what is made of a row, in the turn that has read it: made of all of them at the end, it would be a long turn
 */
export async function inSteps<Row, T = Row>(
  step: (last: Row | undefined, rows: number) => Promise<Row[]>,
  limit: number = Number.POSITIVE_INFINITY,
  to: (row: Row) => T = (row) => row as unknown as T,
): Promise<T[]> {
  const all: T[] = [];
  let last: Row | undefined;
  while (all.length < limit) {
    const wanted = Math.min(STEP_ROWS, limit - all.length);
    const rows = await step(last, wanted);
    for (const row of rows) all.push(to(row));
    if (rows.length < wanted) break;
    last = rows.at(-1);
  }
  return all;
}
