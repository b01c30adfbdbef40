/** The report of an Autodiscover check: a tree of steps, shaped like the Remote Connectivity Analyzer's, which admins know. */
import type { Overall, StepStatus } from '../model/check-status.ts';
import { isVerdict, remedyOf, statusOf, type Fields, type Verdict } from './verdicts.ts';

export type { Overall, StepStatus };

/** One step. Texts come partly from foreign servers: show them as text. */
export interface AutodiscoverStep {
  /** Stable, as `dns.internal` or `autodiscover.tls`; resolvers and addresses are part of it where there are several. */
  readonly id: string;
  readonly status: StepStatus;
  /** What was done, as "Ask the internal DNS server 10.0.0.53". */
  readonly title: string;
  /** What was seen. */
  readonly seen: string;
  /** What the finding is called; see VERDICTS. Missing when there is nothing to say. */
  readonly verdict?: Verdict;
  /** What to do about it. */
  readonly remedy?: string;
  readonly ms: number;
  readonly children?: readonly AutodiscoverStep[];
}

/** The whole check. */
export interface AutodiscoverReport {
  readonly domain: string;
  readonly address: string | null;
  readonly overall: Overall;
  /** True for `healthy` alone: all that was asked for was proven, and there is nothing to look at. */
  readonly healthy: boolean;
  /** Id of the step that explains `broken` and `unknown`. */
  readonly failing?: string;
  /** Verdict of that step; with `warning`, of the warning to look at first. */
  readonly verdict?: Verdict;
  /** One sentence. */
  readonly summary: string;
  /** Where Autodiscover was found and what it handed out. */
  readonly found: {
    readonly url: string | null;
    readonly by: 'autodiscover' | 'root' | 'redirect' | 'srv' | null;
    readonly ewsUrl: string | null;
    readonly activeSyncUrl: string | null;
    /** Sign-in methods offered, as `Negotiate`. */
    readonly schemes: readonly string[];
  };
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly ms: number;
  readonly steps: readonly AutodiscoverStep[];
  /** Of several mail domains, the report of each, the main one first; `steps` then say where the list is from. */
  readonly domains?: readonly AutodiscoverReport[];
}

/** A step's outcome before its time is known. */
export type Finding = Pick<AutodiscoverStep, 'status' | 'seen' | 'verdict' | 'remedy' | 'children'>;

/** A finding with a name: status and remedy come from the table. */
export function judged(verdict: Verdict, seen: string, fields: Fields = {}): Finding {
  const remedy = remedyOf(verdict, fields);
  return { status: statusOf(verdict), verdict, seen, ...(remedy === '' ? {} : { remedy }) };
}

/** A finding without a name. */
export function seen(status: StepStatus, text: string): Finding {
  return { status, seen: text };
}

const SEVERITY: Readonly<Record<StepStatus, number>> = { skipped: 0, ok: 1, unknown: 2, warning: 3, error: 4 };

/** The most serious status of some steps; `skipped` if there are none. */
export function worst(steps: readonly { readonly status: StepStatus }[]): StepStatus {
  return steps.reduce<StepStatus>(
    (worst, { status }) => (SEVERITY[status] > SEVERITY[worst] ? status : worst),
    'skipped',
  );
}

/** Every step of the tree without children, in order. */
export function leavesOf(steps: readonly AutodiscoverStep[]): AutodiscoverStep[] {
  return steps.flatMap((step) => (step.children?.length ? leavesOf(step.children) : [step]));
}

/** Makes the steps an error would not matter for harmless: another way was found. The finding stays readable. */
export function excuse(step: AutodiscoverStep, verdicts: readonly Verdict[], why: string): AutodiscoverStep {
  const children = step.children?.map((child) => excuse(child, verdicts, why));
  if (children !== undefined) return { ...step, children, status: worst(children) };
  if (step.status !== 'error' || !isVerdict(step.verdict) || !verdicts.includes(step.verdict)) return step;
  return { ...step, status: 'ok', seen: `${step.seen} ${why}` };
}
