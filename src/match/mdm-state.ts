/** What the matcher may conclude from the MDM snapshots it has. Pure. */
import { isFresh, wholeSince } from '../model/reading-age.ts';
import type { ReadingTimes } from '../model/reading-age.ts';
import type { MatchOptions } from './match-scene.ts';

/*
 *   snapshots               complete   fresh   startedAt
 *   none, or one missing    no         no      null
 *   all there, one old      yes        no      the earliest
 *   all there, all young    yes        yes     the earliest
 *
 * Fresh is judged by the last full readings, and a phone is compared with them: what a quick reading lacks may be there all the
 * same. Who added an account since is asked for by user.
 */

/**
 * The matcher's view of the MDM snapshots.
 * @param snapshots one a source; null in place of one that was never read to its end
 * @param now milliseconds since 1970
 * @param maxAgeHours how long a snapshot stays usable
 */
export function mdmState(
  snapshots: readonly (ReadingTimes | null)[],
  now: number,
  maxAgeHours: number,
): Pick<MatchOptions, 'mdmStartedAt' | 'mdmComplete' | 'mdmFresh'> {
  const times = snapshots.map((snapshot) => Date.parse(snapshot === null ? '' : wholeSince(snapshot)));
  if (times.length === 0 || times.some(Number.isNaN))
    return { mdmStartedAt: null, mdmComplete: false, mdmFresh: false };
  return {
    mdmStartedAt: new Date(Math.min(...times)).toISOString(),
    mdmComplete: true,
    mdmFresh: snapshots.every((snapshot) => snapshot !== null && isFresh(snapshot, now, maxAgeHours)),
  };
}
