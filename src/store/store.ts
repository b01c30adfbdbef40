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
   * @param also what is kept in the same transaction
   */
  commit(
    sync: Pick<SnapshotSync, 'id'>,
    gone?: readonly string[],
    also?: (parts: StoreParts) => Promise<void>,
  ): Promise<SnapshotInfo>;
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

/** What a change waits for; who ends which state is told in src/access/outbox.ts. */
export type OutboxState = 'planned' | 'reserved' | 'settling' | 'later' | 'next-sync' | 'attention';

/** A change that has not reached Exchange yet. One a device: a newer plan replaces the older. */
export interface OutboxChange {
  /** The device record's key. */
  readonly key: string;
  readonly organization: string;
  readonly mailboxId: string;
  readonly state: OutboxState;
  /** 0: it opens mail for somebody, and goes first; 1: a block. */
  readonly turn: 0 | 1;
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
  /** The same for many, of one device each: one statement. */
  putMany(changes: readonly OutboxChange[]): Promise<void>;
  /**
   * Changes whose time has come, `planned` and `later`: what opens mail first, then the longest waiting.
   * @param options.after the one that was handed out last
   */
  due(
    now: string,
    options: { organization: string; limit?: number; after?: OutboxChange | undefined },
  ): Promise<OutboxChange[]>;
  /** They are handed to Exchange from here on. */
  reserve(keys: readonly string[]): Promise<void>;
  /** Changes the named fields; false if there is no such change (done or replaced meanwhile). */
  update(
    key: string,
    fields: Partial<Pick<OutboxChange, 'state' | 'attempts' | 'nextAttemptAt' | 'lastError'>>,
  ): Promise<boolean>;
  /** `planned`, `later` and `next-sync` changes, and those that were given up, are due at this time. */
  hurry(organization: string, at: string): Promise<void>;
  remove(key: string): Promise<boolean>;
  /** Those of the devices that have a change waiting. */
  getMany(keys: readonly string[]): Promise<OutboxChange[]>;
  /** By key, those after `after`. */
  list(filter?: {
    organization?: string;
    state?: OutboxState;
    after?: string;
    limit?: number;
  }): Promise<OutboxChange[]>;
  count(filter: { organization: string; state?: OutboxState }): Promise<number>;
  /** True if a change of this mailbox is with Exchange, or is due for its first try. */
  isUnderWay(mailboxId: string, now: string): Promise<boolean>;
}

/*
 *   state       the mail                                              ended by
 *   waiting     is to be sent when it is due                          reserving it
 *   reserved    is being sent, under its Message-ID                   what came of it; a queue that died: by the next one
 *   attention   could not be sent for a week, and waits for a person  a person's wish, or its devices are no longer blocked
 *   done        the mail server took it                               retention
 *   given-up    its recipient does not exist                          retention
 */

/** How far a mail is. */
export type MailState = 'waiting' | 'reserved' | 'attention' | 'done' | 'given-up';

/** One mail to the owner of a mailbox, from the news that leads to it until it is forgotten. */
export interface Mail {
  readonly id: string;
  /** Id of the notifier that sends it. */
  readonly notifier: string;
  /** GUID, folded. */
  readonly mailboxId: string;
  /** Why it is sent: `not-enrolled`, …. */
  readonly kind: string;
  /** 0: the first about its devices; then their reminders. */
  readonly no: number;
  readonly state: MailState;
  readonly createdAt: string;
  readonly dueAt: string;
  /** Until when, at most, it waits for further devices of its mailbox; null: it waits for none. */
  readonly openUntil: string | null;
  /** When it was to be sent first; null: a reminder, or a mail that was put off, which was not due yet. */
  readonly since: string | null;
  /** Tries that failed. */
  readonly attempts: number;
  /** From the moment it is reserved first, the same for every try. */
  readonly messageId: string | null;
  /** Which queue is sending it. */
  readonly reservedBy: string | null;
  /** To whom it goes, as far as is known. */
  readonly address: string | null;
  readonly sentAt: string | null;
  /** The server's answer, or why the last try failed. */
  readonly note: string | null;
}

/** A device that a mail is about. */
export interface MailDevice {
  readonly deviceKey: string;
  /** Of which blocking: the list entry's episode; of news that has none, its time. */
  readonly episode: string;
  /** When the device was blocked (the change's `at`). */
  readonly blockedAt: string;
  /** The ledger had its entry when the news came: once it is gone, no mail is due. */
  readonly inLedger: boolean;
  /** The news, as its maker wrote it; null once the mail is sent. */
  readonly change: Json;
}

/** A mail of a device. */
export interface MailOfDevice extends Mail, Pick<MailDevice, 'episode' | 'blockedAt'> {}

/** Which mails. */
export interface MailFilter {
  readonly notifier?: string;
  readonly states?: readonly MailState[];
  /** Due at this time or before. */
  readonly dueBy?: string;
  /** Was to be sent before, and is due later than this. */
  readonly sinceAndDueAfter?: string;
  /** Was to be sent first at this time or before; null: was not due yet. */
  readonly sinceBy?: string | null;
}

/** Fields of a mail that change. */
export type MailFields = Partial<
  Pick<Mail, 'state' | 'dueAt' | 'openUntil' | 'since' | 'attempts' | 'messageId' | 'address' | 'sentAt' | 'note'>
>;

/**
 * Mails as rows. No two mails are about one device, kind, blocking and number, unless the first of them was given up: a
 * second one cannot even be recorded. Each costs the same, however many there are.
 */
export interface Mails {
  /**
   * Adds a mail about those of the devices that have none of this kind, blocking and number; about none, no mail.
   * @returns keys of the devices that it is about
   */
  add(mail: Mail, devices: readonly MailDevice[]): Promise<string[]>;
  /**
   * Adds devices, as {@link add} does, to a first mail of the same notifier, mailbox and kind that is due at `at` and was
   * never reserved. Null if there is none.
   */
  join(
    mail: Pick<Mail, 'notifier' | 'mailboxId' | 'kind'>,
    at: string,
    devices: readonly MailDevice[],
  ): Promise<string[] | null>;
  get(id: string): Promise<Mail | null>;
  /** Of one device, of one kind if given, the oldest first. */
  ofDevice(deviceKey: string, kind?: string): Promise<MailOfDevice[]>;
  /** The longest due first. */
  list(filter: MailFilter & { limit?: number }): Promise<Mail[]>;
  count(filter: MailFilter): Promise<number>;
  devices(id: string): Promise<MailDevice[]>;
  /** Marks a mail as one that `by` is sending. False if it is not as it was by now, or gone. */
  reserve(mail: Mail, by: string, fields: Pick<MailFields, 'messageId' | 'address'>): Promise<boolean>;
  /** What a queue that is gone was sending waits again. False if somebody else was quicker. */
  release(id: string, by: string): Promise<boolean>;
  /** Changes the named fields of a mail that nobody is sending any more. False if it is gone. */
  update(id: string, fields: MailFields): Promise<boolean>;
  /** The mail server took it: what it was made of is not kept. */
  done(id: string, fields: Pick<Mail, 'sentAt' | 'note' | 'address'>): Promise<void>;
  /** It never went out and never will. */
  giveUp(id: string, note: string): Promise<void>;
  /** Takes devices out of a mail that is not sent. */
  leaveOut(id: string, deviceKeys: readonly string[]): Promise<void>;
  remove(id: string): Promise<void>;
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
  /** The leases that somebody holds and whose names begin so; the prefix ends in a slash. */
  heldBelow(prefix: string, options: { validMs: number }): Promise<Lease[]>;
  /** The lease as it was left, held or not. One that was let go for good has an empty node. */
  last(name: string): Promise<Lease | null>;
  /** Within a transaction that must not be another's: throws ERR_LEASE_LOST unless this fence is the last one. */
  check(lease: Pick<Lease, 'name' | 'fence'>): Promise<void>;
}

/** What a person was told of a device. */
export interface ToldDevice {
  readonly key: string;
  readonly organization: string;
  readonly firstSyncAt: string | null;
  /** When it was first read, if no reading has had it yet. */
  readonly at: string;
  /** Code of the reason; null: there is nothing to tell any more. */
  readonly told: string | null;
}

/**
 * The devices that some reading of Exchange had, one row each; a committed reading adds those that are new. What a person
 * is told of a device stays with it.
 */
export interface Devices {
  /** The reason for which a person was last told to look at a device, by key; those devices only that have one. */
  told(organization: string): Promise<Map<string, string>>;
  tell(devices: readonly ToldDevice[]): Promise<void>;
  /** Those of the keys that a reading had which began at this time or before. */
  readBy(keys: readonly string[], time: string): Promise<Set<string>>;
}

/*
 *   step        what happened                                                     by whose clock
 *   added       the account was added to the phone, shortly before the block      Exchange's (firstSyncAt)
 *   blocked     Exchange has our block                                            ours
 *   mailed      the mail server took a mail about it                              ours
 *   opened      the page behind the link was asked for, once a link               ours
 *   activated   its button was pressed                                            ours
 *   enrolled    the phone was enrolled                                            the MDM's (enrolledAt)
 *   merged      a match said that the two records are one device                  ours
 *   allowed     Exchange has our allow, and mail flows again                      ours; the episode is closed
 *   released    our entries were taken off the lists                              ours; the episode is closed
 *   gone        somebody else has taken our block off                             ours; the episode is closed
 */

/** One thing that befell a device. */
export interface TimelineStep {
  readonly organization: string;
  /** The device record's key. */
  readonly deviceKey: string;
  /** Of which blocking it was; null: of none that is known. */
  readonly episode: string | null;
  readonly step:
    | 'added'
    | 'blocked'
    | 'mailed'
    | 'opened'
    | 'activated'
    | 'enrolled'
    | 'merged'
    | 'allowed'
    | 'released'
    | 'gone';
  /** When it happened, by the clock of who knows. */
  readonly at: string;
  /** A code: the reason of a change or of a mail, how records were matched. */
  readonly detail: string | null;
  /** Seconds that somebody waited for this step, never negative; null: nobody did. */
  readonly waited: number | null;
}

/** How long people waited: whole seconds, by nearest rank. */
export interface Delay {
  readonly count: number;
  readonly median: number;
  /** Nine in ten waited no longer. */
  readonly p90: number;
  readonly worst: number;
}

/** What befell devices, from the first effect on one row a step. A device on which nothing was changed has none. */
export interface Timeline {
  append(steps: readonly TimelineStep[]): Promise<void>;
  /** Of these devices, in the order in which it became known. */
  of(deviceKeys: readonly string[]): Promise<TimelineStep[]>;
  /** Keys of all devices that have steps, in order. */
  devices(): Promise<string[]>;
  /** How long people waited for steps that happened at `since` or later; null: nobody did. */
  delay(organization: string, step: TimelineStep['step'], since: string): Promise<Delay | null>;
  /** Forgets episodes that were closed before this time, so many at most. Returns how many. */
  forget(before: string, limit: number): Promise<number>;
}

/** What is asked of the instance that works for an organization, by one that does not. */
export interface InstanceRequest {
  readonly id: string;
  readonly organization: string;
  /** The node that is asked, the same in every instance of its flow; empty: whichever of its kind there is. */
  readonly node: string;
  /** What is asked for. */
  readonly topic: string;
  readonly payload: Json;
  /** The person who asks; null: nobody has said who. */
  readonly askedBy: string | null;
  /** The host on which it was asked. */
  readonly askedFrom: string;
  readonly askedAt: string;
  /** How often it was begun with. */
  readonly tries: number;
}

/** What is asked of the instance that works: a row until it is done there. */
export interface InstanceRequests {
  add(requests: readonly InstanceRequest[]): Promise<void>;
  /** The oldest first. */
  list(filter: { organization?: string; topic?: string }): Promise<InstanceRequest[]>;
  /** It is begun with. */
  begin(id: string): Promise<void>;
  /** They are done. */
  remove(ids: readonly string[]): Promise<void>;
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
  /** Those of the blocks of devices whose key begins so that were told at `since` or later. */
  blocksOf(keyStart: string, since: string): Promise<Announcement[]>;
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
  /** When its page was first asked for. */
  readonly openedAt: string | null;
  /** When its button was first pressed. */
  readonly usedAt: string | null;
}

/** Links by token id. */
export interface LinkTokens {
  issue(token: Omit<IssuedToken, 'openedAt' | 'usedAt'>): Promise<void>;
  find(tokenId: string): Promise<IssuedToken | null>;
  /** Marks the page of a token as asked for. True the first time. */
  open(tokenId: string, at: string): Promise<boolean>;
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

/** One change of a plan. */
export interface HeldChange {
  /** The device record's key. */
  readonly key: string;
  /** What guard and brake tell it by. */
  readonly class: string;
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

/** A plan whose changes are put there, some at a time. */
export interface StagedPlan {
  readonly id: string;
  readonly organization: string;
  readonly at: string;
  /** It never becomes valid. */
  readonly simulated: boolean;
}

/** Classes of changes. */
export interface PlanClasses {
  /** Those that wait for a person. */
  readonly held: readonly string[];
  /** Those that are to be put into the outbox. */
  readonly goes: readonly string[];
}

/**
 * Plans of the access switch. One is staged in transactions of bounded size and becomes valid at once; until then nobody is
 * shown it, and what is cut off leaves no trace: the next sync clears it. Of an organization one valid plan is held; one whose
 * changes are not all in the outbox yet may stand beside it.
 */
export interface HeldPlans {
  /** Begins to stage a plan. */
  stage(plan: StagedPlan): Promise<void>;
  /**
   * Stages changes; a device that the plan has a change for keeps that one.
   * Throws ERR_SNAPSHOT_INCOMPLETE if the plan is not being staged any more.
   * @param at ISO 8601 UTC
   * @returns the keys of those that are new
   */
  put(id: string, changes: readonly HeldChange[], at: string): Promise<string[]>;
  /** A staged plan becomes valid. Within a transaction that also ends what it replaces. */
  validate(plan: HeldPlan, classes: PlanClasses): Promise<void>;
  /** Whatever its state: its changes of some classes in the order of their keys, those after `after`. */
  staged(
    id: string,
    options: { classes?: readonly string[]; keys?: readonly string[]; after?: string; limit: number },
  ): Promise<HeldChange[]>;
  /** Valid plans of which changes are still to be put into the outbox. */
  going(organization: string): Promise<(Pick<HeldPlan, 'id' | 'at'> & PlanClasses)[]>;
  /** What was to be put into the outbox is there; what else the plan has beside the held classes is let go of. */
  gone(id: string): Promise<void>;
  /** What its maker keeps of a held plan is another by now. False if it is not held. */
  update(id: string, plan: Json): Promise<boolean>;
  /** The held plan with this id, or null. */
  held(id: string): Promise<HeldPlan | null>;
  /** The held plans, by organization. */
  list(): Promise<HeldPlan[]>;
  /** The held changes of a plan in the order of their keys, those after `after`. */
  changes(id: string, options: HeldChangeFilter & { after?: string; limit: number }): Promise<HeldChange[]>;
  count(id: string, filter?: HeldChangeFilter): Promise<number>;
  /** Takes changes out of a plan. */
  take(id: string, keys: readonly string[]): Promise<void>;
  /** A plan is none any more, staged or valid; {@link clear} deletes its changes. True if it was held. */
  remove(id: string): Promise<boolean>;
  /** Lets go of all valid plans of an organization but one. */
  removeOthers(organization: string, but: string | null): Promise<void>;
  /**
   * Lets go of staged plans that were cut off: an organization's, but for simulations, and any of which nothing was heard
   * since `before`. Deletes, in steps, what is left of plans that are none any more. Writes only if there are any.
   */
  clear(cutOff?: { organization: string | null; before: string }): Promise<void>;
}

/** What one run did. */
export interface SyncHistoryEntry {
  readonly syncId: string;
  readonly at: string;
  /**
   * What ran: `eas` or `mdm`, a reading; `match`; `access`, the decisions of a sync; `write`, changes that were carried out;
   * `notify`, mails.
   */
  readonly subject: string;
  readonly organization: string | null;
  readonly ok: boolean;
  readonly tookMs: number;
  readonly report: Json;
}

/** The last fifty thousand runs of each subject: many short readings do not push a match or a sync out. */
export interface SyncHistory {
  add(entry: SyncHistoryEntry): Promise<void>;
  /** The newest first; default 50. Of several subjects: any of them. */
  recent(options?: {
    limit?: number;
    subject?: string | readonly string[];
    organization?: string;
  }): Promise<SyncHistoryEntry[]>;
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
export type Forgettable = 'history' | 'mails' | 'timeline' | 'activations' | 'tokens';

/** A mail that was sent, or given up. */
export interface OldMail {
  readonly id: string;
  readonly deviceKeys: readonly string[];
}

/** An activation. */
export interface OldActivation {
  readonly no: number;
  readonly at: string;
  /** Mailbox GUID. */
  readonly mailbox: string;
  readonly easId: string;
}

/** Forgetting in small steps. What may go is decided by who asks: see `src/connector/care/retention.ts`. */
export interface Retention {
  /** Mails whose news came before this, and that nobody waits for any more, by id: those after `after`, `rows` at most. */
  mails(before: string, options: { after: string; rows: number }): Promise<OldMail[]>;
  removeMails(ids: readonly string[]): Promise<void>;
  /** Activations of before this, as they were written: those after `after`, `rows` at most. */
  activations(before: string, options: { after: number; rows: number }): Promise<OldActivation[]>;
  removeActivations(numbers: readonly number[]): Promise<void>;
  /** Removes runs of before this, `rows` at most. @returns how many */
  removeRuns(before: string, options: { rows: number }): Promise<number>;
  /** Removes links that expired before this, `rows` at most. @returns how many */
  removeTokens(expiredBefore: string, options: { rows: number }): Promise<number>;
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
