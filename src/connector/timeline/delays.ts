/**
 * How long people waited, of what ended within the last day.
 * In: the timeline, the clock. Out: the delays, in numbers and in a sentence. Changes: nothing.
 */
import type { Delay, Store } from '../../store/store.ts';

const DAY_MS = 86_400_000;

/**
 * The delays of a report. A day, and not the time since the last report: a quick sync would have one or two of them, nobody
 * needs to gather reports, and one that was lost, or made by another instance, takes nothing with it.
 */
export interface Delays {
  /** What ended at this time or later counts, ISO 8601 UTC. */
  readonly since: string;
  /** From the account that was added (by Exchange's clock) to the first mail; in seconds. Absent: there was none. */
  readonly accountToMail?: Delay;
  /** From the enrollment (by the MDM's clock) to the allow, when mail flows again; in seconds. Absent: there was none. */
  readonly enrolledToAllowed?: Delay;
  readonly text: string;
}

/** The delays of an organization; null: nobody waited for anything that ended. @param now milliseconds since 1970 */
export async function delaysOf(
  { timeline }: Pick<Store, 'timeline'>,
  organization: string,
  now: number,
): Promise<Delays | null> {
  const since = new Date(now - DAY_MS).toISOString();
  const [mailed, allowed] = [
    await timeline.delay(organization, 'mailed', since),
    await timeline.delay(organization, 'allowed', since),
  ];
  if (mailed === null && allowed === null) return null;
  const sentences = [
    ...(mailed === null ? [] : [sentence('From adding the account to the mail', mailed)]),
    ...(allowed === null ? [] : [sentence('From enrolling to mail flowing again', allowed)]),
  ];
  return {
    since,
    ...(mailed === null ? {} : { accountToMail: mailed }),
    ...(allowed === null ? {} : { enrolledToAllowed: allowed }),
    text: `Within the last 24 hours. ${sentences.join(' ')}`,
  };
}

function sentence(what: string, { count, median, p90, worst }: Delay): string {
  const devices = count === 1 ? '1 device' : `${count} devices`;
  return `${what}: half of ${devices} within ${inWords(median)}, 90 % within ${inWords(p90)}, the last after ${inWords(worst)}.`;
}

/*
 *   seconds            in words
 *   below 90 s         seconds
 *   below 90 min       minutes
 *   below 36 h         hours
 *   more               days
 */
function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
