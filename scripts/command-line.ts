/** The options of a script: `--help` prints how it is used, a wrong option is answered with the same, never with a stack. */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Exit code of a command line that nobody can follow, as of the package's own command. */
const WRONG_USAGE = 2;

/**
 * Reads this process's arguments as `parseArgs` of node:util does. Ends the process: with 0 after `--help`, with 2 after an
 * option or a word that is not known.
 * @param usage the whole help text; its first line is the call
 */
export function readCommandLine<const T extends Options>(usage: string, options: T, allowPositionals = false) {
  try {
    const read = parseArgs({ options: { ...options, help: { type: 'boolean' as const } }, allowPositionals });
    if ((read.values as { help?: boolean }).help !== true) return read;
    process.stdout.write(`${usage.trim()}\n`);
  } catch (error) {
    return refuseCommandLine(error instanceof Error ? error.message : String(error), usage);
  }
  return process.exit(0);
}

/** Says what is wrong with the command line, and how the script is used; ends the process with 2. */
export function refuseCommandLine(what: string, usage: string): never {
  process.stderr.write(`${what}\n\n${usage.trim()}\n`);
  return process.exit(WRONG_USAGE);
}
