/** The limit on how many devices one sync may block, and what becomes of each part of a plan. Pure. */
import { isPast } from './approvals.ts';
import { GUARD_CODES, isWithheld } from './guard-plan.ts';
import type { GuardProblem } from './guard-plan.ts';
import type { ChangeClass } from './plan-tally.ts';

/** The brake's settings. */
export interface BrakeLimits {
  /** Share of the known devices that one sync may lower. */
  readonly brakePercent: number;
  /** That many are always let through. */
  readonly brakeCount: number;
  /** Devices with an EAS record that Exchange has. */
  readonly known: number;
}

/** What holds a plan. */
export const HOLD_CODES = ['ERR_BRAKE', ...GUARD_CODES] as const;

/** Why a plan is held: the brake, or what a guard found. */
export type HoldReason = { readonly code: 'ERR_BRAKE'; readonly text: string } | GuardProblem;

/** How many changes that lower access one sync may make. */
export function brakeLimit({ brakePercent, brakeCount, known }: BrakeLimits): number {
  return Math.max(brakeCount, Math.floor((known * brakePercent) / 100));
}

/** What becomes of a change: it may be written now, waits for a person, or is left to a later sync. */
export type Verdict = 'goes' | 'held' | 'left';

/** What becomes of a plan's changes, class by class. */
export interface PlanVerdict {
  of(of: Pick<ChangeClass, 'part' | 'approvedFor'>): Verdict;
  /** Why changes are held; null: none is. */
  readonly reason: HoldReason | null;
}

/** How many changes a class has. */
export type ClassCounts = Pick<ChangeClass, 'part' | 'approvedFor' | 'count' | 'lowering'>;

/*
 *   part    approved, and nothing   the guard   those that lower and pass   verdict
 *           else is wrong           withholds   approvals and guard
 *   opens   any                     no          any                         goes
 *   other   yes                     any         any                         goes
 *   other   no                      yes         any                         held, for the guard's reason
 *   other   no                      no          up to the limit             goes
 *   other   no                      no          over it                     held, for the brake; left, if the guard holds any
 *
 * A block of what Exchange's default shuts out already lowers nobody: it does not count, but is held with the others. A plan
 * is held for one reason: what is left meets the brake again when the guard has nothing to say.
 */

/** Judges a plan by the numbers of its classes. */
export function judgePlan(
  classes: readonly ClassCounts[],
  problems: readonly GuardProblem[],
  limits: BrakeLimits,
): PlanVerdict {
  const guarded = ({ part, approvedFor }: Pick<ChangeClass, 'part' | 'approvedFor'>): Verdict | null => {
    if (part === 'opens' || isPast(approvedFor, problems)) return 'goes';
    return isWithheld(part, problems) ? 'held' : null;
  };
  const isGuardHolding = classes.some((one) => one.count > 0 && guarded(one) === 'held');
  const braked = classes.filter((one) => guarded(one) === null);
  const lowering = braked.reduce((sum, one) => sum + one.lowering, 0);
  const limit = brakeLimit(limits);
  const isOver = lowering > limit;
  const past: Verdict = !isOver ? 'goes' : isGuardHolding ? 'left' : 'held';
  const text = `${lowering} devices would lose access; the brake allows ${limit} of ${limits.known}.`;
  return {
    of: (one) => guarded(one) ?? past,
    reason: isGuardHolding ? reasonOf(problems) : isOver ? { code: 'ERR_BRAKE', text } : null,
  };
}

/** The first problem gives the code; the text tells all of them, as all are approved with the plan. */
function reasonOf(problems: readonly GuardProblem[]): HoldReason | null {
  const [problem] = problems;
  return problem === undefined ? null : { ...problem, text: problems.map(({ text }) => text).join(' ') };
}
