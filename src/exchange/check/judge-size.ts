/** What is said of how much there is to read, and how long that takes. Pure. */
import type { Finding } from './report.ts';

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
  const seen = [
    users === null ? null : `${told(users, expected.users)} mailboxes`,
    `${told(mailboxes, expected.mailboxes)} mailboxes with a device`,
    `${told(devices, expected.devices)} devices`,
  ].filter((part) => part !== null);
  const ended = mailboxes.ended && devices.ended && users?.ended !== false;
  const verdict = !ended ? 'size.estimated' : devices.count === 0 ? 'size.none' : 'size.counted';
  const { unreadable } = counts;
  const gaps = unreadable === 0 ? '' : ` ${number(unreadable)} could not be read; a sync goes on without them.`;
  return { verdict, seen: `There are ${seen.join(', ')}.${gaps}` };
}

function told({ count, ended }: Count, expected: number | null): string {
  if (ended) return number(count);
  return expected === null ? `more than ${number(count)}` : `more than ${number(count)}, perhaps ${number(expected)},`;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
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
  if (ms === null) {
    const seen =
      'There is more than was read in the time of this check. The status of the first full sync counts along.';
    return { verdict: 'time.untold', seen };
  }
  const { count, ms: took } = counts.devices;
  // A few say nothing of how fast the server is.
  const devices = count >= 100 && took > 0 ? `, ${number(Math.round((count * 1000) / took))} devices a second` : '';
  const seen = `Reading Exchange in whole takes about ${duration(ms)}${devices}. Reading the MDM comes on top, and what is changed.`;
  return { verdict: ms > LONG_MS ? 'time.long' : 'time.short', seen };
}

function duration(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}
