/** Only a complete, fresh and not shrunken pair of snapshots may lower access. Pure. */
import type { ErrorCode } from '../errors.ts';
import { MDM_AWAY } from './decide-access.ts';
import type { PlannedChange } from './plan.ts';

/** What the guard looks at of one committed snapshot; the store's `SnapshotInfo` fits. */
export interface GuardedSnapshot {
  readonly startedAt: string;
  /** When the last full reading began, if it is known apart. */
  readonly fullStartedAt?: string;
  /** Records now. */
  readonly count: number;
  /** Records of the last snapshot that was taken for good; null: there was none. */
  readonly previousCount: number | null;
}

/** A reason why nothing is lowered. */
export interface GuardProblem {
  /** What is wrong: the reading of Exchange, of the MDM, or of the directory. */
  readonly about: 'eas' | 'mdm' | 'directory';
  readonly code: Extract<
    ErrorCode,
    'ERR_SNAPSHOT_INCOMPLETE' | 'ERR_SNAPSHOT_STALE' | 'ERR_SNAPSHOT_SHRUNKEN' | 'ERR_DIRECTORY_UNREADABLE'
  >;
  readonly text: string;
}

/** What the guard is given. */
export interface GuardInput {
  /** The MDM snapshots of all sources the matcher used; null in place of one that has none. Empty: there is no MDM. */
  readonly mdm: readonly (GuardedSnapshot | null)[];
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
 *   EAS reading   MDM snapshot                        lowering
 *   incomplete    any                                 withheld: ERR_SNAPSHOT_INCOMPLETE
 *   complete      missing                             withheld: ERR_SNAPSHOT_INCOMPLETE
 *   complete      older than maxAge, or of the future withheld: ERR_SNAPSHOT_STALE
 *   complete      more than brakePercent gone         withheld: ERR_SNAPSHOT_SHRUNKEN
 *   complete      empty, and was not                  withheld: ERR_SNAPSHOT_SHRUNKEN, whatever the percentage
 *   complete      otherwise                           let through
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
  for (const snapshot of input.mdm) {
    const problem = guardMdm(snapshot, input);
    if (problem) problems.push(problem);
  }
  return problems;
}

function guardMdm(snapshot: GuardedSnapshot | null, input: GuardInput): GuardProblem | null {
  if (!snapshot) return { about: 'mdm', code: 'ERR_SNAPSHOT_INCOMPLETE', text: 'There is no complete MDM reading.' };
  if (!isFresh(snapshot, input.now, input.maxAgeHours)) {
    return {
      about: 'mdm',
      code: 'ERR_SNAPSHOT_STALE',
      text: `The last complete MDM reading began at ${snapshot.startedAt}, longer ago than ${input.maxAgeHours} hours.`,
    };
  }
  const { count, previousCount } = snapshot;
  const gone = (previousCount ?? 0) - count;
  if (previousCount === null || gone <= 0) return null;
  if (count > 0 && gone * 100 <= previousCount * input.brakePercent) return null;
  return {
    about: 'mdm',
    code: 'ERR_SNAPSHOT_SHRUNKEN',
    text: `${gone} of ${previousCount} MDM records are gone since the last reading.`,
  };
}

// Clocks of two machines may differ by minutes; a reading from further in the future says nothing about its age.
const CLOCK_SKEW_MS = 15 * 60_000;

/** True if a snapshot began within the last `maxAgeHours`. A quick sync refreshes it; its whole picture is as old as its last full one. */
export function isFresh(snapshot: Pick<GuardedSnapshot, 'startedAt'>, now: number, maxAgeHours: number): boolean {
  const age = now - Date.parse(snapshot.startedAt);
  return age <= maxAgeHours * 3_600_000 && age >= -CLOCK_SKEW_MS;
}

/** A plan's changes, parted by what the guard lets through. */
export interface GuardedChanges {
  readonly changes: PlannedChange[];
  readonly withheld: PlannedChange[];
}

/** True for a change that takes access away, or makes a shut-out device stay so: every block, and what else lowers. */
export function mayShutOut(change: PlannedChange): boolean {
  return change.action === 'block' || change.lowers;
}

/**
 * Withholds what may shut a device out if there is any problem. Only what an admin chose for the time the MDM is away
 * (`whenMdmAway: block`) passes a missing or stale MDM snapshot.
 */
export function guardChanges(changes: readonly PlannedChange[], problems: readonly GuardProblem[]): GuardedChanges {
  if (problems.length === 0) return { changes: [...changes], withheld: [] };
  const isAwayOnly = problems.every(({ about, code }) => about === 'mdm' && code !== 'ERR_SNAPSHOT_SHRUNKEN');
  const passes = (change: PlannedChange): boolean =>
    !mayShutOut(change) || (isAwayOnly && change.decision.reason.code === MDM_AWAY);
  return { changes: changes.filter(passes), withheld: changes.filter((change) => !passes(change)) };
}
