/** The report of a first hour, of whatever is checked: findings as lines, a tree for dialogs, text for terminals. No I/O here. */
import { ERROR_HELP } from '../errors.ts';
import type { ConnectorError, ErrorCode } from '../errors.ts';
import { STATUS_SIGNS } from './check-status.ts';
import type { Overall, StepStatus } from './check-status.ts';

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

/** What a step found. Texts come partly from foreign servers: show them as text. */
export interface CheckFinding<V extends string> {
  readonly verdict: V;
  /** What was seen, in sentences. */
  readonly seen: string;
  /** Of the error that tells why. */
  readonly code?: ErrorCode;
  readonly blanks?: Blanks;
  readonly children?: readonly (CheckFinding<V> & { readonly title: string })[];
}

/** One line of a report. */
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
  const { verdict, seen, code, blanks = {}, children = [] } = finding;
  const { status, says, remedy, command } = rules.entryOf(verdict);
  return {
    id,
    title,
    status,
    verdict,
    says,
    seen: plain(rules.redact(seen)),
    ...(code === undefined ? {} : { code }),
    ...(remedy === undefined ? {} : { remedy: plain(filled(remedy, blanks)) }),
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

/** The sentence of a report. @param of what the connector works with: "this Exchange" */
export function summaryOf(overall: Overall, first: CheckStep | undefined, of: string): string {
  const words: Readonly<Record<Overall, string>> = {
    healthy: `The connector can work with ${of}.`,
    warning: `The connector can work with ${of}; look at`,
    broken: `The connector cannot work with ${of} yet; look at`,
    unknown: `Whether the connector can work with ${of} was not proven; look at`,
  };
  return first === undefined ? words[overall] : `${words[overall]} ${first.title}: ${first.says}.`;
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

const WORDS: Readonly<Record<StepStatus, string>> = {
  ok: 'ok',
  warning: 'warning',
  error: 'error',
  unknown: 'unknown',
  skipped: 'left out',
};

const OVERALL_WORDS: Readonly<Record<Overall, string>> = {
  healthy: 'ready',
  warning: 'ready, with a warning',
  broken: 'not ready',
  unknown: 'not proven',
};

/** The whole report: verdict first. @param title what was checked */
export function treeOf(report: CheckReport, title: string): CheckBranch {
  return {
    status: report.overall,
    word: OVERALL_WORDS[report.overall],
    title,
    seen: report.summary,
    children: report.steps.map(stepBranch),
  };
}

/** One step with all below it. */
export function stepBranch(step: CheckStep): CheckBranch {
  const { status, title, says, seen, code, remedy, command, children = [] } = step;
  return {
    status,
    word: WORDS[status],
    title: `${title}: ${says}`,
    seen,
    ...(code === undefined ? {} : { finding: 'Error', code }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(command === undefined ? {} : { command }),
    children: children.map(stepBranch),
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
export function verdictLine({ overall, summary }: Pick<CheckReport, 'overall' | 'summary'>): string {
  return `${STATUS_SIGNS[overall]} ${OVERALL_WORDS[overall]}: ${summary}`;
}
