/** What the steps of a check mean together. No I/O here. */
import { rankOf } from './rank.ts';
import type { AutodiscoverStep, Overall, StepStatus } from './report.ts';

/**
 * The steps that an overall verdict goes by. Whether a public address can be reached from inside is up to the firewall and says
 * nothing of phones outside: it is said in its step, and neither keeps a check from being healthy nor explains one that is not.
 */
export function whatCounts(leaves: readonly AutodiscoverStep[]): readonly AutodiscoverStep[] {
  return leaves.filter(({ verdict }) => verdict !== 'outside.unreachable');
}

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

/**
 * The step to name first; undefined where all is well. Of several the one that is nearest to the cause of the others
 * (src/autodiscover/rank.ts).
 *
 * | overall | named                                                                                   |
 * |---------|-----------------------------------------------------------------------------------------|
 * | broken  | an error; where nothing was found, a server that was not confirmed explains it as well   |
 * | unknown | what is unknown, or a warning that tells why; else the last that was given up            |
 * | warning | a warning                                                                               |
 */
export function headlineOf(
  leaves: readonly AutodiscoverStep[],
  { overall, found }: { readonly overall: Overall; readonly found: boolean },
): AutodiscoverStep | undefined {
  const explains = ({ status, verdict }: AutodiscoverStep): boolean => {
    if (overall === 'broken') return status === 'error' || (!found && verdict === 'redirect.confirm');
    if (overall === 'unknown') return status === 'unknown' || status === 'warning';
    return overall === 'warning' && status === 'warning';
  };
  const named = leaves.filter(explains).sort((a, b) => rankOf(a) - rankOf(b))[0];
  if (named !== undefined || overall !== 'unknown') return named;
  return leaves.findLast(({ status }) => status === 'skipped');
}

const FROM_BEST: readonly Overall[] = ['healthy', 'warning', 'unknown', 'broken'];

/** The worst of several verdicts: what is broken comes before what could not be proven. */
export function worst(all: readonly Overall[]): Overall {
  return FROM_BEST[Math.max(0, ...all.map((one) => FROM_BEST.indexOf(one)))] ?? 'unknown';
}
