/** Waits for what comes about by itself, however long that takes on a busy machine. */
import { setTimeout as pause } from 'node:timers/promises';

/** What has not come about by then never will; milliseconds. */
export const PATIENCE_MS = 100_000;

/** How often is looked, in milliseconds. */
const LOOK_MS = 10;

/** Resolves when the condition holds. @throws Error that says what was waited for, when it never does */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > PATIENCE_MS) throw new Error(`Waited in vain until ${what}.`);
    await pause(LOOK_MS);
  }
}
