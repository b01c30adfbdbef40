/** Goes through many values in memory, and lets the event loop have its turns meanwhile. */
import { setImmediate } from 'node:timers/promises';

/** Values of one turn: some milliseconds. */
const A_TURN = 2_000;

/** @param each sees them in order, some at a time */
export async function inTurns<T>(values: readonly T[], each: (some: readonly T[]) => void): Promise<void> {
  for (let start = 0; start < values.length; start += A_TURN) {
    each(values.slice(start, start + A_TURN));
    await setImmediate();
  }
}
