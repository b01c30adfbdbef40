/** A report of the first hour on a terminal or as JSON: `exchange --check` and `mdm --check`. */
import { stepLines, verdictLine } from '../model/check-report.ts';
import type { CheckReport, CheckStep } from '../model/check-report.ts';
import { CHECK_WORDS } from '../model/check-words.ts';
import { REPORT_LANGUAGES } from '../model/say.ts';
import type { ReportLanguage } from '../model/say.ts';
import { ExitCode, write } from './cli-io.ts';
import { isOneOf } from './is-one-of.ts';
import { UsageError } from './report-error.ts';
import type { CliIo } from './cli-io.ts';
import type { ProgressLine } from './progress-line.ts';
import { safeJson, safeText } from './safe-text.ts';

/** Reads `--language`; without it English. @throws UsageError */
export function checkLanguageOf(given: string | null): ReportLanguage {
  if (given === null) return 'en';
  if (isOneOf(REPORT_LANGUAGES, given)) return given;
  throw new UsageError(`--language is one of ${REPORT_LANGUAGES.join(', ')}.`);
}

/** What a check is told with. */
interface Listeners {
  readonly language: ReportLanguage;
  readonly signal: AbortSignal;
  readonly onProgress: (title: string, count?: number | null) => void;
  readonly onStep: (step: CheckStep) => void;
}

/**
 * Prints each step as it ends and the verdict as the last line; with `json` the report as one object.
 * @returns exit code: 1 if the connector cannot work with it; 0 also for what was not proven
 */
export async function printCheck(
  check: (listeners: Listeners) => Promise<CheckReport>,
  { json, language }: { readonly json: boolean; readonly language: ReportLanguage },
  io: CliIo,
  progress: ProgressLine,
): Promise<number> {
  const lines: Promise<void>[] = [];
  const print = (texts: readonly string[]): void => {
    progress.clear();
    const line = write(io.stdout, texts.map((text) => `${safeText(text)}\n`).join(''));
    // Heard of below.
    line.catch(() => undefined);
    lines.push(line);
  };
  const report = await check({
    language,
    signal: io.signal,
    onProgress: (title, count = null) =>
      progress.show(count === null ? `${title} …` : `${title}: ${count} ${CHECK_WORDS[language].read}`),
    onStep: (step) => {
      if (!json) print(stepLines(step));
    },
  });
  await Promise.all(lines);
  progress.clear();
  await write(io.stdout, json ? `${safeJson(report)}\n` : `${safeText(verdictLine(report, language))}\n`);
  return report.overall === 'broken' ? ExitCode.failed : ExitCode.ok;
}
