/**
 * The indexes that the matcher joins by, kept between matches: what they are made from is in the store, and they are brought
 * up to date by the records that have changed since.
 * In: the last readings. Out: the indexes, for one match at a time. Changes: nothing.
 */
import { EasIndex } from '../../match/eas-index.ts';
import { MdmIndex } from '../../match/mdm-index.ts';
import { readEasRecordKey } from '../../model/keys.ts';
import type { EasRecord, MdmRecord } from '../../model/records.ts';
import { chunks } from '../../store/chunks.ts';
import type { SnapshotInfo, Store } from '../../store/store.ts';

/** Records that are read from the store at once. */
const READ_PAGE = 1000;

/** Room an index is made with at least. */
const LEAST_ROOM = 16;

/** Of an index of which more is dead, a new one is made. */
const MOST_WASTE = 0.3;

/** Both sides, as they are in the store. */
export interface Joined {
  readonly eas: EasIndex;
  readonly mdm: MdmIndex;
}

/** Sees the EAS records while the index is made from them. */
export type OnEas = (page: readonly EasRecord[]) => void;

/** An index and the last change that is in it. */
interface Kept<Index> {
  readonly index: Index;
  readonly no: number;
}

const ofStores = new WeakMap<Store['snapshots'], JoinedReadings>();

/*
 *   the indexes                                   a match
 *   were never made, or another match has them    makes its own, from all records
 *   were made, and it is known what changed       brings them up to date
 *   were made, and so much changed that it is     makes them anew
 *   not known, or a third of them is dead
 *   of every device                               makes them anew: it goes through all records anyway
 */

/** The indexes of one store, shared by all nodes of this process that match in it. */
export class JoinedReadings {
  #mdm: Kept<MdmIndex> | null = null;
  readonly #eas = new Map<string, Kept<EasIndex>>();
  #isLent = false;

  /** The one of a store. */
  static of({ snapshots }: Pick<Store, 'snapshots'>): JoinedReadings {
    const known = ofStores.get(snapshots) ?? new JoinedReadings();
    ofStores.set(snapshots, known);
    return known;
  }

  /** Lends the indexes, alone, until they are given back. Whoever comes meanwhile gets some of their own, which are not kept. */
  borrow(): LentReadings {
    if (this.#isLent) return new JoinedReadings().borrow();
    this.#isLent = true;
    let isBack = false;
    return {
      anew: (store, eas, afterEas, options) => this.#anew(store, eas, afterEas, options),
      upToDate: (store, eas, mdm, signal) => this.#upToDate(store, eas, mdm, signal),
      giveBack: () => {
        if (isBack) return;
        isBack = true;
        this.#isLent = false;
      },
    };
  }

  async #anew(
    store: Store,
    { scope, count }: SnapshotInfo,
    afterEas: () => Promise<number>,
    { signal, onEas }: { readonly signal: AbortSignal; readonly onEas: OnEas },
  ): Promise<Joined> {
    // Two of the same would be in memory at the same time.
    this.#eas.delete(scope);
    this.#mdm = null;
    const eas = await this.#makeEas(store, { scope, count }, signal, onEas);
    const mdm = await this.#makeMdm(store, await afterEas(), signal);
    return { eas: eas.index, mdm: mdm.index };
  }

  async #upToDate(
    store: Store,
    { scope, count }: SnapshotInfo,
    mdmCount: () => number,
    signal: AbortSignal,
  ): Promise<Joined> {
    const eas = await this.#easUpToDate(store, scope);
    const mdm = await this.#mdmUpToDate(store);
    return {
      eas: eas ?? (await this.#makeEas(store, { scope, count }, signal)).index,
      mdm: mdm ?? (await this.#makeMdm(store, mdmCount(), signal)).index,
    };
  }

  async #makeEas(
    store: Store,
    { scope, count }: Pick<SnapshotInfo, 'scope' | 'count'>,
    signal: AbortSignal,
    onEas?: OnEas,
  ): Promise<Kept<EasIndex>> {
    this.#eas.delete(scope);
    const no = await store.snapshots.lastChange();
    const index = new EasIndex(Math.max(LEAST_ROOM, count), { reachable: true });
    for await (const page of store.snapshots.read('eas', scope, { pageSize: READ_PAGE, signal })) {
      index.add(page);
      onEas?.(page);
    }
    this.#eas.set(scope, { index, no });
    return { index, no };
  }

  async #makeMdm(store: Store, count: number, signal: AbortSignal): Promise<Kept<MdmIndex>> {
    this.#mdm = null;
    const no = await store.snapshots.lastChange();
    const index = new MdmIndex(Math.max(LEAST_ROOM, count));
    for await (const page of store.snapshots.read('mdm', undefined, { pageSize: READ_PAGE, signal })) index.add(page);
    this.#mdm = { index, no };
    return this.#mdm;
  }

  async #easUpToDate(store: Store, organization: string): Promise<EasIndex | null> {
    const kept = this.#eas.get(organization);
    if (kept === undefined || kept.index.waste > MOST_WASTE) return null;
    const changes = await store.snapshots.changesSince(kept.no);
    if (changes === null) return null;
    const own = changes.keys.filter((key) => key.startsWith(`eas:${organization}:`));
    const named = own.flatMap((key) => {
      const parts = readEasRecordKey(key);
      return parts === null ? [] : [{ key, ...parts }];
    });
    // A mailbox that is called by no GUID.
    if (named.length < own.length) return null;
    // Cut off in between it is neither as it was nor as it should be.
    this.#eas.delete(organization);
    for (const some of chunks(named, READ_PAGE)) {
      const records = await store.snapshots.getMany<EasRecord>(some.map(({ key }) => key));
      for (const { key, mailboxId, easId } of some) if (!records.has(key)) kept.index.remove(mailboxId, easId);
      kept.index.add(records.values());
    }
    this.#eas.set(organization, { index: kept.index, no: changes.no });
    return kept.index;
  }

  async #mdmUpToDate(store: Store): Promise<MdmIndex | null> {
    const kept = this.#mdm;
    if (kept === null || kept.index.waste > MOST_WASTE) return null;
    const changes = await store.snapshots.changesSince(kept.no);
    if (changes === null) return null;
    this.#mdm = null;
    const keys = changes.keys.filter((key) => key.startsWith('mdm:'));
    for (const some of chunks(keys, READ_PAGE)) {
      const records = await store.snapshots.getMany<MdmRecord>(some);
      for (const key of some) {
        const record = records.get(key);
        if (record === undefined) kept.index.remove(key);
        else kept.index.replace(record);
      }
    }
    this.#mdm = { index: kept.index, no: changes.no };
    return kept.index;
  }
}

/** What a match works with, alone. */
export interface LentReadings {
  /** Made anew from all records. @param afterEas called between both sides; says how many MDM records there are */
  anew(
    store: Store,
    eas: SnapshotInfo,
    afterEas: () => Promise<number>,
    options: { readonly signal: AbortSignal; readonly onEas: OnEas },
  ): Promise<Joined>;
  /** As they were left, with what has changed since. @param mdmCount how many MDM records there are, should they be read */
  upToDate(store: Store, eas: SnapshotInfo, mdmCount: () => number, signal: AbortSignal): Promise<Joined>;
  giveBack(): void;
}
