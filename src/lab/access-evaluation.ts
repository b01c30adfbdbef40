/**
 * Exchange's allow/block/quarantine evaluation, step by step. Pure.
 *
 * Order (TechNet "Understanding Exchange ActiveSync device access", steps 1 to 4; 5 to 9 by the rule precedence described there):
 *   1 signed in?  2 ActiveSync enabled?  3 mailbox policy met?  4 personal blocked list  5 personal allowed list
 *   6 block rules  7 quarantine rules  8 allow rules  9 default access level
 * Steps 1 and 2 refuse the request before a partnership exists, so they are the caller's (see partnerships.ts).
 */
import type { AccessState } from '../model/records.ts';

/** A level as ActiveSync organization settings and device access rules name it. */
export type AccessLevel = 'Allow' | 'Block' | 'Quarantine';

/** What a device access rule may compare (New-ActiveSyncDeviceAccessRule -Characteristic). */
export type RuleCharacteristic = 'DeviceType' | 'DeviceModel' | 'DeviceOS' | 'UserAgent' | 'XMSWLHeader';

/** A device access rule: exact text of one characteristic, no wildcards. */
export interface DeviceAccessRule {
  readonly name: string;
  readonly characteristic: RuleCharacteristic;
  readonly queryString: string;
  readonly accessLevel: AccessLevel;
}

/** Exchange's reasons in lower camel case, as the records of this package spell them; the set is open. */
export type AccessReason =
  | 'unknown'
  | 'global'
  | 'individual'
  | 'deviceRule'
  | 'upgrade'
  | 'policy'
  | 'userAgentsChanges'
  | 'recentCommands'
  | 'watsons'
  | 'outOfBudgets'
  | 'syncCommands'
  | 'commandFrequency'
  | 'externallyManaged';

/** A state that Exchange set for a while and that no list explains: discovery, upgrade, or an automatic block. */
export interface AccessHold {
  readonly state: AccessState;
  readonly reason: AccessReason;
}

/** What a device looks like to the evaluation. */
export interface AccessSubject {
  readonly deviceId: string;
  readonly deviceType: string;
  readonly model: string;
  readonly os: string;
  readonly userAgent: string;
  /** False if the phone does not meet the mailbox policy. */
  readonly policyMet: boolean;
  readonly hold: AccessHold | null;
}

/** What the mailbox and the organization say. */
export interface AccessSettings {
  readonly allowedDeviceIds: readonly string[];
  readonly blockedDeviceIds: readonly string[];
  readonly rules: readonly DeviceAccessRule[];
  readonly defaultAccessLevel: AccessLevel;
}

/** Outcome of one evaluation. */
export interface AccessVerdict {
  readonly state: AccessState;
  readonly reason: AccessReason;
  /** The device access rule that decided, or null. */
  readonly rule: DeviceAccessRule | null;
}

const STATE_OF: Readonly<Record<AccessLevel, AccessState>> = {
  Allow: 'allowed',
  Block: 'blocked',
  Quarantine: 'quarantined',
};
const RULE_ORDER: readonly AccessLevel[] = ['Block', 'Quarantine', 'Allow'];

/** Discovery and upgrade wait for more facts about the device, so they stand in for steps 6 to 9 only. */
function isWaiting(hold: AccessHold): boolean {
  return hold.state === 'discovery' || hold.reason === 'upgrade';
}

/** Evaluates steps 3 to 9 for one device. */
export function evaluateAccess(subject: AccessSubject, settings: AccessSettings): AccessVerdict {
  const { hold } = subject;
  // An automatic block is neither the connector's nor liftable by a list (Set-ActiveSyncDeviceAutoblockThreshold).
  if (hold !== null && !isWaiting(hold)) return { ...hold, rule: null };
  if (!subject.policyMet) return { state: 'blocked', reason: 'policy', rule: null };
  if (listNames(settings.blockedDeviceIds, subject.deviceId))
    return { state: 'blocked', reason: 'individual', rule: null };
  if (listNames(settings.allowedDeviceIds, subject.deviceId))
    return { state: 'allowed', reason: 'individual', rule: null };
  if (hold !== null) return { ...hold, rule: null };
  const rule = decidingRule(settings.rules, subject);
  if (rule !== null) return { state: STATE_OF[rule.accessLevel], reason: 'deviceRule', rule };
  return { state: STATE_OF[settings.defaultAccessLevel], reason: 'global', rule: null };
}

/** True if the list names the device; device ids are compared without regard to case, and blanks count. */
export function listNames(list: readonly string[], deviceId: string): boolean {
  if (list.length === 0) return false;
  const folded = deviceId.toLowerCase();
  return list.some((entry) => entry.toLowerCase() === folded);
}

function decidingRule(rules: readonly DeviceAccessRule[], subject: AccessSubject): DeviceAccessRule | null {
  if (rules.length === 0) return null;
  const matching = rules.filter(
    (rule) => characteristicOf(subject, rule.characteristic) === rule.queryString.toLowerCase(),
  );
  for (const level of RULE_ORDER) {
    const rule = matching.find((candidate) => candidate.accessLevel === level);
    if (rule !== undefined) return rule;
  }
  return null;
}

function characteristicOf(subject: AccessSubject, characteristic: RuleCharacteristic): string | null {
  switch (characteristic) {
    case 'DeviceType':
      return subject.deviceType.toLowerCase();
    case 'DeviceModel':
      return subject.model.toLowerCase();
    case 'DeviceOS':
      return subject.os.toLowerCase();
    case 'UserAgent':
      return subject.userAgent.toLowerCase();
    default:
      // XMSWLHeader: sent by Windows Live clients only; no phone of the lab sends it.
      return null;
  }
}
