/** Partnerships that nobody uses any more: which are removed. Pure. */
import type { OwnedEntry } from '../model/personal-lists.ts';
import type { DeviceRecord, EasRecord } from '../model/records.ts';
import { isQuiet } from '../model/mail-kind.ts';
import type { AccessDecision } from './decide-access.ts';
import { blockedSince } from './idle.ts';
import type { PlannedChange } from './plan.ts';
import { sayIn } from '../model/sayings.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** Name under which it is planned, and under which the audit has it. */
export const REMOVAL = 'Removal';

/** Code of its reason: who approves blocks of idle devices has not approved this. */
const UNUSED = 'partnership-unused';

const DAY_MS = 86_400_000;

/** A device as it was judged: the use case's `Judged` fits. */
export interface RemovableDevice {
  readonly device: DeviceRecord;
  readonly entries: readonly Pick<OwnedEntry, 'list' | 'state' | 'writtenAt'>[];
  readonly decision: AccessDecision;
}

/** When somebody last tried, against what; times are ISO 8601 UTC. */
export interface LastTry {
  /** Null: Exchange told of none. */
  readonly lastAttemptAt: string | null;
  /** When Exchange was asked. */
  readonly askedAt: string;
  readonly firstSyncAt: string | null;
  /** When our entry on the blocked list was written. */
  readonly blockedAt: string;
}

/*
 *   removeIdleDays   our entry on the    the device          its reason          it last tried                 its partnership
 *                    blocked list
 *   0                any                 any                 any                 any time                      stays
 *   more             none: nobody's, or  any                 any                 any time                      stays
 *                    an administrator's
 *   more             under way           any                 any                 any time                      stays
 *   more             stands              merged              any                 any time                      stays
 *   more             stands              not to be blocked   any                 any time                      stays
 *   more             stands              unmatched           idle, superseded    not told, not after its       stays
 *                                                                                first sync, not before our
 *                                                                                block
 *   more             stands              unmatched           idle, superseded    less than removeIdleDays      stays
 *                                                                                before Exchange was asked,
 *                                                                                or after it
 *   more             stands              unmatched           idle, superseded    longer ago, before our block  is removed
 *   more             stands              unmatched           any other           any time                      stays
 *
 * Planned by what Exchange told last; removed by what it says when it is asked right before (apply-removal.ts).
 */

/** True if nobody has tried for so long that the partnership is removed. @param days `removeIdleDays` */
export function isUnused({ lastAttemptAt, askedAt, firstSyncAt, blockedAt }: LastTry, days: number): boolean {
  if (days <= 0 || lastAttemptAt === null) return false;
  const last = Date.parse(lastAttemptAt);
  return (
    last > Date.parse(firstSyncAt ?? '') && last < Date.parse(blockedAt) && last + days * DAY_MS <= Date.parse(askedAt)
  );
}

/** The removal of a device's partnership, or null. @param at ISO 8601 UTC */
export function planRemoval(
  { device, entries, decision }: RemovableDevice,
  { removeIdleDays, at }: { readonly removeIdleDays: number; readonly at: string },
): PlannedChange | null {
  const { key, eas, mdm, status, match, reason } = device;
  if (eas === undefined || mdm !== undefined || status !== 'eas' || match.by !== null) return null;
  if (decision.action !== 'block' || !isQuiet(reason.code) || eas.access.listed !== 'blocked') return null;
  const blockedAt = blockedSince(entries);
  if (blockedAt === null || entries.some(({ list, state }) => list !== 'blocked' || state !== 'owned')) return null;
  const lastTry = { lastAttemptAt: eas.lastSyncAt ?? null, askedAt: at, firstSyncAt: eas.firstSyncAt, blockedAt };
  if (!isUnused(lastTry, removeIdleDays)) return null;
  return {
    key,
    organization: eas.organization,
    mailboxId: eas.mailbox.id,
    easId: eas.easId,
    action: 'remove',
    from: eas.access.state,
    to: eas.access.state,
    edit: {},
    lowers: false,
    plannedAt: at,
    decision: removalOf(device, lastTry),
    device,
  };
}

/** Why a partnership is removed. */
export function removalOf(
  { match }: Pick<DeviceRecord, 'match'>,
  { lastAttemptAt, blockedAt }: LastTry,
): AccessDecision {
  const text = say('removal', { time: lastAttemptAt ?? '', time2: blockedAt });
  return { action: 'block', rule: REMOVAL, reason: { code: UNUSED, text, evidence: match.evidence }, report: false };
}

/** Code of the reason of a removal that a person has asked for. */
const BY_HAND = 'partnership-by-hand';

/** True for a removal that a person has asked for: nothing of what is decided about the device counts for it. */
export function isByHand({ action, decision }: Pick<PlannedChange, 'action' | 'decision'>): boolean {
  return action === 'remove' && decision.reason.code === BY_HAND;
}

/**
 * The removal of a partnership that a person has asked for.
 * @param by.note why; null: it was not said
 * @param by.at ISO 8601 UTC
 */
export function removalByHand(
  eas: EasRecord,
  { person, note, at }: { readonly person: string; readonly note: string | null; readonly at: string },
): PlannedChange {
  const text = `${person} has asked for the removal of the partnership${note === null ? '.' : `: “${note}”.`}`;
  return {
    key: eas.key,
    organization: eas.organization,
    mailboxId: eas.mailbox.id,
    easId: eas.easId,
    action: 'remove',
    from: eas.access.state,
    to: eas.access.state,
    edit: {},
    lowers: false,
    plannedAt: at,
    decision: { action: 'leave', rule: REMOVAL, reason: { code: BY_HAND, text, evidence: [] }, report: false },
    device: {
      key: eas.key,
      status: 'eas',
      eas,
      match: { by: null, evidence: [] },
      reason: { code: 'snapshot-incomplete', text: 'A removal by hand does not ask the MDM.' },
    },
    approvedBy: person,
  };
}
