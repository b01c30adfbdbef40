/** One transaction, also for what runs inside of one. */
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** Runs in the transaction it is called in, else in one of its own. */
export function atomically<T>(
  database: Kysely<Schema>,
  work: (transaction: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  if (database.isTransaction) return work(database as Transaction<Schema>);
  return database.transaction().execute(work);
}
