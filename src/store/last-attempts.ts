/** When devices last tried to sync. See `LastAttempts` in contract/readings.ts for what is promised. */
import type { Kysely, Transaction } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import { RowInsert } from './insert-rows.ts';
import type { Schema } from './schema.ts';
import type { AttemptRow, KeptAttempt, LastAttempts as LastAttemptsOfStore, QuietDevice } from './store.ts';
import { touchMailboxes } from './touched.ts';

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

  async put(rows: readonly KeptAttempt[]): Promise<void> {
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
      await touch(transaction, rows);
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

/** What Exchange told decides about the devices, and that it does not tell. */
async function touch(
  transaction: Transaction<Schema>,
  rows: readonly Pick<KeptAttempt, 'organization' | 'mailboxId'>[],
): Promise<void> {
  for (const [organization, mailboxIds] of mailboxesOf(rows)) {
    await touchMailboxes(transaction, [organization], mailboxIds);
  }
}

function mailboxesOf(rows: readonly Pick<KeptAttempt, 'organization' | 'mailboxId'>[]): Map<string, string[]> {
  const mailboxes = new Map<string, string[]>();
  for (const { organization, mailboxId } of rows) {
    const known = mailboxes.get(organization);
    if (known === undefined) mailboxes.set(organization, [mailboxId]);
    else known.push(mailboxId);
  }
  return mailboxes;
}

/** For devices that Exchange has no more it is not asked again. What it told of them counts if they come back. */
export async function forgetQuiet(database: Kysely<Schema>, keys: readonly string[]): Promise<void> {
  await database.updateTable('attempts').set({ quiet: 0 }).where('key', 'in', keys).where('quiet', '=', 1).execute();
}
