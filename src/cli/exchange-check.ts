/** `exchange-connector exchange --check`: the report of the first hour, on a terminal or as JSON. */
import { checkExchange } from '../exchange/check/check-exchange.ts';
import type { ExchangeToCheck } from '../exchange/check/check-exchange.ts';
import { stepLines, verdictLine } from '../exchange/check/describe.ts';
import { ExitCode, write } from './cli-io.ts';
import type { CliIo } from './cli-io.ts';
import type { ProgressLine } from './progress-line.ts';
import { safeJson, safeText } from './safe-text.ts';

/**
 * Prints each step as it ends and the verdict as the last line; with `json` the report as one object.
 * @returns exit code: 1 if the connector cannot work with it; 0 also for what was not proven
 */
export async function checkCommand(
  server: ExchangeToCheck,
  { json }: { readonly json: boolean },
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
  const report = await checkExchange(server, {
    signal: io.signal,
    onProgress: (title, count) => progress.show(count === null ? `${title} …` : `${title}: ${count} read`),
    onStep: (step) => {
      if (!json) print(stepLines(step));
    },
  });
  await Promise.all(lines);
  progress.clear();
  await write(io.stdout, json ? `${safeJson(report)}\n` : `${safeText(verdictLine(report))}\n`);
  return report.overall === 'broken' ? ExitCode.failed : ExitCode.ok;
}
