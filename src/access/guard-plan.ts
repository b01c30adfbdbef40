/** Only a complete, fresh and believable pair of snapshots may lower access. Pure. */
import type { ErrorCode } from '../errors.ts';
import { isFresh, wholeSince } from '../model/reading-age.ts';
import type { ReadingTimes } from '../model/reading-age.ts';
import type { ReadingContent } from '../model/reading-content.ts';
import type { Platform } from '../model/records.ts';
import { MDM_AWAY } from './mdm-away.ts';
import type { PlannedChange } from './plan.ts';

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
}

/** One MDM source that counts; the store's `MdmReading` fits. */
export interface GuardedReading {
  readonly scope: string;
  /** What a person calls the source. */
  readonly name: string;
  /** Null: it was never read to its end. */
  readonly snapshot: GuardedSnapshot | null;
}

/** What a reading of `ERR_SNAPSHOT_CONTENT` lost. */
export interface LostContent {
  /** Scope of the MDM source. */
  readonly source: string;
  readonly platform: Platform;
  readonly field: 'easIds';
  /** Records of this platform that had it, and that have it now. */
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
 *   complete      more than brakePercent gone           withheld: ERR_SNAPSHOT_SHRUNKEN
 *   complete      empty, and was not                    withheld: ERR_SNAPSHOT_SHRUNKEN, whatever the percentage
 *   complete      empty, and never was anything else    withheld: ERR_SNAPSHOT_EMPTY, unless an empty one was approved
 *   complete      records of a platform, none with an
 *                 EAS ID, where the believed one had    withheld: ERR_SNAPSHOT_CONTENT, whatever the percentage
 *   complete      otherwise                             let through
 *
 * What is not counted (a reading that an older version stored) says nothing about its content. Of a platform without any
 * record the count speaks.
 */

/** Why nothing may be lowered; empty: it may. */
export function guardSnapshots(input: GuardInput): GuardProblem[] {
  const problems: GuardProblem[] = [];
  if (!input.easComplete)
    problems.push({
      about: 'eas',
      code: 'ERR_SNAPSHOT_INCOMPLETE',
      text: 'The reading of Exchange did not reach its end.',
    });
  if (input.mdm.length === 0)
    problems.push({ about: 'mdm', code: 'ERR_SNAPSHOT_INCOMPLETE', text: 'There is no complete MDM reading.' });
  return [...problems, ...input.mdm.flatMap((reading) => guardMdm(reading, input))];
}

function guardMdm({ scope, name, snapshot }: GuardedReading, input: GuardInput): GuardProblem[] {
  const about = 'mdm';
  if (!snapshot) return [{ about, code: 'ERR_SNAPSHOT_INCOMPLETE', text: `${name} has not been read to its end yet.` }];
  if (!isFresh(snapshot, input.now, input.maxAgeHours)) {
    const text = `The last complete reading of ${name} began at ${wholeSince(snapshot)}, longer ago than ${input.maxAgeHours} hours.`;
    return [{ about, code: 'ERR_SNAPSHOT_STALE', text }];
  }
  const fewer = guardCount(name, snapshot, input.brakePercent);
  return [
    ...(fewer === null ? [] : [{ about, ...fewer, doubted: scope } as const]),
    ...guardContent(scope, name, snapshot),
  ];
}

function guardCount(
  name: string,
  { count, previousCount, believed }: GuardedSnapshot,
  brakePercent: number,
): Pick<GuardProblem, 'code' | 'text'> | null {
  const gone = (previousCount ?? 0) - count;
  if (gone > 0 && (count === 0 || gone * 100 > (previousCount ?? 0) * brakePercent)) {
    const text = `${gone} of ${previousCount} MDM records of ${name} are gone since the last reading.`;
    return { code: 'ERR_SNAPSHOT_SHRUNKEN', text };
  }
  if (count > 0 || isEmpty(believed)) return null;
  return { code: 'ERR_SNAPSHOT_EMPTY', text: `${name} was read and has no records.` };
}

function isEmpty(content: ReadingContent | null | undefined): boolean {
  return content !== null && content !== undefined && Object.keys(content).length === 0;
}

function guardContent(scope: string, name: string, { content, believed }: GuardedSnapshot): GuardProblem[] {
  const problems: GuardProblem[] = [];
  for (const [platform, { easIds: was }] of Object.entries(believed ?? {}) as [Platform, { easIds: number }][]) {
    const now = content?.[platform];
    if (now === undefined || now.easIds > 0 || was === 0) continue;
    problems.push({
      about: 'mdm',
      code: 'ERR_SNAPSHOT_CONTENT',
      text: `None of the ${now.records} ${platform} records of ${name} has an EAS ID any more; ${was} had one.`,
      doubted: scope,
      details: { source: scope, platform, field: 'easIds', was, is: now.easIds },
    });
  }
  return problems;
}

/**
 * The parts of a plan that guard and brake treat alike: `opens` shuts nobody out; `shuts` takes access away, or makes a
 * shut-out device stay so (every block, and what else lowers); `away` does so by what an admin chose for the time the MDM is
 * away; `unheard` are blocks about which nobody could be mailed for too long.
 */
export type PlanPart = 'opens' | 'shuts' | 'away' | 'unheard';

/** The part that a change belongs to. */
export function partOf({
  action,
  lowers,
  decision,
  unheard,
}: Pick<PlannedChange, 'action' | 'lowers' | 'decision' | 'unheard'>): PlanPart {
  if (action !== 'block' && !lowers) return 'opens';
  if (unheard === true) return 'unheard';
  return decision.reason.code === MDM_AWAY ? 'away' : 'shuts';
}

/**
 * True if the guard withholds a part: with any problem what may shut a device out. Only what an admin chose for the time the
 * MDM is away (`whenMdmAway: block`) passes, if readings that are too old are all that is wrong.
 */
export function isWithheld(part: PlanPart, problems: readonly Pick<GuardProblem, 'code'>[]): boolean {
  if (problems.length === 0 || part === 'opens') return false;
  return part !== 'away' || problems.some(({ code }) => code !== 'ERR_SNAPSHOT_STALE');
}
