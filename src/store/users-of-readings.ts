/** Which users the shown records of an MDM name, beside its snapshot: written in the transaction that shows a reading. */
import type { Kysely, Transaction } from 'kysely';
import { KnownUsers } from '../model/known-users.ts';
import type { ReadingChanges } from './reading-changes.ts';
import type { Schema } from './schema.ts';

/** Name of the setting that keeps them. */
function settingOf(scope: string): string {
  return `reading.users/${scope}`;
}

/** Before the keys of users among those over which decisions are reached, see src/model/join-keys.ts. */
const USER = 'user:';

/** The users of a scope; null: nobody knows, an older version has read it. */
export async function usersOfScope(database: Kysely<Schema>, scope: string): Promise<KnownUsers | null> {
  const row = await database
    .selectFrom('settings')
    .select('value')
    .where('name', '=', settingOf(scope))
    .executeTakeFirst();
  return row === undefined ? null : KnownUsers.fromText(JSON.parse(row.value));
}

/** A full reading is shown. @param isWithLater it shows records of later quick readings besides */
export async function keepUsers(
  transaction: Transaction<Schema>,
  scope: string,
  users: KnownUsers,
  isWithLater: boolean,
): Promise<void> {
  const before = isWithLater ? await usersOfScope(transaction, scope) : null;
  await write(transaction, scope, before === null ? users : before.with(users));
}

/** A quick reading is shown: who came with it is known, too. @param changes null: too many to be named */
export async function addUsers(
  transaction: Transaction<Schema>,
  scope: string,
  changes: ReadingChanges,
): Promise<void> {
  const before = await usersOfScope(transaction, scope);
  if (before === null) return;
  if (changes === null) return forgetUsers(transaction, scope);
  const names = changes.reached.filter((key) => key.startsWith(USER));
  if (names.length === 0) return;
  for (const name of names) before.add(name.slice(USER.length));
  await write(transaction, scope, before);
}

export async function forgetUsers(transaction: Transaction<Schema>, scope: string): Promise<void> {
  await transaction.deleteFrom('settings').where('name', '=', settingOf(scope)).execute();
}

async function write(transaction: Transaction<Schema>, scope: string, users: KnownUsers): Promise<void> {
  const value = JSON.stringify(users.toText());
  await transaction
    .insertInto('settings')
    .values({ name: settingOf(scope), value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}
