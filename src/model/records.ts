/** The records all parts of the connector exchange. Plain data; times are ISO 8601 UTC text or null. */
import type { ForestView } from './forest-view.ts';
import type { ReadingCoverage } from './coverage.ts';
import type { ReadingGaps } from './reading-gaps.ts';
import type { ServerClock } from './server-clock.ts';

/** Exchange's own view of a device. Foreign enums stay open strings; these are the ones we know. */
export type AccessState = 'allowed' | 'blocked' | 'quarantined' | 'discovery' | 'unknown';

/** Which of the mailbox's personal lists names the device (ActiveSyncAllowedDeviceIDs, ActiveSyncBlockedDeviceIDs). */
export type Listed = 'allowed' | 'blocked' | null;

/** One ActiveSync device on one mailbox. */
export interface EasRecord {
  readonly kind: 'eas';
  /** {@link easRecordKey} of organization, mailbox and EAS ID. */
  readonly key: string;
  readonly organization: string;
  /** As Exchange spells it; compare with {@link foldEasId}. */
  readonly easId: string;
  readonly mailbox: {
    /** GUID, lower case. */
    readonly id: string;
    readonly upn: string | null;
    /** Primary SMTP address. */
    readonly address: string | null;
    readonly displayName: string | null;
    /** Every SMTP address of the mailbox, the primary one first (ADR 0004). */
    readonly addresses: readonly string[];
    /**
     * Exchange's RecipientTypeDetails (UserMailbox, SharedMailbox, RoomMailbox, …); null or absent: not told. A test mailbox of
     * Exchange's (`extest_…`) is a MonitoringMailbox, like those of its own probes, though Exchange calls it a UserMailbox.
     */
    readonly type?: string | null;
  };
  /**
   * The partnerships of this mailbox that have this EAS ID, if there are several: Exchange keeps one for each DeviceType. The
   * personal lists know the EAS ID alone, so they are one record. The newest by its first sync comes first; `device`, `access`
   * and `firstSyncAt` are its. Absent where there is one, which says nothing that these do not, and in records of older versions.
   */
  readonly partnerships?: readonly EasPartnership[];
  readonly device: {
    readonly type: string | null;
    readonly model: string | null;
    readonly os: string | null;
    readonly userAgent: string | null;
    readonly friendlyName: string | null;
    readonly imei: string | null;
    /** Exchange's ClientType: EAS, REST, Outlook, … */
    readonly clientType: string | null;
    readonly protocolVersion: string | null;
  };
  readonly access: {
    readonly state: AccessState;
    /** Exchange's reason, open string, lower camel case: global, individual, deviceRule, policy, upgrade, … */
    readonly reason: string;
    readonly listed: Listed;
  };
  readonly firstSyncAt: string | null;
  readonly lastSyncAt?: string | null;
  /** Exchange's Identity of the device object (distinguished name), for cmdlets that name the device. */
  readonly deviceIdentity?: string | null;
}

/** One ActiveSync device partnership, as Exchange keeps it: by EAS ID and DeviceType. */
export interface EasPartnership {
  readonly deviceType: string | null;
  readonly model: string | null;
  readonly os: string | null;
  readonly userAgent: string | null;
  readonly firstSyncAt: string | null;
  readonly state: AccessState;
}

export type Platform = 'ios' | 'android' | 'windows' | 'macos' | 'other';
export type Compliance = 'compliant' | 'in-grace' | 'noncompliant' | 'unknown';

/** One device enrolled in an MDM. */
export interface MdmRecord {
  readonly kind: 'mdm';
  /** {@link mdmRecordKey} of source and id. */
  readonly key: string;
  /** Which MDM: the mdm-tenant config node's id, or the mapping's name. */
  readonly source: string;
  readonly id: string;
  /** EAS IDs the MDM knows, as it spells them. */
  readonly easIds: readonly string[];
  readonly user: { readonly id: string | null; readonly upn: string | null; readonly addresses: readonly string[] };
  readonly device: {
    readonly name: string | null;
    readonly platform: Platform;
    readonly os: string | null;
    readonly osVersion: string | null;
    readonly manufacturer: string | null;
    readonly model: string | null;
    readonly serial: string | null;
    readonly imeis: readonly string[];
  };
  readonly managed: boolean;
  readonly compliance: Compliance;
  /** The MDM's own word for the compliance state. */
  readonly complianceReason: string | null;
  readonly graceUntil: string | null;
  /** What the MDM was told to do with the device: it is being taken out of management. Null or absent: nothing. */
  readonly removal?: 'wipe' | 'retire' | null;
  readonly enrolledAt: string | null;
  readonly lastSeenAt: string | null;
}

export type DeviceStatus = 'eas' | 'mdm' | 'eas/mdm';
export type MatchedBy = 'eas-id' | 'activation' | 'pairing' | 'serial' | null;

/** Why a record has no other side, or why it is held. `merged` for records that have both. */
export type ReasonCode =
  | 'merged'
  | 'not-enrolled'
  /** The former account of a phone: its MDM record has moved to another EAS ID of the mailbox, or it is left for a newer one. */
  | 'superseded'
  /** It has not tried to sync for long. */
  | 'idle'
  | 'needs-activation'
  | 'not-native-client'
  | 'other-user'
  | 'ambiguous'
  | 'returned-with-new-id'
  | 'snapshot-incomplete'
  /** An MDM record whose device has no mail account here. */
  | 'no-eas-record';

export interface Reason {
  readonly code: ReasonCode;
  readonly text: string;
  /** A person should look at it, whatever the rules make of it. */
  readonly look?: true;
  /** Of a superseded account: what it tried before this time (ISO 8601 UTC) says nothing; absent: before it was blocked. */
  readonly since?: string;
}

/** A probable pair that a person may confirm. */
export interface Suggestion {
  readonly mdmKey: string;
  readonly name: string | null;
  readonly why: string;
}

/** An EAS record, an MDM record, or both merged. */
export interface DeviceRecord {
  /** The EAS record's key if there is one, else the MDM record's. */
  readonly key: string;
  readonly status: DeviceStatus;
  readonly eas?: EasRecord;
  readonly mdm?: MdmRecord;
  readonly match: { readonly by: MatchedBy; readonly evidence: readonly string[] };
  readonly reason: Reason;
  /** Unmatched EAS records: the MDM record that it was one with, or that has its EAS ID, and that manages it no more. */
  readonly formerly?: {
    readonly mdmKey: string;
    readonly name: string | null;
    readonly removal: 'wipe' | 'retire' | null;
  };
  readonly suggestions?: readonly Suggestion[];
  /**
   * One of several Android accounts of a model: from then on (ISO 8601 UTC) Exchange is worth asking when it last tried to sync,
   * unless it was since.
   */
  readonly askFrom?: string;
}

/** A user opened the link from the mail and confirmed. `mailbox` is the mailbox GUID. */
export interface Activation {
  readonly easId: string;
  readonly mailbox: string;
  readonly at: string;
  readonly userAgent: string | null;
  readonly tokenId: string;
}

/** An administrator's pairing of one EAS record with one MDM record. */
export interface Pairing {
  readonly easKey: string;
  readonly mdmKey: string;
  readonly at: string;
  readonly by: string | null;
  readonly note: string | null;
}

/** What one sync is: on every page a source or the matcher sends. */
export interface SyncInfo {
  readonly id: string;
  readonly source: 'eas' | 'mdm';
  readonly kind: 'full' | 'quick';
  readonly organization?: string;
  readonly startedAt: string;
  readonly page: number;
  readonly last: boolean;
  readonly total?: number;
  /** Quick readings: keys that were looked for and are no longer in Exchange; last page only, absent if none. */
  readonly gone?: readonly string[];
  /** How the clock of the server that was read stands to ours; last page only, absent if nobody knows. */
  readonly clock?: ServerClock;
  /** Readings of Exchange: objects that the server could not give; last page only, absent if none. */
  readonly gaps?: ReadingGaps;
  /** Readings of Exchange: what of the forest was seen; last page only, absent if nobody says. */
  readonly view?: ForestView;
  /** Readings of an MDM: what it came to; last page only. */
  readonly coverage?: ReadingCoverage;
}

export type Action = 'allow' | 'block' | 'release' | 'leave';

/** What a rule decided for one device, and why. */
export interface Decision {
  readonly action: Action;
  /** Name of the rule that matched. */
  readonly rule: string;
  readonly reason: { readonly code: string; readonly text: string; readonly evidence: readonly string[] };
}

/** A change of one device's access, made or (simulate) only planned. */
export interface AccessChange {
  readonly from: AccessState;
  readonly to: AccessState;
  readonly at: string;
  readonly applied: boolean;
  readonly attempts: number;
  /** Names an applied change: the same at every repeat. A rebuilt message, or one of an older version, may have none. */
  readonly id?: string;
  /** Which blocking it began or ended; the same for everything that is told of it. */
  readonly episode?: string;
  /** It was told before, and nobody is known to have heard it. */
  readonly repeat?: true;
}

/** One device whose access was changed, as the access switch tells it to others. */
export interface DeviceChange {
  readonly device: DeviceRecord;
  readonly decision: Decision;
  readonly change: AccessChange;
}

/** All that the access switch tells of a device; the parts are null where a problem concerns no single device, or nothing changes. */
export interface DeviceNews {
  readonly device: DeviceRecord | null;
  readonly decision: Decision | null;
  readonly change: AccessChange | null;
  /** Why a person should look at it. */
  readonly problem?: { readonly code: string; readonly text: string };
  /** Changes that wait for a person together. */
  readonly plan?: HeldPlanNews;
  /** Names news without a change as `change.id` names the others: the same at every repeat. */
  readonly id?: string;
  /** News without a change: it was told before, and nobody is known to have heard it. */
  readonly repeat?: true;
}

/** A held plan, as it is told. */
export interface HeldPlanNews {
  /** What `approve` and `discard` name. */
  readonly id: string;
  readonly count: number;
  /** How many for each reason code. */
  readonly byReason: Readonly<Record<string, number>>;
  /** Some of its changes, a few for each reason. */
  readonly samples: readonly {
    readonly mailbox: string;
    readonly easId: string;
    readonly device: string | null;
    readonly from: string;
    readonly to: string;
    readonly action: string;
    readonly reason: string;
  }[];
}
