/**
 * What a reader sees of a scope: its base, one whole reading, and the differences that later readings made to it. A
 * difference is shown from one transaction on, whatever its size; then it is folded into the base in small steps, which
 * changes nothing of what is seen, and so is what is no longer shown deleted. Neither happens before the last reader of
 * this process that would notice has left; one of another process notices and stops.
 */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import { silentLogger } from '../log.ts';
import type { Logger } from '../log.ts';
import { atomically } from './atomically.ts';
import type { Engine } from './dialects.ts';
import { GONE_HASH } from './generation-walk.ts';
import { GONE, LEASE_MS, readingLeaseName } from './leases.ts';
import type { Schema } from './schema.ts';
import type { Leases } from './store.ts';

/** Rows folded or deleted in one step: some ten milliseconds. */
const STEP = 2000;

/** So many rows that came or went are worth a look of the database at its tables. */
const MUCH = 20_000;

/** Finished readings that are remembered. */
const REMEMBERED = 1000;

/**
 * A reading without a lease that nothing was heard of for so long has lost its process. One hour: Graph may make a page wait
 * minutes. One with a lease is lost as soon as that has ended and was not let go.
 */
const LOST_AFTER_MS = 3_600_000;

/** What is shown of one scope. */
export interface View {
  readonly source: 'eas' | 'mdm';
  readonly scope: string;
  /** The base and the differences, the earliest first: of equal keys the latest counts. */
  readonly generations: readonly number[];
  /** The latest reading that is in it. */
  readonly lastRead: number;
  /** The last full reading, which knows the sync times of older records; null: each record has its own. */
  readonly seen: number | null;
}

/** The view that a snapshot's row describes. */
export function viewOf(row: Schema['snapshots']): View {
  const { source, scope, generation, lastRead, seen } = row;
  return { source, scope, generations: [generation, ...differencesOf(row)], lastRead, seen };
}

/** Readings of which the differences are shown beside the base, the earliest first. */
export function differencesOf({ differences }: Pick<Schema['snapshots'], 'differences'>): number[] {
  return JSON.parse(differences) as number[];
}

/** The name of the lock under which a scope's view changes. */
export function snapshotLock({ source, scope }: Pick<View, 'source' | 'scope'>): string {
  return `snapshot ${source} ${scope}`;
}

/** Shown and hidden generations of one database. */
export class Generations {
  readonly #database: Kysely<Schema>;
  readonly #engine: Pick<Engine, 'lock' | 'analyze'>;
  readonly #now: () => Date;
  readonly #logger: Logger;
  readonly #leases: Pick<Leases, 'held' | 'last'>;
  readonly #readers = new Set<View>();
  #clearing: Promise<void> | undefined;
  #again = false;
  #closed = false;
  /** Rows that came or went since the database last looked at its tables. */
  #changed = 0;

  constructor(
    database: Kysely<Schema>,
    options: {
      engine: Pick<Engine, 'lock' | 'analyze'>;
      now: () => Date;
      logger?: Logger;
      leases: Pick<Leases, 'held' | 'last'>;
    },
  ) {
    this.#database = database;
    this.#engine = options.engine;
    this.#leases = options.leases;
    this.#now = options.now;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Holds the scope's view as it is now for a reader, or null. `release` it. */
  async hold(source: View['source'], scope: string): Promise<View | null> {
    for (;;) {
      const row = await findSnapshot(this.#database, { source, scope });
      if (row === undefined) return null;
      const view = viewOf(row);
      this.#readers.add(view);
      // Between the look and the hold it may have been folded or replaced.
      if (await this.isWhole(view)) return view;
      this.release(view);
    }
  }

  release(view: View): void {
    this.#readers.delete(view);
    this.clear();
  }

  /** False once rows of the view may be missing, or later ones may be in their places. */
  async isWhole({ source, scope, generations, lastRead }: View): Promise<boolean> {
    const readings = await this.#database
      .selectFrom('readings')
      .select('no')
      .where('no', 'in', generations)
      .where('cleared', '=', 0)
      .execute();
    if (readings.length < generations.length) return false;
    const row = await findSnapshot(this.#database, { source, scope });
    return row === undefined || row.folded <= lastRead;
  }

  /** Gives up readings whose process died, then clears. */
  async sweep(): Promise<void> {
    const open = await this.#database
      .selectFrom('readings')
      .select(['no', 'syncId', 'source', 'scope', 'touchedAt'])
      .where('state', '=', 'reading')
      .execute();
    const lostBefore = new Date(this.#now().getTime() - LOST_AFTER_MS).toISOString();
    for (const reading of open) {
      if (reading.touchedAt >= lostBefore && !(await this.#isCutOff(reading))) continue;
      await this.#database
        .updateTable('readings')
        .set({ state: 'abandoned' })
        .where('no', '=', reading.no)
        .where('state', '=', 'reading')
        .execute();
    }
    this.clear();
  }

  /** True if its lease has ended, and nobody has let it go. */
  async #isCutOff(reading: { syncId: string; source: 'eas' | 'mdm'; scope: string }): Promise<boolean> {
    const name = readingLeaseName(reading);
    const last = await this.#leases.last(name);
    if (last === null || last.holder !== reading.syncId || last.node === GONE) return false;
    return (await this.#leases.held([name], { validMs: LEASE_MS })).length === 0;
  }

  /** Rows of records came or went. */
  changed(rows: number): void {
    this.#changed += rows;
  }

  /** Starts folding, and deleting what is no longer shown; comes back at once. */
  clear(): void {
    this.#again = true;
    if (this.#closed) return;
    this.#clearing ??= this.#clearAll()
      .catch((error: unknown) => {
        // What stays behind is found again by the next clearing.
        this.#logger.warn('Old records could not be cleared away yet.', { error: String(error) });
      })
      .finally(() => {
        this.#clearing = undefined;
        if (this.#again && !this.#closed) this.clear();
      });
  }

  /** Stops folding and deleting; what is left is done after the next opening. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#clearing;
  }

  async #clearAll(): Promise<void> {
    this.#again = false;
    const shown = await this.#database.selectFrom('snapshots').selectAll().where('differences', '<>', '[]').execute();
    for (const snapshot of shown) while (await this.#foldFirst(snapshot));
    for (const generation of await this.#hidden()) await this.#clearOne(generation);
    if (this.#changed < MUCH || this.#closed) return;
    this.#changed = 0;
    await this.#engine.analyze(this.#database, ['records', 'devices']);
  }

  // ── folding ─────────────────────────────────────────────────────────────────

  /*
   *   the earliest difference of a scope                                              is folded
   *   a reader of this process began before it, and would see it in the base          later, when that one has left
   *   a reading that began before it is under way: what it brings is older            later
   *   otherwise                                                                       into the base
   */

  /** Folds the earliest difference; true if it is done, and there may be another one. */
  async #foldFirst({ source, scope, generation: base }: Schema['snapshots']): Promise<boolean> {
    const difference = await this.#inScope({ source, scope }, async (transaction, snapshot) => {
      const [first] = differencesOf(snapshot);
      if (first === undefined || snapshot.generation !== base || this.#isReadWithout(snapshot, first)) return null;
      if (await isEarlierUnderWay(transaction, snapshot, first)) return null;
      await changeSnapshot(transaction, snapshot, { folded: first });
      return first;
    });
    if (difference === null) return false;
    let after = '';
    while (!this.#closed) {
      const rows = await this.#database
        .selectFrom('records')
        .select(['key', 'hash'])
        .where('generation', '=', difference)
        .where('key', '>', after)
        .orderBy('key')
        .limit(STEP)
        .execute();
      const last = rows.at(-1)?.key;
      const isMine = await this.#inScope({ source, scope }, async (transaction, snapshot) => {
        const rest = differencesOf(snapshot);
        // Another process has done it meanwhile.
        if (snapshot.generation !== base || rest.shift() !== difference) return false;
        if (last === undefined) {
          await changeSnapshot(transaction, snapshot, { differences: JSON.stringify(rest) });
          await transaction.updateTable('readings').set({ state: 'merged' }).where('no', '=', difference).execute();
          return false;
        }
        await foldRows(transaction, { base, difference }, rows);
        this.changed(rows.length);
        return true;
      });
      if (isMine !== true || last === undefined) return true;
      after = last;
      await setImmediate();
    }
    return false;
  }

  /** True if somebody reads the scope as it was before this difference was shown. */
  #isReadWithout({ source, scope }: Pick<View, 'source' | 'scope'>, difference: number): boolean {
    return [...this.#readers].some(
      (view) => view.source === source && view.scope === scope && !view.generations.includes(difference),
    );
  }

  /** Works on a snapshot while nobody changes it; null if there is none. */
  #inScope<T>(
    of: Pick<View, 'source' | 'scope'>,
    work: (transaction: Transaction<Schema>, snapshot: Schema['snapshots']) => Promise<T | null>,
  ): Promise<T | null> {
    return atomically(this.#database, async (transaction) => {
      await this.#engine.lock(transaction, snapshotLock(of));
      const snapshot = await findSnapshot(transaction, of);
      return snapshot === undefined ? null : work(transaction, snapshot);
    });
  }

  // ── clearing ────────────────────────────────────────────────────────────────

  async #hidden(): Promise<number[]> {
    const rows = await this.#database
      .selectFrom('readings')
      .select('no')
      .where('state', 'in', ['merged', 'replaced', 'abandoned'])
      .where('cleared', '<', 2)
      .orderBy('no')
      .execute();
    return rows.map((row) => row.no);
  }

  async #clearOne(generation: number): Promise<void> {
    if ([...this.#readers].some(({ generations }) => generations.includes(generation))) return;
    await this.#mark(generation, 1);
    for (;;) {
      if (this.#closed) return;
      const keys = await this.#database
        .selectFrom('records')
        .select('key')
        .where('generation', '=', generation)
        .orderBy('key')
        .limit(STEP)
        .execute();
      if (keys.length === 0) break;
      // A range with both ends: whatever the statistics say, it is a small part of the index.
      await this.#database
        .deleteFrom('records')
        .where('generation', '=', generation)
        .where('key', '>=', keys[0]!.key)
        .where('key', '<=', keys.at(-1)!.key)
        .execute();
      this.changed(keys.length);
      if (keys.length < STEP) break;
      await setImmediate();
    }
    await this.#database
      .deleteFrom('seen')
      .where('reading', '=', generation)
      .where((where) =>
        where.not(where.exists(where.selectFrom('snapshots').select('seen').where('seen', '=', generation))),
      )
      .execute();
    await this.#mark(generation, 2);
    await this.#database
      .deleteFrom('readings')
      .where('cleared', '=', 2)
      .where('no', '<', generation - REMEMBERED)
      .execute();
  }

  async #mark(generation: number, cleared: 1 | 2): Promise<void> {
    await this.#database.updateTable('readings').set({ cleared }).where('no', '=', generation).execute();
  }
}

/** The row of a scope's snapshot. */
export function findSnapshot(
  database: Kysely<Schema>,
  { source, scope }: Pick<View, 'source' | 'scope'>,
): Promise<Schema['snapshots'] | undefined> {
  return database
    .selectFrom('snapshots')
    .selectAll()
    .where('source', '=', source)
    .where('scope', '=', scope)
    .executeTakeFirst();
}

/** Changes some columns of it. */
export async function changeSnapshot(
  transaction: Transaction<Schema>,
  { source, scope }: Pick<View, 'source' | 'scope'>,
  columns: Partial<Schema['snapshots']>,
): Promise<void> {
  await transaction
    .updateTable('snapshots')
    .set(columns)
    .where('source', '=', source)
    .where('scope', '=', scope)
    .execute();
}

async function isEarlierUnderWay(
  transaction: Transaction<Schema>,
  { source, scope }: Pick<View, 'source' | 'scope'>,
  than: number,
): Promise<boolean> {
  const open = await transaction
    .selectFrom('readings')
    .select('no')
    .where('source', '=', source)
    .where('scope', '=', scope)
    .where('state', '=', 'reading')
    .where('no', '<', than)
    .executeTakeFirst();
  return open !== undefined;
}

async function foldRows(
  transaction: Transaction<Schema>,
  { base, difference }: { readonly base: number; readonly difference: number },
  rows: readonly { readonly key: string; readonly hash: string }[],
): Promise<void> {
  const [first, last] = [rows[0]!.key, rows.at(-1)!.key];
  const gone = rows.filter(({ hash }) => hash === GONE_HASH).map(({ key }) => key);
  if (gone.length > 0) {
    await transaction
      .deleteFrom('records')
      .where('generation', '=', base)
      .where('key', '>=', first)
      .where('key', '<=', last)
      .where('key', 'in', gone)
      .execute();
  }
  await sql`
    insert into "records" ("generation", "key", "reading", "hash", "record")
    select cast(${base} as integer), "key", "reading", "hash", "record" from "records"
    where "generation" = ${difference} and "key" >= ${first} and "key" <= ${last} and "hash" <> ${GONE_HASH}
    on conflict ("generation", "key") do update
    set "reading" = excluded."reading", "hash" = excluded."hash", "record" = excluded."record"`.execute(transaction);
}
