/** A report in words: as a tree for the dialog, as a text to mail or read. No I/O here. */
import { STATUS_SIGNS } from '../model/check-status.ts';
import { leavesOf, type AutodiscoverReport, type AutodiscoverStep, type Overall, type StepStatus } from './report.ts';
import { isVerdict, VERDICTS, type Verdict } from './verdicts.ts';
import { WORDS_DE } from './words/words-de.ts';
import { WORDS_EN } from './words/words-en.ts';
import type { ReportWords } from './words/report-words.ts';

/** Languages of a report, the one that counts where none is chosen first. */
export const REPORT_LANGUAGES = ['en', 'de'] as const;
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number];

const WORDS: Readonly<Record<ReportLanguage, ReportWords>> = { en: WORDS_EN, de: WORDS_DE };

/** One line of the tree and what is below it. Texts come partly from foreign servers, without control characters and bounded. */
export interface ReportBranch {
  readonly status: StepStatus | Overall;
  /** The status as a word. */
  readonly word: string;
  readonly title: string;
  /** What was seen; as the server said it, in English. Empty where the title says all. */
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
  const remedy = headlineRemedy(report);
  return {
    status: report.overall,
    word: words.overall[report.overall],
    title: plain(`${words.heading} ${domains.length > 1 ? `${domains.length} ${words.domains}` : report.domain}`),
    seen: plain(report.summary),
    ...findingOf(report.verdict, remedy, words),
    children: [
      ...domains.map((domain) => treeOf(domain, language)),
      ...report.steps.map((step) => branchOf(step, words)),
    ],
  };
}

/** The line of one step, with all below it. */
export function stepBranch(step: AutodiscoverStep, language: ReportLanguage): ReportBranch {
  return branchOf(step, WORDS[language]);
}

function branchOf(step: AutodiscoverStep, words: ReportWords): ReportBranch {
  return {
    status: step.status,
    word: words.status[step.status],
    title: plain(translated(step.title, Object.entries(words.titles))),
    seen: plain(step.seen),
    // About what is in order, or was excused by another way, there is nothing to do.
    ...findingOf(step.verdict, isSettled(step) ? undefined : step.remedy, words),
    children: (step.children ?? []).map((child) => branchOf(child, words)),
  };
}

function findingOf(
  verdict: Verdict | undefined,
  remedy: string | undefined,
  words: ReportWords,
): Pick<ReportBranch, 'code' | 'finding' | 'remedy'> {
  if (verdict === undefined) return remedy === undefined ? {} : { remedy: plain(remedy) };
  // A code that this language does not know keeps its English words, one that nobody knows its name.
  const finding = words.verdicts[verdict] ?? WORDS_EN.verdicts[verdict] ?? verdict;
  return {
    code: plain(verdict),
    finding: plain(finding),
    ...(remedy === undefined ? {} : { remedy: plain(remedyIn(verdict, remedy, words)) }),
  };
}

function isSettled({ status }: AutodiscoverStep): boolean {
  return status === 'ok' || status === 'skipped';
}

/** The remedy of the step that the headline is about: of the domain that it is about, the failing one, else the first of that verdict. */
function headlineRemedy({ overall, verdict, failing, domains = [], steps }: AutodiscoverReport): string | undefined {
  if (verdict === undefined) return undefined;
  const domain = domains.find((one) => one.overall === overall && one.verdict === verdict);
  if (domain !== undefined) return headlineRemedy(domain);
  const named = leavesOf(steps).filter((step) => step.verdict === verdict && !isSettled(step));
  return (named.find(({ id }) => id === failing) ?? named[0])?.remedy;
}

function remedyIn(verdict: Verdict, remedy: string, { remedies }: ReportWords): string {
  if (remedies === null || !isVerdict(verdict) || remedies[verdict] === undefined) return remedy;
  return translated(remedy, [[VERDICTS[verdict].remedy, remedies[verdict]]]);
}

// ── one language from another, by templates ─────────────────────────────────

const BLANK = /\{(\w*)\}/g;

/** The first template that `text` was made by, filled in the other language; `text` itself where none fits. */
function translated(text: string, templates: readonly (readonly [from: string, to: string])[]): string {
  for (const [from, to] of templates) {
    const values = valuesIn(text, from);
    if (values !== null) return filled(to, values);
  }
  return text;
}

/** What stands in the blanks of a template, in order, with the names of the blanks; null if the text is not of it. */
function valuesIn(text: string, template: string): readonly (readonly [name: string, value: string])[] | null {
  const names = [...template.matchAll(BLANK)].map(([, name = '']) => name);
  const pattern = template
    .split(BLANK)
    // Texts and names take turns.
    .map((part, at) => (at % 2 === 0 ? part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : '(.*?)'))
    .join('');
  const match = new RegExp(`^${pattern}$`, 's').exec(text);
  return match === null ? null : names.map((name, at) => [name, match[at + 1] ?? '']);
}

/** Blanks with names take the value of that name, those without take the values in turn. */
function filled(template: string, values: readonly (readonly [name: string, value: string])[]): string {
  let next = 0;
  return template.replace(BLANK, (blank, name: string) =>
    name === '' ? (values[next++]?.[1] ?? blank) : (values.find(([one]) => one === name)?.[1] ?? blank),
  );
}

/** Characters that move the cursor, end lines or turn the direction of writing. */
const UNPRINTED = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;
/** Characters of one text; a server may say as much as it likes. */
const MAX_TEXT = 2_000;

function plain(text: string): string {
  const line = text.replace(UNPRINTED, ' ').trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}

// ── as a text ───────────────────────────────────────────────────────────────

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
