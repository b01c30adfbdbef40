/** When a mail is tried: as rules over its times. Pure. */
import type { Mail } from '../../store/store.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The longest pause between two tries. */
export const LONGEST_WAIT_MS = 6 * HOUR_MS;
/** How long a mail is tried again by itself. */
export const WEEK_MS = 7 * 24 * HOUR_MS;

/** What a rule looks at, and sets. */
export type MailTimes = Pick<Mail, 'state' | 'attempts' | 'dueAt' | 'since'>;

/** ISO 8601 UTC. @param time milliseconds since 1970 */
export function isoOf(time: number): string {
  return new Date(time).toISOString();
}

/**
 * A mail that failed.
 *
 * | since its first try | what failed            | the mail                                                        |
 * |---------------------|------------------------|-----------------------------------------------------------------|
 * | a week or more      | whatever               | needs attention                                                 |
 * | less                | the server, for now,   | is tried after that time: no less than a minute, so that nobody |
 * |                     | and it says how long   | knocks, and no more than an hour, whatever it says              |
 * | less                | the mail, the server   | is tried after 1, 2, 4, … minutes, at most 6 hours              |
 * | less                | the account            | is tried after an hour: nothing is wrong with the mail          |
 *
 * The last try is at the end of the week.
 * @param now milliseconds since 1970
 * @param asked how long the far end asks us to wait, milliseconds; null: it does not say
 */
export function nextTry(
  mail: Pick<MailTimes, 'attempts' | 'since'>,
  failed: 'again' | 'account',
  now: number,
  asked: number | null = null,
): MailTimes {
  const since = mail.since ?? isoOf(now);
  const end = Date.parse(since) + WEEK_MS;
  if (now >= end) return { state: 'attention', attempts: mail.attempts, since, dueAt: isoOf(now) };
  const attempts = mail.attempts + 1;
  const usual = Math.min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** Math.min(12, attempts - 1));
  const forNow = asked === null ? usual : Math.min(HOUR_MS, Math.max(MINUTE_MS, asked));
  const wait = failed === 'account' ? HOUR_MS : forNow;
  const dueAt = isoOf(Math.min(now + wait, end));
  return { state: 'waiting', attempts: failed === 'account' ? mail.attempts : attempts, since, dueAt };
}

/**
 * A mail that was not tried, because its account is stopped. Its week goes on; it goes out as soon as the account works.
 * @param now milliseconds since 1970
 */
export function heldBack(mail: Pick<MailTimes, 'attempts' | 'since' | 'dueAt'>, now: number): MailTimes {
  const since = mail.since ?? isoOf(now);
  const isOver = now >= Date.parse(since) + WEEK_MS;
  const dueAt = isoOf(Math.min(Date.parse(mail.dueAt), now));
  return { state: isOver ? 'attention' : 'waiting', attempts: mail.attempts, since, dueAt };
}

/** A mail that needed attention, after a person has told the notifier to send it: it has another week. */
export function takenUpAgain(now: number): MailTimes {
  return { state: 'waiting', attempts: 0, dueAt: isoOf(now), since: isoOf(now) };
}
