/**
 * What full readings have seen, as rows and, once it was asked for, in memory: read once, and what quick readings of any
 * process have added since each time.
 */
import { setImmediate } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import type { View } from './generations.ts';
import type { Schema } from './schema.ts';
import { SeenRecords } from './seen-records.ts';
import { inSteps } from './steps.ts';

/** Rows of seen records that are read at once, some three milliseconds. */
const SEEN_PER_STEP = 20;

/** What one reading has seen, as far as it was read from the store: rows are added to it. */
interface Known {
  readonly records: SeenRecords;
  lastRow: number;
}

/** What the last full readings of a database have seen. */
export class KnownRecords {
  readonly #database: Kysely<Schema>;
  /** By reading. */
  readonly #known = new Map<number, Promise<Known>>();

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /**
   * Writes what a reading has seen, before it is shown.
   * @param isFirst it is its scope's first one: its records have their own times, so only the next full reading asks for it
   */
  async keep(reading: number, records: SeenRecords, isFirst: boolean): Promise<void> {
    let no = 0;
    for (const row of records.rows()) {
      await this.#database
        .insertInto('seen')
        .values({ reading, no, records: row })
        .onConflict((conflict) => conflict.columns(['reading', 'no']).doNothing())
        .execute();
      no += 1;
      // Each takes some four milliseconds to make.
      await setImmediate();
    }
    if (!isFirst) this.#known.set(reading, Promise.resolve({ records, lastRow: no - 1 }));
  }

  /** What the last full reading of a scope has seen; null: it is not known of every record. */
  async of({ seen, count }: Pick<Schema['snapshots'], 'seen' | 'count'>): Promise<SeenRecords | null> {
    if (seen === null) return null;
    const { records } = await this.#by(seen);
    return records.size < count ? null : records;
  }

  /** What knows the times of a view's records. Null: each record has its own; `gone`: another reading was shown since. */
  async timesOf(view: View): Promise<SeenRecords | null | 'gone'> {
    const times = await this.timesOfAll([view]);
    return times === 'gone' ? 'gone' : (times[0] ?? null);
  }

  /** As {@link timesOf}, for several views. */
  async timesOfAll(views: readonly View[]): Promise<readonly (SeenRecords | null)[] | 'gone'> {
    // The first reading's own records.
    const ofLater = views.map(({ generations, seen }) => (seen === null || generations[0] === seen ? null : seen));
    if (ofLater.every((seen) => seen === null)) return ofLater.map(() => null);
    const known: (Known | null)[] = [];
    for (const seen of ofLater) known.push(seen === null ? null : await this.#by(seen));
    const shown = await this.#database.selectFrom('snapshots').select('seen').execute();
    const isShown = (seen: number | null): boolean => seen === null || shown.some((one) => one.seen === seen);
    return ofLater.every(isShown) ? known.map((one) => one?.records ?? null) : 'gone';
  }

  async #by(reading: number): Promise<Known> {
    const adding = (this.#known.get(reading) ?? this.#empty(reading)).then((known) => this.#add(reading, known));
    this.#known.set(reading, adding);
    adding.catch(() => this.#known.delete(reading));
    return adding;
  }

  async #empty(reading: number): Promise<Known> {
    await this.forgetOthers();
    const shown = await this.#database.selectFrom('snapshots').select('count').where('seen', '=', reading).execute();
    return { records: new SeenRecords(shown[0]?.count), lastRow: -1 };
  }

  async #add(reading: number, known: Known): Promise<Known> {
    const rows = await inSteps<{ no: number; records: string }>((last, limit) =>
      this.#database
        .selectFrom('seen')
        .select(['no', 'records'])
        .where('reading', '=', reading)
        .where('no', '>', last?.no ?? known.lastRow)
        .orderBy('no')
        .limit(Math.min(limit, SEEN_PER_STEP))
        .execute(),
    );
    for (const [at, { no, records }] of rows.entries()) {
      known.records.addRow(records);
      known.lastRow = no;
      if (at % SEEN_PER_STEP === SEEN_PER_STEP - 1) await setImmediate();
    }
    return known;
  }

  /** What readings have seen that are not the last ones need not stay in memory. */
  async forgetOthers(): Promise<void> {
    const shown = await this.#database.selectFrom('snapshots').select('seen').execute();
    const used = new Set(shown.map(({ seen }) => seen));
    for (const no of this.#known.keys()) if (!used.has(no)) this.#known.delete(no);
  }
}

/** Forgets what a reading has seen: a later one is shown. */
export async function forgetSeen(transaction: Transaction<Schema>, reading: number): Promise<void> {
  await transaction.deleteFrom('seen').where('reading', '=', reading).execute();
}

/** Adds records of which a full reading knows that there are others now. @param rows as `unknownRows` makes them */
export async function addUnknown(
  transaction: Transaction<Schema>,
  reading: number,
  rows: Iterable<string>,
): Promise<void> {
  const { last } = await transaction
    .selectFrom('seen')
    .select(({ fn }) => fn.max<number | null>('no').as('last'))
    .where('reading', '=', reading)
    .executeTakeFirstOrThrow();
  let no = (last ?? -1) + 1;
  for (const records of rows) {
    await transaction.insertInto('seen').values({ reading, no, records }).execute();
    no += 1;
  }
}

/** True if all of these records are among others. */
export async function isWithin(some: SeenRecords, others: SeenRecords): Promise<boolean> {
  for (const is of some.isWithin(others)) {
    if (!is) return false;
    await setImmediate();
  }
  return true;
}
