/** Whether why a device stands blocked has changed, and is news. Pure. */
import { isQuiet, mailKindOf } from '../model/mail-kind.ts';
import type { ToldCause } from '../model/personal-lists.ts';
import type { Decision, DeviceRecord } from '../model/records.ts';

/** Why a device is blocked: a rule's own word for it, and the mail that it leads to. */
export function causeOf(device: DeviceRecord, decision: Decision): ToldCause {
  const { code } = isQuiet(device.reason.code) ? device.reason : decision.reason;
  return { reason: code, kind: mailKindOf(device, decision) };
}

/**
 * What becomes of a cause. `same`: nothing. `keep`: it is the cause from now on, and nobody hears of it. `tell`: it is kept
 * and told. `tell-unmailed`: it is kept, and told if the user had no mail of its kind in this blocking.
 */
export type CauseVerdict = 'same' | 'keep' | 'tell' | 'tell-unmailed';

/*
 *   last told             decided now                          then
 *   nobody knows (an      needs-activation                     tell-unmailed: an older version never told it of a device that
 *   older version)                                             was blocked before
 *   nobody knows          anything else                        keep: as first decided it counts as told
 *   the same              the same                             same
 *   anything              a quiet reason                       keep
 *   anything              another mail                         tell
 *   anything              another reason, without a mail       tell
 *   anything              the same reason, no mail any more    keep
 */

/** @param told the cause as it was last told; null: nobody knows */
export function judgeCause(told: ToldCause | null, device: DeviceRecord, decision: Decision): CauseVerdict {
  const now = causeOf(device, decision);
  if (told === null) return now.kind === 'needs-activation' ? 'tell-unmailed' : 'keep';
  if (told.reason === now.reason && told.kind === now.kind) return 'same';
  if (isQuiet(device.reason.code)) return 'keep';
  return now.kind !== null || now.reason !== told.reason ? 'tell' : 'keep';
}
