/** How old a reading is, judged in one place for matcher and access switch. Pure. */

/** When a source's picture was made; the store's `SnapshotInfo` fits. */
export interface ReadingTimes {
  /** When its last reading began, ISO 8601 UTC. */
  readonly startedAt: string;
  /** When its last full reading began; absent: the last one was full. */
  readonly fullStartedAt?: string;
}

/** Clocks of two machines may differ by minutes; a reading from further in the future says nothing about its age. */
const CLOCK_SKEW_MS = 15 * 60_000;

/*
 *   last full reading began             fresh
 *   within the last maxAge              yes
 *   longer ago                          no, whatever quick readings came after it: the whole picture is as old as this
 *   up to 15 minutes in the future      yes
 *   further in the future, or unknown   no
 */

/**
 * True if what the reading does not have may be taken as not there.
 * @param now milliseconds since 1970
 */
export function isFresh(reading: ReadingTimes, now: number, maxAgeHours: number): boolean {
  const age = now - Date.parse(wholeSince(reading));
  return age <= maxAgeHours * 3_600_000 && age >= -CLOCK_SKEW_MS;
}

/** True if readings of changes came after the last full one: what they lack may be there all the same. */
export function isOfChanges({ startedAt, fullStartedAt = startedAt }: ReadingTimes): boolean {
  return startedAt > fullStartedAt;
}

/** When the reading that made the whole picture began, ISO 8601 UTC. */
export function wholeSince({ startedAt, fullStartedAt }: ReadingTimes): string {
  return fullStartedAt ?? startedAt;
}
