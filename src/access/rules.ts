/** Access rules as data: what an admin edits in the access switch, and what a flow file keeps. */
import type { AccessState, Action, Compliance, DeviceStatus, Platform, ReasonCode } from '../model/records.ts';
import type { TextTestKind } from './text-test.ts';

/** Texts of a device that a rule can compare. */
export type TextField = 'deviceType' | 'deviceModel' | 'deviceOs' | 'userAgent' | 'clientType' | 'mailbox' | 'easId';

/**
 * One thing that must hold. `not` turns it round. What is not known does not hold (and holds turned round), except:
 * an unknown age counts as 0, so that grace for new devices covers it; unreadable groups are treated in `decideAccess`.
 */
export type Condition =
  | { readonly field: 'status'; readonly is: readonly DeviceStatus[]; readonly not?: boolean }
  | { readonly field: 'reason'; readonly is: readonly ReasonCode[]; readonly not?: boolean }
  /** Compliance of the merged MDM record. In grace past its date counts as noncompliant. */
  | { readonly field: 'compliance'; readonly is: readonly Compliance[]; readonly not?: boolean }
  /** The MDM's platform, else the one the EAS record names. */
  | { readonly field: 'platform'; readonly is: readonly Platform[]; readonly not?: boolean }
  /** `mailbox` compares id, UPN, display name and every address; one of the patterns must match. */
  | {
      readonly field: TextField;
      readonly how: TextTestKind;
      readonly patterns: readonly string[];
      readonly not?: boolean;
    }
  /** The mailbox's owner is a member of one of these groups. An empty list is "not set up": the rule is passed over. */
  | { readonly field: 'group'; readonly in: readonly string[]; readonly not?: boolean }
  /** Hours since the device first synced: from `atLeast` (included) to `below` (excluded). */
  | { readonly field: 'ageHours'; readonly atLeast?: number; readonly below?: number; readonly not?: boolean }
  /** Hours since the device last synced, where Exchange tells. */
  | { readonly field: 'idleHours'; readonly atLeast?: number; readonly below?: number; readonly not?: boolean }
  /** The device first or last synced before this: a day, at its beginning (UTC), or a time with its zone. */
  | { readonly field: 'firstSyncAt' | 'lastSyncAt'; readonly before: string; readonly not?: boolean }
  | { readonly field: 'accessState'; readonly is: readonly AccessState[]; readonly not?: boolean }
  /** Exchange's reason for the state, lower camel case; compared case-folded. */
  | { readonly field: 'accessReason'; readonly is: readonly string[]; readonly not?: boolean }
  /** On the mailbox's personal lists; `by` says whose entry it must be. */
  | {
      readonly field: 'listed';
      readonly is: readonly ('allowed' | 'blocked' | 'none')[];
      readonly by?: 'us' | 'admin';
      readonly not?: boolean;
    };

/** A rule applies if all its conditions hold; of the rules in order, the first that applies decides. */
export interface Rule {
  readonly name: string;
  /** None: applies to every device. */
  readonly when: readonly Condition[];
  readonly action: Action;
  /** A rule that is switched off is kept and passed over. */
  readonly disabled?: boolean;
  /** Its last day (UTC), or the time with its zone from which on it is passed over: it has aged out. */
  readonly until?: string;
  /** Reason code of the decision; without it, the device's own (reason or compliance). */
  readonly code?: string;
  /** The decision wants a person's eye: it is reported on the attention output. */
  readonly report?: boolean;
}

/**
 * Reasons under which Exchange itself holds a device, and which no list entry lifts
 * (DeviceAccessStateReason: learn.microsoft.com ff324138; adaxes.com ADM_MOBILE_DEVICE_ACCESS_STATE_REASON_ENUM).
 */
export const EXCHANGE_OWN_REASONS: readonly string[] = [
  'policy',
  'upgrade',
  'userAgentsChanges',
  'recentCommands',
  'watsons',
  'outOfBudgets',
  'syncCommands',
  'commandFrequency',
  'enableNotificationEmail',
  'externallyManaged',
];

/*
 *   #  who                                                                 then     why there
 *   1  members of the excluded groups                                      release  excluded wins, as in the original; whom we
 *                                                                                   blocked before gets mail again
 *   2  Exchange's own block (autoblock, mailbox policy, upgrade)           leave    no list entry lifts it
 *   3  Exchange is still discovering the device                            leave    it decides within 14 minutes
 *   4  an administrator's list entry                                       leave    never touch what we did not write
 *   5  merged, compliant or in grace                                       allow
 *   6  merged, noncompliant                                                block
 *   7  unmatched: other client, waits for the link, not enrolled,           block
 *      superseded, idle
 *   8  merged, compliance unknown                                          leave    and report
 *   9  held: ambiguous, other user, returned, snapshot incomplete          leave    and report
 */

/** What is decided about members of the excluded groups goes by this code. */
export const EXCLUDED_GROUP = 'excluded-group';

/** The rules of a new access switch. */
export const DEFAULT_RULES: readonly Rule[] = [
  { name: 'Excluded groups', when: [{ field: 'group', in: [] }], action: 'release', code: EXCLUDED_GROUP },
  {
    name: 'Exchange blocks by itself',
    when: [{ field: 'accessReason', is: EXCHANGE_OWN_REASONS }],
    action: 'leave',
    code: 'exchange-own-block',
  },
  {
    name: 'Exchange is discovering the device',
    when: [{ field: 'accessState', is: ['discovery'] }],
    action: 'leave',
    code: 'exchange-own-block',
  },
  {
    name: "An administrator's entry",
    when: [{ field: 'listed', is: ['allowed', 'blocked'], by: 'admin' }],
    action: 'leave',
    code: 'admin-entry',
  },
  {
    name: 'Managed and compliant',
    when: [
      { field: 'status', is: ['eas/mdm'] },
      { field: 'compliance', is: ['compliant', 'in-grace'] },
    ],
    action: 'allow',
  },
  {
    name: 'Managed but noncompliant',
    when: [
      { field: 'status', is: ['eas/mdm'] },
      { field: 'compliance', is: ['noncompliant'] },
    ],
    action: 'block',
  },
  {
    name: 'Not managed',
    when: [
      { field: 'status', is: ['eas'] },
      { field: 'reason', is: ['not-native-client', 'needs-activation', 'not-enrolled', 'superseded', 'idle'] },
    ],
    action: 'block',
  },
  {
    name: 'Compliance unknown',
    when: [
      { field: 'status', is: ['eas/mdm'] },
      { field: 'compliance', is: ['unknown'] },
    ],
    action: 'leave',
    report: true,
  },
  {
    name: 'Held',
    when: [
      { field: 'status', is: ['eas'] },
      { field: 'reason', is: ['ambiguous', 'other-user', 'returned-with-new-id', 'snapshot-incomplete'] },
    ],
    action: 'leave',
    report: true,
  },
];

/** How a site that has devices already begins. */
export interface GrandfatherOptions {
  /** When the access switch was switched on, ISO 8601. */
  readonly switchedOnAt: string;
  /** Devices that synced within so many days before count as in use. Where Exchange does not tell, they do. */
  readonly syncedWithinDays: number;
  /** After so many days the rule ages out, and these devices are treated as all others. */
  readonly keepDays: number;
}

const DAY_MS = 24 * 3_600_000;

/** Reason code of devices that a gentle beginning keeps. */
export const GRANDFATHERED = 'grandfathered';

/**
 * The rule for a gentle beginning: unmanaged devices that were in use at switch-on stay allowed for a while.
 * Put it before the rule that blocks what is not managed; without it the beginning is strict.
 */
export function grandfatherRule({ switchedOnAt, syncedWithinDays, keepDays }: GrandfatherOptions): Rule {
  const at = Date.parse(switchedOnAt);
  return {
    name: 'In use at switch-on',
    when: [
      { field: 'status', is: ['eas'] },
      { field: 'firstSyncAt', before: new Date(at).toISOString() },
      { field: 'lastSyncAt', before: new Date(at - syncedWithinDays * DAY_MS).toISOString(), not: true },
    ],
    action: 'allow',
    until: new Date(at + keepDays * DAY_MS).toISOString(),
    code: GRANDFATHERED,
  };
}
