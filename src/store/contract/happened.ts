/** What has happened, and what of it may be forgotten. Times are ISO 8601 UTC text unless a field says otherwise. */
import type { Json } from './json.ts';

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

/** What is known of a device since it was decided about last. */
export interface DecidedDevice {
  readonly key: string;
  readonly organization: string;
  /** GUID, folded. */
  readonly mailboxId: string;
  /** The owner's UPN or address, folded. */
  readonly user: string | null;
  /** The owner's name as Exchange shows it, in small letters. */
  readonly ownerName: string | null;
  readonly easId: string;
  readonly model: string | null;
  readonly platform: string;
  /** What lists are sorted by: model or else type, in small letters; empty: neither is known. */
  readonly kind: string;
  /** When it last synced, as was known when it was decided about; empty: it was not. */
  readonly lastSync: string;
  /** As Exchange says it. */
  readonly state: string;
  /** What was decided, by which rule, and the reason's code. */
  readonly decision: string;
  readonly rule: string;
  readonly reason: string;
  /** Since when it has been decided so. */
  readonly since: string;
  /** When it may be decided otherwise by time alone; null: never. */
  readonly reviewAt: string | null;
}

/** What is new of it, and when its device was first seen if no reading had it. */
export type DeviceDecision = Omit<DecidedDevice, 'since'> & {
  readonly firstSyncAt: string | null;
  readonly at: string;
};

/** How many devices were decided about, and how. */
export interface DeviceCounts {
  readonly decision: Readonly<Record<string, number>>;
  readonly reason: Readonly<Record<string, number>>;
  readonly platform: Readonly<Record<string, number>>;
  /** Of those that are one with an MDM record: by what. */
  readonly merged: Readonly<Record<string, number>>;
}

/**
 * The devices that some reading of Exchange had, one row each; a committed reading adds those that are new, and says of which
 * Exchange has none any more. What was decided, and what a person is told of a device, stays with it.
 */
export interface Devices {
  /** The reason for which a person was last told to look at a device; those of the devices only that have one. */
  told(keys: readonly string[]): Promise<Map<string, string>>;
  tell(devices: readonly ToldDevice[]): Promise<void>;
  /** Those of the keys that a reading had which began at this time or before. */
  readBy(keys: readonly string[], time: string): Promise<Set<string>>;
  /** When the first reading began that had each of these, by key. */
  firstRead(keys: readonly string[]): Promise<Map<string, string>>;
  /** Keeps what was decided about devices of one organization, as far as it is another than before. */
  decide(devices: readonly DeviceDecision[]): Promise<void>;
  /** Those of the devices that were decided about and that Exchange has. */
  decided(keys: readonly string[]): Promise<Map<string, DecidedDevice>>;
  /**
   * The mailboxes of the devices that are to be decided anew at this time or before, of so many devices at most: GUIDs,
   * folded, one a device.
   */
  due(organization: string, time: string, limit?: number): Promise<string[]>;
  /** Counts kept with every change: nothing is counted. */
  counts(organization: string): Promise<DeviceCounts>;
  /** Of how many mailboxes the devices are that were decided about: a kept count, too. */
  mailboxes(organization: string): Promise<number>;
  /** Counts the rows, and puts the kept counts right. True if they were wrong. */
  recount(organization: string): Promise<boolean>;
}

/** Two records that are one device. */
export interface Merged {
  readonly easKey: string;
  readonly mdmKey: string;
  /** By which rule: `eas-id`, `activation`, `pairing`, `serial`. */
  readonly by: string;
  readonly since: string;
  /** When a match found that they are one no more; null: they are. */
  readonly until: string | null;
  /** Serial number and IMEIs of the MDM record, as join keys; absent: it told none, or an older version made the row. */
  readonly hardware?: readonly string[];
}

/** What a match found of an EAS record: one with an MDM record, or with none (null). */
export interface FoundMerge {
  readonly easKey: string;
  readonly mdmKey: string | null;
  readonly by: string | null;
  /** As {@link Merged.hardware}. */
  readonly hardware?: readonly string[];
}

/**
 * Which EAS record is one with which MDM record, as the last match found it; of one that is one with none, which it was one
 * with last. Kept as long as a reading of Exchange has the EAS record.
 */
export interface Merges {
  /**
   * Keeps what a match found about EAS records of an organization: one with an MDM record, or with none (null).
   * @returns MDM records that one of them was one with before
   */
  settle(organization: string, found: readonly FoundMerge[], at: string): Promise<string[]>;
  getMany(easKeys: readonly string[]): Promise<Map<string, Merged>>;
  /** The EAS records of an organization that are, or were last, one with one of these MDM records: their keys. */
  withMdm(organization: string, mdmKeys: readonly string[]): Promise<string[]>;
}

/** A device that came back under a new EAS ID and was believed: what the MDM knows it by, and what it came back as. */
export interface DeviceReturn {
  /** In lower case. */
  readonly mailboxId: string;
  readonly mdmKey: string;
  readonly easKey: string;
  /** When that synced first, milliseconds since 1970. */
  readonly at: number;
}

/** The return that was believed last, for each mailbox and MDM record. Two months later it may be forgotten. */
export interface Returns {
  /** Keeps returns, in place of earlier ones. */
  put(organization: string, returns: readonly DeviceReturn[]): Promise<void>;
  of(organization: string, mailboxIds: readonly string[]): Promise<DeviceReturn[]>;
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
 *   exempted    a person said that the rules do not count for a time              ours; of no episode
 *   exemption-ended  its time is over, or a person took it back                   ours; of no episode
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
    | 'gone'
    | 'exempted'
    | 'exemption-ended';
  /** When it happened, by the clock of who knows. */
  readonly at: string;
  /** A code: the reason of a change or of a mail, how records were matched; of an exemption until when, or why it ended. */
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
  /** Of these kinds, that happened at `since` or later, in the order of their times. */
  since(organization: string, steps: readonly TimelineStep['step'][], since: string): Promise<TimelineStep[]>;
  /** Keys of all devices that have steps, in order. */
  devices(): Promise<string[]>;
  /** How long people waited for steps that happened at `since` or later; null: nobody did. */
  delay(organization: string, step: TimelineStep['step'], since: string): Promise<Delay | null>;
  /** Forgets episodes that were closed before this time, so many at most. Returns how many. */
  forget(before: string, limit: number): Promise<number>;
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
  /** What was done: block, allow, release, undo, pair, exempt, approve, … */
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
  /** How often something was done in an organization. */
  count(of: { organization: string; what: string }): Promise<number>;
}

/** What an Autodiscover check came to. */
export interface KeptCheck {
  /** The node that checks. */
  readonly node: string;
  /** What a message has named in place of what the node is set to; empty: it is what it is set to. */
  readonly target: string;
  /** What a person calls the node. */
  readonly name: string;
  readonly domain: string;
  /** When it ended. */
  readonly at: string;
  readonly overall: 'healthy' | 'warning' | 'broken' | 'unknown';
  /** What was found; null: nothing is to be said. */
  readonly verdict: string | null;
  /** The summary, by language. */
  readonly texts: Readonly<Record<string, string>>;
}

/** The last result of each Autodiscover check, one row a node and what it is asked for. */
export interface Checks {
  /** In place of the one before. */
  put(check: KeptCheck): Promise<void>;
  /** The newest first, `rows` at most. */
  list(rows: number): Promise<KeptCheck[]>;
  /** The node is no more. */
  forget(node: string): Promise<void>;
}

/** What grows, and may be forgotten when it is old. */
export type Forgettable =
  | 'checks'
  | 'history'
  | 'mails'
  | 'timeline'
  | 'activations'
  | 'tokens'
  | 'takenOff'
  | 'devices';

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

/** A device about which nothing is decided: Exchange has it no more, or it was not matched yet. */
export interface UndecidedDevice {
  readonly key: string;
  readonly organization: string;
  /** Since when it has been missed in Exchange, as far as that was noted. */
  readonly goneAt: string | null;
}

/** The rows of devices that Exchange has no more. Which of them may go is decided by who asks, as with {@link Retention}. */
export interface GoneDevices {
  /** By key: those after `after`, `rows` at most. */
  undecided(options: { after: string; rows: number }): Promise<UndecidedDevice[]>;
  /** Notes since when they are missed; null: they are not. What is decided about again is not missed either. */
  mark(keys: readonly string[], goneAt: string | null): Promise<void>;
  /** Those to which anything but the audit refers, or about which anything is owed. */
  referredTo(keys: readonly string[]): Promise<Set<string>>;
  /** Forgets them, and when they tried to sync; not those that are decided about, or that are not noted as missed. */
  remove(keys: readonly string[]): Promise<void>;
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
  /** Removes results of Autodiscover checks from before this, `rows` at most. @returns how many */
  removeChecks(before: string, options: { rows: number }): Promise<number>;
  /** Removes links that expired before this, `rows` at most. @returns how many */
  removeTokens(expiredBefore: string, options: { rows: number }): Promise<number>;
  /** Removes what we took off a list before this, `rows` at most. @returns how many */
  removeTakenOff(before: string, options: { rows: number }): Promise<number>;
}
