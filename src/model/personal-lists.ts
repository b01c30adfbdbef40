/** A mailbox's two personal lists (ActiveSyncAllowedDeviceIDs, ActiveSyncBlockedDeviceIDs), edits of them, and entries that are ours. */

/** The lists as Exchange has them now, in its spelling of the EAS IDs. */
export interface PersonalLists {
  readonly allowed: readonly string[];
  readonly blocked: readonly string[];
}

/** EAS IDs to add to and take off one list, in Exchange's spelling. */
export interface ListChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** One Set-CASMailbox. */
export interface ListEdit {
  readonly allowed?: ListChange;
  readonly blocked?: ListChange;
}

/** Names one entry of one personal list. EAS IDs are compared folded, mailbox GUIDs in lower case. */
export interface ListEntryKey {
  readonly organization: string;
  /** GUID. */
  readonly mailboxId: string;
  /** As Exchange spells it. */
  readonly easId: string;
  readonly list: 'allowed' | 'blocked';
}

/**
 * `adding`: about to be written to Exchange; `owned`: written by us; `removing`: about to be taken off.
 * What is found `adding` or `removing` when nothing is under way was cut off by a crash.
 */
export type ListEntryState = 'adding' | 'owned' | 'removing';

/** An entry of a personal list that this connector wrote, as the ledger has it. */
export interface OwnedEntry extends ListEntryKey {
  readonly state: ListEntryState;
  /** When we wrote it; for `adding`, when we meant to. ISO 8601 UTC. */
  readonly writtenAt: string;
  /** Name of the rule that asked for it. */
  readonly rule: string;
  /** Names the time from when it was first meant until it is gone: one blocking, whatever is tried, confirmed or told of it. */
  readonly episode: string;
  /** Why its device was blocked, as the flow was last told; absent: nobody kept it. */
  readonly told?: ToldCause;
}

/** An entry that this connector took off a personal list: a reading of Exchange may show it still. */
export interface TakenOff extends ListEntryKey {
  /** When it was known to be off, ISO 8601 UTC. */
  readonly takenOffAt: string;
}

/** Why a device is blocked, as the flow is told it. */
export interface ToldCause {
  /** The decision's reason code; of a quiet device its record's. */
  readonly reason: string;
  /** The kind of mail it leads to; null: none. */
  readonly kind: string | null;
}
