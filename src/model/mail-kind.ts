/** The four mails: which one a blocked device gets. */
import type { Decision, DeviceRecord, ReasonCode } from './records.ts';

/** Why the device is blocked, as far as its user can do something about it. */
export type MailKind = 'not-enrolled' | 'needs-activation' | 'not-native-client' | 'noncompliant';

export const MAIL_KINDS: readonly MailKind[] = [
  'not-enrolled',
  'needs-activation',
  'not-native-client',
  'noncompliant',
];

/**
 * True for the mails whose link binds the device to its user. The other two have nothing to bind: a client that is not
 * the native one can never be matched, and a noncompliant device is matched already.
 */
export function carriesLink(kind: MailKind): boolean {
  return kind === 'not-enrolled' || kind === 'needs-activation';
}

/** Reasons of accounts that nobody uses any more: their devices are blocked without a word, and lower nobody. */
const QUIET_REASONS: readonly ReasonCode[] = ['superseded', 'idle'];

/** True for a device that is blocked without a mail, whatever the rule that blocks it calls the reason. */
export function isQuiet(code: ReasonCode): boolean {
  return QUIET_REASONS.includes(code);
}

/** The mail for this decision, or null for a reason that its user can do nothing about, or need not hear of. */
export function mailKindOf(device: DeviceRecord, decision: Decision): MailKind | null {
  if (isQuiet(device.reason.code)) return null;
  return kindOfReason(decision.reason.code) ?? kindOfReason(device.reason.code) ?? kindOfCompliance(device);
}

function kindOfReason(code: string): MailKind | null {
  // A known device under a new EAS ID has to say once more that it is the same one: by its link.
  if (code === 'returned-with-new-id') return 'needs-activation';
  return MAIL_KINDS.find((kind) => kind === code) ?? null;
}

function kindOfCompliance(device: DeviceRecord): MailKind | null {
  return device.status === 'eas/mdm' && device.mdm?.compliance === 'noncompliant' ? 'noncompliant' : null;
}
