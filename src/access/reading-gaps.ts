/** Devices of mailboxes of which Exchange could not give everything are not lowered. Pure. */
import type { DeviceRecord } from '../model/records.ts';
import type { AccessDecision } from './decide-access.ts';
import { sayIn } from '../model/sayings.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** Name under which such a decision is kept. */
export const GAP_RULE = 'Gap in the reading';

/*
 *   the last reading has a gap in the mailbox    decision   its entry is on    then
 *   no                                           any        any list, or none  the decision
 *   yes                                          allow      any list, or none  the decision: it lowers nobody
 *   yes                                          leave      any list, or none  the decision
 *   yes                                          block      blocked            the decision: nothing is to be written
 *   yes                                          block      allowed, none      leave, report: the record may be an old one
 *   yes                                          release    allowed            leave, report: a default may shut it out
 *   yes                                          release    blocked, none      the decision
 */

/** What is decided in the end. @param hasGap true for a device of a mailbox in the gaps of the last reading */
export function decideWithGaps(device: DeviceRecord, decision: AccessDecision, hasGap: boolean): AccessDecision {
  if (!hasGap || !mayLower(device, decision)) return decision;
  const text = say('gap', { text: decision.reason.text });
  const reason = { code: 'snapshot-incomplete', text, evidence: decision.reason.evidence };
  return { action: 'leave', rule: GAP_RULE, reason, report: true };
}

function mayLower({ eas }: DeviceRecord, { action }: AccessDecision): boolean {
  const listed = eas?.access.listed ?? null;
  if (action === 'block') return listed !== 'blocked';
  return action === 'release' && listed === 'allowed';
}
