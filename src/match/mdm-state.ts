/** What the matcher may conclude from the MDM snapshots it has. Pure. */
import type { MatchOptions } from './match-rules.ts';

/** One committed MDM snapshot; the store's `SnapshotInfo` fits. */
export interface MdmSnapshot {
  /** When its last reading began. */
  readonly startedAt: string;
}

/*
 *   snapshots               complete   fresh   startedAt
 *   none, or one missing    no         no      null
 *   all there, one old      yes        no      the earliest
 *   all there, all young    yes        yes     the earliest
 */

/**
 * The matcher's view of the MDM snapshots.
 * @param snapshots one a source; null in place of one that was never read to its end
 * @param now milliseconds since 1970
 * @param maxAgeHours how long a snapshot stays usable
 */
export function mdmState(
  snapshots: readonly (MdmSnapshot | null)[],
  now: number,
  maxAgeHours: number,
): Pick<MatchOptions, 'mdmStartedAt' | 'mdmComplete' | 'mdmFresh'> {
  const times = snapshots.map((snapshot) => Date.parse(snapshot?.startedAt ?? ''));
  if (times.length === 0 || times.some(Number.isNaN))
    return { mdmStartedAt: null, mdmComplete: false, mdmFresh: false };
  const earliest = Math.min(...times);
  return {
    mdmStartedAt: new Date(earliest).toISOString(),
    mdmComplete: true,
    mdmFresh: now - earliest <= maxAgeHours * 3_600_000,
  };
}
