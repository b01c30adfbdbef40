/**
 * Snapshots: staged readings, whole commits, reading back. See `Snapshots` in store.ts for what is promised.
 *
 * A full reading stages what is not shown yet, tells by its keys what is gone, and is shown as a difference (ADR 0038).
 */
import { setImmediate } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import { ConnectorError } from '../errors.ts';
import type { KeptView } from '../model/forest-view.ts';
import type { KnownUsers } from '../model/known-users.ts';
import { GapMailboxes, mailboxesThatDiffer } from '../model/reading-gaps.ts';
import type { ReadingGaps } from '../model/reading-gaps.ts';
import type { ServerClock } from '../model/server-clock.ts';
import { atomically } from './atomically.ts';
import { addNewDevices } from './devices.ts';
import type { Engine } from './dialects.ts';
import { forgetEntra, moveEntraLink } from './entra-devices.ts';
import { differencesOf, findSnapshot, snapshotLock, viewOf } from './generations.ts';
import type { Generations } from './generations.ts';
import { forgetSeen, KnownRecords } from './known-records.ts';
import { differingRows, pageRows } from './page-rows.ts';
import { changesOf, changesSince, sayChanges } from './reading-changes.ts';
import type { ReadingChanges } from './reading-changes.ts';
import {
  findReading,
  giveUpLater,
  isCommitted,
  knownReading,
  refuseClosed,
  refuseOlder,
  refuseOther,
  setState,
} from './reading-rows.ts';
import type { Reading } from './reading-rows.ts';
import { ReadingUnderWay, refusePageGap } from './reading-under-way.ts';
import type { Schema } from './schema.ts';
import { showDifference, showFirst } from './show-reading.ts';
import { clockText, gapsAfter, gapsOf, jsonText, toInfo } from './snapshot-info.ts';
import { SnapshotReader } from './snapshot-reader.ts';
import { stage, stageGone } from './snapshot-rows.ts';
import { stageUnseen } from './stage-unseen.ts';
import type { TextRow } from './staged-rows.ts';
import type {
  RecordChanges,
  RecordOf,
  SnapshotInfo,
  SnapshotRecord,
  SnapshotSource,
  SnapshotSync,
  Snapshots as SnapshotsOfStore,
  StoreParts,
} from './store.ts';
import { lastChange, touchManyMailboxes } from './touched.ts';
import { addUsers, forgetUsers, keepUsers, usersOfScope } from './users-of-readings.ts';

/** Rows of a full reading that are written in one transaction. */
const ROWS_PER_WRITE = 5_000;

/** A reading that is shown, and the generations whose devices may be new. */
interface Added {
  readonly reading: Reading;
  readonly base: number;
  readonly generations: readonly number[];
}

/** Snapshots as rows, each reading a generation of its own; the contract is at `Snapshots` in store.ts. */
export class Snapshots implements SnapshotsOfStore {
  readonly #database: Kysely<Schema>;
  readonly #generations: Generations;
  readonly #now: () => Date;
  readonly #lock: Engine['lock'];
  readonly #fieldOf: Engine['fieldOf'];
  readonly #textOf: Engine['textOf'];
  readonly #together: (transaction: Transaction<Schema>) => StoreParts;
  readonly #salt: string;
  /** By sync id. Pages of one reading come to one process: what only it knows ends with it, and so does the reading. */
  readonly #underWay = new Map<string, ReadingUnderWay>();
  /** Ends under way, by sync id. */
  readonly #committing = new Map<string, Promise<SnapshotInfo>>();
  readonly #known: KnownRecords;
  readonly #reader: SnapshotReader;

  /** @param options.salt known to this store only */
  constructor(
    database: Kysely<Schema>,
    {
      lock,
      fieldOf,
      textOf: textIn,
      generations,
      now,
      together,
      salt,
    }: {
      lock: Engine['lock'];
      fieldOf: Engine['fieldOf'];
      textOf: Engine['textOf'];
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
    this.#fieldOf = fieldOf;
    this.#textOf = textIn;
    this.#generations = generations;
    this.#now = now;
    this.#known = new KnownRecords(database);
    this.#reader = new SnapshotReader(database, { generations, known: this.#known, salt });
  }

  async begin(sync: SnapshotSync): Promise<void> {
    const scope = scopeOf(sync);
    const own = this.#underWay.get(sync.id);
    // Each page begins its reading again.
    if (own !== undefined && own.source === sync.source && own.scope === scope) return;
    await this.#generations.sweep();
    await this.#forgetEnded();
    let opening: ReadingUnderWay | undefined;
    try {
      await this.#open(sync, scope, (one) => (opening = one));
      opening?.opened();
    } catch (thrown) {
      if (this.#underWay.get(sync.id) === opening) await this.#end(sync.id);
      throw thrown;
    }
  }

  /** @param began called with a full reading of which nobody else knows yet */
  async #open(sync: SnapshotSync, scope: string, began: (underWay: ReadingUnderWay) => void): Promise<void> {
    await atomically(this.#database, async (transaction) => {
      await this.#lock(transaction, `reading ${sync.id}`);
      const known = await findReading(transaction, sync.id);
      if (known !== undefined) {
        refuseOther(known, sync, scope);
        if (!isCommitted(known) && known.kind === 'full') this.#ofThisProcess(known);
        return;
      }
      const kept = await findSnapshot(transaction, { source: sync.source, scope });
      refuseOlder(kept, sync, scope);
      if (sync.kind === 'quick' && kept === undefined) {
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
      const named = { no: made.no, source: sync.source, scope };
      const underWay = new ReadingUnderWay(named, kept?.count ?? 0, this.#now().getTime());
      this.#underWay.set(sync.id, underWay);
      began(underWay);
    });
  }

  async putPage(sync: SnapshotSync, records: readonly SnapshotRecord[]): Promise<void> {
    const scope = scopeOf(sync);
    const rows = pageRows(records, { source: sync.source, scope, salt: this.#salt });
    // Another matcher may show it meanwhile.
    const underWay = this.#underWay.get(sync.id);
    const reading = await knownReading(this.#database, sync.id);
    if (isCommitted(reading)) return;
    if (reading.kind === 'quick') return this.#putQuickPage(sync, [...rows.values()]);
    if (underWay === undefined) refuseClosed(sync.id);
    underWay.refuseGap(sync.page);
    const compared = { database: this.#database, known: this.#known };
    const differs = await differingRows(compared, { ...reading, underWay }, [...rows.values()]);
    for (const { number, content, time } of rows.values()) underWay.seen.set(number, { content, time });
    underWay.counted(sync.page, records);
    await underWay.stage(differs).catch(async (thrown: unknown) => {
      // A part of it is lost, and the reading with it.
      await this.#end(sync.id);
      throw thrown;
    });
    if (underWay.isSilent(this.#now().getTime())) await this.#touch(reading, underWay);
    // A page is compared and staged with hardly a statement: pages that wait would all come in one turn.
    await setImmediate();
  }

  async #putQuickPage(sync: SnapshotSync, rows: readonly TextRow[]): Promise<void> {
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
      await stage(transaction, reading.no, rows, this.#textOf);
    });
  }

  /** Says that a full reading goes on. */
  async #touch({ no }: Pick<Reading, 'no'>, underWay: ReadingUnderWay): Promise<void> {
    const now = this.#now();
    underWay.heard(now.getTime());
    await this.#database
      .updateTable('readings')
      .set({ touchedAt: now.toISOString() })
      .where('no', '=', no)
      .where('state', '=', 'reading')
      .execute();
  }

  /** Writes what a full reading has staged. What could not be written is lost, and the reading with it. */
  async #write({ syncId, no }: Pick<Reading, 'syncId' | 'no'>, underWay: ReadingUnderWay): Promise<void> {
    const content = underWay.source === 'mdm' ? JSON.stringify(underWay.content) : null;
    try {
      await this.#database.updateTable('readings').set({ content }).where('no', '=', no).execute();
      for await (const rows of underWay.take(ROWS_PER_WRITE)) {
        await atomically(this.#database, async (transaction) => {
          await this.#lock(transaction, `reading ${syncId}`);
          const reading = await knownReading(transaction, syncId);
          if (isCommitted(reading)) return;
          await stage(transaction, no, rows, this.#textOf);
          // The commit is a turn of its own.
          await setImmediate();
        });
        this.#generations.changed(rows.length);
        await setImmediate();
        if (underWay.isSilent(this.#now().getTime())) await this.#touch({ no }, underWay);
      }
    } catch (thrown) {
      await this.#end(syncId);
      throw thrown;
    }
  }

  /** What only this process knows of a reading is not needed any more. */
  async #end(syncId: string): Promise<void> {
    const underWay = this.#underWay.get(syncId);
    this.#underWay.delete(syncId);
    await underWay?.close();
  }

  /** Throws ERR_SNAPSHOT_INCOMPLETE for a reading whose pages came to another process, or to this one before it was opened. */
  #ofThisProcess({ syncId }: Pick<Reading, 'syncId'>): ReadingUnderWay {
    return this.#underWay.get(syncId) ?? refuseClosed(syncId);
  }

  /** Readings that were given up need not be remembered. */
  async #forgetEnded(): Promise<void> {
    const opened = [...this.#underWay].filter(([, underWay]) => underWay.isOpened).map(([id]) => id);
    if (opened.length === 0) return;
    const open = await this.#database.selectFrom('readings').select('syncId').where('state', '=', 'reading').execute();
    const ids = new Set(open.map(({ syncId }) => syncId));
    for (const id of opened) if (!ids.has(id)) await this.#end(id);
  }

  async commit(
    {
      id,
      clock,
      gaps = null,
      view = null,
    }: Pick<SnapshotSync, 'id'> & {
      readonly clock?: ServerClock | null;
      readonly gaps?: ReadingGaps | null;
      readonly view?: KeptView | null;
    },
    gone: readonly string[] = [],
    also: (parts: StoreParts) => Promise<void> = async () => {},
  ): Promise<SnapshotInfo> {
    // Two matchers may come to the end of the same reading at the same time.
    while (this.#committing.has(id)) await this.#committing.get(id)?.catch(() => {});
    const committing = this.#commit({ id, clock, gaps, view }, gone, also);
    this.#committing.set(id, committing);
    return committing.finally(() => this.#committing.delete(id));
  }

  async #commit(
    {
      id,
      clock,
      gaps: told,
      view,
    }: {
      readonly id: string;
      readonly clock: ServerClock | null | undefined;
      readonly gaps: ReadingGaps | null;
      readonly view: KeptView | null;
    },
    gone: readonly string[],
    also: (parts: StoreParts) => Promise<void>,
  ): Promise<SnapshotInfo> {
    const own = await this.#stageEnd(id, gone, told);
    const staged = await knownReading(this.#database, id);
    const changes = isCommitted(staged)
      ? null
      : await changesOf(this.#database, staged, await findSnapshot(this.#database, staged));
    let added: Added | null = null;
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
      const gaps = gapsAfter(reading, own, current);
      const seen = this.#underWay.get(id)?.seen ?? null;
      const showing = { transaction, reading, seen, now: this.#now(), salt: this.#salt };
      const shown =
        current === undefined
          ? await showFirst(showing, {
              clock: clockText(clock, null),
              gaps: jsonText(gaps),
              view: jsonText(view),
            })
          : await showDifference(showing, {
              ...current,
              clock: clockText(clock, current.clock),
              gaps: jsonText(gaps),
              view: jsonText(view),
            });
      await this.#lock(transaction, 'changes');
      await sayChanges(transaction, reading, current === undefined ? null : changes);
      // What may not be lowered is decided otherwise.
      await touchManyMailboxes(transaction, reading.scope, mailboxesThatDiffer(gapsOf(current), gaps));
      if (reading.source === 'mdm') {
        await this.#keepUsers(transaction, reading, { current, changes });
        await moveEntraLink(transaction, reading);
      }
      if (reading.source === 'eas')
        added = { reading, base: shown.generation, generations: newIn(shown, current, reading) };
      return shown;
    });
    await this.#end(id);
    if (info.fullRead === info.lastRead) await this.#known.forgetOthers();
    if (added !== null) await this.#addDevices(added);
    this.#generations.clear();
    return toInfo(info);
  }

  async #keepUsers(
    transaction: Transaction<Schema>,
    { syncId, no, scope, kind }: Reading,
    { current, changes }: { current: Schema['snapshots'] | undefined; changes: ReadingChanges },
  ): Promise<void> {
    if (kind === 'quick') return addUsers(transaction, scope, changes);
    const isWithLater = current !== undefined && differencesOf(current).some((difference) => difference > no);
    return keepUsers(transaction, scope, this.#ofThisProcess({ syncId }).users, isWithLater);
  }

  /*
   *   a record that is shown, and its reading     of a mailbox in the gaps   some gaps are unnamed   then
   *   full, has it                                any                        any                     as the reading says
   *   full, lacks it                              no                         no                      is taken out
   *   full, lacks it                              yes                        any                     stays as it was
   *   full, lacks it                              no                         yes                     stays, and its mailbox is in
   *                                                                                                  the gaps from here on
   *   quick, says it is gone                      no                         no                      is taken out
   *   quick, says it is gone                      yes, or some are unnamed   –                       stays as it was
   */

  /**
   * What makes a reading whole before it is shown, in steps: what is gone, and when each record's device was heard of.
   * @returns its gaps, with every mailbox of which something stayed
   */
  async #stageEnd(syncId: string, gone: readonly string[], gaps: ReadingGaps | null): Promise<ReadingGaps | null> {
    const reading = await knownReading(this.#database, syncId);
    if (isCommitted(reading)) return gaps;
    if (reading.kind === 'quick') {
      const missing = new GapMailboxes(gaps);
      await stageGone(
        this.#database,
        reading.no,
        gone.filter((key) => missing.ofUnseen(key) === null),
      );
      return gaps;
    }
    const underWay = this.#ofThisProcess(reading);
    await this.#write(reading, underWay);
    const kept = await this.#stageUnseen(underWay, gaps);
    await this.#known.keep(reading.no, underWay.seen, (await findSnapshot(this.#database, reading)) === undefined);
    return gaps === null ? null : { ...gaps, mailboxes: [...new Set([...gaps.mailboxes, ...kept])].sort() };
  }

  #stageUnseen(underWay: ReadingUnderWay, gaps: ReadingGaps | null): Promise<ReadonlySet<string>> {
    const shown = {
      database: this.#database,
      generations: this.#generations,
      known: this.#known,
      salt: this.#salt,
    };
    return stageUnseen(shown, underWay, new GapMailboxes(gaps));
  }

  async #addDevices({ reading, base, generations }: Added): Promise<void> {
    for (const no of generations)
      await addNewDevices(this.#database, { ...reading, no, isBase: no === base }, this.#fieldOf);
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
    await this.#end(syncId);
    this.#generations.clear();
  }

  async forget(
    source: SnapshotSource,
    scope: string,
    also: (parts: StoreParts) => Promise<void> = async () => {},
  ): Promise<boolean> {
    const known = await atomically(this.#database, async (transaction) => {
      await also(this.#together(transaction));
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
      if (source === 'mdm') {
        await transaction.deleteFrom('goneSources').where('scope', '=', scope).execute();
        await forgetUsers(transaction, scope);
        await forgetEntra(transaction, scope);
      }
      await this.#lock(transaction, 'changes');
      await sayChanges(transaction, { source, scope, kind: 'full' }, null);
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
    yield* this.#reader.read(source, scopes, options);
  }

  async get<T extends SnapshotRecord = SnapshotRecord>(key: string): Promise<T | null> {
    return (await this.getMany<T>([key])).get(key) ?? null;
  }

  getMany<T extends SnapshotRecord = SnapshotRecord>(keys: readonly string[]): Promise<Map<string, T>> {
    return this.#reader.getMany<T>(keys);
  }

  users(scope: string): Promise<KnownUsers | null> {
    return usersOfScope(this.#database, scope);
  }

  /** Full readings under way end. */
  async close(): Promise<void> {
    for (const syncId of this.#underWay.keys()) await this.#end(syncId);
  }

  lastChange(): Promise<number> {
    return lastChange(this.#database);
  }

  changesSince(no: number): Promise<RecordChanges | null> {
    return changesSince(this.#database, no);
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

/** The generations that may have devices which are not known: all, if whoever read before was cut off while adding them. */
function newIn(
  shown: Schema['snapshots'],
  before: Schema['snapshots'] | undefined,
  { no }: Pick<Reading, 'no'>,
): readonly number[] {
  const wasCutOff = before !== undefined && before.devicesOf < before.lastRead;
  return wasCutOff ? viewOf(shown).generations : viewOf(shown).generations.filter((generation) => generation === no);
}
