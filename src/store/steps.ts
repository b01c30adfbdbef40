/** Long lists, read in steps: one statement that answers with a hundred thousand rows is one turn of the event loop. */

/** Rows of one step. */
export const STEP_ROWS = 500;

/**
 * All rows of a list, or the first `limit`.
 * @param step reads the rows that follow `last` (the first ones without it), in the list's order, `rows` at most
 */
export async function inSteps<T>(
  step: (last: T | undefined, rows: number) => Promise<T[]>,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const all: T[] = [];
  while (all.length < limit) {
    const wanted = Math.min(STEP_ROWS, limit - all.length);
    const rows = await step(all.at(-1), wanted);
    for (const row of rows) all.push(row);
    if (rows.length < wanted) break;
  }
  return all;
}
