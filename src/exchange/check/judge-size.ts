/** What is said of how much there is to read, and how long that takes. Pure. */
import { counted } from '../../model/say.ts';
import type { Said, Value } from '../../model/say.ts';
import type { Finding } from './report.ts';
import { said } from './words/words.ts';

/** One bulk call, read to its end or for a time. */
export interface Count {
  readonly count: number;
  readonly ms: number;
  /** False: it was left after a time, and there are more. */
  readonly ended: boolean;
}

/** What was counted. */
export interface Counts {
  /** Mailboxes, whoever uses them; null: the account may not ask. */
  readonly users: Count | null;
  /** Mailboxes that have a device. */
  readonly mailboxes: Count;
  readonly devices: Count & {
    /** Of how many mailboxes they are. */
    readonly owners: number;
  };
  /** Error records in place of objects. */
  readonly unreadable: number;
}

/** More than this is said to be long. */
const LONG_MS = 30 * 60_000;

/** How many there are: counted, or by what was seen; null: nobody can say. */
export interface Expected {
  readonly users: number | null;
  readonly mailboxes: number | null;
  readonly devices: number | null;
}

/**
 * | was read to its end  | expected                                                                  |
 * |----------------------|---------------------------------------------------------------------------|
 * | yes                  | what was counted                                                          |
 * | mailboxes, no        | nobody can say                                                            |
 * | devices, no          | mailboxes with devices × devices a mailbox, of those whose devices came    |
 */
export function expectedOf({ users, mailboxes, devices }: Counts): Expected {
  const mailboxCount = mailboxes.ended ? mailboxes.count : null;
  const ratio = devices.owners === 0 ? null : devices.count / devices.owners;
  const estimate = mailboxCount === null || ratio === null ? null : Math.round(mailboxCount * ratio);
  return {
    users: users?.ended === true ? users.count : null,
    mailboxes: mailboxCount,
    devices: devices.ended ? devices.count : estimate === null ? null : Math.max(estimate, devices.count),
  };
}

/**
 * | devices | every call was read to its end | verdict        |
 * |---------|--------------------------------|----------------|
 * | none    | yes                            | size.none      |
 * | some    | yes                            | size.counted   |
 * |         | no                             | size.estimated |
 */
export function judgeSize(counts: Counts): Finding {
  const { users, mailboxes, devices } = counts;
  const expected = expectedOf(counts);
  const some = { mailboxes: told(mailboxes, expected.mailboxes), devices: told(devices, expected.devices) };
  const seen =
    users === null ? said('size', some) : said('size.users', { users: told(users, expected.users), ...some });
  const ended = mailboxes.ended && devices.ended && users?.ended !== false;
  const verdict = !ended ? 'size.estimated' : devices.count === 0 ? 'size.none' : 'size.counted';
  const { unreadable } = counts;
  if (unreadable === 0) return { verdict, seen };
  const gaps = said('size.unreadable', { count: counted(unreadable) });
  return { verdict, seen: said('both', { first: seen, second: gaps }) };
}

function told({ count, ended }: Count, expected: number | null): Value {
  if (ended) return counted(count);
  return expected === null
    ? said('size.more', { count: counted(count) })
    : said('size.perhaps', { count: counted(count), expected: counted(expected) });
}

/** How long a full reading takes, in milliseconds; null: nobody can say. Its calls run one after the other. */
export function readingMs(counts: Counts): number | null {
  const { users, mailboxes, devices } = expectedOf(counts);
  const parts = [
    counts.users === null ? 0 : timeOf(counts.users, users),
    timeOf(counts.mailboxes, mailboxes),
    timeOf(counts.devices, devices),
  ];
  return parts.reduce<number | null>((sum, part) => (sum === null || part === null ? null : sum + part), 0);
}

function timeOf({ count, ms, ended }: Count, expected: number | null): number | null {
  if (ended) return ms;
  return expected === null || count === 0 ? null : (ms * expected) / count;
}

/**
 * | time             | verdict     |
 * |------------------|-------------|
 * | nobody can say   | time.untold |
 * | up to 30 minutes | time.short  |
 * | more             | time.long   |
 */
export function judgeTime(counts: Counts): Finding {
  const ms = readingMs(counts);
  if (ms === null) return { verdict: 'time.untold', seen: said('time.untold') };
  const { count, ms: took } = counts.devices;
  // A few say nothing of how fast the server is.
  const isTelling = count >= 100 && took > 0;
  const seen = isTelling
    ? said('time.rate', { duration: duration(ms), rate: counted(Math.round((count * 1000) / took)) })
    : said('time', { duration: duration(ms) });
  return { verdict: ms > LONG_MS ? 'time.long' : 'time.short', seen };
}

function duration(ms: number): Said {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return said('duration.seconds', { n: seconds });
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120
    ? said('duration.minutes', { n: minutes })
    : said('duration.hours', { n: Math.ceil(minutes / 60) });
}
