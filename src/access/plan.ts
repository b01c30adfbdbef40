/** What a sync wants to change: the difference between decisions and what Exchange has. Pure. */
import type { ListEdit } from '../model/personal-lists.ts';
import type { AccessState, DeviceRecord, Listed } from '../model/records.ts';
import type { AccessDecision } from './decide-access.ts';
import { editFor, standingOf } from './list-edit.ts';

/** One device's change. Plain data: it is kept in the outbox and in held plans as JSON. */
export interface PlannedChange {
  /** The device record's key. */
  readonly key: string;
  readonly organization: string;
  /** Mailbox GUID. */
  readonly mailboxId: string;
  /** As Exchange spells it. */
  readonly easId: string;
  /** `remove`: the device's partnership is deleted, and the lists stay as they are (remove.ts). */
  readonly action: 'allow' | 'block' | 'release' | 'remove';
  readonly from: AccessState;
  /** `unknown` after a release: Exchange's own rules decide. */
  readonly to: AccessState;
  /** What was to be edited when the plan was made; before writing it is found anew from the lists themselves. */
  readonly edit: ListEdit;
  /** It may take away access that the device has. */
  readonly lowers: boolean;
  /** Its device was first seen less than a day before it was first decided so. */
  readonly isNew?: true;
  readonly plannedAt: string;
  readonly decision: AccessDecision;
  readonly device: DeviceRecord;
  /** Who approved it, if it was held. */
  readonly approvedBy?: string | null;
  /** The approval itself, as long as the change is not written: the syncs that follow do not hold it for the same again. */
  readonly approval?: Approval;
  /** It waits for the next sync to decide anew: since when, ISO 8601 UTC, and why. */
  readonly waits?: { readonly at: string; readonly text: string };
  /** When the MDM, asked right before a try, last said otherwise, ISO 8601 UTC. */
  readonly doubtedAt?: string;
  /** MDM sources in doubt of which no record names the device's user, nor one of those that were believed did. */
  readonly unknownTo?: readonly string[];
  /** Nobody could be mailed about this block for so long that a person decides. */
  readonly unheard?: true;
  /** A removal that Exchange was asked for at this time, ISO 8601 UTC, if nobody knows yet whether it did it. */
  readonly askedAt?: string;
  /** The change before it, which Exchange was asked for, if nobody knows yet whether it did it: looked into first. */
  readonly unsettled?: PlannedChange;
}

/** A person's word that a held change shall be made. */
export interface Approval {
  readonly by: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** The held plan's id. */
  readonly plan: string;
  /** Code of the brake or guard that held it. */
  readonly reason: string;
}

/** How to plan one device's change. */
export interface PlanOptions {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly adoptEntries?: boolean;
}

/*
 *   decision  listed    owner   state                   change
 *   leave     any       any     any                     none
 *   allow     allowed   any     any                     none: an entry means done, though the state may lag until the next sync
 *   allow     blocked   ours    any                     blocked.remove + allowed.add
 *   allow     blocked   admin   any                     none
 *   allow     –         –       allowed                 none: Exchange's own default lets it in
 *   allow     –         –       discovery, unknown      none: Exchange has not decided yet
 *   allow     –         –       blocked, quarantined    allowed.add
 *   block     blocked   ours    any                     none
 *   block     blocked   admin   any                     none; taken over: no list is edited, and the entry is ours
 *   block     allowed   ours    any                     blocked.add + allowed.remove
 *   block     allowed   admin   any                     none
 *   block     –         –       any                     blocked.add, even if Exchange's default blocks today
 *   release   any       ours    any                     remove ours
 *   release   any       admin   any                     none
 *
 * Lists first, then state: DeviceAccessState changes only when the device syncs again.
 */

/**
 * The change a decision needs, or null.
 * @param owned the list on which the ledger says we own this device's entry; null: none. If Exchange does not list the
 *   device there, the entry is gone (an administrator took it off, or it was never written) and counts for nothing.
 */
export function planChange(
  device: DeviceRecord,
  decision: AccessDecision,
  owned: Listed,
  options: PlanOptions,
): PlannedChange | null {
  const { eas } = device;
  if (!eas || decision.action === 'leave') return null;
  if (decision.action === 'allow' && eas.access.listed === null && !isShutOut(eas.access.state)) return null;
  const standing = standingOf(eas.access.listed, owned, options.adoptEntries ?? false);
  const edit = editFor(decision.action, eas.easId, standing);
  const takesOver = isTakenOver(decision.action, eas.access.listed, owned, options);
  if (edit.kind !== 'edit' && !takesOver) return null;
  return {
    key: device.key,
    organization: eas.organization,
    mailboxId: eas.mailbox.id,
    easId: eas.easId,
    action: decision.action,
    from: eas.access.state,
    to: { allow: 'allowed', block: 'blocked', release: 'unknown' }[decision.action] as AccessState,
    edit: edit.kind === 'edit' ? edit.edit : {},
    lowers: isLowering(decision.action, eas.access.state, eas.access.listed),
    plannedAt: options.at,
    decision,
    device,
  };
}

/** A block that stands by an entry of which the ledger knows nothing: its user is told, and it is taken off once he may be let in. */
function isTakenOver(
  action: PlannedChange['action'] | 'leave',
  listed: Listed,
  owned: Listed,
  { adoptEntries = false }: PlanOptions,
): boolean {
  return adoptEntries && action === 'block' && listed === 'blocked' && owned !== 'blocked';
}

function isShutOut(state: AccessState): boolean {
  return state === 'blocked' || state === 'quarantined';
}

// A release hands a listed-allowed device to a default that may block it.
function isLowering(action: PlannedChange['action'], state: AccessState, listed: Listed): boolean {
  if (action === 'block') return state !== 'blocked' || listed === 'allowed';
  return action === 'release' && listed === 'allowed';
}
