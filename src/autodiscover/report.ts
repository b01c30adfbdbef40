/** The report of an Autodiscover check: a tree of steps, shaped like the Remote Connectivity Analyzer's, which admins know. */
import type { Overall, StepStatus } from '../model/check-status.ts';
import { isVerdict, remedyOf, statusOf, type Verdict } from './verdicts.ts';
import { inWords, sentences, type Fields, type Said } from './words/say.ts';

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
  /** Title, what was seen and the blanks of the remedy as codes with values, for other languages. */
  readonly words: StepWords;
  /** What the finding is called; see VERDICTS. Missing when there is nothing to say. */
  readonly verdict?: Verdict;
  /** What to do about it. */
  readonly remedy?: string;
  readonly ms: number;
  readonly children?: readonly AutodiscoverStep[];
}

/** The texts of a step in no language. Codes may change with a version; a verdict is what lasts. */
export interface StepWords {
  /** Null: it has no title of its own. */
  readonly title: Said | null;
  readonly seen: Said;
  /** Values of the remedy, which goes by the verdict. */
  readonly remedy?: Fields;
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
  /** The same as a code with values. */
  readonly words: { readonly summary: Said };
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

/** A step's outcome before its title and its time are known. */
export interface Finding extends Pick<AutodiscoverStep, 'status' | 'verdict' | 'children'> {
  readonly seen: Said;
  /** Values of the remedy of its verdict. */
  readonly fields?: Fields;
}

/** The step of a finding. @param title null: it has none of its own */
export function stepFrom(id: string, title: Said | null, finding: Finding, ms: number): AutodiscoverStep {
  const { seen, fields, ...rest } = finding;
  const remedy = rest.verdict === undefined ? '' : remedyOf(rest.verdict, fields ?? {});
  return {
    id,
    title: title === null ? '' : inWords(title, 'en'),
    ...rest,
    seen: inWords(seen, 'en'),
    ...(remedy === '' || fields === undefined ? {} : { remedy }),
    words: { title, seen, ...(remedy === '' || fields === undefined ? {} : { remedy: fields }) },
    ms,
  };
}

/** What a step found, for another step that takes its place. */
export function findingOf({ status, verdict, children, words }: AutodiscoverStep): Finding {
  return {
    status,
    seen: words.seen,
    ...(verdict === undefined ? {} : { verdict }),
    ...(words.remedy === undefined ? {} : { fields: words.remedy }),
    ...(children === undefined ? {} : { children }),
  };
}

/** A finding with a name: status and remedy come from the table. */
export function judged(verdict: Verdict, seen: Said, fields: Fields = {}): Finding {
  return { status: statusOf(verdict), verdict, seen, fields };
}

/** A finding without a name. */
export function seen(status: StepStatus, what: Said): Finding {
  return { status, seen: what };
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
export function excuse(step: AutodiscoverStep, verdicts: readonly Verdict[], why: Said): AutodiscoverStep {
  const children = step.children?.map((child) => excuse(child, verdicts, why));
  if (children !== undefined) return { ...step, children, status: worst(children) };
  if (step.status !== 'error' || !isVerdict(step.verdict) || !verdicts.includes(step.verdict)) return step;
  const both = sentences(step.words.seen, why);
  return { ...step, status: 'ok', seen: inWords(both, 'en'), words: { ...step.words, seen: both } };
}
