/** What is asked of SQLite while something is at work. */
import { StatementSync } from 'node:sqlite';

/** Every statement once, as it was prepared. */
export async function askedOfSqlite(work: () => Promise<void>): Promise<Set<string>> {
  const asked = new Set<string>();
  const plain = { ...Object.getOwnPropertyDescriptors(StatementSync.prototype) };
  for (const name of ['run', 'all', 'get', 'iterate'] as const) {
    const call = plain[name]!.value as (this: StatementSync, ...parameters: unknown[]) => unknown;
    Object.assign(StatementSync.prototype, {
      [name](this: StatementSync, ...parameters: unknown[]): unknown {
        asked.add(this.sourceSQL);
        return call.apply(this, parameters);
      },
    });
  }
  try {
    await work();
  } finally {
    Object.defineProperties(StatementSync.prototype, plain);
  }
  return asked;
}
