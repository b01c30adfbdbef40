/** The report of a first hour, of whatever is checked: findings as lines, a tree for dialogs, text for terminals. No I/O here. */
import { ERROR_HELP } from '../errors.ts';
import type { ConnectorError, ErrorCode } from '../errors.ts';
import { CHECK_WORDS, HELP_WORDS } from './check-words.ts';
import type { CheckWords } from './check-words.ts';
import { STATUS_SIGNS } from './check-status.ts';
import type { Overall, StepStatus } from './check-status.ts';
import { english, filled as filledIn, valueInWords } from './say.ts';
import type { Fields, ReportLanguage, Said } from './say.ts';

/** How bad a verdict is, its words, and what to do: `remedy` says it, `command` is what to paste, a command a line. */
export interface VerdictEntry {
  readonly status: StepStatus;
  /** What was found, in a few words. */
  readonly says: string;
  readonly remedy?: string;
  readonly command?: string;
}

/** What stands in the blanks (`{name}`) of remedies and commands. */
export type Blanks = Readonly<Record<string, string>>;

/** What a step found, in no language yet. Values come partly from foreign servers. */
export interface CheckFinding<V extends string> {
  readonly verdict: V;
  /** What was seen, in sentences. */
  readonly seen: Said;
  /** Of the error that tells why; what it says to check is in the blank `help` of remedies. */
  readonly code?: ErrorCode;
  readonly blanks?: Blanks;
  /** Blanks of remedies that are said in the reader's language. */
  readonly fields?: Fields;
  readonly children?: readonly (CheckFinding<V> & { readonly title: string })[];
}

/** One line of a report, in the language of who asked for it. Texts come partly from foreign servers: show them as text. */
export interface CheckStep<I extends string = string, V extends string = string> {
  readonly id: I;
  readonly title: string;
  readonly status: StepStatus;
  readonly verdict: V;
  /** The verdict in a few words. */
  readonly says: string;
  readonly seen: string;
  readonly code?: ErrorCode;
  readonly remedy?: string;
  /** What to paste, a command a line. */
  readonly command?: string;
  readonly ms: number;
  readonly children?: readonly CheckStep<I, V>[];
}

/** The whole of a report, as far as it is put into words. */
export interface CheckReport {
  readonly overall: Overall;
  /** One sentence. */
  readonly summary: string;
  readonly steps: readonly CheckStep[];
}

/** How findings become lines. */
interface LineRules<V extends string> {
  readonly entryOf: (verdict: V) => VerdictEntry;
  readonly words: Omit<CheckWords<V>, 'summary'>;
  /** Takes secrets out of what was seen. */
  readonly redact: (text: string) => string;
  /** The blanks as they stand in commands; default: as in remedies. */
  readonly quote?: (blanks: Blanks) => Blanks;
}

/** A finding as a line, with all below it. */
export function lineOf<I extends string, V extends string>(
  { id, title, ms }: Pick<CheckStep<I, V>, 'id' | 'title' | 'ms'>,
  finding: CheckFinding<V>,
  rules: LineRules<V>,
): CheckStep<I, V> {
  const { verdict, seen, code, blanks = {}, fields = {}, children = [] } = finding;
  const { status, command } = rules.entryOf(verdict);
  const { words } = rules;
  const { says, remedy } = words.verdicts[verdict];
  const help = code === undefined ? {} : { help: HELP_WORDS[words.language][code] };
  return {
    id,
    title,
    status,
    verdict,
    says,
    seen: plain(rules.redact(valueInWords(seen, { ...words, hide: rules.redact }))),
    ...(code === undefined ? {} : { code }),
    ...(remedy === undefined ? {} : { remedy: plain(filledIn(remedy, { ...blanks, ...help, ...fields }, words)) }),
    ...(command === undefined ? {} : { command: filled(command, rules.quote?.(blanks) ?? blanks) }),
    ms,
    ...(children.length === 0
      ? {}
      : { children: children.map((child) => lineOf({ id, title: child.title, ms: 0 }, child, rules)) }),
  };
}

/** A blank that has no value keeps its name: a placeholder that an administrator sees. */
function filled(text: string, blanks: Blanks): string {
  return text.replace(/\{(\w+)\}/g, (blank, name: string) => blanks[name] ?? blank);
}

/** Characters that move the cursor, end lines or turn the direction of writing. */
const UNPRINTED = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;
/** Characters of one text; a server may say as much as it likes. */
const MAX_TEXT = 2_000;

/** A foreign text as one bounded line. */
function plain(text: string): string {
  const one = text.replace(UNPRINTED, ' ').trim();
  return one.length > MAX_TEXT ? `${one.slice(0, MAX_TEXT)}…` : one;
}

/** What an error says was seen, without what it says to check. */
export function seenOf({ code, message }: ConnectorError): string {
  const help = ERROR_HELP[code];
  return message.endsWith(help) ? message.slice(0, -help.length).trim() : message;
}

/** What an error says was seen: in each language, or its own words, which are there in English alone. */
export function errorSeen(error: ConnectorError): Said {
  const each = error.seenInEach();
  return each === null
    ? { code: 'error', values: { message: english(seenOf(error)) } }
    : { code: 'told', values: { message: { each } } };
}

/**
 * The step to look at first: the first error, else what is unproven, else the first warning; undefined where all is well.
 * @param proving the steps of which "unknown" counts
 */
export function headlineOf<S extends CheckStep>(
  steps: readonly S[],
  overall: Overall,
  proving: readonly S['id'][],
): S | undefined {
  const wanted: Readonly<Record<Overall, readonly StepStatus[]>> = {
    broken: ['error'],
    unknown: ['unknown'],
    warning: ['warning', 'error'],
    healthy: [],
  };
  const counts = steps.filter(({ id, status }) => status !== 'unknown' || proving.includes(id));
  return counts.find(({ status }) => wanted[overall].includes(status));
}

/** The sentence of a report. */
export function summaryOf(
  overall: Overall,
  first: CheckStep | undefined,
  { summary }: Pick<CheckWords<string>, 'summary'>,
): string {
  return first === undefined ? summary[overall] : `${summary[overall]} ${first.title}: ${first.says}.`;
}

/** One line of the tree and what is below it, as nodes/editor/report-tree.js takes it. Foreign texts are one bounded line. */
export interface CheckBranch {
  readonly status: StepStatus | Overall;
  /** The status as a word. */
  readonly word: string;
  readonly title: string;
  readonly seen: string;
  /** What was found, and by which error. */
  readonly finding?: string;
  readonly code?: string;
  readonly remedy?: string;
  /** To paste; a command a line. */
  readonly command?: string;
  readonly children: readonly CheckBranch[];
}

/** The whole report: verdict first. @param title what was checked */
export function treeOf(report: CheckReport, title: string, language: ReportLanguage): CheckBranch {
  return {
    status: report.overall,
    word: CHECK_WORDS[language].overall[report.overall],
    title,
    seen: report.summary,
    children: report.steps.map((step) => stepBranch(step, language)),
  };
}

/** One step with all below it. */
export function stepBranch(step: CheckStep, language: ReportLanguage): CheckBranch {
  const { status, title, says, seen, code, remedy, command, children = [] } = step;
  return {
    status,
    word: CHECK_WORDS[language].status[status],
    title: `${title}: ${says}`,
    seen,
    ...(code === undefined ? {} : { finding: CHECK_WORDS[language].error, code }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(command === undefined ? {} : { command }),
    children: children.map((child) => stepBranch(child, language)),
  };
}

/** A step as lines of text. */
export function stepLines(step: CheckStep, indent = ''): string[] {
  const { status, title, says, seen, code, remedy, command, ms, children = [] } = step;
  const more = [seen, remedy === undefined ? '' : `→ ${remedy}`].filter((line) => line !== '');
  return [
    `${indent}${STATUS_SIGNS[status]} ${title}: ${says}${code === undefined ? '' : ` [${code}]`}${ms >= 1000 ? ` (${Math.round(ms / 1000)} s)` : ''}`,
    ...more.map((line) => `${indent}    ${line}`),
    ...(command === undefined ? [] : command.split('\n').map((line) => `${indent}      ${line}`)),
    ...children.flatMap((child) => stepLines(child, `${indent}  `)),
  ];
}

/** The verdict as the last line. */
export function verdictLine(
  { overall, summary }: Pick<CheckReport, 'overall' | 'summary'>,
  language: ReportLanguage,
): string {
  return `${STATUS_SIGNS[overall]} ${CHECK_WORDS[language].overall[overall]}: ${summary}`;
}
