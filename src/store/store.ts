/**
 * The store as the rest of the package sees it. Types only: nothing is imported when the program runs, so naming a
 * store costs nothing on a Node.js that has no embedded database. Open one with `loadStore`.
 * Times are ISO 8601 UTC text unless a field says otherwise.
 */
import type { Logger } from '../log.ts';
import type { ListEntryKey, OwnedEntry } from '../model/personal-lists.ts';
import type { ReadingContent } from '../model/reading-content.ts';
import type { Activation, EasRecord, MdmRecord, Pairing } from '../model/records.ts';

/** Plain data that JSON keeps whole. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

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
  readonly entries: ListEntries;
  readonly outbox: Outbox;
  readonly notifications: Notifications;
  readonly mails: WaitingMails;
  readonly announcements: Announcements;
  readonly leases: Leases;
  readonly tokens: LinkTokens;
  readonly plans: HeldPlans;
  readonly history: SyncHistory;
  readonly audit: AuditLog;
  readonly settings: Settings;
}

export type SnapshotSource = 'eas' | 'mdm';
export type SnapshotRecord = EasRecord | MdmRecord;
export type RecordOf<S extends SnapshotSource> = S extends 'eas' ? EasRecord : MdmRecord;

/** One reading. A `SyncInfo` fits, given its scope: organization (eas) or source id (mdm). */
export interface SnapshotSync {
  readonly id: string;
  readonly source: SnapshotSource;
  readonly kind: 'full' | 'quick';
  /** Whose records: organization (eas) or the MDM's source id. Absent: `organization`. */
  readonly scope?: string | undefined;
  readonly organization?: string | undefined;
  readonly startedAt: string;
  /** Number of the page handed over, counted from 0 or 1. Given on every page, a lost page is noticed. */
  readonly page?: number | undefined;
}

/** A scope's snapshot as it stands after its last committed reading. */
export interface SnapshotInfo {
  readonly source: SnapshotSource;
  readonly scope: string;
  /** The last committed reading, its kind and its times. */
  readonly syncId: string;
  readonly kind: 'full' | 'quick';
  readonly startedAt: string;
  readonly completedAt: string;
  /** When the last full reading began: the age of the whole picture. */
  readonly fullStartedAt: string;
  /** Records now. */
  readonly count: number;
  /** Records before the last full reading; null if there were none. A quick reading does not change it. */
  readonly previousCount: number | null;
  /** What the records of the last full reading say, as far as it was counted. MDM only. */
  readonly content?: ReadingContent;
}

/** An MDM source on the canvas, as it tells the store without having read anything. */
export interface AnnouncedSource {
  /** Id of the node. */
  readonly nodeId: string;
  /** The scope that its snapshot has or will have. */
  readonly scope: string;
  /** `intune`, or `mapping`, which counts from its first whole reading on. */
  readonly provider: string;
  /** What a person calls it. */
  readonly name: string | null;
  readonly announcedAt: string;
}

/** Which MDM sources are deployed, one row a node. What was announced is known after a restart too. */
export interface Sources {
  /** Adds the source; again for the same node: what changed is taken over, `announcedAt` stays. */
  announce(source: AnnouncedSource): Promise<void>;
  /** Forgets the source of a node. True if there was one. */
  remove(nodeId: string): Promise<boolean>;
  /** By scope, then by node. */
  list(): Promise<AnnouncedSource[]>;
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
   * Stages one page; of equal keys the last one counts. If the reading is committed already, nothing happens.
   * Throws ERR_SNAPSHOT_INCOMPLETE if the reading is not open or a page before this one is missing, ERR_INPUT_INVALID for
   * a record of another source or scope.
   */
  putPage(sync: SnapshotSync, records: readonly SnapshotRecord[]): Promise<void>;
  /**
   * Makes the reading visible as a whole. If it is visible already, or a full reading that began later is, the snapshot
   * as it stands is returned. Throws ERR_SNAPSHOT_INCOMPLETE if the reading is not open.
   * @param gone keys whose records a quick reading takes out; a full one lacks them anyway
   */
  commit(sync: Pick<SnapshotSync, 'id'>, gone?: readonly string[]): Promise<SnapshotInfo>;
  /** Drops a reading; unknown or committed ones are left alone. */
  abandon(syncId: string): Promise<void>;
  /** Forgets a scope's snapshot, as of an MDM that was given up. True if there was one. */
  forget(source: SnapshotSource, scope: string): Promise<boolean>;
  latest(source: SnapshotSource, scope: string): Promise<SnapshotInfo | null>;
  /** Every scope of the source that has a snapshot, by scope. */
  list(source: SnapshotSource): Promise<SnapshotInfo[]>;
  /**
   * The committed records in key order, page by page, of one scope or of all. What is committed meanwhile does not show.
   * Throws ERR_SNAPSHOT_INCOMPLETE if another process replaced the snapshot under the reader.
   */
  read<S extends SnapshotSource>(
    source: S,
    scope?: string,
    options?: { pageSize?: number; signal?: AbortSignal },
  ): AsyncIterable<RecordOf<S>[]>;
  get<T extends SnapshotRecord = SnapshotRecord>(key: string): Promise<T | null>;
  /** Those of the keys that have a record. */
  getMany<T extends SnapshotRecord = SnapshotRecord>(keys: readonly string[]): Promise<Map<string, T>>;
}

/** Activations, one a token: pressing the button twice is one activation. */
export interface Activations {
  /** Keeps the activation; if this token already made one, that one is returned and nothing is written. */
  add(activation: Activation): Promise<{ activation: Activation; isNew: boolean }>;
  /** All, oldest first. */
  list(): Promise<Activation[]>;
  /** Those of one mailbox (GUID), oldest first. */
  forMailbox(mailbox: string): Promise<Activation[]>;
}

/** An administrator's pairings, one an EAS record. */
export interface Pairings {
  /** Adds or replaces the pairing of this EAS record. */
  add(pairing: Pairing): Promise<void>;
  /** True if there was one. */
  remove(easKey: string): Promise<boolean>;
  list(): Promise<Pairing[]>;
}

export type { ListEntryKey, ListEntryState, OwnedEntry } from '../model/personal-lists.ts';

/**
 * The ledger of list entries we own. Protocol, so that a crash at any moment can be repaired:
 * 1. `intend` before Set-CASMailbox, 2. Set-CASMailbox, 3. `confirm` when it succeeded, `drop` when Exchange refused it.
 * With an unknown outcome (or a crash between) the entry stays `adding` or `removing`: `list({ unsettled: true })` names
 * it, the mailbox's list is read, and `settle` is told whether the entry is there. An entry that Exchange already has
 * must not be intended: it is someone else's.
 */
export interface ListEntries {
  /**
   * Step 1; again for the same entry: nothing new. Throws ERR_INPUT_INVALID for the removal of an entry we do not own,
   * and for either operation while the opposite one is not settled.
   */
  intend(entry: ListEntryKey & { operation: 'add' | 'remove'; rule: string; at: string }): Promise<void>;
  /** Step 3, Exchange did it: `adding` becomes `owned`, `removing` is forgotten. */
  confirm(entry: ListEntryKey, at: string): Promise<void>;
  /** Step 3, Exchange did not: `adding` is forgotten, `removing` is `owned` again. */
  drop(entry: ListEntryKey): Promise<void>;
  /** After a crash: `present` says whether the mailbox's list has the entry. */
  settle(entry: ListEntryKey, present: boolean, at: string): Promise<OwnedEntry | null>;
  /** Writes an owned entry at once (adopted entries, imports). */
  record(entry: Omit<OwnedEntry, 'state' | 'episode'>): Promise<void>;
  /** Forgets an entry without a word to Exchange. True if there was one. */
  remove(entry: ListEntryKey): Promise<boolean>;
  get(entry: ListEntryKey): Promise<OwnedEntry | null>;
  /** Both lists' entries of one device on one mailbox. */
  forDevice(device: Omit<ListEntryKey, 'list'>): Promise<OwnedEntry[]>;
  list(filter?: { organization?: string; mailboxId?: string; unsettled?: boolean }): Promise<OwnedEntry[]>;
}

/**
 * `waiting` for its time; `sending`: handed to Exchange, outcome not yet known; `settling`: the same, and not wanted any
 * more; `attention`: given up, a person must look.
 */
export type OutboxState = 'waiting' | 'sending' | 'settling' | 'attention';

/** A change that has not reached Exchange yet. One a device: a newer plan replaces the older. */
export interface OutboxChange {
  /** The device record's key. */
  readonly key: string;
  readonly organization: string;
  readonly mailboxId: string;
  readonly state: OutboxState;
  readonly attempts: number;
  readonly createdAt: string;
  readonly nextAttemptAt: string;
  readonly lastError: { readonly code: string; readonly text: string } | null;
  /** The planned change, as its maker wrote it. */
  readonly change: Json;
}

export interface Outbox {
  /** Adds or replaces the change of this device. */
  put(change: OutboxChange): Promise<void>;
  /** Waiting changes whose time has come, the longest waiting first. */
  due(now: string, options?: { organization?: string; limit?: number }): Promise<OutboxChange[]>;
  /** Changes the named fields; false if there is no such change (done or replaced meanwhile). */
  update(
    key: string,
    fields: Partial<Pick<OutboxChange, 'state' | 'attempts' | 'nextAttemptAt' | 'lastError'>>,
  ): Promise<boolean>;
  remove(key: string): Promise<boolean>;
  /** Those of the devices that have a change waiting. */
  getMany(keys: readonly string[]): Promise<OutboxChange[]>;
  list(filter?: { organization?: string; state?: OutboxState }): Promise<OutboxChange[]>;
}

/** A mail that was sent, or was to be sent and was not. */
export interface NotificationRecord {
  /** The device record's key. */
  readonly deviceKey: string;
  /** Why it was sent: the reason code (`not-enrolled`, …). */
  readonly kind: string;
  readonly at: string;
  /** When the device was blocked (the change's `at`): mails of an earlier blocking do not count for a later one. */
  readonly blockedAt: string;
  readonly address: string | null;
  /** `sent` = the mail server accepted it. */
  readonly outcome: 'sent' | 'failed' | 'skipped';
  readonly messageId: string | null;
  /** Why not, or the server's answer. */
  readonly note: string | null;
  /** Of which blocking it was: the list entry's episode. Null: the news did not say. */
  readonly episode: string | null;
}

export interface Notifications {
  record(notification: NotificationRecord): Promise<void>;
  /** Of one device, of one kind if given, oldest first. */
  find(deviceKey: string, kind?: string): Promise<NotificationRecord[]>;
  /** The newest first. */
  list(options?: { limit?: number }): Promise<NotificationRecord[]>;
}

/** A mail that is still to be sent, or news that may lead to one. */
export interface WaitingMail {
  /** Id of the notifier that sends it. */
  readonly notifier: string;
  /** `arrived`: news that has not had its turn; `due`: a mail that failed, or a reminder. */
  readonly part: 'arrived' | 'due';
  readonly deviceKey: string;
  /** Who has the news in its queue, if it still lives. */
  readonly heldBy: string | null;
  /** It could not be sent for a week, and waits for a person. */
  readonly attention: boolean;
  readonly dueAt: string;
  /** When it was to be sent first; null: a reminder that was not due yet. */
  readonly since: string | null;
  /** Tries that failed. */
  readonly attempts: number;
  /** The news, as its maker wrote it. */
  readonly change: Json;
}

/** Which of a notifier's waiting mails. */
export interface WaitingMailFilter {
  readonly notifier: string;
  readonly part: 'arrived' | 'due';
  readonly attention?: boolean;
  /** Due at this time or before. */
  readonly dueBy?: string;
  /** Tried before, and due later than this. */
  readonly triedAndDueAfter?: string;
  /** Not in this one's queue. */
  readonly notHeldBy?: string;
  readonly deviceKeys?: readonly string[];
  readonly limit?: number;
}

/** Mails that wait, one a notifier, part and device. Each costs the same, however many there are. */
export interface WaitingMails {
  /** Adds mails; each replaces the one of the same notifier, part and device. */
  put(mails: readonly WaitingMail[]): Promise<void>;
  remove(mail: Pick<WaitingMail, 'notifier' | 'part' | 'deviceKey'>): Promise<void>;
  /** The longest due first. */
  list(filter: WaitingMailFilter): Promise<WaitingMail[]>;
  count(filter: Omit<WaitingMailFilter, 'limit'>): Promise<number>;
  /**
   * Marks a mail as one that `by` is sending. False if it is another by now, or is gone, or somebody else sends it.
   * @param isAlive tells of the one that has it whether it still works
   */
  claim(mail: WaitingMail, by: string, isAlive: (heldBy: string) => Promise<boolean>): Promise<boolean>;
}

/** What the flow is owed: that it hears of a change, or of a problem. */
export interface Announcement {
  /** The change's id in the message, the same at every repeat. */
  readonly id: string;
  readonly organization: string;
  /** The output. */
  readonly kind: 'blocked' | 'allowed' | 'attention';
  readonly deviceKey: string | null;
  readonly at: string;
  /** When it was last handed to the flow, and by which run of the flows. */
  readonly emittedAt: string;
  readonly emittedBy: string;
  /** How often it was. */
  readonly emissions: number;
  /** Ids of the notifiers that have said why they send no mail. */
  readonly declinedBy: readonly string[];
  /** What is told, as its maker wrote it. */
  readonly news: Json;
}

/** Who does a work that only one may do at a time. */
export interface Lease {
  readonly name: string;
  /** Names who has it: one start of one node. */
  readonly holder: string;
  /** The node; the same after a restart, and in every instance of its flow. */
  readonly node: string;
  /** The process, and where its number counts. */
  readonly process: string;
  /** Grows with every new holder. */
  readonly fence: number;
  /** By the database's clock. */
  readonly until: string;
}

/**
 * Leases by the database's clock. One that is not renewed ends by itself; so does one whose process is known to be gone, and
 * one that ends later than its validity from now: the clock was put back.
 */
export interface Leases {
  /**
   * Takes or renews a lease, if nobody else has it.
   * @param options.patient leaves one that has ended to the node that had it last
   * @returns the lease as it stands: the caller's own if its `holder` is
   */
  take(
    wish: Pick<Lease, 'name' | 'holder' | 'node' | 'process'>,
    options: { validMs: number; patient?: boolean },
  ): Promise<Lease>;
  /** Ends a lease that this one holds. @param forGood nobody is waited for */
  release(lease: Pick<Lease, 'name' | 'holder'>, options?: { forGood?: boolean }): Promise<void>;
  /** The leases of these names that somebody holds. */
  held(names: readonly string[], options: { validMs: number }): Promise<Lease[]>;
  /** Within a transaction that must not be another's: throws ERR_LEASE_LOST unless this fence is the last one. */
  check(lease: Pick<Lease, 'name' | 'fence'>): Promise<void>;
}

/** Which of what is owed. */
export interface AnnouncementFilter {
  readonly organization: string;
  readonly kind?: Announcement['kind'];
  readonly emittedBy?: string;
  readonly notEmittedBy?: string;
  readonly emittedBefore?: string;
  /** Some notifier has said why it sends no mail. */
  readonly declined?: boolean;
  /** It happened at this time or before. */
  readonly untilAt?: string;
}

/** What is owed to the flow, until it is known to have been heard; the oldest first. */
export interface Announcements {
  add(announcement: Announcement): Promise<void>;
  get(id: string): Promise<Announcement | null>;
  list(filter: AnnouncementFilter & { limit?: number }): Promise<Announcement[]>;
  /** It is handed to the flow once more. */
  emit(id: string, how: { at: string; by: string }): Promise<void>;
  /** A notifier has said why it sends no mail. */
  decline(id: string, notifier: string): Promise<void>;
  /** It was heard. True if it was owed. */
  settle(id: string): Promise<boolean>;
  /** What was heard of a device's block came without its id, as a message that a flow has made anew. */
  settleBlocks(deviceKey: string): Promise<void>;
}

/** A link that was issued. The link itself is not kept. */
export interface IssuedToken {
  readonly tokenId: string;
  readonly purpose: string;
  /** Mailbox GUID. */
  readonly mailboxId: string;
  readonly easId: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  /** When its button was first pressed. */
  readonly usedAt: string | null;
}

/** Links by token id. */
export interface LinkTokens {
  issue(token: Omit<IssuedToken, 'usedAt'>): Promise<void>;
  find(tokenId: string): Promise<IssuedToken | null>;
  /** Marks the token used; the first time counts. Null if it was not issued here. */
  use(tokenId: string, at: string): Promise<IssuedToken | null>;
}

/** The head of a plan that waits for a person. Its changes are rows of their own, however many there are. */
export interface HeldPlan {
  readonly id: string;
  readonly organization: string;
  readonly at: string;
  /** Why it is held: ERR_BRAKE, ERR_SNAPSHOT_SHRUNKEN, … */
  readonly reason: string;
  /** What else its maker keeps of it. */
  readonly plan: Json;
}

/** One change of a held plan. */
export interface HeldChange {
  /** The device record's key. */
  readonly key: string;
  readonly action: string;
  /** Code of the decision's reason. */
  readonly reason: string;
  /** GUID. */
  readonly mailboxId: string;
  /** The mailbox's address, folded; empty: it has none. */
  readonly owner: string;
  /** The planned change, as its maker wrote it. */
  readonly change: Json;
}

/** Which changes of a held plan. */
export interface HeldChangeFilter {
  readonly keys?: readonly string[];
  readonly reason?: string;
  /** GUID or address of the mailbox. */
  readonly mailbox?: string;
}

export interface HeldPlans {
  /**
   * Holds a plan in place of the organization's older one. Its changes are put there in steps; cut off before the last one,
   * the older plan stays, and nothing of the new one.
   */
  hold(plan: HeldPlan, changes: Iterable<HeldChange>): Promise<void>;
  /** What its maker keeps of a held plan is another by now. False if it is not held. */
  update(id: string, plan: Json): Promise<boolean>;
  /** The plan with this id, or null. */
  held(id: string): Promise<HeldPlan | null>;
  /** By organization. */
  list(): Promise<HeldPlan[]>;
  /** Its changes in the order of their keys, those after `after`. */
  changes(id: string, options: HeldChangeFilter & { after?: string; limit: number }): Promise<HeldChange[]>;
  count(id: string, filter?: HeldChangeFilter): Promise<number>;
  /** Takes changes out of a held plan. */
  take(id: string, keys: readonly string[]): Promise<void>;
  remove(id: string): Promise<boolean>;
}

/** What one run did. */
export interface SyncHistoryEntry {
  readonly syncId: string;
  readonly at: string;
  /** What ran: eas, mdm, match, access, notify, … */
  readonly subject: string;
  readonly organization: string | null;
  readonly ok: boolean;
  readonly tookMs: number;
  readonly report: Json;
}

/** The last runs. */
export interface SyncHistory {
  add(entry: SyncHistoryEntry): Promise<void>;
  /** The newest first; default 50. */
  recent(options?: { limit?: number; subject?: string }): Promise<SyncHistoryEntry[]>;
}

/** One thing that was changed: who, what, why, before, after. */
export interface AuditEntry {
  readonly at: string;
  /** The node or person that acted. */
  readonly who: string;
  /** What was done: block, allow, release, undo, pair, approve, … */
  readonly what: string;
  readonly deviceKey: string | null;
  readonly organization: string | null;
  readonly rule: string | null;
  readonly reason: string;
  readonly evidence: readonly string[];
  readonly before: Json;
  readonly after: Json;
  readonly approvedBy: string | null;
}

/** Append-only; the engine itself refuses to change or delete an entry. */
export interface AuditLog {
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** The newest first; default 100. */
  recent(options?: { limit?: number; deviceKey?: string }): Promise<AuditEntry[]>;
}

/** What grows, and may be forgotten when it is old. */
export type Forgettable = 'history' | 'notifications' | 'activations';

/** One row that may be forgotten. */
export interface OldRow {
  readonly no: number;
  readonly at: string;
  /** notifications: the device record's key. */
  readonly deviceKey?: string;
  /** activations: mailbox GUID and EAS ID. */
  readonly mailbox?: string;
  readonly easId?: string;
}

/** Forgetting in small steps. What may go is decided by who asks: see `src/connector/care/retention.ts`. */
export interface Retention {
  /** The rows after `after`, as they were written, `rows` at most. */
  page(of: Forgettable, options: { after: number; rows: number }): Promise<OldRow[]>;
  remove(of: Forgettable, numbers: readonly number[]): Promise<void>;
  /** Removes links that expired before this, `rows` at most. @returns how many */
  removeTokens(expiredBefore: string, options: { rows: number }): Promise<number>;
}

/** Small values by name: cursors, baselines, choices. */
export interface Settings {
  get<T extends Json = Json>(name: string): Promise<T | null>;
  set(name: string, value: Json): Promise<void>;
}
