/** A report in words: as a tree for the dialog, as a text to mail or read. No I/O here. */
import { STATUS_SIGNS } from '../model/check-status.ts';
import { leavesOf, type AutodiscoverReport, type AutodiscoverStep, type Overall, type StepStatus } from './report.ts';
import { VERDICTS, type Verdict } from './verdicts.ts';
import { filled, inWords, type Fields, type ReportLanguage } from './words/say.ts';
import { WORDS_DE } from './words/words-de.ts';
import { WORDS_EN } from './words/words-en.ts';
import type { ReportWords } from './words/report-words.ts';

const WORDS: Readonly<Record<ReportLanguage, ReportWords>> = { en: WORDS_EN, de: WORDS_DE };

/** One line of the tree and what is below it. Texts come partly from foreign servers, without control characters and bounded. */
export interface ReportBranch {
  readonly status: StepStatus | Overall;
  /** The status as a word. */
  readonly word: string;
  readonly title: string;
  /** What was seen. What somebody else said in it is quoted, in their language. */
  readonly seen: string;
  /** The finding: its stable name, and a few words. */
  readonly code?: string;
  readonly finding?: string;
  readonly remedy?: string;
  readonly children: readonly ReportBranch[];
}

/** The whole report; below it the report of each domain where there are several, then its own steps. */
export function treeOf(report: AutodiscoverReport, language: ReportLanguage): ReportBranch {
  const words = WORDS[language];
  const { domains = [] } = report;
  return {
    status: report.overall,
    word: words.overall[report.overall],
    title: plain(`${words.heading} ${domains.length > 1 ? `${domains.length} ${words.domains}` : report.domain}`),
    seen: plain(inWords(report.words.summary, language)),
    ...verdictOf(report.verdict, headlineFields(report), language),
    children: [
      ...domains.map((domain) => treeOf(domain, language)),
      ...report.steps.map((step) => stepBranch(step, language)),
    ],
  };
}

/** The line of one step, with all below it. */
export function stepBranch(step: AutodiscoverStep, language: ReportLanguage): ReportBranch {
  const { title, seen, remedy } = step.words;
  return {
    status: step.status,
    word: WORDS[language].status[step.status],
    title: title === null ? '' : plain(inWords(title, language)),
    seen: plain(inWords(seen, language)),
    // About what is in order, or was excused by another way, there is nothing to do.
    ...verdictOf(step.verdict, isSettled(step) ? undefined : remedy, language),
    children: (step.children ?? []).map((child) => stepBranch(child, language)),
  };
}

/** @param fields of the remedy; undefined: there is nothing to do */
function verdictOf(
  verdict: Verdict | undefined,
  fields: Fields | undefined,
  language: ReportLanguage,
): Pick<ReportBranch, 'code' | 'finding' | 'remedy'> {
  if (verdict === undefined) return {};
  const { verdicts, remedies } = WORDS[language];
  const remedy = remedies?.[verdict] ?? VERDICTS[verdict].remedy;
  return {
    code: verdict,
    finding: verdicts[verdict],
    ...(fields === undefined ? {} : { remedy: plain(filled(remedy, fields, language)) }),
  };
}

function isSettled({ status }: AutodiscoverStep): boolean {
  return status === 'ok' || status === 'skipped';
}

/** The remedy's fields of the step that the headline is about: of the domain that it is about, the failing one, else the first of that verdict. */
function headlineFields({ overall, verdict, failing, domains = [], steps }: AutodiscoverReport): Fields | undefined {
  if (verdict === undefined) return undefined;
  const domain = domains.find((one) => one.overall === overall && one.verdict === verdict);
  if (domain !== undefined) return headlineFields(domain);
  const named = leavesOf(steps).filter((step) => step.verdict === verdict && !isSettled(step));
  return (named.find(({ id }) => id === failing) ?? named[0])?.words.remedy;
}

// ── as a text ───────────────────────────────────────────────────────────────

/** Characters that move the cursor, end lines or turn the direction of writing. */
const UNPRINTED = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;
/** Characters of one text; a server may say as much as it likes. */
const MAX_TEXT = 2_000;

function plain(text: string): string {
  const line = text.replace(UNPRINTED, ' ').trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}

/** The report to mail or to read: verdict and headline first, then each step, two blanks for each level. Lines end with \n. */
export function reportText(report: AutodiscoverReport, language: ReportLanguage): string {
  return `${linesOf(treeOf(report, language), WORDS[language], '').join('\n')}\n`;
}

function linesOf(branch: ReportBranch, words: ReportWords, indent: string): string[] {
  const { status, word, title, finding, code, seen, remedy, children } = branch;
  const more = [
    finding === undefined ? '' : `${finding} (${code})`,
    seen,
    remedy === undefined ? '' : `${words.toDo}: ${remedy}`,
  ].filter((line) => line !== '');
  return [
    `${indent}${STATUS_SIGNS[status]} ${title}: ${word}`,
    ...more.map((line) => `${indent}    ${line}`),
    ...children.flatMap((child) => linesOf(child, words, `${indent}  `)),
  ];
}
