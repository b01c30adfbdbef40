/** The report of a store: steps, each with what was seen, a verdict and what to do. No I/O here. */
import { redact } from '../../log.ts';
import { headlineOf, lineOf, summaryOf } from '../../model/check-report.ts';
import type { Blanks, CheckFinding, CheckReport, CheckStep } from '../../model/check-report.ts';
import type { Overall } from '../../model/check-status.ts';
import type { ReportLanguage } from '../../model/say.ts';
import { entryOf } from './verdicts.ts';
import type { Verdict } from './verdicts.ts';
import { STORE_WORDS } from './words/words.ts';
import type { StepId } from './words/words.ts';

/** What a step found. */
export type Finding = CheckFinding<Verdict>;

/** One line of the report. */
export type ReportStep = CheckStep<StepId, Verdict>;

/** A finding as a line. @param secrets never shown, whoever repeats them */
export function stepOf(
  id: StepId,
  finding: Finding,
  ms: number,
  { secrets, language = 'en' }: { readonly secrets: readonly string[]; readonly language?: ReportLanguage },
): ReportStep {
  const words = STORE_WORDS[language];
  const hide = (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), redact(text));
  return lineOf({ id, title: words.titles[id], ms }, finding, { entryOf, words, redact: hide, quote });
}

/** Values as they stand in commands: one word of a shell, or a name of SQL. What cannot be either is left a placeholder. */
function quote(blanks: Blanks): Blanks {
  const kept = Object.entries(blanks).flatMap(([name, text]) => {
    if (/[\p{Cc}"\\]/u.test(text)) return [];
    const isWord = /^[\w./:@%+-]+$/.test(text) || name === 'user' || name === 'owner' || name === 'database';
    return [[name, isWord ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`] as const];
  });
  return Object.fromEntries(kept);
}

/**
 * What the steps mean together.
 *
 * | an error | a warning | overall |
 * |----------|-----------|---------|
 * | yes      |           | broken  |
 * | no       | yes       | warning |
 * | no       | no        | healthy |
 */
export function overallOf(steps: readonly ReportStep[]): Overall {
  if (steps.some(({ status }) => status === 'error')) return 'broken';
  return steps.some(({ status }) => status === 'warning') ? 'warning' : 'healthy';
}

/** The report of steps that are over. */
export function reportOf(steps: readonly ReportStep[], language: ReportLanguage = 'en'): CheckReport {
  const overall = overallOf(steps);
  return { overall, summary: summaryOf(overall, headlineOf(steps, overall, []), STORE_WORDS[language]), steps };
}
