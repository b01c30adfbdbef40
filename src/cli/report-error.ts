/** How every command says what went wrong, and with which exit code it ends. */
import { asConnectorError } from '../errors.ts';
import type { ConnectorError } from '../errors.ts';
import { ExitCode } from './cli-io.ts';
import type { CliIo } from './cli-io.ts';
import { safeText } from './safe-text.ts';

/** What is wrong with the command line, to be shown with the usage. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/**
 * Writes the error to stderr.
 * @param command the subcommand, whose `--help` is offered for a wrong command line
 * @returns 1; 2 for a wrong command line, 130 when stopped, 0 if only nobody reads any more
 */
export function reportError(error: unknown, command: string, io: CliIo): number {
  if (error instanceof UsageError) {
    io.stderr.write(`${safeText(error.message)}\nTry: exchange-connector ${command} --help\n`);
    return ExitCode.usage;
  }
  // Nobody reads any more: that is no failure of the command.
  if ((error as NodeJS.ErrnoException | null)?.code === 'EPIPE') return ExitCode.ok;
  const failure = asConnectorError(error);
  io.stderr.write(errorLine(failure));
  return io.signal.aborted || failure.code === 'ERR_ABORTED' ? ExitCode.interrupted : ExitCode.failed;
}

/** One line with code and text. */
export function errorLine(error: ConnectorError): string {
  return `error ${error.code}: ${safeText(error.message)}\n`;
}
