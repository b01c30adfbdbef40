/** The report of the first hour with an Exchange: steps, each with what was seen, a verdict and what to do. No I/O here. */
import type { Overall } from '../../model/check-status.ts';
import type { ReportLanguage } from '../../model/say.ts';
import { headlineOf, lineOf, summaryOf } from '../../model/check-report.ts';
import type { Blanks, CheckFinding, CheckStep } from '../../model/check-report.ts';
import { redact } from '../../log.ts';
import { quoted } from './quoted.ts';
import { entryOf } from './verdicts.ts';
import type { Verdict } from './verdicts.ts';
import { EXCHANGE_WORDS } from './words/words.ts';
import type { StepId } from './words/words.ts';

/** What a step found. `account` of the blanks is quoted here, as PowerShell takes it. */
export type Finding = CheckFinding<Verdict>;

/** One line of the report. */
export type ReportStep = CheckStep<StepId, Verdict>;

/** The whole report. */
export interface ExchangeReport {
  readonly kind: 'remote-powershell' | 'exchange-online' | 'simulated';
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

/** A finding as a line. @param about the address, where there are several */
export function stepOf(
  id: StepId,
  finding: Finding,
  { ms, about, language = 'en' }: { ms: number; about?: string; language?: ReportLanguage },
): ReportStep {
  const words = EXCHANGE_WORDS[language];
  const title = about === undefined ? words.titles[id] : `${words.titles[id]} ${words.of} ${about}`;
  const quote = (blanks: Blanks): Blanks => ({ ...blanks, account: quoted(blanks['account'] ?? 'ACCOUNT') });
  return lineOf({ id, title, ms }, finding, { entryOf, words, redact, quote });
}

/** Steps that prove that the connector can work; what is unknown of the others harms nothing. */
const PROVING: readonly StepId[] = ['session', 'rights', 'size'];

/**
 * What the steps mean together. Of several addresses one that works is enough: what is wrong with the others is a warning.
 *
 * | an address works | an error in what counts | a proving step unknown | a warning, or an address that fails | overall |
 * |------------------|-------------------------|------------------------|-------------------------------------|---------|
 * | no, it failed    |                         |                        |                                     | broken  |
 * | no, not tried    |                         |                        |                                     | unknown |
 * | yes              | yes                     |                        |                                     | broken  |
 * | yes              | no                      | yes                    |                                     | unknown |
 * | yes              | no                      | no                     | yes                                 | warning |
 * | yes              | no                      | no                     | no                                  | healthy |
 */
export function overallOf(steps: readonly ReportStep[]): Overall {
  const ofAddress = (step: ReportStep): boolean => ['name', 'tls', 'methods', 'session'].includes(step.id);
  const works = steps.some(({ verdict }) => verdict === 'session.open');
  if (!works) return steps.some(({ status }) => status === 'error') ? 'broken' : 'unknown';
  if (steps.some((step) => step.status === 'error' && !ofAddress(step))) return 'broken';
  const isUnproven = ({ id, status }: ReportStep): boolean => PROVING.includes(id) && status === 'unknown';
  if (steps.some(isUnproven)) return 'unknown';
  return steps.some(({ status }) => status === 'warning' || status === 'error') ? 'warning' : 'healthy';
}

/** The step to look at first. */
export function headline(steps: readonly ReportStep[], overall: Overall): ReportStep | undefined {
  return headlineOf(steps, overall, PROVING);
}

/** The report of steps that are over. */
export function reportOf(
  kind: ExchangeReport['kind'],
  steps: readonly ReportStep[],
  { startedAt, ms, language = 'en' }: { startedAt: string; ms: number; language?: ReportLanguage },
): ExchangeReport {
  const overall = overallOf(steps);
  const summary = summaryOf(overall, headline(steps, overall), EXCHANGE_WORDS[language]);
  return { kind, overall, works: overall === 'healthy' || overall === 'warning', summary, startedAt, ms, steps };
}
