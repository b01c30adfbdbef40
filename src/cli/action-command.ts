/** Commands that are several actions over a store: picks what is done, and gives it arguments, progress and an exit code. */
import type { ParseArgsOptionsConfig } from 'node:util';
import { loadStoreCare } from '../store/load-store.ts';
import { ExitCode, write } from './cli-io.ts';
import type { CliIo } from './cli-io.ts';
import { HELP, one, parse, storeOf } from './listing.ts';
import { ProgressLine } from './progress-line.ts';
import { reportError, UsageError } from './report-error.ts';
import { safeJson } from './safe-text.ts';
import type { StoreAction } from './store-action.ts';

const COMMON_USAGE = `Store:
  --store FILE            the store file; default: exchange-connector.sqlite in the user directory
  --user-dir DIR          Node-RED's user directory; default: ~/.node-red. A relative FILE is meant in it
  --postgres-env VAR      environment variable with the address of a PostgreSQL store

Output:
  --json                  one JSON document

Exit codes: 0 done, 1 failed, 2 wrong command line, 130 stopped.
`;

const TEXTS = ['store', 'user-dir', 'postgres-env'];
const FLAGS = ['json'];

/** Runs one of the actions of a command. @param argv arguments after the command's name. @returns the exit code */
export async function runActions(
  command: string,
  actions: Readonly<Record<string, StoreAction>>,
  argv: readonly string[],
  io: CliIo,
): Promise<number> {
  const [name, ...rest] = argv;
  const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (name !== undefined && action !== undefined) return runAction(`${command} ${name}`, action, rest, io);
  const isHelp = name === '--help' || name === '-h' || name === 'help';
  if (!isHelp && name !== undefined) io.stderr.write(`There is no command ${JSON.stringify(`${command} ${name}`)}.\n`);
  await write(isHelp ? io.stdout : io.stderr, overview(command, actions));
  return isHelp ? ExitCode.ok : ExitCode.usage;
}

function overview(command: string, actions: Readonly<Record<string, StoreAction>>): string {
  const lines = Object.entries(actions).map(([word, { summary }]) => `  ${word.padEnd(12)}${summary}`);
  return `Usage: exchange-connector ${command} <command> [options]\n\nCommands:\n${lines.join('\n')}\n\nexchange-connector ${command} <command> --help says more.\n`;
}

async function runAction(name: string, action: StoreAction, argv: readonly string[], io: CliIo): Promise<number> {
  const progress = new ProgressLine(io.stderr, io.isTerminal);
  try {
    const { words, option, isSet, values } = readArguments(action, argv);
    if (isSet('help')) {
      await write(io.stdout, `${action.usage}\n${COMMON_USAGE}`);
      return ExitCode.ok;
    }
    const given = { words, option, isSet, io, now: io.now?.() ?? Date.now() };
    const missing = action.words[words.length];
    if (missing !== undefined) throw new UsageError(`The ${missing} is missing.`);
    action.check?.(given);
    const address = storeOf(values, io);
    const answer = await action.run({
      ...given,
      care: await loadStoreCare(),
      address,
      progress: (text, counts) => {
        if (counts === undefined) progress.show(text);
        else progress.showWork(text, { done: counts.rows, total: counts.of, unit: 'rows' });
      },
    });
    progress.clear();
    const lines = isSet('json') ? [safeJson(answer.json)] : answer.lines;
    await write(io.stdout, lines.map((line) => `${line}\n`).join(''));
    return answer.code ?? ExitCode.ok;
  } catch (error) {
    progress.clear();
    return reportError(error, name, io);
  }
}

function readArguments({ options, flags, words }: StoreAction, argv: readonly string[]) {
  const known: ParseArgsOptionsConfig = {
    ...Object.fromEntries([...TEXTS, ...options].map((name) => [name, { type: 'string', multiple: true } as const])),
    ...Object.fromEntries([...FLAGS, ...flags].map((name) => [name, { type: 'boolean' } as const])),
    help: HELP,
  };
  const { values, positionals } = parse(argv, known);
  if (positionals.length > words.length)
    throw new UsageError(`"${positionals[words.length]}" is one argument too many.`);
  const valuesOf = (option: string): readonly string[] => (values[option] ?? []) as readonly string[];
  return {
    words: positionals,
    values: valuesOf,
    option: (name: string) => one(valuesOf, name),
    isSet: (flag: string) => values[flag] === true,
  };
}
