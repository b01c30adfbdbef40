#!/usr/bin/env node
/** Entry point of the package's `bin`: gives the command the process's streams, and turns signals into an orderly stop. */
import { runCommand } from './run-command.ts';

const stop = new AbortController();
const onSignal = (): void => {
  // The second time the user means it.
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
};
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
// A reader that went away shows at the next write.
process.stdout.on('error', () => stop.abort());
process.stderr.on('error', () => undefined);

void runCommand(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  isTerminal: process.stderr.isTTY,
  columns: process.stdout.isTTY ? process.stdout.columns : null,
  signal: stop.signal,
}).then((code) => {
  process.off('SIGINT', onSignal);
  process.off('SIGTERM', onSignal);
  process.exitCode = code;
});
