/**
 * Which generation of records is whose picture, and getting rid of the old ones.
 * A generation that is no longer shown is deleted in small steps, so that nobody waits, and not before the last reader
 * of this process has left it; a reader of another process notices and stops.
 */
import { setImmediate } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { silentLogger } from '../log.ts';
import type { Logger } from '../log.ts';
import { GONE, LEASE_MS, readingLeaseName } from './leases.ts';
import type { Schema } from './schema.ts';
import type { Leases } from './store.ts';

/** Rows deleted in one step: some ten milliseconds. */
const STEP = 2000;

/** Finished readings that are remembered. */
const REMEMBERED = 1000;

/**
 * A reading without a lease that nothing was heard of for so long has lost its process. One hour: Graph may make a page wait
 * minutes. One with a lease is lost as soon as that has ended and was not let go.
 */
const LOST_AFTER_MS = 3_600_000;

/** Shown and hidden generations of one database. */
export class Generations {
  readonly #database: Kysely<Schema>;
  readonly #now: () => Date;
  readonly #logger: Logger;
  readonly #leases: Pick<Leases, 'held' | 'last'>;
  readonly #readers = new Map<number, number>();
  #clearing: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(
    database: Kysely<Schema>,
    options: { now: () => Date; logger?: Logger; leases: Pick<Leases, 'held' | 'last'> },
  ) {
    this.#database = database;
    this.#leases = options.leases;
    this.#now = options.now;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Holds the current generation of the scope for a reader, or null. `release` it. */
  async hold(source: 'eas' | 'mdm', scope: string): Promise<number | null> {
    for (;;) {
      const row = await this.#database
        .selectFrom('snapshots')
        .select('generation')
        .where('source', '=', source)
        .where('scope', '=', scope)
        .executeTakeFirst();
      if (row === undefined) return null;
      this.#readers.set(row.generation, (this.#readers.get(row.generation) ?? 0) + 1);
      // Between the look and the hold it may have been replaced.
      if (await this.isWhole(row.generation)) return row.generation;
      this.release(row.generation);
    }
  }

  release(generation: number): void {
    const readers = (this.#readers.get(generation) ?? 1) - 1;
    if (readers > 0) this.#readers.set(generation, readers);
    else this.#readers.delete(generation);
    if (readers === 0) this.clear();
  }

  /** False once rows of the generation may be missing. */
  async isWhole(generation: number): Promise<boolean> {
    const row = await this.#database
      .selectFrom('readings')
      .select('cleared')
      .where('no', '=', generation)
      .executeTakeFirst();
    return row?.cleared === 0;
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

  /** Starts deleting what is no longer shown; comes back at once. */
  clear(): void {
    this.#again = true;
    if (this.#closed) return;
    this.#clearing ??= this.#clearAll()
      .catch((error: unknown) => {
        // What stays behind is found again by the next clearing.
        this.#logger.warn('Old records could not be deleted yet.', { error: String(error) });
      })
      .finally(() => {
        this.#clearing = undefined;
        if (this.#again && !this.#closed) this.clear();
      });
  }

  /** Stops deleting; what is left is deleted after the next opening. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#clearing;
  }

  async #clearAll(): Promise<void> {
    this.#again = false;
    for (const generation of await this.#hidden()) await this.#clearOne(generation);
  }

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
    if (this.#readers.has(generation)) return;
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
      if (keys.length < STEP) break;
      await setImmediate();
    }
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
