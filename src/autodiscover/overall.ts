/** What the steps of a check mean together. No I/O here. */
import type { AutodiscoverStep, StepStatus } from './report.ts';

/**
 * `healthy`: all that was asked for was proven. `warning`: it works, and something wants to be looked at. `broken`: clients
 * fail. `unknown`: it could not be proven, neither way.
 */
export type Overall = 'healthy' | 'warning' | 'broken' | 'unknown';

/** What an overall verdict goes by. */
export interface OverallFacts {
  /** Statuses of the steps that have no further steps. */
  readonly statuses: readonly StepStatus[];
  /** An Autodiscover service was found. */
  readonly found: boolean;
  /** The check was given an account to sign in with. */
  readonly account: boolean;
  /** The account signed in and was told its settings. */
  readonly told: boolean;
}

/**
 * | a step failed | service found | account given | told its settings | a step unknown | a warning | overall |
 * |---------------|---------------|---------------|-------------------|----------------|-----------|---------|
 * | yes           |               |               |                   |                |           | broken  |
 * | no            | no            |               |                   |                |           | unknown |
 * | no            | yes           | yes           | no                |                |           | unknown |
 * | no            | yes           | no, or told   |                   | yes            |           | unknown |
 * | no            | yes           | no, or told   |                   | no             | yes       | warning |
 * | no            | yes           | no, or told   |                   | no             | no        | healthy |
 */
export function overallOf({ statuses, found, account, told }: OverallFacts): Overall {
  if (statuses.includes('error')) return 'broken';
  if (!found || (account && !told) || statuses.includes('unknown')) return 'unknown';
  return statuses.includes('warning') ? 'warning' : 'healthy';
}

/** The statuses that explain an overall verdict, the most telling first. */
const EXPLAINED_BY: Readonly<Record<Overall, readonly StepStatus[]>> = {
  broken: ['error'],
  unknown: ['unknown', 'warning', 'skipped'],
  warning: ['warning'],
  healthy: [],
};

/** The step to name first; undefined where all is well. */
export function headlineOf(leaves: readonly AutodiscoverStep[], overall: Overall): AutodiscoverStep | undefined {
  return (
    EXPLAINED_BY[overall]
      // Of what was skipped the last: it was given up for what went before.
      .map((status) =>
        status === 'skipped'
          ? leaves.findLast((leaf) => leaf.status === status)
          : leaves.find((leaf) => leaf.status === status),
      )
      .find((leaf) => leaf !== undefined)
  );
}
