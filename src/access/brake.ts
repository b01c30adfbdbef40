/** The limit on how many devices one sync may block, and what becomes of a plan that is over it. Pure. */
import { GUARD_CODES, mayShutOut } from './guard-plan.ts';
import type { GuardProblem } from './guard-plan.ts';
import type { Plan, PlannedChange } from './plan.ts';

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

/** Blocks that wait for a person. Plain data, kept in the store. */
export interface HeldPlan {
  readonly id: string;
  readonly organization: string;
  readonly at: string;
  readonly reason: HoldReason;
  readonly changes: readonly PlannedChange[];
}

/** What may be applied now, and what is held. */
export interface BrakedPlan {
  readonly apply: readonly PlannedChange[];
  readonly held: HeldPlan | null;
}

/** How many changes that lower access one sync may make. */
export function brakeLimit({ brakePercent, brakeCount, known }: BrakeLimits): number {
  return Math.max(brakeCount, Math.floor((known * brakePercent) / 100));
}

/*
 *   changes that lower   apply                          held
 *   up to the limit      all                            –
 *   over it              what shuts nobody out          every block, and what else lowers
 *
 * A block of what Exchange's default shuts out already lowers nobody: it does not count, but is held with the others.
 */

/** Holds every change that may shut a device out if more of them lower access than the limit allows. */
export function brake(plan: Pick<Plan, 'id' | 'organization' | 'at' | 'changes'>, limits: BrakeLimits): BrakedPlan {
  const lowering = plan.changes.filter((change) => change.lowers);
  const limit = brakeLimit(limits);
  if (lowering.length <= limit) return { apply: plan.changes, held: null };
  const text = `${lowering.length} devices would lose access; the brake allows ${limit} of ${limits.known}.`;
  return {
    apply: plan.changes.filter((change) => !mayShutOut(change)),
    held: {
      id: plan.id,
      organization: plan.organization,
      at: plan.at,
      reason: { code: 'ERR_BRAKE', text },
      changes: plan.changes.filter(mayShutOut),
    },
  };
}
