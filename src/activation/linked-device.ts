/** The device of a link as it stands today, and whether its owner may have a fresh link. Pure. */

import type { Platform } from '../model/records.ts';

/** `waits`: for its owner. `known`: nothing is to be confirmed, but perhaps put right. `free`: mail is let through. */
export type DeviceStanding = 'waits' | 'known' | 'free';

/** `offer`: the page has a button. `sent`: a mail is on its way, or came a short while ago. `none`: there is nothing to send. */
export type FreshMail = 'offer' | 'sent' | 'none';

/** What a page says of a link's device. What the device says of itself is foreign text. */
export interface LinkedDevice {
  readonly model: string | null;
  readonly type: string | null;
  readonly platform: Platform | null;
  readonly easId: string;
  /** Its address. */
  readonly mailbox: string | null;
  readonly standing: DeviceStanding;
  readonly fresh: FreshMail;
}

/** What the store knows of a device. */
export interface KnownDevice {
  /** An entry of ours is on its mailbox's blocked list. */
  readonly isBlocked: boolean;
  /** Exchange let it in when it was read last. */
  readonly isLetIn: boolean;
  /** What was decided about it last; null: nothing yet. */
  readonly decision: string | null;
  /** The mail of its cause; null: there is none. */
  readonly kind: string | null;
}

/**
 * In doubt the page keeps its button: pressed once too often it does no harm.
 *
 * | last decided    | Exchange lets it in, and no entry of ours blocks it | its cause    | it is |
 * |-----------------|-----------------------------------------------------|--------------|-------|
 * | allow, release  | yes                                                 | –            | free  |
 * | allow, release  | not yet                                             | –            | known |
 * | block           | any                                                 | noncompliant | known |
 * | anything else   | any                                                 | any          | waits |
 */
export function standingOf({ isBlocked, isLetIn, decision, kind }: KnownDevice): DeviceStanding {
  if (decision === 'allow' || decision === 'release') return isLetIn && !isBlocked ? 'free' : 'known';
  return decision === 'block' && kind === 'noncompliant' ? 'known' : 'waits';
}

/** A mail about the device, of whatever kind. */
export interface MailAboutDevice {
  readonly state: string;
  readonly createdAt: string;
  readonly sentAt: string | null;
}

const HOUR_MS = 3_600_000;
/** Mails about one device in a day, whoever has asked for them. */
const PER_DAY = 3;

/**
 * | the device, and the mails about it                                       | fresh |
 * |--------------------------------------------------------------------------|-------|
 * | does not wait, or there is nothing to send about it                      | none  |
 * | one waits, or is being sent                                              | sent  |
 * | one was made or sent within the hour, or three within the last 24 hours  | sent  |
 * | otherwise, also if one waits for a person                                | offer |
 *
 * @param canSend it is blocked by an entry of ours, for a cause that has a mail, and Exchange has it
 */
export function freshMailOf(
  { standing, canSend }: { readonly standing: DeviceStanding; readonly canSend: boolean },
  mails: readonly MailAboutDevice[],
  now: Date,
): FreshMail {
  if (standing !== 'waits' || !canSend) return 'none';
  if (mails.some(({ state }) => state === 'waiting' || state === 'reserved')) return 'sent';
  const ages = mails.map(({ createdAt, sentAt }) => now.getTime() - Date.parse(sentAt ?? createdAt));
  const within = (ms: number): number => ages.filter((age) => age < ms).length;
  return within(HOUR_MS) > 0 || within(24 * HOUR_MS) >= PER_DAY ? 'sent' : 'offer';
}
