/** What happens to devices that came while the MDM was away, and how that ends. Pure (ADR 0017). */
import type { DeviceRecord } from '../model/records.ts';
import type { AccessDecision } from './decide-access.ts';
import { sayIn } from '../model/sayings.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** Reason code of decisions for new devices while the MDM is away; only they may lower access without a fresh snapshot. */
export const MDM_AWAY = 'mdm-away';

/** Name under which the ledger keeps the entries that such decisions wrote. */
export const MDM_AWAY_RULE = 'MDM away';

/** The MDM has not been read for longer than its readings stay usable. */
export interface MdmAway {
  /** What the administrator wants for new devices. */
  readonly whenMdmAway: 'leave' | 'allow' | 'block';
  /** When the last whole MDM reading began, the oldest of all sources, ISO 8601 UTC; null: a source has none. */
  readonly since: string | null;
}

/** What is known besides the record. */
export interface AwayContext {
  /** Null: the MDM is not away. */
  readonly away: MdmAway | null;
  /** The rule that the ledger names for our entry of this device; null: we have none. */
  readonly entryRule: string | null;
  /** Decides by the rules alone, gentle switch-on included. */
  readonly byRules: (device: DeviceRecord) => AccessDecision;
}

/*
 * While the MDM is away:
 *
 *   whenMdmAway    the device                                   by the rules, as "not enrolled"   decision
 *   leave          any                                          any                               by the rules
 *   allow, block   matched, or unmatched for another reason     any                               by the rules
 *   allow, block   on a personal list, whoever put it there     any                               by the rules
 *   allow, block   first sync not known                         any                               by the rules
 *   allow, block   first sync before the last whole reading     any                               by the rules
 *   allow, block   there never was a whole reading              any                               by the rules
 *   allow, block   first sync after the last whole reading      allow, leave or release           by the rules
 *   allow, block   first sync after the last whole reading      block                             whenMdmAway
 *
 * At any time, for an entry that was written so:
 *
 *   by the rules               the MDM about this device            decision
 *   allow, block or release    any                                  by the rules
 *   leave                      has not spoken (snapshot-incomplete) leave
 *   leave, groups unreadable   any                                  leave: nothing is known
 *   leave                      has spoken                           release: taken back
 */

/** Decides about one device: by the rules, or as the administrator wants it while the MDM is away. */
export function decideWithMdmAway(device: DeviceRecord, context: AwayContext): AccessDecision {
  const decision = context.byRules(device);
  const { away, entryRule } = context;
  if (away !== null && away.whenMdmAway !== 'leave' && isNewSince(device, away.since)) {
    const asIf = context.byRules({ ...device, reason: { code: 'not-enrolled', text: device.reason.text } });
    return asIf.action === 'block' ? awayDecision(device, away.whenMdmAway) : decision;
  }
  return entryRule === MDM_AWAY_RULE && hasSpoken(device, decision) ? takenBack(decision) : decision;
}

/** True for a decision of the rules that the MDM has been asked for and that wants nothing of ours on the lists. */
function hasSpoken(device: DeviceRecord, { action, reason }: AccessDecision): boolean {
  return action === 'leave' && device.reason.code !== 'snapshot-incomplete' && reason.code !== 'directory-unreadable';
}

function isNewSince({ eas, reason }: DeviceRecord, since: string | null): boolean {
  if (since === null || reason.code !== 'snapshot-incomplete' || eas?.access.listed !== null) return false;
  return Date.parse(eas.firstSyncAt ?? '') > Date.parse(since);
}

function awayDecision(device: DeviceRecord, action: 'allow' | 'block'): AccessDecision {
  const text = say('mdm-away', { action });
  const reason = { code: MDM_AWAY, text, evidence: device.match.evidence };
  return { action, rule: MDM_AWAY_RULE, reason, report: true };
}

function takenBack(decision: AccessDecision): AccessDecision {
  const text = say('mdm-back', { text: decision.reason.text });
  return {
    ...decision,
    action: 'release',
    rule: MDM_AWAY_RULE,
    reason: { ...decision.reason, code: 'mdm-back', text },
  };
}
