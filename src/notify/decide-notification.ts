/** Whether a change is worth a mail. Pure. */
import { foldAddress } from '../model/keys.ts';
import type { AccessChange, DeviceChange } from '../model/records.ts';
import { mailKindOf } from '../model/mail-kind.ts';
import type { MailKind } from '../model/mail-kind.ts';
import { noMailOf } from '../model/no-mail.ts';

/** A mail of earlier about the same device, from the store. */
export interface EarlierMail {
  readonly kind: string;
  /** Of the change it was about; of a change that has none, its time. */
  readonly episode: string;
  /** `at` of the change it was about. */
  readonly blockedAt: string;
  readonly state: 'waiting' | 'reserved' | 'attention' | 'done' | 'given-up';
  /** When the mail server took it; null: it did not yet. */
  readonly sentAt: string | null;
  readonly dueAt: string;
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
  /** The blocking that the news tells of has ended meanwhile. Default false. */
  readonly isOver?: boolean;
}

/** Why a change leads to no mail. Each has words in the notifier's catalogue, below `status.skipped`. */
export const SKIP_REASONS = [
  'simulated',
  'not-blocked',
  'no-mail-for-mailbox',
  'removed-by-mdm',
  'no-mail-for-reason',
  'no-address',
  'bad-address',
  'domain-not-allowed',
  'already-sent',
  'already-waiting',
  'blocked-again-too-soon',
] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

export type NotificationDecision =
  | {
      readonly action: 'send';
      readonly kind: MailKind;
      readonly address: string;
      /** Why not at once, and when then; null: at once. */
      readonly putOff: { readonly reason: SkipReason; readonly text: string; readonly until: string } | null;
    }
  | {
      readonly action: 'skip';
      readonly kind: MailKind | null;
      readonly reason: SkipReason;
      readonly text: string;
    };

const HOUR_MS = 3_600_000;
const DEFAULT_QUIET_HOURS = 24;

/**
 * Whether the news of a change leads to a mail. `earlier`: the mails of this device, any order.
 *
 * | the device                                     | decision                        |
 * |------------------------------------------------|---------------------------------|
 * | change only simulated                          | skip `simulated`                |
 * | not blocked by this change                     | skip `not-blocked`              |
 * | of a shared, room, equipment, system or test mailbox | skip `no-mail-for-mailbox` |
 * | wiped or retired by the MDM                    | skip `removed-by-mdm`           |
 * | blocked for a reason without a mail            | skip `no-mail-for-reason`       |
 * | mailbox without, with a strange address        | skip `no-address`, `bad-address` |
 * | address outside the allowed domains            | skip `domain-not-allowed`       |
 * | a mail of this kind about this blocking was sent   | skip `already-sent`         |
 * | one is to be sent                              | skip `already-waiting`          |
 * | one of this kind about an earlier blocking was sent within the quiet hours | send after them: `blocked-again-too-soon` |
 * | is not blocked any more, or by a later block: the news comes late | skip `not-blocked` |
 * | otherwise (one that was given up counts as none) | send                          |
 */
export function decideNotification(
  { device, decision, change }: DeviceChange,
  earlier: readonly EarlierMail[],
  options: NotificationOptions,
): NotificationDecision {
  if (!change.applied) return skip(null, 'simulated', 'The change was only simulated.');
  if (decision.action !== 'block' || change.to !== 'blocked')
    return skip(null, 'not-blocked', 'The device was not blocked.');
  const without = noMailOf(device);
  if (without === 'wipe' || without === 'retire')
    return skip(null, 'removed-by-mdm', `The MDM was told to ${without} the device.`);
  if (without !== null)
    return skip(null, 'no-mail-for-mailbox', `It is a ${without} mailbox, which no person reads as his own.`);
  const kind = mailKindOf(device, decision);
  if (kind === null) {
    return skip(null, 'no-mail-for-reason', `There is no mail for the reason "${decision.reason.code}".`);
  }
  const address = device.eas?.mailbox.address ?? null;
  const refusal = refuseAddress(kind, address, options.allowedDomains);
  if (refusal !== null || address === null) return refusal ?? skip(kind, 'no-address', 'The mailbox has no address.');
  const about = earlier.filter((mail) => mail.kind === kind && mail.state !== 'given-up' && isAbout(mail, change));
  if (about.some(({ state }) => state === 'done')) return skip(kind, 'already-sent', 'The device has had its mail.');
  if (about.length > 0) return skip(kind, 'already-waiting', 'Its mail waits already.');
  if (options.isOver === true) return skip(kind, 'not-blocked', 'The block that the news tells of has ended.');
  return { action: 'send', kind, address, putOff: quietOf(kind, earlier, options) };
}

function quietOf(
  kind: MailKind,
  earlier: readonly EarlierMail[],
  { now, quietHours = DEFAULT_QUIET_HOURS }: NotificationOptions,
): Extract<NotificationDecision, { action: 'send' }>['putOff'] {
  const times = earlier.flatMap((mail) => (mail.kind === kind && mail.sentAt !== null ? Date.parse(mail.sentAt) : []));
  // A mail of a time that is yet to come went while the clock was ahead.
  const last = Math.min(Math.max(...times), now.getTime());
  const until = last + quietHours * HOUR_MS;
  if (!(now.getTime() < until)) return null;
  const text = 'The device was mailed a short while ago.';
  return { reason: 'blocked-again-too-soon', text, until: new Date(until).toISOString() };
}

/** One blocking is known by its episode; news that has none, by its time. */
function isAbout(mail: EarlierMail, { at, episode }: Pick<AccessChange, 'at' | 'episode'>): boolean {
  return mail.episode === (episode ?? at) || mail.blockedAt === at;
}

/*
 *   when its mail is due, the device           is it about it still?
 *   we no longer block                         no
 *   has an address that may not be mailed      no
 *   is to be reminded more often than wanted   no
 *   otherwise                                  yes
 */

/** What tells whether a mail is still about one of its devices. */
export interface StillAbout {
  /** The ledger has its entry, or never had it. */
  readonly isBlocked: boolean;
  /** 0: the first mail; then its reminders. */
  readonly no: number;
  readonly kind: MailKind;
  readonly address: string | null;
}

/** True if a mail that is due is still about the device. */
export function isStillAbout(
  { isBlocked, no, kind, address }: StillAbout,
  options: Pick<NotificationOptions, 'allowedDomains' | 'reminders' | 'reminderAfterHours'>,
): boolean {
  if (!isBlocked || refuseAddress(kind, address, options.allowedDomains) !== null) return false;
  return no === 0 || (options.reminderAfterHours > 0 && no <= options.reminders);
}

/** A device of a reminder that is due, as it is today. */
export interface Reminded {
  /** Exchange has its partnership; null: nobody knows. */
  readonly exists: boolean | null;
  /** It was last decided to be blocked. */
  readonly isMeant: boolean;
  /** The mail of today's cause; null: there is none. */
  readonly kind: MailKind | null;
  /** It had a mail of that kind about this blocking, or waits for one. */
  readonly isMailed: boolean;
}

/*
 *   the device today                                      the reminder
 *   is of an organization whose reading is not kept here  goes as it was told
 *   has no partnership in Exchange any more               none
 *   is decided otherwise than blocked                     none
 *   is blocked for a cause without a mail                 none
 *   is blocked for a cause of the same kind               goes, with today's record
 *   … of another kind, which it was mailed, or waits for  none: that mail has its own reminders
 *   … of another kind                                     goes in that kind
 */

/** The kind in which a device is reminded; null: it is not. @param kind of the mail that it was reminded of */
export function remindedIn(kind: MailKind, { exists, isMeant, kind: today, isMailed }: Reminded): MailKind | null {
  if (exists === null) return kind;
  if (!exists || !isMeant) return null;
  return today !== kind && isMailed ? null : today;
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

function skip(kind: MailKind | null, reason: SkipReason, text: string): NotificationDecision {
  return { action: 'skip', kind, reason, text };
}
