/** The report of a store: steps, each with what was seen, a verdict and what to do. No I/O here. */
import { redact } from '../../log.ts';
import { headlineOf, lineOf } from '../../model/check-report.ts';
import type { Blanks, CheckFinding, CheckReport, CheckStep } from '../../model/check-report.ts';
import type { Overall } from '../../model/check-status.ts';
import { entryOf } from './verdicts.ts';
import type { Verdict } from './verdicts.ts';

/** The steps, in order; a file has some of them, PostgreSQL others. */
export const STEP_TITLES = {
  engine: 'Engine',
  folder: 'Folder',
  file: 'File',
  connection: 'Connection',
  tls: 'TLS',
  version: 'Version',
  rights: 'Rights',
  store: 'Store',
  write: 'Writing',
  space: 'Room',
  secrets: 'Secrets',
} as const;

export type StepId = keyof typeof STEP_TITLES;

/** What a step found. */
export type Finding = CheckFinding<Verdict>;

/** One line of the report. */
export type ReportStep = CheckStep<StepId, Verdict>;

/** A finding as a line. @param secrets never shown, whoever repeats them */
export function stepOf(id: StepId, finding: Finding, ms: number, secrets: readonly string[]): ReportStep {
  const hide = (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), redact(text));
  return lineOf({ id, title: STEP_TITLES[id], ms }, finding, { entryOf, redact: hide, quote });
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

const WORDS: Readonly<Record<Overall, string>> = {
  healthy: 'The connector can keep what it knows here.',
  warning: 'The connector can keep what it knows here; look at',
  broken: 'The connector cannot keep what it knows here; look at',
  unknown: 'Look at',
};

/** The report of steps that are over. */
export function reportOf(steps: readonly ReportStep[]): CheckReport {
  const overall = overallOf(steps);
  const first = headlineOf(steps, overall, []);
  const summary = first === undefined ? WORDS[overall] : `${WORDS[overall]} ${first.title}: ${first.says}.`;
  return { overall, summary, steps };
}
