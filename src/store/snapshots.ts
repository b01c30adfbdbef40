/** Snapshots: staged readings, whole commits, reading back. See `Snapshots` in store.ts for what is promised. */
import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { ConnectorError, throwIfAborted } from '../errors.ts';
import { addContent } from '../model/reading-content.ts';
import type { ReadingContent } from '../model/reading-content.ts';
import { atomically } from './atomically.ts';
import { addNewDevices } from './devices.ts';
import type { Engine } from './dialects.ts';
import type { Generations } from './generations.ts';
import type { Schema } from './schema.ts';
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

type Reading = Selectable<Schema['readings']>;

/** Snapshots as rows, each reading a generation of its own; the contract is at `Snapshots` in store.ts. */
export class Snapshots implements SnapshotsOfStore {
  readonly #database: Kysely<Schema>;
  readonly #generations: Generations;
  readonly #now: () => Date;
  readonly #lock: Engine['lock'];
  readonly #together: (transaction: Transaction<Schema>) => StoreParts;

  constructor(
    database: Kysely<Schema>,
    {
      lock,
      generations,
      now,
      together,
    }: {
      lock: Engine['lock'];
      generations: Generations;
      now: () => Date;
      together: (transaction: Transaction<Schema>) => StoreParts;
    },
  ) {
    this.#together = together;
    this.#database = database;
    this.#lock = lock;
    this.#generations = generations;
    this.#now = now;
  }

  async begin(sync: SnapshotSync): Promise<void> {
    const scope = scopeOf(sync);
    await this.#generations.sweep();
    await atomically(this.#database, async (transaction) => {
      await this.#lock(transaction, `reading ${sync.id}`);
      const known = await findReading(transaction, sync.id);
      if (known !== undefined) return refuseOther(known, sync, scope);
      if (sync.kind === 'quick' && (await findSnapshot(transaction, sync.source, scope)) === undefined) {
        throw new ConnectorError(
          'ERR_SNAPSHOT_INCOMPLETE',
          `There is no full reading of ${scope} yet that a quick one could change.`,
        );
      }
      await transaction
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
        .execute();
    });
  }

  async putPage(sync: SnapshotSync, records: readonly SnapshotRecord[]): Promise<void> {
    const scope = scopeOf(sync);
    const rows = new Map<string, { key: string; hash: string; record: string }>();
    for (const record of records) {
      refuseStranger(record, sync.source, scope);
      const text = JSON.stringify(record);
      rows.set(record.key, { key: record.key, hash: contentHash(text), record: text });
    }
    await atomically(this.#database, async (transaction) => {
      await this.#lock(transaction, `reading ${sync.id}`);
      const reading = await knownReading(transaction, sync.id);
      if (isCommitted(reading)) return;
      await this.#countPage(transaction, reading, sync.page, records);
      await stage(transaction, reading.no, [...rows.values()]);
    });
  }

  async commit(
    sync: Pick<SnapshotSync, 'id'>,
    gone: readonly string[] = [],
    also: (parts: StoreParts) => Promise<void> = async () => {},
  ): Promise<SnapshotInfo> {
    let shown: Reading | null = null;
    const info = await atomically(this.#database, async (transaction) => {
      await also(this.#together(transaction));
      await this.#lock(transaction, `reading ${sync.id}`);
      const reading = await knownReading(transaction, sync.id);
      shown = reading.source === 'eas' && !isCommitted(reading) ? reading : null;
      await this.#lock(transaction, `snapshot ${reading.source} ${reading.scope}`);
      const current = await findSnapshot(transaction, reading.source, reading.scope);
      if (isCommitted(reading)) return current ?? refuseClosed(sync.id);
      if (current !== undefined && current.generation > reading.no) {
        await setState(transaction, reading.no, 'merged');
        return current;
      }
      return reading.kind === 'full'
        ? this.#replace(transaction, reading, current)
        : this.#change(transaction, reading, current, gone);
    });
    if (shown !== null) await addNewDevices(this.#database, shown);
    this.#generations.clear();
    return toInfo(info);
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
    this.#generations.clear();
  }

  async forget(source: SnapshotSource, scope: string): Promise<boolean> {
    const known = await atomically(this.#database, async (transaction) => {
      await this.#lock(transaction, `snapshot ${source} ${scope}`);
      const current = await findSnapshot(transaction, source, scope);
      if (current === undefined) return false;
      await setState(transaction, current.generation, 'replaced');
      await transaction.deleteFrom('snapshots').where('source', '=', source).where('scope', '=', scope).execute();
      return true;
    });
    this.#generations.clear();
    return known;
  }

  async latest(source: SnapshotSource, scope: string): Promise<SnapshotInfo | null> {
    const row = await findSnapshot(this.#database, source, scope);
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
      const generation = await this.#generations.hold(source, one);
      if (generation === null) continue;
      try {
        yield* this.#readGeneration<RecordOf<S>>(generation, options);
      } finally {
        this.#generations.release(generation);
      }
    }
  }

  async get<T extends SnapshotRecord = SnapshotRecord>(key: string): Promise<T | null> {
    return (await this.getMany<T>([key])).get(key) ?? null;
  }

  async getMany<T extends SnapshotRecord = SnapshotRecord>(keys: readonly string[]): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    if (keys.length === 0) return found;
    // As values: without statistics of its few rows, PostgreSQL would rather read all records than ask a table for them.
    const shown = (await this.#database.selectFrom('snapshots').select('generation').execute()).map(
      ({ generation }) => generation,
    );
    if (shown.length === 0) return found;
    for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
      const rows = await this.#database
        .selectFrom('records')
        .select(['key', 'record'])
        .where('generation', 'in', shown)
        .where('key', 'in', some)
        .execute();
      for (const row of rows) found.set(row.key, JSON.parse(row.record) as T);
    }
    return found;
  }

  async *#readGeneration<T>(
    generation: number,
    { pageSize = DEFAULT_PAGE_SIZE, signal }: { pageSize?: number; signal?: AbortSignal },
  ): AsyncGenerator<T[]> {
    let after = '';
    for (;;) {
      throwIfAborted(signal);
      const rows = await this.#database
        .selectFrom('records')
        .select(['key', 'record'])
        .where('generation', '=', generation)
        .where('key', '>', after)
        .orderBy('key')
        .limit(pageSize)
        .execute();
      if (!(await this.#generations.isWhole(generation))) {
        throw new ConnectorError(
          'ERR_SNAPSHOT_INCOMPLETE',
          'The snapshot was replaced by another process while it was read.',
        );
      }
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows.map((row) => JSON.parse(row.record) as T);
      if (rows.length < pageSize) return;
      after = last.key;
    }
  }

  /** Pages may come again, but none may be missing. */
  async #countPage(
    transaction: Transaction<Schema>,
    reading: Reading,
    page: number | undefined,
    records: readonly SnapshotRecord[],
  ): Promise<void> {
    const first = reading.firstPage ?? page ?? null;
    const next = reading.nextPage ?? first;
    if (page !== undefined && ((first ?? 0) > 1 || page > (next ?? 0))) {
      throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', `Page ${page} came, but a page before it did not.`);
    }
    const nextPage = page === undefined ? next : Math.max(next ?? 0, page + 1);
    const isAgain = page !== undefined && page < (next ?? 0);
    const content = isAgain ? reading.content : contentWith(reading, records);
    await transaction
      .updateTable('readings')
      .set({ touchedAt: this.#now().toISOString(), firstPage: first, nextPage, content })
      .where('no', '=', reading.no)
      .execute();
  }

  async #replace(
    transaction: Transaction<Schema>,
    reading: Reading,
    current: Schema['snapshots'] | undefined,
  ): Promise<Schema['snapshots']> {
    if (current !== undefined) await setState(transaction, current.generation, 'replaced');
    await setState(transaction, reading.no, 'current');
    const snapshot: Schema['snapshots'] = {
      source: reading.source,
      scope: reading.scope,
      generation: reading.no,
      syncId: reading.syncId,
      kind: 'full',
      startedAt: reading.startedAt,
      completedAt: this.#now().toISOString(),
      fullStartedAt: reading.startedAt,
      count: await countRecords(transaction, reading.no),
      previousCount: current?.count ?? null,
      content: reading.content,
    };
    await transaction
      .insertInto('snapshots')
      .values(snapshot)
      .onConflict((conflict) => conflict.columns(['source', 'scope']).doUpdateSet(snapshot))
      .execute();
    return snapshot;
  }

  /** A quick reading also goes into full readings that began before it and are still under way: it saw more than they did. */
  async #change(
    transaction: Transaction<Schema>,
    reading: Reading,
    current: Schema['snapshots'] | undefined,
    gone: readonly string[],
  ): Promise<Schema['snapshots']> {
    if (current === undefined)
      throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The full reading it would change is gone.');
    const open = await transaction
      .selectFrom('readings')
      .select('no')
      .where('source', '=', reading.source)
      .where('scope', '=', reading.scope)
      .where('kind', '=', 'full')
      .where('state', '=', 'reading')
      .where('no', '<', reading.no)
      .execute();
    for (const generation of [current.generation, ...open.map((row) => row.no)]) {
      await copyRecords(transaction, reading.no, generation);
      await removeRecords(transaction, generation, gone, reading.no);
    }
    await setState(transaction, reading.no, 'merged');
    const snapshot: Schema['snapshots'] = {
      ...current,
      syncId: reading.syncId,
      kind: 'quick',
      startedAt: reading.startedAt,
      completedAt: this.#now().toISOString(),
      count: await countRecords(transaction, current.generation),
    };
    await transaction
      .updateTable('snapshots')
      .set(snapshot)
      .where('source', '=', reading.source)
      .where('scope', '=', reading.scope)
      .execute();
    return snapshot;
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

/** Tells changed content from unchanged; not a secret and not a proof. */
function contentHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
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

async function findSnapshot(
  database: Kysely<Schema>,
  source: SnapshotSource,
  scope: string,
): Promise<Schema['snapshots'] | undefined> {
  return database
    .selectFrom('snapshots')
    .selectAll()
    .where('source', '=', source)
    .where('scope', '=', scope)
    .executeTakeFirst();
}

async function setState(transaction: Transaction<Schema>, no: number, state: Reading['state']): Promise<void> {
  await transaction.updateTable('readings').set({ state }).where('no', '=', no).execute();
}

async function countRecords(transaction: Transaction<Schema>, generation: number): Promise<number> {
  const row = await transaction
    .selectFrom('records')
    .select((query) => query.fn.countAll().as('count'))
    .where('generation', '=', generation)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Rows of a later reading stay: a quick reading may have written into this generation meanwhile. */
async function stage(
  transaction: Transaction<Schema>,
  no: number,
  rows: readonly { key: string; hash: string; record: string }[],
): Promise<void> {
  for (const some of chunks(rows, ROWS_PER_STATEMENT)) {
    await transaction
      .insertInto('records')
      .values(some.map((row) => ({ ...row, generation: no, reading: no })))
      .onConflict((conflict) =>
        conflict
          .columns(['generation', 'key'])
          .doUpdateSet((excluded) => ({
            hash: excluded.ref('excluded.hash'),
            record: excluded.ref('excluded.record'),
            reading: excluded.ref('excluded.reading'),
          }))
          .whereRef('records.reading', '<=', 'excluded.reading')
          .whereRef('records.hash', '<>', 'excluded.hash'),
      )
      .execute();
  }
}

async function copyRecords(transaction: Transaction<Schema>, from: number, to: number): Promise<void> {
  await sql`
    insert into "records" ("generation", "key", "reading", "hash", "record")
    select ${sql.lit(to)}, "key", "reading", "hash", "record" from "records" where "generation" = ${sql.lit(from)}
    on conflict ("generation", "key") do update
    set "reading" = excluded."reading", "hash" = excluded."hash", "record" = excluded."record"
    where "records"."reading" < excluded."reading" and "records"."hash" <> excluded."hash"`.execute(transaction);
}

/** Takes out records, but for those of readings that began after the one that missed them. */
async function removeRecords(
  transaction: Transaction<Schema>,
  generation: number,
  keys: readonly string[],
  missedBy: number,
): Promise<void> {
  for (const some of chunks(keys, ROWS_PER_STATEMENT)) {
    await transaction
      .deleteFrom('records')
      .where('generation', '=', generation)
      .where('key', 'in', some)
      .where('reading', '<', missedBy)
      .execute();
  }
}

/** What the pages of an MDM reading say so far, as JSON; null for a reading of Exchange. */
function contentWith({ source, content }: Reading, records: readonly SnapshotRecord[]): string | null {
  if (source !== 'mdm') return null;
  const before = JSON.parse(content ?? '{}') as ReadingContent;
  return JSON.stringify(
    addContent(
      before,
      records.filter((record) => record.kind === 'mdm'),
    ),
  );
}

function toInfo(row: Schema['snapshots']): SnapshotInfo {
  const { source, scope, syncId, kind, startedAt, completedAt, fullStartedAt, count, previousCount, content } = row;
  const info = { source, scope, syncId, kind, startedAt, completedAt, fullStartedAt, count, previousCount };
  return content === null ? info : { ...info, content: JSON.parse(content) as ReadingContent };
}

function* chunks<T>(values: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}
