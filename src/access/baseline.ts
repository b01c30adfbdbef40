/** What is remembered of readings that were believed: the measure of later ones. Pure. */
import type { PlatformContent, ReadingContent } from '../model/reading-content.ts';
import type { Platform } from '../model/records.ts';

/** A whole reading that was believed, or approved. */
export interface BelievedReading {
  /** When it began, ISO 8601 UTC. */
  readonly at: string;
  readonly content: ReadingContent;
}

const REMEMBERED_MS = 7 * 86_400_000;

/** Readings that are kept one by one. A loss that creeps has no more within the time, unless it is read every half an hour. */
const KEPT = 100;

/*
 *   readings believed within 7 days   the measure of a platform's records and of what they say
 *   some                              the most that any of them had, each number for itself
 *   none                              what the last believed one had, however old it is
 *
 * A list that loses a little with each reading is measured against the best of a week, not against the reading before.
 */

/** Null: none was believed. @param believed the last one last @param now milliseconds since 1970 */
export function baselineOf(believed: readonly BelievedReading[], now: number): ReadingContent | null {
  const last = believed.at(-1);
  if (last === undefined) return null;
  const young = believed.filter((one) => isYoung(one, now));
  return young.length === 0 ? last.content : young.map(({ content }) => content).reduce(bestOf);
}

/** The most records of all platforms together that one of them had: the same measure; null: none was believed. */
export function mostRecords(believed: readonly BelievedReading[], now: number): number | null {
  const young = believed.filter((one) => isYoung(one, now));
  const totals = (young.length === 0 ? believed.slice(-1) : young).map(({ content }) => recordsIn(content));
  return totals.length === 0 ? null : Math.max(...totals);
}

/** Records of all platforms together. */
export function recordsIn(content: ReadingContent): number {
  return Object.values(content).reduce((sum, { records }) => sum + records, 0);
}

/**
 * Remembers one more. An earlier one with no more of anything is forgotten: it is never the measure any more.
 * @param now milliseconds since 1970
 */
export function remember(
  believed: readonly BelievedReading[],
  reading: BelievedReading,
  now: number,
): readonly BelievedReading[] {
  const earlier = believed.filter((one) => isYoung(one, now) && !isWithin(one.content, reading.content));
  return merged([...earlier, reading]);
}

/** The two earliest as one, as long as there are too many: it is remembered as long as the later of them. */
function merged(believed: readonly BelievedReading[]): readonly BelievedReading[] {
  const [first, second, ...rest] = believed;
  if (first === undefined || second === undefined || believed.length <= KEPT) return believed;
  return merged([{ at: second.at, content: bestOf(first.content, second.content) }, ...rest]);
}

function isYoung({ at }: BelievedReading, now: number): boolean {
  return now - Date.parse(at) <= REMEMBERED_MS;
}

const NUMBERS = ['records', 'easIds', 'user', 'compliance', 'managed'] as const;

function platformsOf(...contents: readonly ReadingContent[]): Platform[] {
  return [...new Set(contents.flatMap((content) => Object.keys(content) as Platform[]))];
}

function bestOf(a: ReadingContent, b: ReadingContent): ReadingContent {
  return Object.fromEntries(platformsOf(a, b).map((platform) => [platform, bestOfPlatform(a[platform], b[platform])]));
}

function bestOfPlatform(a: PlatformContent | undefined, b: PlatformContent | undefined): PlatformContent {
  const numbers = NUMBERS.flatMap((name): (readonly [string, number])[] => {
    const known = [a?.[name], b?.[name]].filter((number) => number !== undefined);
    return known.length === 0 ? [] : [[name, Math.max(...known)]];
  });
  return { records: 0, easIds: 0, ...Object.fromEntries(numbers) };
}

function isWithin(a: ReadingContent, b: ReadingContent): boolean {
  return platformsOf(a).every((platform) =>
    NUMBERS.every((name) => isAtMost(a[platform]?.[name], b[platform]?.[name])),
  );
}

function isAtMost(a: number | undefined, b: number | undefined): boolean {
  return a === undefined || (b !== undefined && a <= b);
}
