/**
 * The store as the rest of the package sees it. Types only: nothing is imported when the program runs, so naming a
 * store costs nothing on a Node.js that has no embedded database. Open one with `loadStore`.
 * Times are ISO 8601 UTC text unless a field says otherwise.
 */
import type { KeptView } from '../model/forest-view.ts';
import type { ReadingGaps } from '../model/reading-gaps.ts';
import type { ServerClock } from '../model/server-clock.ts';
import type { Logger } from '../log.ts';
import type { KnownUsers } from '../model/known-users.ts';
import type {
  AuditLog,
  Checks,
  Devices,
  GoneDevices,
  Merges,
  Retention,
  Returns,
  SyncHistory,
  Timeline,
} from './contract/happened.ts';
import type { HeldPlans, ListEntries, Lowered, MissedDevices, Outbox } from './contract/effects.ts';
import type { InstanceRequests, Leases } from './contract/instances.ts';
import type { Json } from './contract/json.ts';
import type { Listings } from './contract/listings.ts';
import type { Activations, Exemptions, LinkTokens, Pairings } from './contract/links.ts';
import type { Announcements, Mails, Notifiers } from './contract/mails.ts';
import type { Organizations } from './contract/organizations.ts';
import type {
  AskedUsers,
  EntraDevices,
  LastAttempts,
  RecordChanges,
  RecordOf,
  SnapshotInfo,
  SnapshotRecord,
  SnapshotSource,
  SnapshotSync,
  Sources,
  Touched,
} from './contract/readings.ts';

export type * from './contract/json.ts';
export type * from './contract/effects.ts';
export type * from './contract/happened.ts';
export type * from './contract/instances.ts';
export type * from './contract/links.ts';
export type * from './contract/listings.ts';
export type * from './contract/mails.ts';
export type * from './contract/organizations.ts';
export type * from './contract/readings.ts';

export interface OpenStoreOptions {
  readonly engine: 'sqlite' | 'postgres';
  /** sqlite: the file; made if missing, its folder is not. `:memory:` is a store of its own, gone on close. */
  readonly path?: string | undefined;
  /** postgres: connection URL. */
  readonly connection?: string | undefined;
  /** Secret that signs links, at least 16 characters. Absent: made once and kept in the store. */
  readonly linkSecret?: string | Uint8Array | undefined;
  /** The clock; default the system's. */
  readonly now?: () => Date;
  readonly logger?: Logger;
}

/** Everything the connector must not forget. All methods reject with ERR_STORE_… when the engine fails. */
export interface Store extends StoreParts {
  /** Random, made once with the store. Links carry it, so that a link of another store is refused. */
  readonly id: string;
  readonly linkSecret: Uint8Array;
  readonly snapshots: Snapshots;
  readonly retention: Retention;
  readonly gone: GoneDevices;
  readonly listings: Listings;
  /**
   * One transaction: all that `work` does over the parts it is handed happens, or nothing. Everybody else waits for it, so
   * it waits for nothing but the store, and uses no part but those it is handed.
   */
  together<T>(work: (parts: StoreParts) => Promise<T>): Promise<T>;
  /** Lets go of the store. The last one of a process that does closes the file and leaves no journal beside it. */
  close(): Promise<void>;
}

/** What can change together in one transaction. */
export interface StoreParts {
  readonly sources: Sources;
  readonly activations: Activations;
  readonly pairings: Pairings;
  readonly exemptions: Exemptions;
  readonly entries: ListEntries;
  readonly missed: MissedDevices;
  readonly outbox: Outbox;
  readonly mails: Mails;
  readonly announcements: Announcements;
  readonly devices: Devices;
  readonly timeline: Timeline;
  readonly leases: Leases;
  readonly requests: InstanceRequests;
  readonly tokens: LinkTokens;
  readonly plans: HeldPlans;
  readonly history: SyncHistory;
  readonly audit: AuditLog;
  readonly settings: Settings;
  readonly lowered: Lowered;
  readonly asked: AskedUsers;
  readonly attempts: LastAttempts;
  readonly entra: EntraDevices;
  readonly touched: Touched;
  readonly merges: Merges;
  readonly returns: Returns;
  readonly notifiers: Notifiers;
  readonly checks: Checks;
  readonly organizations: Organizations;
}

/**
 * Snapshots by source and scope. A reading is staged page by page and stays invisible until its commit; a full one then
 * replaces the snapshot at once, a quick one changes it. An uncommitted reading leaves no trace.
 */
export interface Snapshots {
  /**
   * Opens a reading. Again with the same reading, open or committed: nothing happens; two matchers may take the same one.
   * Throws ERR_SNAPSHOT_INCOMPLETE for a quick reading of a scope that has no full one yet, and for one that was given up;
   * ERR_INPUT_INVALID if the id is that of another reading.
   */
  begin(sync: SnapshotSync): Promise<void>;
  /**
   * Stages one page, of a full reading what differs from what is shown; of equal keys the last one counts. If the reading is
   * committed already, nothing happens. Throws ERR_SNAPSHOT_INCOMPLETE if the reading is not open, a full one was begun
   * before the store was opened, or a page before this one is missing, ERR_INPUT_INVALID for a record of another source or
   * scope.
   */
  putPage(sync: SnapshotSync, records: readonly SnapshotRecord[]): Promise<void>;
  /**
   * Makes the reading visible as a whole. If it is visible already, or a full reading that began later is, the snapshot
   * as it stands is returned. Full readings that began later and are under way are given up: they were compared with what is
   * shown no more. Throws ERR_SNAPSHOT_INCOMPLETE if the reading is not open.
   * @param sync.clock how the clock of the server that was read stands to ours; null: nobody knows; absent: as before
   * @param sync.gaps what the server could not give; of mailboxes in them nothing is taken out. After a full reading they are
   *   its own, and where some are unnamed or outside, all mailboxes of which something was not seen; a quick one adds to what stands
   * @param sync.view what of the forest the records are of, and the reading saw; null, or absent: nobody knows
   * @param gone keys whose records a quick reading takes out; a full one lacks them anyway
   * @param also what is kept in the same transaction
   */
  commit(
    sync: Pick<SnapshotSync, 'id'> & {
      readonly clock?: ServerClock | null;
      readonly gaps?: ReadingGaps | null;
      readonly view?: KeptView | null;
    },
    gone?: readonly string[],
    also?: (parts: StoreParts) => Promise<void>,
  ): Promise<SnapshotInfo>;
  /** Drops a reading; unknown or committed ones are left alone. */
  abandon(syncId: string): Promise<void>;
  /**
   * Forgets a scope's snapshot, as of an MDM that was given up. True if there was one.
   * @param also what happens in the same transaction, whether there was one or not
   */
  forget(source: SnapshotSource, scope: string, also?: (parts: StoreParts) => Promise<void>): Promise<boolean>;
  latest(source: SnapshotSource, scope: string): Promise<SnapshotInfo | null>;
  /** Every scope of the source that has a snapshot, by scope. */
  list(source: SnapshotSource): Promise<SnapshotInfo[]>;
  /**
   * The committed records in key order, page by page, of one scope or of all. What is committed meanwhile does not show.
   * Throws ERR_SNAPSHOT_INCOMPLETE if another process changed the rows under the reader.
   */
  read<S extends SnapshotSource>(
    source: S,
    scope?: string,
    options?: { pageSize?: number; signal?: AbortSignal },
  ): AsyncIterable<RecordOf<S>[]>;
  get<T extends SnapshotRecord = SnapshotRecord>(key: string): Promise<T | null>;
  /** Those of the keys that have a record. */
  getMany<T extends SnapshotRecord = SnapshotRecord>(keys: readonly string[]): Promise<Map<string, T>>;
  /** Which users the shown records of an MDM name; null: nobody knows. */
  users(scope: string): Promise<KnownUsers | null>;
  /** The number of the last change of a record: what is read after it is at least as new. */
  lastChange(): Promise<number>;
  /** What changed after that one; null: so much that everything is to be read. */
  changesSince(no: number): Promise<RecordChanges | null>;
}

/** Small values by name: cursors, baselines, choices. */
export interface Settings {
  get<T extends Json = Json>(name: string): Promise<T | null>;
  set(name: string, value: Json): Promise<void>;
  /**
   * Changes a value by what it was. Nobody else changes it in between, in this process or another.
   * @param change null for a value that there is not; answers what it is to be, the same object: it stays
   */
  edit<T extends Json = Json>(name: string, change: (kept: T | null) => T): Promise<void>;
}
