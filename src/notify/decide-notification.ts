/** Whether a change is worth a mail. Pure. */
import { foldAddress } from '../model/keys.ts';
import type { AccessChange, DeviceChange } from '../model/records.ts';
import { mailKindOf } from './mail-kind.ts';
import type { MailKind } from './mail-kind.ts';

/** A mail of earlier, from the store. */
export interface EarlierMail {
  readonly kind: string;
  readonly at: string;
  /** `at` of the change it was about. */
  readonly blockedAt: string;
  readonly outcome: 'sent' | 'failed' | 'skipped';
  /** Of the change it was about; null or absent: not known. */
  readonly episode?: string | null;
}

export interface NotificationOptions {
  readonly now: Date;
  /** Hours between a mail and its reminder; 0 = no reminders. */
  readonly reminderAfterHours: number;
  /** How many reminders follow the first mail. */
  readonly reminders: number;
  /** Domains that may be mailed; `*.example.com` = every domain below. Empty = any. */
  readonly allowedDomains: readonly string[];
  /** Hours after a mail in which the same device gets no second one of the kind, even when blocked anew. Default 24. */
  readonly quietHours?: number;
}

/** Why a change leads to no mail. Each has words in the notifier's catalogue, below `status.skipped`. */
export const SKIP_REASONS = [
  'simulated',
  'not-blocked',
  'no-mail-for-reason',
  'no-address',
  'bad-address',
  'domain-not-allowed',
  'already-sent',
  'already-waiting',
  'reminders-used',
  'blocked-again-too-soon',
] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

export type NotificationDecision =
  | {
      readonly action: 'send';
      readonly kind: MailKind;
      readonly address: string;
      /** 0 = the first mail, 1 = the first reminder, … */
      readonly reminder: number;
    }
  | {
      readonly action: 'skip';
      readonly kind: MailKind | null;
      readonly reason: SkipReason;
      readonly text: string;
      /** When it would be sent, if that is only a matter of time. */
      readonly nextAt: string | null;
    };

const HOUR_MS = 3_600_000;
const DEFAULT_QUIET_HOURS = 24;

/**
 * One mail a blocked device and kind, then its reminders. `history`: earlier mails of this device, any order.
 *
 * | the device                                   | decision                       |
 * |----------------------------------------------|--------------------------------|
 * | change only simulated                        | skip `simulated`               |
 * | not blocked by this change                   | skip `not-blocked`             |
 * | blocked for a reason without a mail          | skip `no-mail-for-reason`      |
 * | mailbox without, with a strange address      | skip `no-address`, `bad-address` |
 * | address outside the allowed domains          | skip `domain-not-allowed`      |
 * | no mail of this kind about this blocking yet | send, but within the quiet hours after one about an earlier blocking: skip `blocked-again-too-soon` |
 * | mailed, reminder not due                     | skip `already-sent`            |
 * | mailed, reminder due and left                | send reminder n                |
 * | mailed, no reminder left                     | skip `reminders-used`          |
 */
export function decideNotification(
  { device, decision, change }: DeviceChange,
  history: readonly EarlierMail[],
  options: NotificationOptions,
): NotificationDecision {
  if (!change.applied) return skip(null, 'simulated', 'The change was only simulated.');
  if (decision.action !== 'block' || change.to !== 'blocked')
    return skip(null, 'not-blocked', 'The device was not blocked.');
  const kind = mailKindOf(device, decision);
  if (kind === null) {
    return skip(null, 'no-mail-for-reason', `There is no mail for the reason "${decision.reason.code}".`);
  }
  const address = device.eas?.mailbox.address ?? null;
  const refusal = refuseAddress(kind, address, options.allowedDomains);
  if (refusal !== null || address === null) return refusal ?? skip(kind, 'no-address', 'The mailbox has no address.');
  return decideByHistory(kind, address, history, change, options);
}

function decideByHistory(
  kind: MailKind,
  address: string,
  history: readonly EarlierMail[],
  change: Pick<AccessChange, 'at' | 'episode'>,
  options: NotificationOptions,
): NotificationDecision {
  const sent = history.filter((mail) => mail.kind === kind && mail.outcome === 'sent');
  const last = Math.max(...sent.map((mail) => Date.parse(mail.at)));
  const about = sent.filter((mail) => isAbout(mail, change));
  if (about.length === 0) {
    const quietUntil = last + (options.quietHours ?? DEFAULT_QUIET_HOURS) * HOUR_MS;
    if (!(options.now.getTime() < quietUntil)) return { action: 'send', kind, address, reminder: 0 };
    return skip(kind, 'blocked-again-too-soon', 'The device was mailed a short while ago.', quietUntil);
  }
  if (options.reminderAfterHours <= 0 || options.reminders <= 0)
    return skip(kind, 'already-sent', 'The device has had its mail.');
  if (about.length > options.reminders)
    return skip(kind, 'reminders-used', 'The device has had its mail and all reminders.');
  const dueAt = last + options.reminderAfterHours * HOUR_MS;
  if (options.now.getTime() < dueAt) return skip(kind, 'already-sent', 'The device has had its mail.', dueAt);
  return { action: 'send', kind, address, reminder: about.length };
}

/** One blocking is known by its episode; news that has none, by its time. */
function isAbout(mail: EarlierMail, { at, episode }: Pick<AccessChange, 'at' | 'episode'>): boolean {
  const isKnown = episode !== undefined && (mail.episode ?? null) !== null;
  return isKnown ? mail.episode === episode : mail.blockedAt === at;
}

function refuseAddress(
  kind: MailKind,
  address: string | null,
  allowed: readonly string[],
): NotificationDecision | null {
  if (address === null) return skip(kind, 'no-address', 'The mailbox has no address.');
  const domain = /^[^\s@<>,;:"()]+@([^\s@<>,;:"()]+)$/.exec(address)?.[1];
  if (domain === undefined) return skip(kind, 'bad-address', 'The mailbox has something else than one plain address.');
  if (allowed.length === 0 || allowed.some((pattern) => isWithin(foldAddress(domain), foldAddress(pattern))))
    return null;
  return skip(kind, 'domain-not-allowed', `The domain ${domain} is not among those that may be mailed.`);
}

function isWithin(domain: string, pattern: string): boolean {
  const plain = pattern.replace(/^@/, '');
  return plain.startsWith('*.') ? domain.endsWith(plain.slice(1)) : domain === plain;
}

function skip(kind: MailKind | null, reason: SkipReason, text: string, nextMs?: number): NotificationDecision {
  return { action: 'skip', kind, reason, text, nextAt: nextMs === undefined ? null : new Date(nextMs).toISOString() };
}
