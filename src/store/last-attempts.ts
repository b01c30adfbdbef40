/** When devices last tried to sync. See `LastAttempts` in contract/readings.ts for what is promised. */
import type { Kysely, Transaction } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import { RowInsert } from './insert-rows.ts';
import type { Schema } from './schema.ts';
import type { AttemptRow, KeptAttempt, LastAttempts as LastAttemptsOfStore, QuietDevice } from './store.ts';
import { touchInRuns } from './touched.ts';

const COLUMNS = [
  'key',
  'organization',
  'mailboxId',
  'lastAttemptAt',
  'toldAt',
  'askedAt',
  'refusedAt',
  'seen',
  'quiet',
] as const;

const PUT = new RowInsert('attempts', COLUMNS, (insert) =>
  insert.onConflict((conflict) =>
    conflict.column('key').doUpdateSet((row) => ({
      lastAttemptAt: row.ref('excluded.lastAttemptAt'),
      toldAt: row.ref('excluded.toldAt'),
      askedAt: row.ref('excluded.askedAt'),
      seen: row.ref('excluded.seen'),
    })),
  ),
);

const REFUSED = new RowInsert('attempts', COLUMNS, (insert) =>
  insert.onConflict((conflict) =>
    conflict.column('key').doUpdateSet((row) => ({ refusedAt: row.ref('excluded.refusedAt') })),
  ),
);

const QUIET = new RowInsert('attempts', COLUMNS, (insert) =>
  insert.onConflict((conflict) =>
    conflict.column('key').doUpdateSet((row) => ({ quiet: row.ref('excluded.quiet'), seen: row.ref('excluded.seen') })),
  ),
);

/** One row a device; the contract is at `LastAttempts` in contract/readings.ts. */
export class LastAttempts implements LastAttemptsOfStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async of(keys: readonly string[]): Promise<Map<string, AttemptRow>> {
    const found = new Map<string, AttemptRow>();
    for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
      const rows = await this.#database.selectFrom('attempts').selectAll().where('key', 'in', some).execute();
      for (const row of rows) found.set(row.key, rowOf(row));
    }
    return found;
  }

  async put(...[rows, decided]: Parameters<LastAttemptsOfStore['put']>): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await PUT.run(
        transaction,
        rows.map((row) => ({
          ...row,
          mailboxId: row.mailboxId.toLowerCase(),
          askedAt: row.toldAt,
          refusedAt: null,
          quiet: 0,
        })),
      );
      await touch(transaction, rows, ({ key }) => (decided?.keys.has(key) === true ? decided.run : null));
    });
  }

  async refused(devices: Parameters<LastAttemptsOfStore['refused']>[0], at: string): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await REFUSED.run(
        transaction,
        devices.map(({ key, organization, mailboxId, seen }) => {
          const row = { key, organization, mailboxId: mailboxId.toLowerCase(), seen };
          return { ...row, lastAttemptAt: null, toldAt: null, askedAt: at, refusedAt: at, quiet: 0 };
        }),
      );
      await touch(transaction, devices);
    });
  }

  async same(devices: readonly Pick<KeptAttempt, 'key' | 'seen'>[], at: string): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      for (const { key, seen } of devices) {
        await transaction.updateTable('attempts').set({ askedAt: at, seen }).where('key', '=', key).execute();
      }
    });
  }

  async quiet(devices: readonly QuietDevice[], others: readonly string[]): Promise<void> {
    await QUIET.run(
      this.#database,
      devices.map(({ key, organization, mailboxId, seen }) => {
        const row = { key, organization, mailboxId: mailboxId.toLowerCase(), seen };
        return { ...row, lastAttemptAt: null, toldAt: null, askedAt: '', refusedAt: null, quiet: 1 };
      }),
    );
    for (const some of chunks(others, ROWS_PER_STATEMENT)) {
      await this.#database.updateTable('attempts').set({ quiet: 0 }).where('key', 'in', some).execute();
    }
  }

  async longestAgo(
    organization: string,
    limit: number,
  ): Promise<(Pick<KeptAttempt, 'key' | 'mailboxId' | 'seen'> & AttemptRow)[]> {
    const rows = await this.#database
      .selectFrom('attempts')
      .selectAll()
      .where('organization', '=', organization)
      .where('quiet', '=', 1)
      .orderBy('askedAt')
      .orderBy('key')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ key: row.key, mailboxId: row.mailboxId, ...rowOf(row) }));
  }
}

function rowOf({ lastAttemptAt, toldAt, refusedAt, seen, quiet }: Schema['attempts']): AttemptRow {
  return { told: toldAt === null ? null : { lastAttemptAt, toldAt }, refusedAt, isQuiet: quiet === 1, seen };
}

/**
 * What Exchange told decides about the devices, and that it does not tell.
 * @param runOf the run that decides about a row's device by it; null: the next one is to
 */
async function touch<T extends Pick<KeptAttempt, 'organization' | 'mailboxId'>>(
  transaction: Transaction<Schema>,
  rows: readonly T[],
  runOf: (row: T) => string | null = () => null,
): Promise<void> {
  for (const [organization, mailboxes] of mailboxesOf(rows, runOf)) {
    await touchInRuns(transaction, organization, mailboxes);
  }
}

/** By organization: the mailboxes, and the run that decides about each; null if it is not to about one of its devices. */
function mailboxesOf<T extends Pick<KeptAttempt, 'organization' | 'mailboxId'>>(
  rows: readonly T[],
  runOf: (row: T) => string | null,
): Map<string, Map<string, string | null>> {
  const organizations = new Map<string, Map<string, string | null>>();
  for (const row of rows) {
    const mailboxes = organizations.get(row.organization) ?? new Map<string, string | null>();
    organizations.set(row.organization, mailboxes);
    const id = row.mailboxId.toLowerCase();
    mailboxes.set(id, mailboxes.get(id) === null ? null : runOf(row));
  }
  return organizations;
}

/** For devices that Exchange has no more it is not asked again. What it told of them counts if they come back. */
export async function forgetQuiet(database: Kysely<Schema>, keys: readonly string[]): Promise<void> {
  await database.updateTable('attempts').set({ quiet: 0 }).where('key', 'in', keys).where('quiet', '=', 1).execute();
}
