/** Reading snapshots back: a view as it was when the reader began, and records by key. */
import type { Kysely } from 'kysely';
import { ConnectorError, throwIfAborted } from '../errors.ts';
import { chunks, ROWS_PER_STATEMENT } from './chunks.ts';
import { walk } from './generation-walk.ts';
import type { WalkedRow } from './generation-walk.ts';
import { viewOf } from './generations.ts';
import type { Generations, View } from './generations.ts';
import type { KnownRecords } from './known-records.ts';
import type { Schema } from './schema.ts';
import { numberOf, withTime } from './seen-records.ts';
import type { SeenRecords } from './seen-records.ts';
import { GONE_RECORD, latestOf, rowsOfKeys } from './snapshot-rows.ts';
import type { RecordOf, SnapshotRecord, SnapshotSource } from './store.ts';

/** Records read at once, some five milliseconds. */
const DEFAULT_PAGE_SIZE = 500;

/** What a reader sees, and the times of the records that are older than the last full reading. */
interface HeldView {
  readonly view: View;
  readonly seen: SeenRecords | null;
}

/** Reads what is shown. */
export class SnapshotReader {
  readonly #database: Kysely<Schema>;
  readonly #generations: Generations;
  readonly #known: KnownRecords;
  readonly #salt: string;

  constructor(
    database: Kysely<Schema>,
    { generations, known, salt }: { generations: Generations; known: KnownRecords; salt: string },
  ) {
    this.#database = database;
    this.#generations = generations;
    this.#known = known;
    this.#salt = salt;
  }

  /** See `Snapshots.read`. @param scopes one after the other */
  async *read<S extends SnapshotSource>(
    source: S,
    scopes: readonly string[],
    options: { pageSize?: number; signal?: AbortSignal },
  ): AsyncGenerator<RecordOf<S>[]> {
    for (const one of scopes) {
      const held = await this.#hold(source, one);
      if (held === null) continue;
      try {
        yield* this.#readView<RecordOf<S>>(held, options);
      } finally {
        this.#generations.release(held.view);
      }
    }
  }

  /** A view, with what the full reading has seen that knows its sync times: another one may replace both at any time. */
  async #hold(source: SnapshotSource, scope: string): Promise<HeldView | null> {
    for (;;) {
      const view = await this.#generations.hold(source, scope);
      if (view === null) return null;
      const seen = await this.#known.timesOf(view);
      if (seen !== 'gone') return { view, seen };
      this.#generations.release(view);
    }
  }

  /** See `Snapshots.getMany`. */
  async getMany<T extends SnapshotRecord>(keys: readonly string[]): Promise<Map<string, T>> {
    if (keys.length === 0) return new Map();
    for (;;) {
      const found = await this.#find<T>(keys);
      if (found !== null) return found;
    }
  }

  /** Null: another reading was shown meanwhile. */
  async #find<T extends SnapshotRecord>(keys: readonly string[]): Promise<Map<string, T> | null> {
    const found = new Map<string, T>();
    // As values: without statistics of its few rows, PostgreSQL would rather read all records than ask a table for them.
    const views = (await this.#database.selectFrom('snapshots').selectAll().execute()).map(viewOf);
    const viewOfGeneration = new Map(views.flatMap((view) => view.generations.map((no) => [no, view] as const)));
    if (views.length === 0) return found;
    const rows: Awaited<ReturnType<typeof rowsOfKeys>>[number][] = [];
    for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
      const latest = latestOf(await rowsOfKeys(this.#database, [...viewOfGeneration.keys()], some));
      rows.push(...[...latest.values()].filter(({ record }) => record !== GONE_RECORD));
    }
    const shown = views.map((view) => ({
      view,
      rows: rows.filter(({ generation }) => viewOfGeneration.get(generation) === view),
    }));
    const needed = shown.filter((one) => one.rows.length > 0);
    const times = await this.#known.timesOfAll(needed.map(({ view }) => view));
    if (times === 'gone') return null;
    for (const [at, { view, rows: ofView }] of needed.entries()) {
      const records = this.#recordsOf<T>(ofView, { view, seen: times[at] ?? null });
      for (const [n, { key }] of ofView.entries()) found.set(key, records[n]!);
    }
    return found;
  }

  async *#readView<T extends SnapshotRecord>(
    { view, seen }: HeldView,
    { pageSize = DEFAULT_PAGE_SIZE, signal }: { pageSize?: number; signal?: AbortSignal },
  ): AsyncGenerator<T[]> {
    const afterStep = async (): Promise<void> => {
      throwIfAborted(signal);
      if (await this.#generations.isWhole(view)) return;
      throw new ConnectorError(
        'ERR_SNAPSHOT_INCOMPLETE',
        'The snapshot was changed by another process while it was read.',
      );
    };
    throwIfAborted(signal);
    for await (const rows of walk(this.#database, view.generations, { step: pageSize, records: true, afterStep })) {
      throwIfAborted(signal);
      yield this.#recordsOf<T>(rows, { view, seen });
    }
  }

  /** The records, with the times of the last full reading where their rows are older. */
  #recordsOf<T extends SnapshotRecord>(
    rows: readonly Pick<WalkedRow, 'key' | 'reading' | 'record'>[],
    { view, seen }: HeldView,
  ): T[] {
    return rows.map((row) => {
      const own = JSON.parse(row.record ?? GONE_RECORD) as T;
      if (seen === null || view.seen === null || row.reading >= view.seen) return own;
      return withTime(own, seen.get(numberOf(this.#salt, row.key))?.time ?? Number.NaN);
    });
  }
}
