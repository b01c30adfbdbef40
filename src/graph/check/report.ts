/** The report of the first hour with an MDM tenant: steps, each with what was seen, a verdict and what to do. No I/O here. */
import { redact } from '../../log.ts';
import { headlineOf, lineOf, summaryOf } from '../../model/check-report.ts';
import type { CheckFinding, CheckStep } from '../../model/check-report.ts';
import type { Overall } from '../../model/check-status.ts';
import type { ReportLanguage } from '../../model/say.ts';
import { entryOf } from './verdicts.ts';
import type { Verdict } from './verdicts.ts';
import { TENANT_WORDS } from './words/words.ts';
import type { StepId } from './words/words.ts';

/** What a step found. */
export type Finding = CheckFinding<Verdict>;

/** One line of the report. */
export type ReportStep = CheckStep<StepId, Verdict>;

/** The whole report. */
export interface TenantReport {
  readonly kind: 'intune' | 'simulated';
  readonly overall: Overall;
  /** True for `healthy` and `warning`: the connector can work. */
  readonly works: boolean;
  /** One sentence, in the language of the report. */
  readonly summary: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly ms: number;
  readonly steps: readonly ReportStep[];
}

/** A finding as a line. */
export function stepOf(id: StepId, finding: Finding, ms: number, language: ReportLanguage = 'en'): ReportStep {
  const words = TENANT_WORDS[language];
  return lineOf({ id, title: words.titles[id], ms }, finding, { entryOf, words, redact });
}

/** The step that proves that the connector can work; what is unknown of the others harms nothing. */
const PROVING: readonly StepId[] = ['intune'];

/**
 * What the steps mean together.
 *
 * | an error | Intune answers | a warning | overall |
 * |----------|----------------|-----------|---------|
 * | yes      |                |           | broken  |
 * | no       | no             |           | unknown |
 * | no       | yes            | yes       | warning |
 * | no       | yes            | no        | healthy |
 */
export function overallOf(steps: readonly ReportStep[]): Overall {
  if (steps.some(({ status }) => status === 'error')) return 'broken';
  if (!steps.some(({ verdict }) => verdict === 'intune.answers')) return 'unknown';
  return steps.some(({ status }) => status === 'warning') ? 'warning' : 'healthy';
}

/** The report of steps that are over. */
export function reportOf(
  kind: TenantReport['kind'],
  steps: readonly ReportStep[],
  {
    startedAt,
    ms,
    language = 'en',
  }: { readonly startedAt: string; readonly ms: number; readonly language?: ReportLanguage },
): TenantReport {
  const overall = overallOf(steps);
  const first = headlineOf(steps, overall === 'unknown' ? 'warning' : overall, PROVING);
  const summary = summaryOf(overall, first, TENANT_WORDS[language]);
  return { kind, overall, works: overall === 'healthy' || overall === 'warning', summary, startedAt, ms, steps };
}
