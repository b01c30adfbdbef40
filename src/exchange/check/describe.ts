/** The report in words: as a tree for the dialog, as lines for the command line. No I/O here. */
import { STATUS_SIGNS } from '../../model/check-status.ts';
import type { Overall, StepStatus } from '../../model/check-status.ts';
import type { ExchangeReport, ReportStep } from './report.ts';

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

/** The whole report: verdict first. */
export function treeOf(report: ExchangeReport): CheckBranch {
  return {
    status: report.overall,
    word: OVERALL_WORDS[report.overall],
    title: 'Exchange server',
    seen: report.summary,
    children: report.steps.map(stepBranch),
  };
}

/** One step with all below it. */
export function stepBranch(step: ReportStep): CheckBranch {
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
export function stepLines(step: ReportStep, indent = ''): string[] {
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
export function verdictLine({ overall, summary }: ExchangeReport): string {
  return `${STATUS_SIGNS[overall]} ${OVERALL_WORDS[overall]}: ${summary}`;
}
