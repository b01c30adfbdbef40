/** What a decision reads and what of it has changed. See `Touched` in contract/readings.ts for what is promised. */
import { sql } from 'kysely';
import type { Kysely, RawBuilder, Transaction } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import type { Schema } from './schema.ts';
import { inSteps } from './steps.ts';
import type { TouchedDue, Touched as TouchedOfStore } from './store.ts';
import { EVERYTHING, MAILBOX } from './touched-keys.ts';

/** In place of more mailboxes, everything is touched. */
const MANY = 5_000;

/** Mailboxes whose turn comes with one run. */
const TURNS = 500;

/*
 *   a row      is made, or made anew, by       with run   is taken by             and goes
 *   due now    a change of what is read        none       the next run            when that run's plan is valid
 *   reading    a run: it hangs on a reading    none       the first run after     when that run's plan is valid
 *                                                         a full reading
 *   turn       a run: too many hang on what    none       a later run, so many    when that run's plan is valid
 *              is asked for one by one                    at once, by their keys
 *   either     a run that says both            none       whichever is first      when that run's plan is valid
 *
 *   a change after a run has taken the row     the row is nobody's again, and the next run's
 *   a run says that it hangs on something      kept beside (`again`), and counts once the run's plan is valid
 *   a full reading while a run goes on         what the run says to hang on a reading is due with the next run
 *   a run that does not come to its end        its rows are taken by the next one
 */

/** Rows of what was touched; the contract is at `Touched` in contract/readings.ts. */
export class Touched implements TouchedOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add(organization: string, keys: readonly string[]): Promise<void> {
    await touch(this.#database, [organization], keys);
  }

  async addEverything(organization: string): Promise<void> {
    await touch(this.#database, [organization], [EVERYTHING]);
  }

  async take(organization: string, run: string): Promise<string[]> {
    await atomically(this.#database, async (transaction) => {
      for await (const { first, last } of windowsOf(transaction, organization)) {
        await transaction
          .updateTable('touched')
          .set({ run, again: null })
          .where('organization', '=', organization)
          .where('key', '>=', first)
          .where('key', '<=', last)
          .where('due', '=', 'now')
          .execute();
      }
      await takeTurns(transaction, organization, run);
      // Where everything was touched, nothing else need be said: while no run comes to its end, rows would only be added.
      if (await new Touched(transaction).isEverythingTakenBy(organization, run)) {
        for await (const { first, last } of windowsOf(transaction, organization)) {
          await transaction
            .deleteFrom('touched')
            .where('organization', '=', organization)
            .where('key', '>=', first)
            .where('key', '<=', last)
            .where('run', '=', run)
            .where('key', '<>', EVERYTHING)
            .execute();
        }
      }
      const taken = JSON.stringify({
        run,
        after: await fullReadings(transaction, organization),
        change: await lastChange(transaction),
      } satisfies Taken);
      await transaction
        .insertInto('settings')
        .values({ name: takenName(organization), value: taken })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: taken }))
        .execute();
    });
    return this.taken(organization, run);
  }

  async resolve(
    organization: string,
    run: string,
    { keys, mailboxIds }: { readonly keys: readonly string[]; readonly mailboxIds: readonly string[] },
  ): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
        await transaction
          .deleteFrom('touched')
          .where('organization', '=', organization)
          .where('key', 'in', some)
          .where('run', '=', run)
          .execute();
      }
      for (const some of chunks(mailboxIds, ROWS_PER_STATEMENT)) {
        await transaction
          .insertInto('touched')
          .values(some.map((id) => ({ organization, key: mailboxKey(id), due: 'now' as const, run, again: null })))
          .onConflict((conflict) =>
            conflict.columns(['organization', 'key']).doUpdateSet({
              // Touched since: that is for the next run.
              run: sql`case when "touched"."due" = 'now' then "touched"."run" else excluded."run" end`,
              due: 'now',
            }),
          )
          .execute();
      }
    });
  }

  async again(organization: string, mailboxIds: readonly string[], due: TouchedDue): Promise<void> {
    for (const some of chunks(inOrder(mailboxIds.map(mailboxKey)), ROWS_PER_STATEMENT)) {
      await this.#database
        .insertInto('touched')
        .values(some.map((key) => ({ organization, key, due, run: null, again: null })))
        .onConflict((conflict) =>
          conflict.columns(['organization', 'key']).doUpdateSet({
            again: bothOf('again'),
            due: bothOf('due'),
          }),
        )
        .execute();
    }
  }

  async among(organization: string, mailboxIds: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (const some of chunks(mailboxIds, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('touched')
        .select('key')
        .where('organization', '=', organization)
        .where('key', 'in', some.map(mailboxKey))
        .execute();
      for (const { key } of rows) found.add(key.slice(MAILBOX.length));
    }
    return found;
  }

  async isEverythingTakenBy(organization: string, run: string): Promise<boolean> {
    const row = await this.#database
      .selectFrom('touched')
      .select('key')
      .where('organization', '=', organization)
      .where('key', '=', EVERYTHING)
      .where('run', '=', run)
      .executeTakeFirst();
    return row !== undefined;
  }

  async clear(organization: string, run: string): Promise<void> {
    for await (const { first, last } of windowsOf(this.#database, organization)) {
      await this.#database
        .deleteFrom('touched')
        .where('organization', '=', organization)
        .where('key', '>=', first)
        .where('key', '<=', last)
        .where('run', '=', run)
        .where('again', 'is', null)
        .execute();
      await this.#database
        .updateTable('touched')
        .set({ due: sql`"again"`, run: null, again: null })
        .where('organization', '=', organization)
        .where('key', '>=', first)
        .where('key', '<=', last)
        .where('run', '=', run)
        .execute();
    }
    const taken = await this.#taken(organization);
    const isSame = taken?.run === run && taken.after === (await fullReadings(this.#database, organization));
    // A full reading was shown since: what the run says to hang on the next one hangs on that.
    if (!isSame) await touchAfterReading(this.#database, [organization]);
  }

  async isQuietSince(organization: string, run: string): Promise<boolean> {
    const taken = await this.#taken(organization);
    return taken?.run === run && taken.change === (await lastChange(this.#database));
  }

  /** What the run has seen that was the last to take what was touched. */
  async #taken(organization: string): Promise<Taken | null> {
    const row = await this.#database
      .selectFrom('settings')
      .select('value')
      .where('name', '=', takenName(organization))
      .executeTakeFirst();
    return row === undefined ? null : (JSON.parse(row.value) as Taken);
  }

  taken(organization: string, run: string): Promise<string[]> {
    return inSteps<{ key: string }, string>(
      (last, limit) =>
        this.#database
          .selectFrom('touched')
          .select('key')
          .where('organization', '=', organization)
          .where('run', '=', run)
          .where('key', '>', last?.key ?? '')
          .orderBy('key')
          .limit(limit)
          .execute(),
      undefined,
      ({ key }) => key,
    );
  }
}

/** What is due by what stood there and by what is said now: the sooner of both. */
function bothOf(column: 'due' | 'again'): RawBuilder<Schema['touched']['due']> {
  const before = sql.ref(`touched.${column}`);
  return sql`case when ${before} = 'now' or excluded."due" = 'now' then 'now'
    when ${before} is null or ${before} = excluded."due" then excluded."due" else 'either' end`;
}

async function takeTurns(transaction: Transaction<Schema>, organization: string, run: string): Promise<void> {
  const rows = await transaction
    .selectFrom('touched')
    .select('key')
    .where('organization', '=', organization)
    .where('due', 'in', ['turn', 'either'])
    .orderBy('key')
    .limit(TURNS)
    .execute();
  for (const some of chunks(rows, ROWS_PER_STATEMENT)) {
    await transaction
      .updateTable('touched')
      .set({ run, again: null })
      .where('organization', '=', organization)
      .where(
        'key',
        'in',
        some.map(({ key }) => key),
      )
      .execute();
  }
}

/** Rows of one step: a few milliseconds. */
const WINDOW = 2_000;

/** An organization's rows in parts, by their keys. */
async function* windowsOf(
  database: Kysely<Schema>,
  organization: string,
): AsyncGenerator<{ readonly first: string; readonly last: string }> {
  for (let after = ''; ;) {
    const { first, last, count } = await database
      .selectFrom(
        database
          .selectFrom('touched')
          .select('key')
          .where('organization', '=', organization)
          .where('key', '>', after)
          .orderBy('key')
          .limit(WINDOW)
          .as('window'),
      )
      .select(({ fn }) => [
        fn.min<string | null>('key').as('first'),
        fn.max<string | null>('key').as('last'),
        fn.countAll<number | string>().as('count'),
      ])
      .executeTakeFirstOrThrow();
    if (first === null || last === null) return;
    yield { first, last };
    if (Number(count) < WINDOW) return;
    after = last;
  }
}

/** Each once. Whoever locks rows does it in this order: of two transactions on PostgreSQL, none waits for the other in a ring. */
function inOrder(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}

function mailboxKey(id: string): string {
  return `${MAILBOX}${id.toLowerCase()}`;
}

/** Says that what is reached over these keys must be decided anew; null: in every organization that was read. */
export async function touch(
  database: Kysely<Schema>,
  organizations: readonly string[] | null,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  for (const organization of organizations ?? (await readOrganizations(database))) {
    for (const some of chunks(inOrder(keys), ROWS_PER_STATEMENT)) {
      await database
        .insertInto('touched')
        .values(some.map((key) => ({ organization, key, due: 'now' as const, run: null, again: null })))
        .onConflict((conflict) =>
          conflict.columns(['organization', 'key']).doUpdateSet({ due: 'now', run: null, again: null }),
        )
        .execute();
    }
  }
}

/** The same of mailboxes, by their GUIDs. */
export async function touchMailboxes(
  database: Kysely<Schema>,
  organizations: readonly string[] | null,
  mailboxIds: readonly string[],
): Promise<void> {
  await touch(database, organizations, mailboxIds.map(mailboxKey));
}

/**
 * The same, where a run may decide about a mailbox by what touches it: then it is the run's, as what it has taken.
 * @param mailboxes by GUID the run; null: it is the next one's
 */
export async function touchInRuns(
  database: Kysely<Schema>,
  organization: string,
  mailboxes: ReadonlyMap<string, string | null>,
): Promise<void> {
  const runs = new Map([...mailboxes].map(([id, run]) => [mailboxKey(id), run]));
  for (const some of chunks(inOrder([...runs.keys()]), ROWS_PER_STATEMENT)) {
    await database
      .insertInto('touched')
      .values(some.map((key) => ({ organization, key, due: 'now' as const, run: runs.get(key) ?? null, again: null })))
      .onConflict((conflict) =>
        conflict.columns(['organization', 'key']).doUpdateSet({
          due: 'now',
          run: sql`case when excluded."run" is null then null when "touched"."due" = 'now' then "touched"."run"
            else excluded."run" end`,
          again: sql`case when excluded."run" is null then null else "touched"."again" end`,
        }),
      )
      .execute();
  }
}

/** The same, or everything where they are many. */
export async function touchManyMailboxes(
  database: Kysely<Schema>,
  organization: string,
  mailboxIds: readonly string[],
): Promise<void> {
  if (mailboxIds.length > MANY) await touch(database, [organization], [EVERYTHING]);
  else await touchMailboxes(database, [organization], mailboxIds);
}

/** The same of the mailboxes that a plan has changes for. */
export async function touchPlanned(
  database: Kysely<Schema>,
  { id, organization }: { readonly id: string; readonly organization: string },
): Promise<void> {
  const mailboxes = new Set<string>();
  let last: { key: string; mailboxId: string } | undefined;
  do {
    const rows = await database
      .selectFrom('heldChanges')
      .select(['key', 'mailboxId'])
      .where('planId', '=', id)
      .where('key', '>', last?.key ?? '')
      .orderBy('key')
      .limit(ROWS_PER_STATEMENT)
      .execute();
    for (const { mailboxId } of rows) mailboxes.add(mailboxId);
    last = rows.at(-1);
  } while (last !== undefined && mailboxes.size <= MANY);
  await touchManyMailboxes(database, organization, [...mailboxes]);
}

const ON_READING = ['reading', 'either'] as const;

/** What hangs on a reading is due, now that there was a full one. */
export async function touchAfterReading(
  database: Kysely<Schema>,
  organizations: readonly string[] | null,
): Promise<void> {
  await database
    .updateTable('touched')
    .set({ due: 'now', run: null, again: null })
    .where((where) => where.or([where('due', 'in', ON_READING), where('again', 'in', ON_READING)]))
    .$if(organizations !== null, (query) => query.where('organization', 'in', organizations ?? []))
    .execute();
}

/** What a run has seen when it took what was touched. */
interface Taken {
  readonly run: string;
  /** The full readings. */
  readonly after: string;
  /** The number of the last change of a record. */
  readonly change: number;
}

/** The number of the last change of a record; 0: none was said. */
export async function lastChange(database: Kysely<Schema>): Promise<number> {
  const { no } = await database
    .selectFrom('changes')
    .select(({ fn }) => fn.max<number | null>('no').as('no'))
    .executeTakeFirstOrThrow();
  return no ?? 0;
}

/** Which full readings an organization's decisions are made from. */
async function fullReadings(database: Kysely<Schema>, organization: string): Promise<string> {
  const rows = await database
    .selectFrom('snapshots')
    .select('fullRead')
    .where((where) => where.or([where('source', '=', 'mdm'), where('scope', '=', organization)]))
    .orderBy('source')
    .orderBy('scope')
    .execute();
  return rows.map(({ fullRead }) => fullRead).join(' ');
}

/** Name of the setting that keeps what a run has seen when it took what was touched. */
function takenName(organization: string): string {
  return `touched.taken.${organization}`;
}

async function readOrganizations(database: Kysely<Schema>): Promise<string[]> {
  const rows = await database.selectFrom('snapshots').select('scope').where('source', '=', 'eas').execute();
  return rows.map(({ scope }) => scope);
}
