/**
 * Holds the protocol core against conversations recorded from real servers, and against objects real serializers wrote.
 *
 *   node scripts/test-recordings.ts [DIR…] [--clixml DIR] [--engine DIR]
 *
 * DIR holds recordings in pypsrp's YAML format, --clixml dumps of Export-Clixml, --engine lines of {type, text,
 * properties, clixml}. Any folder of these formats will do. The last line counts; the exit code is 1 if something failed.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readCommandLine, refuseCommandLine } from './command-line.ts';
import { checkDump, checkEngineFile } from './recordings/dumps.ts';
import { isAboutPsrp, readEnvelope, readRecording } from './recordings/recording.ts';
import { replay } from './recordings/replay.ts';

const counts = { passed: 0, failed: 0, skipped: 0 };
let otherProtocols = 0;

function check(name: string, run: () => { text: string }): void {
  try {
    const { text } = run();
    counts.passed++;
    console.log(`ok   ${name}: ${text}`);
  } catch (error) {
    counts.failed++;
    console.log(`FAIL ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function filesIn(directory: string, ending: RegExp): string[] {
  return readdirSync(directory)
    .filter((file) => ending.test(file))
    .sort()
    .map((file) => join(directory, file));
}

function checkRecording(file: string): { text: string } {
  const exchanges = readRecording(file);
  const envelopes = exchanges.flatMap(({ request, response }) => (response === null ? [request] : [request, response]));
  for (const xml of envelopes) readEnvelope(xml);
  if (!isAboutPsrp(exchanges)) {
    // Another protocol over the same envelopes: there is no PSRP to replay, its envelopes must be readable all the same.
    otherProtocols += 1;
    return { text: `no PSRP inside, ${envelopes.length} envelopes read` };
  }
  const { requests, events, pipelines, faults, dropped } = replay(exchanges);
  const extra = dropped === 0 ? '' : `, ${dropped} streams of a foreign command dropped`;
  return { text: `${requests} requests, ${events} events, ${pipelines} pipelines, ${faults} faults${extra}` };
}

const USAGE = `
npm run test:recordings -- [DIR…] [--clixml DIR] [--engine DIR]

Holds the protocol core against recorded conversations and serialized objects. Exit code 1 if something failed.

  DIR            recordings in pypsrp's YAML format
  --clixml DIR   dumps of Export-Clixml
  --engine DIR   lines of {type, text, properties, clixml}
`;
const { values, positionals } = readCommandLine(
  USAGE,
  { clixml: { type: 'string', multiple: true }, engine: { type: 'string', multiple: true } },
  true,
);
if (positionals.length === 0 && !values.clixml && !values.engine) refuseCommandLine('No folder was named.', USAGE);
for (const directory of positionals) {
  // A leading underscore marks the template that explains the format.
  for (const file of filesIn(directory, /^[^_].*\.ya?ml$/)) check(basename(file), () => checkRecording(file));
}
for (const directory of values.clixml ?? []) {
  for (const file of filesIn(directory, /\.xml$/i)) check(basename(file), () => ({ text: checkDump(file) }));
}
for (const directory of values.engine ?? []) {
  for (const file of filesIn(directory, /\.jsonl$/)) check(basename(file), () => ({ text: checkEngineFile(file) }));
}
if (otherProtocols > 0) console.log(`${otherProtocols} recordings carry no PSRP: their envelopes were read`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
