/** "Test" of a dialog, as the dialog asks for it. */
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import type { CheckBranch } from '../../src/model/check-report.ts';
import type { RunningFlow } from './node-red.ts';

/** As Node-RED's editor names a secret that nobody touched. */
export const UNTOUCHED = '__PWRD__';

/** One line of an answer. */
export interface TestLine {
  readonly step?: CheckBranch;
  readonly progress?: string;
  readonly report?: CheckBranch;
  readonly error?: { readonly code: string; readonly text: string };
}

export interface TestAnswer {
  readonly status: number;
  readonly text: string;
  readonly lines: readonly TestLine[];
}

/** Asks; the helper's own server knows nothing of the editor's routes. */
export async function askTest(flow: RunningFlow, type: string, body: unknown): Promise<TestAnswer> {
  const { _app, _httpAdmin } = helper as unknown as { _app: { use(handler: unknown): void }; _httpAdmin: unknown };
  _app.use(_httpAdmin);
  const answer = await fetch(`${flow.url}/${type}/check`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TestLine);
  return { status: answer.status, text, lines };
}

/** The report, which is the last line. */
export function reportOf({ lines }: TestAnswer): CheckBranch {
  return lines.at(-1)?.report ?? assert.fail(JSON.stringify(lines));
}

/** `status title` of each step of the report. */
export function stepsOf(answer: TestAnswer): string[] {
  return reportOf(answer).children.map(({ status, title }) => `${status} ${title}`);
}
