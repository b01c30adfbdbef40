/** What the options of a command name: secrets of the environment, files. */
import { readFileSync } from 'node:fs';
import type { CliIo } from './cli-io.ts';
import { UsageError } from './report-error.ts';

/** The secret in an environment variable; null: no variable was given. @throws UsageError if it is not set */
export function secretOf(variable: string | null, option: string, io: CliIo): string | null {
  if (variable === null) return null;
  const value = io.env[variable];
  if (value === undefined || value === '')
    throw new UsageError(`--${option}: the environment variable ${variable} is not set.`);
  return value;
}

/** The text of a file; null: no file was given. @throws UsageError if it cannot be read */
export function fileOf(path: string | null, option: string): string | null {
  if (path === null) return null;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `--${option}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'no reason'}).`,
    );
  }
}
