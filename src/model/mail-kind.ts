/** The mails: which one a blocked device gets. */
import { isPcProgram } from './eas-client.ts';
import { noMailOf } from './no-mail.ts';
import type { Decision, DeviceRecord, ReasonCode } from './records.ts';

/** Why the device is blocked, as far as its user can do something about it. */
export type MailKind =
  | 'not-enrolled'
  /** It was managed, and is not any more. */
  | 'no-longer-managed'
  | 'needs-activation'
  | 'not-native-client'
  /** A program on a computer that connects as a phone does. */
  | 'not-a-phone'
  | 'noncompliant';

export const MAIL_KINDS: readonly MailKind[] = [
  'not-enrolled',
  'no-longer-managed',
  'needs-activation',
  'not-native-client',
  'not-a-phone',
  'noncompliant',
];

/** Kinds whose link binds the device to its user. The others have nothing to bind: a client that is not
 * the native one can never be matched, and a noncompliant device is matched already.
 */
const WITH_LINK: readonly MailKind[] = ['not-enrolled', 'no-longer-managed', 'needs-activation'];

/** True for the mails whose link binds the device to its user. */
export function carriesLink(kind: MailKind): boolean {
  return WITH_LINK.includes(kind);
}

/** Reasons of accounts that nobody uses any more: their devices are blocked without a word, and lower nobody. */
const QUIET_REASONS: readonly ReasonCode[] = ['superseded', 'idle'];

/** True for a device that is blocked without a mail, whatever the rule that blocks it calls the reason. */
export function isQuiet(code: ReasonCode): boolean {
  return QUIET_REASONS.includes(code);
}

/*
 *   the blocked device                                                     its mail
 *   is an account that nobody uses any more (superseded, idle)             none
 *   is of a shared, room, equipment, system or test mailbox                none
 *   is being wiped or retired, or was (no-mail.ts)                         none
 *   is blocked for a reason that names a mail                              that mail
 *   … for its rule's own reason, and its record's names a mail             that mail
 *   … and is noncompliant, or in its grace period, also one that is over   noncompliant
 *   not-enrolled or not-native-client, of a program on a computer          not-a-phone
 *   not-enrolled, of a device that was managed                             no-longer-managed
 *   a known device under a new EAS ID (returned-with-new-id)               needs-activation: it has to say once more, by
 *                                                                          its link, that it is the same
 *   anything else                                                          none
 */

/** The mail for this decision, or null for a reason that its user can do nothing about, or need not hear of. */
export function mailKindOf(device: DeviceRecord, decision: Decision): MailKind | null {
  if (isQuiet(device.reason.code) || noMailOf(device) !== null) return null;
  const kind = kindOfReason(decision.reason.code) ?? kindOfReason(device.reason.code) ?? kindOfCompliance(device);
  if (kind !== 'not-enrolled' && kind !== 'not-native-client') return kind;
  if (device.eas !== undefined && isPcProgram(device.eas.device)) return 'not-a-phone';
  return kind === 'not-enrolled' && device.formerly !== undefined ? 'no-longer-managed' : kind;
}

function kindOfReason(code: string): MailKind | null {
  if (code === 'returned-with-new-id') return 'needs-activation';
  return MAIL_KINDS.find((kind) => kind === code) ?? null;
}

function kindOfCompliance(device: DeviceRecord): MailKind | null {
  const compliance = device.status === 'eas/mdm' ? device.mdm?.compliance : undefined;
  return compliance === 'noncompliant' || compliance === 'in-grace' ? 'noncompliant' : null;
}
