/** Only a complete, fresh and believable pair of snapshots may lower access. Pure. */
import { isGone } from './gone-source.ts';
import type { ErrorCode } from '../errors.ts';
import { isFresh, wholeSince } from '../model/reading-age.ts';
import type { ReadingTimes } from '../model/reading-age.ts';
import type { PlatformContent, ReadingContent } from '../model/reading-content.ts';
import type { Platform } from '../model/records.ts';
import { numberWords } from '../model/number-words.ts';
import { sayIn } from '../model/sayings.ts';
import { recordsIn } from './baseline.ts';
import { MDM_AWAY } from './mdm-away.ts';
import type { PlannedChange } from './plan.ts';
import { ACCESS_SAYINGS_EN } from './sayings-en.ts';

const say = sayIn(ACCESS_SAYINGS_EN);

/** What the guard looks at of one committed snapshot; the store's `SnapshotInfo` fits. */
export interface GuardedSnapshot extends ReadingTimes {
  /** Records now. */
  readonly count: number;
  /** Records of the last snapshot that was taken for good; null: there was none. */
  readonly previousCount: number | null;
  /** What the records say; absent: not counted. */
  readonly content?: ReadingContent;
  /** What the records of the last believed or approved reading said; null or absent: none was, or not counted. */
  readonly believed?: ReadingContent | null;
  /** No reading of it was ever believed. */
  readonly isFirst?: boolean;
  /** The most records that one of those of the last days had, see baseline.ts; null or absent: none was. */
  readonly most?: number | null;
  /** The most that those of the last days said, see baseline.ts; null or absent: the same. */
  readonly baseline?: ReadingContent | null;
}

/** One MDM source that counts; the store's `MdmReading` fits. */
export interface GuardedReading {
  readonly scope: string;
  /** What a person calls the source. */
  readonly name: string;
  /** Null: it was never read to its end. */
  readonly snapshot: GuardedSnapshot | null;
  /** Since when no source on the canvas reads it, ISO 8601 UTC; null or absent: one does. */
  readonly goneAt?: string | null;
}

/** What a record may have, counted in each reading. */
type ContentField = Exclude<keyof PlatformContent, 'records'>;

/** What a reading of `ERR_SNAPSHOT_CONTENT` lost. */
export interface LostContent {
  /** Scope of the MDM source. */
  readonly source: string;
  readonly platform: Platform;
  readonly field: 'records' | ContentField;
  /** Records of this platform that there were, or that had it; and those that are there, or have it, now. */
  readonly was: number;
  readonly is: number;
}

/** What the guard finds; the codes are those of `src/errors.ts`. */
export const GUARD_CODES = [
  'ERR_SNAPSHOT_INCOMPLETE',
  'ERR_SNAPSHOT_STALE',
  'ERR_SNAPSHOT_SHRUNKEN',
  'ERR_SNAPSHOT_EMPTY',
  'ERR_SNAPSHOT_CONTENT',
  'ERR_SOURCE_GONE',
  'ERR_DIRECTORY_UNREADABLE',
] as const satisfies readonly ErrorCode[];

/** A reason why nothing is lowered. */
export interface GuardProblem {
  /** What is wrong: the reading of Exchange, of the MDM, or of the directory. */
  readonly about: 'eas' | 'mdm' | 'directory';
  readonly code: (typeof GUARD_CODES)[number];
  readonly text: string;
  /** Scope of the MDM source whose reading a person may approve. */
  readonly doubted?: string;
  readonly details?: LostContent;
  /** `ERR_SNAPSHOT_CONTENT`: platforms of which the source has records, or had. */
  readonly platforms?: readonly Platform[];
}

/** What the guard is given. */
export interface GuardInput {
  /** All MDM sources that count. Empty: there is no MDM. */
  readonly mdm: readonly GuardedReading[];
  /** The EAS reading reached its end. */
  readonly easComplete: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Hours an MDM snapshot stays usable. */
  readonly maxAgeHours: number;
  /** More than this share of MDM records gone holds everything that lowers. */
  readonly brakePercent: number;
}

/*
 *   EAS reading   MDM reading of any source             lowering
 *   incomplete    any                                   withheld: ERR_SNAPSHOT_INCOMPLETE
 *   complete      there is no source                    withheld: ERR_SNAPSHOT_INCOMPLETE
 *   complete      missing                               withheld: ERR_SNAPSHOT_INCOMPLETE
 *   complete      older than maxAge, or of the future   withheld: ERR_SNAPSHOT_STALE
 *   complete      any, and nothing on the canvas reads
 *                 it for ten minutes by now             withheld: ERR_SOURCE_GONE
 *   complete      more than brakePercent gone           withheld: ERR_SNAPSHOT_SHRUNKEN
 *   complete      empty, and was not                    withheld: ERR_SNAPSHOT_SHRUNKEN, whatever the percentage
 *   complete      empty, and never was anything else    withheld: ERR_SNAPSHOT_EMPTY, unless an empty one was approved
 *   complete      its content is poorer               what can come of it is withheld: ERR_SNAPSHOT_CONTENT
 *   complete      too many gone within a week, from   withheld: ERR_SNAPSHOT_SHRUNKEN
 *                 platforms of which none says so
 *   complete      otherwise                           let through
 *
 * Content, platform by platform: records, and how many of them have an EAS ID, name a user, tell their compliance, are managed.
 *
 *   records of the platform   records that have it, against the believed ones      poorer
 *   there are                 no EAS ID where one had one; nothing else where      yes, whatever the percentage
 *                             two had it, in the last believed reading
 *   20 or more in the best    10 or more, and brakePercent or more, fewer than     yes
 *   believed ones             in the best one of a week (baseline.ts)
 *   the same                  the same of the records themselves                   yes, unless ERR_SNAPSHOT_SHRUNKEN says so
 *   the same                  no more fewer than there are fewer records, and      no: that is said already
 *                             that is said
 *   otherwise                                                                      no
 *
 * What is not counted (a reading that an older version stored) says nothing about its content. That nothing is left of a few
 * records of a platform says little: a phone was given back. A single record that is managed no more, too.
 */

/** Why nothing may be lowered; empty: it may. */
export function guardSnapshots(input: GuardInput): GuardProblem[] {
  const problems: GuardProblem[] = [];
  if (!input.easComplete)
    problems.push({
      about: 'eas',
      code: 'ERR_SNAPSHOT_INCOMPLETE',
      text: say('guard.eas-incomplete'),
    });
  if (input.mdm.length === 0)
    problems.push({ about: 'mdm', code: 'ERR_SNAPSHOT_INCOMPLETE', text: say('guard.no-mdm') });
  return [...problems, ...input.mdm.flatMap((reading) => guardMdm(reading, input))];
}

/** A platform, or a source, speaks from so many records, and when so many are affected. */
const ENOUGH_RECORDS = 20;
const ENOUGH_AFFECTED = 10;

function guardMdm({ scope, name, snapshot, goneAt }: GuardedReading, input: GuardInput): GuardProblem[] {
  const about = 'mdm';
  if (isGone(goneAt, input.now)) {
    const text = say('guard.gone', { name, scope, time: goneAt ?? '' });
    return [{ about, code: 'ERR_SOURCE_GONE', text }];
  }
  if (!snapshot) return [{ about, code: 'ERR_SNAPSHOT_INCOMPLETE', text: say('guard.unread', { name }) }];
  if (!isFresh(snapshot, input.now, input.maxAgeHours)) {
    const time = wholeSince(snapshot);
    const isAhead = Date.parse(time) > input.now;
    const text = isAhead
      ? say('guard.future', { name, time })
      : say('guard.stale', { name, time, hours: input.maxAgeHours });
    return [{ about, code: 'ERR_SNAPSHOT_STALE', text }];
  }
  const gone = guardCount(name, snapshot, input.brakePercent);
  const isPlatforms = lostContent(snapshot, input.brakePercent, gone !== null).some(({ field }) => field === 'records');
  const fewer = gone ?? (isPlatforms ? null : guardCreeping(name, snapshot, input.brakePercent));
  return [
    ...(fewer === null ? [] : [{ about, ...fewer, doubted: scope } as const]),
    ...lostContent(snapshot, input.brakePercent, fewer !== null).map((lost) =>
      contentProblem(scope, name, snapshot, lost),
    ),
  ];
}

function guardCount(
  name: string,
  { count, previousCount, believed }: GuardedSnapshot,
  brakePercent: number,
): Pick<GuardProblem, 'code' | 'text'> | null {
  const gone = (previousCount ?? 0) - count;
  if (gone > 0 && (count === 0 || gone * 100 > (previousCount ?? 0) * brakePercent)) {
    const text = say('guard.shrunken', { count: numberWords(gone), of: numberWords(previousCount ?? 0), name });
    return { code: 'ERR_SNAPSHOT_SHRUNKEN', text };
  }
  if (count > 0 || isEmpty(believed)) return null;
  return { code: 'ERR_SNAPSHOT_EMPTY', text: say('guard.empty', { name }) };
}

/** Gone little by little, a few of each platform. */
function guardCreeping(
  name: string,
  { content, most = null }: GuardedSnapshot,
  brakePercent: number,
): Pick<GuardProblem, 'code' | 'text'> | null {
  if (content === undefined || most === null) return null;
  const count = recordsIn(content);
  if (most < ENOUGH_RECORDS || !isMuchLess(most, count, brakePercent)) return null;
  const text = say('guard.creeping', { count: numberWords(most - count), of: numberWords(most), name });
  return { code: 'ERR_SNAPSHOT_SHRUNKEN', text };
}

function isMuchLess(before: number, after: number, brakePercent: number): boolean {
  return before - after >= ENOUGH_AFFECTED && (before - after) * 100 >= brakePercent * before;
}

function isEmpty(content: ReadingContent | null | undefined): boolean {
  return content !== null && content !== undefined && Object.keys(content).length === 0;
}

/** A platform's loss, and how many records it has now. */
type Loss = Omit<LostContent, 'source'> & { readonly records: number };

const FIELDS = ['easIds', 'user', 'compliance', 'managed'] as const satisfies readonly ContentField[];

/** @param isShrunken that records are gone is said already */
function lostContent(
  { content, believed, baseline }: GuardedSnapshot,
  brakePercent: number,
  isShrunken: boolean,
): Loss[] {
  if (content === undefined) return [];
  const best = baseline ?? believed ?? {};
  return platformsOf(best).flatMap((platform): Loss[] => {
    const [was, now, last] = [best[platform] ?? NONE, content[platform] ?? NONE, believed?.[platform] ?? NONE];
    const isMuch = (before: number, after: number): boolean =>
      was.records >= ENOUGH_RECORDS && isMuchLess(before, after, brakePercent);
    const loss = { platform, records: now.records };
    const isFewer = isMuch(was.records, now.records);
    const losses: Loss[] =
      isFewer && !isShrunken ? [{ ...loss, field: 'records', was: was.records, is: now.records }] : [];
    // Of records that are gone it is said already.
    const isSaid = (fewer: number): boolean => (isFewer || isShrunken) && fewer <= was.records - now.records;
    for (const field of now.records === 0 ? [] : FIELDS) {
      const is = now[field];
      const before = was[field] ?? last[field];
      if (is === undefined || before === undefined) continue;
      const isNoneLeft = is === 0 && (last[field] ?? 0) >= (field === 'easIds' ? 1 : 2);
      if (isNoneLeft || (isMuch(before, is) && !isSaid(before - is))) losses.push({ ...loss, field, was: before, is });
    }
    return losses;
  });
}

const NONE: PlatformContent = { records: 0, easIds: 0 };

function platformsOf(...contents: readonly (ReadingContent | null | undefined)[]): Platform[] {
  return [...new Set(contents.flatMap((content) => Object.keys(content ?? {}) as Platform[]))];
}

function contentProblem(scope: string, name: string, snapshot: GuardedSnapshot, loss: Loss): GuardProblem {
  const { records: _, ...lost } = loss;
  return {
    about: 'mdm',
    code: 'ERR_SNAPSHOT_CONTENT',
    text: textOfLoss(name, loss),
    doubted: scope,
    details: { source: scope, ...lost },
    platforms: platformsOf(snapshot.content, snapshot.believed, snapshot.baseline),
  };
}

function textOfLoss(name: string, { platform, field, was, is, records }: Loss): string {
  if (field === 'records')
    return say('loss.records', { count: numberWords(was - is), of: numberWords(was), platform, name });
  const told = { of: numberWords(records), platform, name, count: numberWords(was) };
  return is === 0 ? say(`loss.none.${field}`, told) : say(`loss.few.${field}`, { ...told, few: numberWords(is) });
}

/**
 * The parts of a plan that guard and brake treat alike: `opens` shuts nobody out; `shuts` takes access away, or makes a
 * shut-out device stay so (every block, and what else lowers); `away` does so by what an admin chose for the time the MDM is
 * away; `unheard` are blocks about which nobody could be mailed for too long; `removes` deletes a partnership.
 */
export type PlanPart = 'opens' | 'shuts' | 'away' | 'unheard' | 'removes';

/** The part that a change belongs to. */
export function partOf({
  action,
  lowers,
  decision,
  unheard,
}: Pick<PlannedChange, 'action' | 'lowers' | 'decision' | 'unheard'>): PlanPart {
  if (action === 'remove') return 'removes';
  if (action !== 'block' && !lowers) return 'opens';
  if (unheard === true) return 'unheard';
  return decision.reason.code === MDM_AWAY ? 'away' : 'shuts';
}

/** What a change is about, as far as it decides whether a loss of content can lead to it. */
export interface ChangeTarget {
  /** Of the MDM record it is one with, or as the device tells of itself. */
  readonly platform: Platform;
  /** Scope of the MDM source whose record it is one with; null: with none. */
  readonly source: string | null;
  /** Scopes of MDM sources that do not name its user, and did not; absent: nobody asked, any of them may. */
  readonly unknownTo?: readonly string[];
}

/*
 *   problem                     change of a device
 *   of a source's content       unmatched, of a platform of which the source has records, or had    reaches it
 *                               unmatched, and the device or such a record has no known platform    reaches it
 *                               unmatched, of a user whom the source names, or named                reaches it
 *                               unmatched, of another platform and another user                     does not
 *                               merged with a record of this source and platform, and what is       reaches it
 *                               poorer decides about it: compliance, managed
 *                               merged otherwise                                                    does not
 *   any other                   any                                                                 reaches it
 */

/** True if what is wrong can have led to a change. */
export function reaches({ details, platforms }: GuardProblem, target: ChangeTarget): boolean {
  const { platform, source, unknownTo } = target;
  if (details === undefined || platforms === undefined) return true;
  if (source === null) {
    const isOfPlatform = platform === 'other' || platforms.includes('other') || platforms.includes(platform);
    return isOfPlatform || unknownTo?.includes(details.source) !== true;
  }
  const isDecided = details.field === 'compliance' || details.field === 'managed';
  return isDecided && source === details.source && platform === details.platform;
}

/**
 * True if the guard withholds a part: with any problem that reaches it what may shut a device out. Only what an admin chose for
 * the time the MDM is away (`whenMdmAway: block`) passes, if readings that are too old are all that is wrong.
 */
export function isWithheld(part: PlanPart, problems: readonly Pick<GuardProblem, 'code'>[]): boolean {
  if (problems.length === 0 || part === 'opens') return false;
  return part !== 'away' || problems.some(({ code }) => code !== 'ERR_SNAPSHOT_STALE');
}
