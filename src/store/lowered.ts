/** How many devices lost access. See `Lowered` in contract/effects.ts for what is promised. */
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';
import type { Lowered as LoweredOfStore } from './store.ts';

const KEPT_MS = 2 * 86_400_000;

/** Counts as rows, one an organization and hour; the contract is at `Lowered` in contract/effects.ts. */
export class Lowered implements LoweredOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add(organization: string, at: string): Promise<void> {
    await this.#database
      .insertInto('lowered')
      .values({ organization, hour: hourOf(at), count: 1 })
      .onConflict((conflict) =>
        conflict.columns(['organization', 'hour']).doUpdateSet((row) => ({ count: row('lowered.count', '+', 1) })),
      )
      .execute();
  }

  async since(organization: string, time: string): Promise<number> {
    const rows = await this.#database
      .selectFrom('lowered')
      .select(['hour', 'count'])
      .where('organization', '=', organization)
      .execute();
    await this.#forget(
      organization,
      rows.map(({ hour }) => hour),
      hourOf(new Date(Date.parse(time) - KEPT_MS).toISOString()),
    );
    return rows.filter(({ hour }) => hour >= hourOf(time)).reduce((sum, { count }) => sum + count, 0);
  }

  async #forget(organization: string, hours: readonly string[], before: string): Promise<void> {
    if (!hours.some((hour) => hour < before)) return;
    await this.#database
      .deleteFrom('lowered')
      .where('organization', '=', organization)
      .where('hour', '<', before)
      .execute();
  }
}

/** `2026-06-01T08`. */
function hourOf(time: string): string {
  return time.slice(0, 13);
}
