/**
 * Changes that waited in an older version say what they wait for, and when it is their turn.
 * Read here and not by the database: PostgreSQL refuses to look into JSON in which a phone calls itself by half a character.
 */
import type { Transaction } from 'kysely';
import type { Schema } from './schema.ts';
import type { OutboxState } from './store.ts';

/** Changes that are in memory at once. */
const AT_ONCE = 500;

/** A change, as an older version kept it. */
interface OldChange {
  readonly action?: unknown;
  /** It replaced one that was cut off. */
  readonly unsettled?: unknown;
  /** It waited for the next sync. */
  readonly waits?: unknown;
}

/** Within the transaction that brings the tables to their present form. */
export async function moveOutbox(transaction: Transaction<Schema>): Promise<void> {
  let last: string | undefined = '';
  while (last !== undefined) {
    const rows: Pick<Schema['outbox'], 'key' | 'state' | 'attempts' | 'change'>[] = await transaction
      .selectFrom('outbox')
      .select(['key', 'state', 'attempts', 'change'])
      .where('key', '>', last)
      .orderBy('key')
      .limit(AT_ONCE)
      .execute();
    for (const { key, state, attempts, change } of rows) {
      const old = JSON.parse(change) as OldChange;
      await transaction
        .updateTable('outbox')
        .set({ state: stateOf(state, attempts, old), turn: old.action === 'block' ? 1 : 0 })
        .where('key', '=', key)
        .execute();
    }
    last = rows.at(-1)?.key;
  }
}

/*
 *   before      and                                 now
 *   sending     –                                   reserved
 *   waiting     replaced one that was cut off       reserved
 *   waiting     waited for the next sync            next-sync
 *   waiting     was tried                           later
 *   waiting     otherwise                           planned
 *   otherwise   –                                   as before
 */
function stateOf(before: string, attempts: number, { unsettled, waits }: OldChange): OutboxState {
  if (before === 'sending') return 'reserved';
  if (before !== 'waiting') return before as OutboxState;
  if (unsettled !== undefined) return 'reserved';
  if (waits !== undefined) return 'next-sync';
  return attempts > 0 ? 'later' : 'planned';
}
