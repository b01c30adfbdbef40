/** Letting go of an organization. See `Organizations` in contract/organizations.ts for what is promised. */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import { atomically } from './atomically.ts';
import type { Schema } from './schema.ts';
import type { ForgottenOrganization, Organizations as OrganizationsOfStore } from './store.ts';

/** Rows of one statement: of a million devices nobody waits for all at once. */
const ROWS = 5_000;

/** Tables whose rows of an organization go, each with a column by which they go some at a time. */
const TABLES = [
  ['devices', 'key'],
  ['attempts', 'key'],
  ['exemptions', 'key'],
  ['missed', 'key'],
  ['merges', 'easKey'],
  ['outbox', 'key'],
  ['announcements', 'id'],
  ['requests', 'id'],
  ['returns', 'mailboxId'],
  ['asked', 'mailboxId'],
  ['lowered', 'mailboxId'],
  ['touched', 'key'],
  ['counters', 'name'],
] as const;

/** The organizations as rows of many tables; the contract is at `Organizations` in contract/organizations.ts. */
export class Organizations implements OrganizationsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async forget(organization: string, settings: readonly string[]): Promise<ForgottenOrganization> {
    return atomically(this.#database, async (transaction) => {
      const plans = await transaction
        .updateTable('heldPlans')
        // A sync that is staging one is told so when it goes on.
        .set({ valid: 2 })
        .where('organization', '=', organization)
        .where('valid', '<>', 2)
        .executeTakeFirst();
      const gone = new Map<string, number>();
      for (const [table, column] of TABLES) gone.set(table, await clear(transaction, table, column, organization));
      const kept = await transaction.selectFrom('settings').select('name').where('name', 'like', 'access.%').execute();
      const own = kept.map(({ name }) => name).filter((name) => isOf(name, organization));
      for (const name of [...own, ...settings])
        await transaction.deleteFrom('settings').where('name', '=', name).execute();
      return {
        waiting: gone.get('outbox') ?? 0,
        plans: Number(plans.numUpdatedRows),
        news: gone.get('announcements') ?? 0,
      };
    });
  }

  async has(organization: string): Promise<boolean> {
    for (const table of ['heldPlans', 'outbox', 'devices', 'announcements'] as const) {
      const row = await this.#database
        .selectFrom(table)
        .select('organization')
        .where('organization', '=', organization)
        .$if(table === 'heldPlans', (query) => query.where(sql<boolean>`"valid" <> 2`))
        .limit(1)
        .executeTakeFirst();
      if (row !== undefined) return true;
    }
    return false;
  }
}

/** Deletes the rows of an organization, some at a time. @returns how many there were */
async function clear(
  transaction: Transaction<Schema>,
  table: string,
  column: string,
  organization: string,
): Promise<number> {
  const [name, key] = [sql.table(table), sql.ref(column)];
  for (let gone = 0; ;) {
    const { numAffectedRows = 0n } = await sql`
      delete from ${name} where "organization" = ${organization} and ${key} in
        (select ${key} from ${name} where "organization" = ${organization} limit ${sql.lit(ROWS)})`.execute(
      transaction,
    );
    gone += Number(numAffectedRows);
    if (numAffectedRows === 0n) return gone;
    await setImmediate();
  }
}

/*
 *   name of a small value of the access switch      whose it is
 *   access.<what>.<organization>                    the organization's
 *   access.<what>/<organization>/<MDM source>       the organization's
 *   access.<what>.<organization>.<MDM source>       the organization's
 *   anything else                                   of all
 */
function isOf(name: string, organization: string): boolean {
  const rest = /^access\.[A-Za-z]+[./]([^]*)$/.exec(name)?.[1] ?? '';
  return rest === organization || rest.startsWith(`${organization}/`) || rest.startsWith(`${organization}.`);
}
