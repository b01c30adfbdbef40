/** What was read: the snapshots, and the MDM sources that are deployed. Times are ISO 8601 UTC text unless a field says otherwise. */
import type { ReadingContent } from '../../model/reading-content.ts';
import type { EasRecord, MdmRecord } from '../../model/records.ts';
import type { KeptView } from '../../model/forest-view.ts';
import type { ReadingGaps } from '../../model/reading-gaps.ts';
import type { ServerClock } from '../../model/server-clock.ts';

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
  /** For a reading of which a flow says when it began: our time, ISO 8601 UTC. A full one that is older than what is kept is refused. */
  readonly toldAt?: string | undefined;
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
  /** How the clock of the server that was read stands to ours; absent: nobody knows. */
  readonly clock?: ServerClock;
  /** What the server could not give: devices of these mailboxes stand as an earlier reading had them. Absent: nothing. */
  readonly gaps?: ReadingGaps;
  /** What of the forest the records are of, and the last reading saw. EAS only; absent: nobody knows. */
  readonly view?: KeptView;
}

/** An MDM source on the canvas, as it tells the store without having read anything. */
export interface AnnouncedSource {
  /** Id of the node. */
  readonly nodeId: string;
  /** The scope that its snapshot has or will have. */
  readonly scope: string;
  /** `intune`; `simulated`, a tenant that is made up; or `mapping`, which counts from its first whole reading on. */
  readonly provider: string;
  /** A mapping that counts from now on, read or not. Absent: it is none. */
  readonly expected?: boolean;
  /** What a person calls it. */
  readonly name: string | null;
  readonly announcedAt: string;
  /** What follows of what its MDM cannot tell. Absent: nothing, or nobody knows. */
  readonly notes?: readonly SourceNote[];
}

/** One thing that is to be known of an MDM source before its records are relied on. */
export interface SourceNote {
  readonly code: string;
  readonly text: string;
}

/** A scope that no deployed source has any more, though one had it. */
export interface GoneSource {
  readonly scope: string;
  /** What a person called it. */
  readonly name: string | null;
  readonly goneAt: string;
}

/** Which MDM sources are deployed, one row a node. What was announced is known after a restart too. */
export interface Sources {
  /** Adds the source; again for the same node: what changed is taken over, `announcedAt` stays. */
  announce(source: AnnouncedSource): Promise<void>;
  /**
   * Forgets the source of a node: a scope that no other node has is gone from then on, until one announces it again or its
   * snapshot is forgotten. True if there was one.
   * @param at ISO 8601 UTC
   */
  remove(nodeId: string, at: string): Promise<boolean>;
  /** By scope, then by node. */
  list(): Promise<AnnouncedSource[]>;
  /** The scopes that are gone, in their order. */
  gone(): Promise<GoneSource[]>;
}

/**
 * Owners of mailboxes whose devices every MDM was asked for after its last whole reading: what is known of them is as young as
 * that.
 */
export interface AskedUsers {
  /** When each was asked last, ISO 8601 UTC, by mailbox GUID, folded. */
  list(organization: string): Promise<Map<string, string>>;
  /** They were asked, when nothing had been heard of the answer yet. @param mailboxIds GUIDs */
  put(organization: string, mailboxIds: readonly string[], at: string): Promise<void>;
  /** Forgets those that were asked before this time. */
  forget(organization: string, before: string): Promise<void>;
}

/** Which device of Entra an MDM record is of. */
export interface EntraRecord {
  /** `MdmRecord.id`. */
  readonly recordId: string;
  /** Entra's `deviceId`, folded. */
  readonly deviceId: string;
}

/**
 * What is known of the devices of Entra beside an MDM: up to where their changes were heard of, and which records they are.
 * What is learned stands at once, as it is true whatever becomes of the reading; the link moves on with the reading alone.
 */
export interface EntraDevices {
  /** What the changes after the shown reading are asked for with; null: nobody knows. */
  link(scope: string): Promise<string | null>;
  /**
   * Takes the link's place when the reading is shown, and what is gone is forgotten with it; one that is not shown leaves all
   * as it was.
   * @param gone.devices objects' ids in Entra; `gone.records` ids of MDM records
   */
  next(
    scope: string,
    reading: string,
    link: string,
    gone: { readonly devices: readonly string[]; readonly records: readonly EntraRecord[] },
  ): Promise<void>;
  /** Devices of Entra by their objects' ids. */
  learn(scope: string, devices: readonly { readonly id: string; readonly deviceId: string }[]): Promise<void>;
  /** Records of the MDM; several may be of one device. */
  learnRecords(scope: string, records: readonly EntraRecord[]): Promise<void>;
  /** The `deviceId` of those of the objects that are known. */
  deviceIds(scope: string, ids: readonly string[]): Promise<string[]>;
  /** The records of these devices that are known; some may be gone. */
  records(scope: string, deviceIds: readonly string[]): Promise<EntraRecord[]>;
}

/** When a mailbox is due again: with the next run, when its turn comes among many, or with the first run after a full reading. */
export type TouchedDue = 'now' | 'turn' | 'reading';

/**
 * What has changed of all that decisions are made from, until a decision was made from it: keys over which records reach
 * each other (see `JoinKey` in src/model/join-keys.ts), keys of MDM records, or `*` for every device. Each organization has
 * its own. Whatever changes a row that a decision reads touches in the same transaction: the committed reading, the ledger,
 * activations, pairings, who was asked for.
 */
export interface Touched {
  add(organization: string, keys: readonly string[]): Promise<void>;
  /** Every device is to be decided about. */
  addEverything(organization: string): Promise<void>;
  /**
   * A run takes what is due now, and some of those that wait for their turn. What is touched afterwards is for the next one; so
   * is all of it until {@link clear}.
   */
  take(organization: string, run: string): Promise<string[]>;
  /** In place of keys that a run has taken: the mailboxes that are reached over them, and others it decides about. */
  resolve(
    organization: string,
    run: string,
    to: { readonly keys: readonly string[]; readonly mailboxIds: readonly string[] },
  ): Promise<void>;
  /** What is decided about these hangs on something that changes without a trace: they are due again after this run. */
  again(organization: string, mailboxIds: readonly string[], due: TouchedDue): Promise<void>;
  /** What a run has taken, in order. */
  taken(organization: string, run: string): Promise<string[]>;
  /** Those of the mailboxes that are touched, whether a run has taken them or not; folded. */
  among(organization: string, mailboxIds: readonly string[]): Promise<Set<string>>;
  /** True if a run has taken that everything was touched. */
  isEverythingTakenBy(organization: string, run: string): Promise<boolean>;
  /** True if no record has changed since a run took what was touched, as far as it is known. */
  isQuietSince(organization: string, run: string): Promise<boolean>;
  /** What a run has taken was decided about, and its plan is valid. */
  clear(organization: string, run: string): Promise<void>;
}

/** What Exchange said of one device when it was asked for its last attempt to sync. */
export interface KeptAttempt {
  /** The EAS record's key. */
  readonly key: string;
  readonly organization: string;
  /** GUID. */
  readonly mailboxId: string;
  /** Null: it told of none. */
  readonly lastAttemptAt: string | null;
  /** When it was asked for what counts. */
  readonly toldAt: string;
  /** Tells the record as it was then from later ones. */
  readonly seen: string;
}

/** A device that is blocked without a mail: Exchange is asked again. */
export type QuietDevice = Pick<KeptAttempt, 'key' | 'organization' | 'mailboxId' | 'seen'>;

/** What a device's row says. */
export interface AttemptRow {
  /** Null: Exchange was not asked yet. */
  readonly told: Pick<KeptAttempt, 'lastAttemptAt' | 'toldAt'> | null;
  /** When Exchange was asked last and the connector's account was not allowed to; null: it never was. */
  readonly refusedAt: string | null;
  /** It is asked again at each full sync. */
  readonly isQuiet: boolean;
  readonly seen: string;
}

/** When devices last tried to sync, as far as Exchange was asked: one row a device. */
export interface LastAttempts {
  /** Those of the devices that have a row. */
  of(keys: readonly string[]): Promise<Map<string, AttemptRow>>;
  /**
   * Exchange said this; the devices are to be decided about again.
   * @param decided what a run decides about by this very answer: that is due again only if the run does not come to its end
   */
  put(
    rows: readonly KeptAttempt[],
    decided?: { readonly run: string; readonly keys: ReadonlySet<string> },
  ): Promise<void>;
  /** Exchange said the same as before. @param at ISO 8601 UTC */
  same(devices: readonly Pick<KeptAttempt, 'key' | 'seen'>[], at: string): Promise<void>;
  /** The connector's account may not ask; the devices are to be decided about again. @param at ISO 8601 UTC */
  refused(
    devices: readonly Pick<KeptAttempt, 'key' | 'organization' | 'mailboxId' | 'seen'>[],
    at: string,
  ): Promise<void>;
  /** From now on Exchange is asked again for some devices, and for others no more. */
  quiet(devices: readonly QuietDevice[], others: readonly string[]): Promise<void>;
  /** Devices for which it is asked again, those first that were asked for longest ago. */
  longestAgo(
    organization: string,
    limit: number,
  ): Promise<(Pick<KeptAttempt, 'key' | 'mailboxId' | 'seen'> & AttemptRow)[]>;
}

/** Records of both kinds whose content came, changed or went. */
export interface RecordChanges {
  /** The number of the last change. */
  readonly no: number;
  readonly keys: readonly string[];
}
