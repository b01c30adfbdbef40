/**
 * Snapshots: staged readings, whole commits, reading back. See `Snapshots` in store.ts for what is promised.
 *
 * A full reading stages what is not shown yet, tells by its keys what is gone, and is shown as a difference (ADR 0038).
 */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Kysely, RawBuilder, Selectable, Transaction } from 'kysely';
import { ConnectorError, throwIfAborted } from '../errors.ts';
import type { ReadingContent } from '../model/reading-content.ts';
import { atomically } from './atomically.ts';
import { addNewDevices } from './devices.ts';
import type { Engine } from './dialects.ts';
import { GONE_HASH, walk } from './generation-walk.ts';
import type { WalkedRow } from './generation-walk.ts';
import { changeSnapshot, differencesOf, findSnapshot, snapshotLock, viewOf } from './generations.ts';
import type { Generations, View } from './generations.ts';
import type { Schema } from './schema.ts';
import { ReadingUnderWay, refusePageGap } from './reading-under-way.ts';
import type { StagedRow } from './reading-under-way.ts';
import { digestOf, numberOf, SeenRecords, textOf, UNKNOWN, unknownRows, withTime } from './seen-records.ts';
import { inSteps } from './steps.ts';
import type {
  RecordOf,
  SnapshotInfo,
  SnapshotRecord,
  SnapshotSource,
  SnapshotSync,
  Snapshots as SnapshotsOfStore,
  StoreParts,
} from './store.ts';

/** Rows in one statement: five parameters each, far under SQLite's 32,766 and PostgreSQL's 65,535. */
const ROWS_PER_STATEMENT = 500;
/** Records read at once, some five milliseconds. */
const DEFAULT_PAGE_SIZE = 500;

/** Keys that are looked at at once for what is gone. */
const KEYS_PER_STEP = 2000;
/** Rows of seen records that are read at once, some three milliseconds. */
const SEEN_PER_STEP = 20;
/** What a row holds that takes a record out. */
const GONE_RECORD = 'null';

type Reading = Selectable<Schema['readings']>;

/** What a full reading has seen, as far as it was read from the store: rows are added to it. */
interface KnownRecords {
  readonly records: SeenRecords;
  lastRow: number;
}

/** What a reader sees, and the times of the records that are older than the last full reading. */
interface HeldView {
  readonly view: View;
  readonly seen: SeenRecords | null;
}

/** A record of a page. */
interface PageRow extends StagedRow {
  readonly time: number;
  /** Numbers of the key and of the content. */
  readonly number: number;
  readonly content: number;
}

/** Snapshots as rows, each reading a generation of its own; the contract is at `Snapshots` in store.ts. */
export class Snapshots implements SnapshotsOfStore {
  readonly #database: Kysely<Schema>;
  readonly #generations: Generations;
  readonly #now: () => Date;
  readonly #lock: Engine['lock'];
  readonly #together: (transaction: Transaction<Schema>) => StoreParts;
  readonly #salt: string;
  /** By sync id. Pages of one reading come to one process: what only it knows ends with it, and so does the reading. */
  readonly #underWay = new Map<string, ReadingUnderWay>();
  /** Ends under way, by sync id. */
  readonly #committing = new Map<string, Promise<SnapshotInfo>>();
  /** What full readings have seen, as far as it was asked for. */
  readonly #known = new Map<number, Promise<KnownRecords>>();

  /** @param options.salt known to this store only */
  constructor(
    database: Kysely<Schema>,
    {
      lock,
      generations,
      now,
      together,
      salt,
    }: {
      lock: Engine['lock'];
      generations: Generations;
      now: () => Date;
      together: (transaction: Transaction<Schema>) => StoreParts;
      salt: string;
    },
  ) {
    this.#together = together;
    this.#salt = salt;
    this.#database = database;
    this.#lock = lock;
    this.#generations = generations;
    this.#now = now;
  }

  async begin(sync: SnapshotSync): Promise<void> {
    const scope = scopeOf(sync);
    const own = this.#underWay.get(sync.id);
    // Each page begins its reading again.
    if (own !== undefined && own.source === sync.source && own.scope === scope) return;
    await this.#generations.sweep();
    await this.#forgetEnded();
    await atomically(this.#database, async (transaction) => {
      await this.#lock(transaction, `reading ${sync.id}`);
      const known = await findReading(transaction, sync.id);
      if (known !== undefined) {
        refuseOther(known, sync, scope);
        if (!isCommitted(known) && known.kind === 'full') this.#ofThisProcess(known);
        return;
      }
      if (sync.kind === 'quick' && (await findSnapshot(transaction, { source: sync.source, scope })) === undefined) {
        throw new ConnectorError(
          'ERR_SNAPSHOT_INCOMPLETE',
          `There is no full reading of ${scope} yet that a quick one could change.`,
        );
      }
      const made = await transaction
        .insertInto('readings')
        .values({
          syncId: sync.id,
          source: sync.source,
          scope,
          kind: sync.kind,
          state: 'reading',
          startedAt: sync.startedAt,
          touchedAt: this.#now().toISOString(),
          firstPage: null,
          nextPage: null,
          content: null,
          cleared: 0,
        })
        .returning('no')
        .executeTakeFirstOrThrow();
      if (sync.kind === 'quick') return;
      // Known before anybody else can find the row.
      const { no } = made;
      this.#underWay.set(sync.id, new ReadingUnderWay({ no, source: sync.source, scope }, this.#now().getTime()));
    });
  }

  async putPage(sync: SnapshotSync, records: readonly SnapshotRecord[]): Promise<void> {
    const scope = scopeOf(sync);
    const rows = new Map<string, PageRow>();
    for (const record of records) {
      refuseStranger(record, sync.source, scope);
      const { key } = record;
      const { text, content, time } = textOf(record);
      const { hash, number } = digestOf(this.#salt, content);
      rows.set(key, { key, hash, record: text, time, number: numberOf(this.#salt, key), content: number });
    }
    // Another matcher may show it meanwhile.
    const underWay = this.#underWay.get(sync.id);
    const reading = await knownReading(this.#database, sync.id);
    if (isCommitted(reading)) return;
    if (reading.kind === 'quick') return this.#putQuickPage(sync, [...rows.values()]);
    if (underWay === undefined) refuseClosed(sync.id);
    underWay.refuseGap(sync.page);
    const differs = await this.#differing({ ...reading, underWay }, [...rows.values()]);
    for (const { key, hash, record } of differs) underWay.staged.set(key, { key, hash, record });
    for (const { number, content, time } of rows.values()) underWay.seen.set(number, { content, time });
    underWay.counted(sync.page, records);
    if (underWay.isToBeWritten(this.#now().getTime())) await this.#write(reading, underWay);
  }

  /*
   *   the content of a record                                                            the record
   *   is that which the last full reading has seen, and nobody has brought it since      is shown already
   *   is another one, or the record was not seen, nor brought since                      is staged
   *   was brought by a quick reading since, or has come in this reading before           is compared with its row
   *   of a scope without a full reading                                                  is staged
   */

  /** Of the rows of a page, those that say something else than is shown, or than the reading has said before. */
  async #differing(
    { underWay, ...reading }: Reading & { readonly underWay: ReadingUnderWay },
    rows: readonly PageRow[],
  ): Promise<PageRow[]> {
    const current = await findSnapshot(this.#database, reading);
    if (current === undefined) return [...rows];
    const known = await this.#knownOf(current);
    const isDoubtful = ({ number }: PageRow): boolean =>
      known === null || underWay.seen.has(number) || known.get(number)?.content === UNKNOWN;
    const differs = rows.filter((row) => !isDoubtful(row) && known?.get(row.number)?.content !== row.content);
    const doubtful = rows.filter(isDoubtful);
    if (doubtful.length === 0) return differs;
    const generations = viewOf(current).generations.filter((generation) => generation < reading.no);
    if (underWay.hasWritten) generations.push(reading.no);
    for (const some of chunks(doubtful, ROWS_PER_STATEMENT)) {
      const keys = some.map(({ key }) => key);
      const kept = await hashesOf(this.#database, generations, keys);
      differs.push(...some.filter(({ key, hash }) => (underWay.staged.get(key) ?? kept.get(key))?.hash !== hash));
    }
    return differs;
  }

  async #putQuickPage(sync: SnapshotSync, rows: readonly StagedRow[]): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await this.#lock(transaction, `reading ${sync.id}`);
      const reading = await knownReading(transaction, sync.id);
      if (isCommitted(reading)) return;
      const { firstPage: first, nextPage: next } = reading;
      refusePageGap(sync.page, { first, next });
      await transaction
        .updateTable('readings')
        .set({
          touchedAt: this.#now().toISOString(),
          firstPage: first ?? sync.page ?? null,
          nextPage: sync.page === undefined ? next : Math.max(next ?? 0, sync.page + 1),
        })
        .where('no', '=', reading.no)
        .execute();
      await stage(transaction, reading.no, rows);
    });
  }

  /** Writes what a full reading has staged. What could not be written is lost, and the reading with it. */
  async #write({ syncId }: Pick<Reading, 'syncId'>, underWay: ReadingUnderWay): Promise<void> {
    const now = this.#now();
    const rows = underWay.take(now.getTime());
    try {
      await atomically(this.#database, async (transaction) => {
        await this.#lock(transaction, `reading ${syncId}`);
        const reading = await knownReading(transaction, syncId);
        if (isCommitted(reading)) return;
        const content = underWay.source === 'mdm' ? JSON.stringify(underWay.content) : null;
        await transaction
          .updateTable('readings')
          .set({ touchedAt: now.toISOString(), content })
          .where('no', '=', reading.no)
          .execute();
        await stage(transaction, reading.no, rows);
        this.#generations.changed(rows.length);
        // The commit is one turn of the event loop, and long enough.
        await setImmediate();
      });
      await setImmediate();
    } catch (thrown) {
      this.#underWay.delete(syncId);
      throw thrown;
    }
  }

  /** Throws ERR_SNAPSHOT_INCOMPLETE for a reading whose pages came to another process, or to this one before it was opened. */
  #ofThisProcess({ syncId }: Pick<Reading, 'syncId'>): ReadingUnderWay {
    return this.#underWay.get(syncId) ?? refuseClosed(syncId);
  }

  /** Readings that were given up need not be remembered. */
  async #forgetEnded(): Promise<void> {
    if (this.#underWay.size === 0) return;
    const open = await this.#database.selectFrom('readings').select('syncId').where('state', '=', 'reading').execute();
    const ids = new Set(open.map(({ syncId }) => syncId));
    for (const id of this.#underWay.keys()) if (!ids.has(id)) this.#underWay.delete(id);
  }

  async commit(
    { id }: Pick<SnapshotSync, 'id'>,
    gone: readonly string[] = [],
    also: (parts: StoreParts) => Promise<void> = async () => {},
  ): Promise<SnapshotInfo> {
    // Two matchers may come to the end of the same reading at the same time.
    while (this.#committing.has(id)) await this.#committing.get(id)?.catch(() => {});
    const committing = this.#commit(id, gone, also);
    this.#committing.set(id, committing);
    return committing.finally(() => this.#committing.delete(id));
  }

  async #commit(
    id: string,
    gone: readonly string[],
    also: (parts: StoreParts) => Promise<void>,
  ): Promise<SnapshotInfo> {
    await this.#stageEnd(id, gone);
    let added: { readonly reading: Reading; readonly generations: readonly number[] } | null = null;
    const info = await atomically(this.#database, async (transaction) => {
      await also(this.#together(transaction));
      await this.#lock(transaction, `reading ${id}`);
      const reading = await knownReading(transaction, id);
      await this.#lock(transaction, snapshotLock(reading));
      const current = await findSnapshot(transaction, reading);
      if (isCommitted(reading)) return current ?? refuseClosed(id);
      if (current !== undefined && current.fullRead > reading.no) {
        await setState(transaction, reading.no, 'merged');
        return current;
      }
      await giveUpLater(transaction, reading);
      const shown =
        current === undefined
          ? await this.#showFirst(transaction, reading)
          : await this.#showDifference(transaction, reading, current);
      if (reading.source === 'eas') added = { reading, generations: newIn(shown, current, reading) };
      return shown;
    });
    this.#underWay.delete(id);
    if (added !== null) await this.#addDevices(added);
    this.#generations.clear();
    return toInfo(info);
  }

  /** What makes a reading whole before it is shown, in steps: what is gone, and when each record's device was heard of. */
  async #stageEnd(syncId: string, gone: readonly string[]): Promise<void> {
    const reading = await knownReading(this.#database, syncId);
    if (isCommitted(reading)) return;
    if (reading.kind === 'quick') return stageGone(this.#database, reading.no, gone);
    const underWay = this.#ofThisProcess(reading);
    await this.#write(reading, underWay);
    await this.#stageUnseen(underWay);
    let no = 0;
    for (const records of underWay.seen.rows()) {
      await this.#database
        .insertInto('seen')
        .values({ reading: reading.no, no, records })
        .onConflict((conflict) => conflict.columns(['reading', 'no']).doNothing())
        .execute();
      no += 1;
    }
    this.#known.set(reading.no, Promise.resolve({ records: underWay.seen, lastRow: no - 1 }));
  }

  /** Takes out what is shown and was not seen; of later readings a full one can say nothing. */
  async #stageUnseen({ no, source, scope, seen }: ReadingUnderWay): Promise<void> {
    const view = await this.#generations.hold(source, scope);
    if (view === null) return;
    try {
      const current = await findSnapshot(this.#database, view);
      const known = current === undefined ? null : await this.#knownOf(current);
      if (known !== null && (await isWithin(known, seen))) return;
      const earlier = view.generations.filter((generation) => generation < no);
      for await (const rows of walk(this.#database, earlier, { step: KEYS_PER_STEP, records: false })) {
        const unseen = rows.filter(({ key }) => !seen.has(numberOf(this.#salt, key))).map(({ key }) => key);
        await stageGone(this.#database, no, unseen);
      }
    } finally {
      this.#generations.release(view);
    }
  }

  async #addDevices({ reading, generations }: { reading: Reading; generations: readonly number[] }): Promise<void> {
    for (const no of generations) await addNewDevices(this.#database, { ...reading, no });
    await this.#database
      .updateTable('snapshots')
      .set({ devicesOf: reading.no })
      .where('source', '=', reading.source)
      .where('scope', '=', reading.scope)
      .where('devicesOf', '<', reading.no)
      .execute();
  }

  async abandon(syncId: string): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await this.#lock(transaction, `reading ${syncId}`);
      await transaction
        .updateTable('readings')
        .set({ state: 'abandoned' })
        .where('syncId', '=', syncId)
        .where('state', '=', 'reading')
        .execute();
    });
    this.#underWay.delete(syncId);
    this.#generations.clear();
  }

  async forget(source: SnapshotSource, scope: string): Promise<boolean> {
    const known = await atomically(this.#database, async (transaction) => {
      await this.#lock(transaction, snapshotLock({ source, scope }));
      const current = await findSnapshot(transaction, { source, scope });
      if (current === undefined) return false;
      for (const no of viewOf(current).generations) await setState(transaction, no, 'replaced');
      if (current.seen !== null) await forgetSeen(transaction, current.seen);
      // One under way has only what differs from what is forgotten.
      await transaction
        .updateTable('readings')
        .set({ state: 'abandoned' })
        .where('source', '=', source)
        .where('scope', '=', scope)
        .where('state', '=', 'reading')
        .execute();
      await transaction.deleteFrom('snapshots').where('source', '=', source).where('scope', '=', scope).execute();
      return true;
    });
    this.#generations.clear();
    return known;
  }

  async latest(source: SnapshotSource, scope: string): Promise<SnapshotInfo | null> {
    const row = await findSnapshot(this.#database, { source, scope });
    return row === undefined ? null : toInfo(row);
  }

  async list(source: SnapshotSource): Promise<SnapshotInfo[]> {
    const rows = await this.#database
      .selectFrom('snapshots')
      .selectAll()
      .where('source', '=', source)
      .orderBy('scope')
      .execute();
    return rows.map(toInfo);
  }

  async *read<S extends SnapshotSource>(
    source: S,
    scope?: string,
    options: { pageSize?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<RecordOf<S>[]> {
    const scopes = scope === undefined ? (await this.list(source)).map((info) => info.scope) : [scope];
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
      const seen = await this.#timesOf(view);
      if (seen !== 'gone') return { view, seen };
      this.#generations.release(view);
    }
  }

  /** Null: each record has its own time. */
  async #timesOf({ source, scope, generations, seen }: View): Promise<SeenRecords | null | 'gone'> {
    // The first reading's own records.
    if (seen === null || generations[0] === seen) return null;
    const { records } = await this.#seenBy(seen);
    const current = await findSnapshot(this.#database, { source, scope });
    return current?.seen === seen ? records : 'gone';
  }

  async get<T extends SnapshotRecord = SnapshotRecord>(key: string): Promise<T | null> {
    return (await this.getMany<T>([key])).get(key) ?? null;
  }

  async getMany<T extends SnapshotRecord = SnapshotRecord>(keys: readonly string[]): Promise<Map<string, T>> {
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
    for (const view of views) {
      const ofView = rows.filter(({ generation }) => viewOfGeneration.get(generation) === view);
      const seen = ofView.length === 0 ? null : await this.#timesOf(view);
      if (seen === 'gone') return null;
      const records = this.#recordsOf<T>(ofView, { view, seen });
      for (const [at, { key }] of ofView.entries()) found.set(key, records[at]!);
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

  /** What the last full reading has seen; null: it is not known of every record. */
  async #knownOf({ seen, count }: Schema['snapshots']): Promise<SeenRecords | null> {
    if (seen === null) return null;
    const { records } = await this.#seenBy(seen);
    return records.size < count ? null : records;
  }

  /** What a full reading has seen. Read once; what quick readings of any process have added since is read each time. */
  async #seenBy(reading: number): Promise<KnownRecords> {
    const before = this.#known.get(reading);
    if (before === undefined) await this.#forgetKnown();
    const adding = (before ?? Promise.resolve({ records: new SeenRecords(), lastRow: -1 })).then((known) =>
      this.#addSeen(reading, known),
    );
    this.#known.set(reading, adding);
    adding.catch(() => this.#known.delete(reading));
    return adding;
  }

  async #addSeen(reading: number, known: KnownRecords): Promise<KnownRecords> {
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

  /** What only readings have seen that are not the last ones. */
  async #forgetKnown(): Promise<void> {
    const shown = await this.#database.selectFrom('snapshots').select('seen').execute();
    const used = new Set(shown.map(({ seen }) => seen));
    for (const no of this.#known.keys()) if (!used.has(no)) this.#known.delete(no);
  }

  /** The first reading of a scope is its base. */
  async #showFirst(transaction: Transaction<Schema>, reading: Reading): Promise<Schema['snapshots']> {
    if (reading.kind === 'quick')
      throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The full reading it would change is gone.');
    await setState(transaction, reading.no, 'current');
    const snapshot: Schema['snapshots'] = {
      source: reading.source,
      scope: reading.scope,
      generation: reading.no,
      differences: '[]',
      folded: 0,
      fullRead: reading.no,
      lastRead: reading.no,
      devicesOf: 0,
      seen: reading.no,
      syncId: reading.syncId,
      kind: 'full',
      startedAt: reading.startedAt,
      completedAt: this.#now().toISOString(),
      fullStartedAt: reading.startedAt,
      count: this.#ofThisProcess(reading).seen.size,
      previousCount: null,
      content: reading.content,
    };
    await transaction.insertInto('snapshots').values(snapshot).execute();
    return snapshot;
  }

  /** From here on what the reading staged is seen. */
  async #showDifference(
    transaction: Transaction<Schema>,
    reading: Reading,
    current: Schema['snapshots'],
  ): Promise<Schema['snapshots']> {
    const isNone = (await anyRow(transaction, reading.no)) === undefined;
    await setState(transaction, reading.no, isNone ? 'merged' : 'difference');
    const differences = isNone ? differencesOf(current) : [...differencesOf(current), reading.no].sort((a, b) => a - b);
    const snapshot: Schema['snapshots'] = {
      ...current,
      differences: JSON.stringify(differences),
      lastRead: Math.max(current.lastRead, reading.no),
      syncId: reading.syncId,
      kind: reading.kind,
      startedAt: reading.startedAt,
      completedAt: this.#now().toISOString(),
      ...(reading.kind === 'full'
        ? await this.#afterFull(transaction, reading, current)
        : { count: current.count + (await this.#afterQuick(transaction, reading.no, current)) }),
    };
    await changeSnapshot(transaction, reading, snapshot);
    return snapshot;
  }

  async #afterFull(
    transaction: Transaction<Schema>,
    reading: Reading,
    current: Schema['snapshots'],
  ): Promise<Partial<Schema['snapshots']>> {
    const { seen } = this.#ofThisProcess(reading);
    if (current.seen !== null) await forgetSeen(transaction, current.seen);
    return {
      fullRead: reading.no,
      seen: reading.no,
      fullStartedAt: reading.startedAt,
      count: seen.size + (await this.#changeByLater(transaction, current, reading.no)),
      previousCount: current.count,
      content: reading.content,
    };
  }

  /** Says of what a quick reading brought that the last full one does not know it. By how many records it changes what is shown. */
  async #afterQuick(transaction: Transaction<Schema>, no: number, current: Schema['snapshots']): Promise<number> {
    const { generations, seen } = viewOf(current);
    const brought: string[] = [];
    let change = 0;
    for await (const rows of rowsOf(transaction, no)) {
      const keys = rows.map(({ key }) => key);
      const known = await hashesOf(transaction, generations, keys);
      for (const { key, hash } of rows) {
        const before = known.get(key);
        const after = before !== undefined && before.generation > no ? before : { hash };
        change += Number(isThere(after)) - Number(isThere(before));
      }
      brought.push(...keys);
    }
    if (seen !== null) await addUnknown(transaction, seen, unknownRows(this.#salt, brought));
    return change;
  }

  /**
   * By how many records readings that began after a full one, and were shown before it, change what it has seen; of what they
   * brought it knows nothing.
   */
  async #changeByLater(transaction: Transaction<Schema>, current: Schema['snapshots'], no: number): Promise<number> {
    const { seen } = [...this.#underWay.values()].find((one) => one.no === no)!;
    const later = differencesOf(current).filter((difference) => difference > no);
    const latest = new Map<string, { readonly hash: string }>();
    for (const difference of later) {
      for await (const rows of rowsOf(transaction, difference)) for (const row of rows) latest.set(row.key, row);
    }
    let change = 0;
    for (const [key, row] of latest) change += Number(isThere(row)) - Number(seen.has(numberOf(this.#salt, key)));
    if (latest.size > 0) await addUnknown(transaction, no, unknownRows(this.#salt, latest.keys()));
    return change;
  }
}

function scopeOf(sync: SnapshotSync): string {
  const scope = sync.scope ?? sync.organization;
  if (scope !== undefined && scope !== '') return scope;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    `The reading ${sync.id} does not say which organization or MDM it reads.`,
  );
}

function refuseStranger(record: SnapshotRecord, source: SnapshotSource, scope: string): void {
  const owner = record.kind === 'eas' ? record.organization : record.source;
  if (record.kind === source && owner === scope && record.key !== '') return;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    `A record of ${record.kind} ${owner} came with the reading of ${source} ${scope}.`,
  );
}

async function findReading(database: Kysely<Schema>, syncId: string): Promise<Reading | undefined> {
  return database.selectFrom('readings').selectAll().where('syncId', '=', syncId).executeTakeFirst();
}

/** The reading, open or committed. */
async function knownReading(database: Kysely<Schema>, syncId: string): Promise<Reading> {
  const reading = await findReading(database, syncId);
  return reading === undefined || reading.state === 'abandoned' ? refuseClosed(syncId) : reading;
}

/*
 *   what is known under the id                       the reading that comes
 *   nothing                                          is opened
 *   the same one, open                               goes on
 *   the same one, committed by another matcher       nothing happens
 *   one that was committed and began at another time refused: ERR_INPUT_INVALID; its records would be lost unheard
 *   one of another source or scope                   refused: ERR_INPUT_INVALID
 *   one that was given up                            refused: ERR_SNAPSHOT_INCOMPLETE
 */
function refuseOther(known: Reading, sync: SnapshotSync, scope: string): void {
  if (known.state === 'abandoned') refuseClosed(sync.id);
  const isSame = known.source === sync.source && known.scope === scope;
  if (isSame && (!isCommitted(known) || known.startedAt === sync.startedAt)) return;
  throw new ConnectorError('ERR_INPUT_INVALID', `The id ${sync.id} is that of another reading.`);
}

function isCommitted({ state }: Reading): boolean {
  return state !== 'reading' && state !== 'abandoned';
}

function refuseClosed(syncId: string): never {
  throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', `The reading ${syncId} is not open.`);
}

async function setState(transaction: Transaction<Schema>, no: number, state: Reading['state']): Promise<void> {
  await transaction.updateTable('readings').set({ state }).where('no', '=', no).execute();
}

interface KeptHash {
  readonly generation: number;
  readonly key: string;
  readonly hash: string;
}

/** The latest row of each key, as far as there is one. */
async function hashesOf(
  database: Kysely<Schema>,
  generations: readonly number[],
  keys: readonly string[],
): Promise<Map<string, KeptHash>> {
  if (generations.length === 0) return new Map();
  const found = await ofKeys(database, { generations, keys }, sql`"hash"`);
  return latestOf(found.map(({ generation, key, value }) => ({ generation, key, hash: value })));
}

/** The rows of these keys. */
async function rowsOfKeys(database: Kysely<Schema>, generations: readonly number[], keys: readonly string[]) {
  const found = await ofKeys(database, { generations, keys }, sql`cast("reading" as text) || ' ' || "record"`);
  return found.map(({ generation, key, value }) => {
    const end = value.indexOf(' ');
    return { generation, key, reading: Number(value.slice(0, end)), record: value.slice(end + 1) };
  });
}

/**
 * What the rows of these keys say, one question a row to the index. Of one condition on all of them, or a join, PostgreSQL
 * would rather read a whole generation, where its statistics are older than that, or pages are dear.
 */
async function ofKeys(
  database: Kysely<Schema>,
  { generations, keys }: { readonly generations: readonly number[]; readonly keys: readonly string[] },
  value: RawBuilder<unknown>,
): Promise<{ readonly generation: number; readonly key: string; readonly value: string }[]> {
  const wanted = generations.flatMap((generation) =>
    keys.map((key) => sql`(cast(${generation} as integer), cast(${key} as text))`),
  );
  const { rows } = await sql<{ generation: number; key: string; value: string | null }>`
    select "column1" as "generation", "column2" as "key", (
      select ${value} from "records" where "generation" = "wanted"."column1" and "key" = "wanted"."column2"
    ) as "value" from (values ${sql.join(wanted)}) as "wanted"`.execute(database);
  return rows.flatMap(({ value: one, ...row }) => (one === null ? [] : [{ ...row, value: one }]));
}

function latestOf<T extends { readonly generation: number; readonly key: string }>(rows: readonly T[]): Map<string, T> {
  const latest = new Map<string, T>();
  for (const row of rows) if ((latest.get(row.key)?.generation ?? -1) < row.generation) latest.set(row.key, row);
  return latest;
}

/** A row that comes again for the same reading replaces the one before. */
async function stage(transaction: Transaction<Schema>, no: number, rows: readonly StagedRow[]): Promise<void> {
  for (const some of chunks(rows, ROWS_PER_STATEMENT)) {
    await transaction
      .insertInto('records')
      .values(some.map(({ key, hash, record }) => ({ generation: no, key, reading: no, hash, record })))
      .onConflict((conflict) =>
        conflict.columns(['generation', 'key']).doUpdateSet((excluded) => ({
          hash: excluded.ref('excluded.hash'),
          record: excluded.ref('excluded.record'),
        })),
      )
      .execute();
  }
}

/** Records that a reading takes out; what it has itself stays. */
async function stageGone(database: Kysely<Schema>, no: number, keys: readonly string[]): Promise<void> {
  for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
    await database
      .insertInto('records')
      .values(some.map((key) => ({ generation: no, key, reading: no, hash: GONE_HASH, record: GONE_RECORD })))
      .onConflict((conflict) => conflict.columns(['generation', 'key']).doNothing())
      .execute();
  }
}

function anyRow(database: Kysely<Schema>, no: number): Promise<{ readonly key: string } | undefined> {
  return database.selectFrom('records').select('key').where('generation', '=', no).limit(1).executeTakeFirst();
}

function isThere(row: { readonly hash: string } | undefined): boolean {
  return row !== undefined && row.hash !== GONE_HASH;
}

/** The rows of one generation, those that take a record out too. */
async function* rowsOf(
  transaction: Transaction<Schema>,
  no: number,
): AsyncGenerator<{ readonly key: string; readonly hash: string }[]> {
  let after = '';
  for (;;) {
    const rows = await transaction
      .selectFrom('records')
      .select(['key', 'hash'])
      .where('generation', '=', no)
      .where('key', '>', after)
      .orderBy('key')
      .limit(ROWS_PER_STATEMENT)
      .execute();
    if (rows.length > 0) yield rows;
    if (rows.length < ROWS_PER_STATEMENT) return;
    after = rows.at(-1)!.key;
  }
}

/** Full readings that began later compared themselves with what is shown no more: they are given up. */
async function giveUpLater(
  transaction: Transaction<Schema>,
  { no, source, scope }: Pick<Reading, 'no' | 'source' | 'scope'>,
): Promise<void> {
  await transaction
    .updateTable('readings')
    .set({ state: 'abandoned' })
    .where('source', '=', source)
    .where('scope', '=', scope)
    .where('kind', '=', 'full')
    .where('state', '=', 'reading')
    .where('no', '>', no)
    .execute();
}

/** The generations that may have devices which are not known: all, if whoever read before was cut off while adding them. */
function newIn(
  shown: Schema['snapshots'],
  before: Schema['snapshots'] | undefined,
  { no }: Pick<Reading, 'no'>,
): readonly number[] {
  const wasCutOff = before !== undefined && before.devicesOf < before.lastRead;
  return wasCutOff ? viewOf(shown).generations : viewOf(shown).generations.filter((generation) => generation === no);
}

async function forgetSeen(transaction: Transaction<Schema>, reading: number): Promise<void> {
  await transaction.deleteFrom('seen').where('reading', '=', reading).execute();
}

async function addUnknown(transaction: Transaction<Schema>, reading: number, rows: Iterable<string>): Promise<void> {
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

async function isWithin(some: SeenRecords, others: SeenRecords): Promise<boolean> {
  for (const is of some.isWithin(others)) {
    if (!is) return false;
    await setImmediate();
  }
  return true;
}

function toInfo(row: Schema['snapshots']): SnapshotInfo {
  const { source, scope, syncId, kind, startedAt, completedAt, fullStartedAt, count, previousCount, content } = row;
  const info = { source, scope, syncId, kind, startedAt, completedAt, fullStartedAt, count, previousCount };
  return content === null ? info : { ...info, content: JSON.parse(content) as ReadingContent };
}

function* chunks<T>(values: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}
