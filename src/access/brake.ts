/** The limit on how many devices one sync may block, and what becomes of each part of a plan. Pure. */
import { isPast } from './approvals.ts';
import { GUARD_CODES, isWithheld } from './guard-plan.ts';
import type { GuardProblem } from './guard-plan.ts';
import { MAIL_NOT_READY } from './mail-first.ts';
import type { ChangeClass } from './plan-tally.ts';

/** The brake's settings. */
export interface BrakeLimits {
  /** Share of the known devices that one sync may lower. */
  readonly brakePercent: number;
  /** That many are always let through. */
  readonly brakeCount: number;
  /** Devices with an EAS record that Exchange has. */
  readonly known: number;
  /** That many are let through in 24 hours; null: {@link DAY_LIMITS} times as many as in one sync. */
  readonly brakePerDay: number | null;
  /** How many lost access in the last 24 hours, those not counted that a person has approved. */
  readonly today: number;
}

/** A day has so many limits of one sync, unless an administrator says otherwise. */
const DAY_LIMITS = 3;

/** What holds a plan. */
export const HOLD_CODES = ['ERR_BRAKE', MAIL_NOT_READY, ...GUARD_CODES] as const;

/** Why a plan is held: the brake, that nobody could be mailed, or what a guard found. */
export type HoldReason = { readonly code: 'ERR_BRAKE' | typeof MAIL_NOT_READY; readonly text: string } | GuardProblem;

/** How many changes that lower access one sync may make. */
export function brakeLimit({ brakePercent, brakeCount, known }: Omit<BrakeLimits, 'brakePerDay' | 'today'>): number {
  return Math.max(brakeCount, Math.floor((known * brakePercent) / 100));
}

/*
 *   of those that lower                                     over the limit
 *   more than one sync may                                  of one sync
 *   not more, but too many with those of the last 24 hours  of a day: many small syncs are one large one
 */

/** Why so many must not go; null: they may. */
function brakeText(lowering: number, limits: BrakeLimits): string | null {
  const limit = brakeLimit(limits);
  const { known, today, brakePerDay } = limits;
  const perDay = brakePerDay ?? DAY_LIMITS * limit;
  if (lowering > limit) return `${lowering} devices would lose access; the brake allows ${limit} of ${known}.`;
  if (lowering === 0 || lowering + today <= perDay) return null;
  return `${lowering} devices would lose access, and ${today} have within a day; the brake allows ${perDay} a day.`;
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
 * What is held because nobody could be mailed (part `unheard`, while `unheard` says why) is held for that, approved for
 * something else or not, unless the guard withholds it; it does not count for the brake. What the brake holds besides is held
 * with it, for both reasons.
 *
 * A block of what Exchange's default shuts out already lowers nobody: it does not count, but is held with the others. A plan
 * is held for one reason: what is left meets the brake again when the guard has nothing to say.
 */

/** Judges a plan by the numbers of its classes. @param unheard why blocks are held about which nobody could be mailed; null: they are not */
export function judgePlan(
  classes: readonly ClassCounts[],
  problems: readonly GuardProblem[],
  limits: BrakeLimits,
  unheard: string | null = null,
): PlanVerdict {
  const isUnheard = ({ part }: Pick<ChangeClass, 'part'>): boolean => part === 'unheard' && unheard !== null;
  const guarded = ({ part, approvedFor }: Pick<ChangeClass, 'part' | 'approvedFor'>): Verdict | null => {
    if (part === 'opens') return 'goes';
    if (isUnheard({ part })) return 'held';
    if (isPast(approvedFor, problems)) return 'goes';
    return isWithheld(part, problems) ? 'held' : null;
  };
  const isGuardHolding =
    problems.length > 0 &&
    classes.some((one) => one.count > 0 && guarded(one) === 'held' && isWithheld(one.part, problems));
  const isMailHolding = classes.some((one) => one.count > 0 && isUnheard(one));
  const braked = classes.filter((one) => guarded(one) === null);
  const lowering = braked.reduce((sum, one) => sum + one.lowering, 0);
  const text = brakeText(lowering, limits);
  const past: Verdict = text === null ? 'goes' : isGuardHolding ? 'left' : 'held';
  return {
    of: (one) => guarded(one) ?? past,
    reason: isGuardHolding
      ? reasonOf(problems)
      : isMailHolding
        ? { code: MAIL_NOT_READY, text: [unheard, text].filter((one) => one !== null).join(' ') }
        : text === null
          ? null
          : { code: 'ERR_BRAKE', text },
  };
}

/** The first problem gives the code; the text tells all of them, as all are approved with the plan. */
function reasonOf(problems: readonly GuardProblem[]): HoldReason | null {
  const [problem] = problems;
  return problem === undefined ? null : { ...problem, text: problems.map(({ text }) => text).join(' ') };
}
