/** What the commands over the store have in common: arguments, opening the store to read it, progress, output, exit code. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';
import { organizationsOf } from '../connector/listings/list-devices.ts';
import type { Progress } from '../connector/ports.ts';
import { loadStoreToRead } from '../store/load-store.ts';
import type { OpenStoreOptions, Store } from '../store/store.ts';
import { ExitCode, write } from './cli-io.ts';
import type { CliIo } from './cli-io.ts';
import { ProgressLine } from './progress-line.ts';
import { reportError, UsageError } from './report-error.ts';
import { safeJson, safeText } from './safe-text.ts';

/** Name of the store in Node-RED's user directory, as the connector store's dialog has it. */
const STORE_FILE = 'exchange-connector.sqlite';

/** What a command answers: the same facts as JSON and as lines for a person. */
export interface Listing {
  readonly json: unknown;
  /** @param columns columns of the terminal; null: none */
  lines(columns: number | null): readonly string[];
}

/** What a command has to work with. */
export interface ListingInput {
  readonly store: Store;
  /** The one argument without a name, if it was given. */
  readonly word: string | null;
  /** An option's values; none: it was not given. */
  readonly values: (option: string) => readonly string[];
  /** Absent: every organization. */
  readonly organization: string | undefined;
  /** Rows at most. */
  readonly limit: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** One command over the store. */
export interface ListingCommand {
  readonly name: string;
  /** Usage, the common options not included. */
  readonly usage: string;
  /** Its own options; each takes a value and may be given more than once. */
  readonly options: readonly string[];
  /** How many arguments without a name it takes. */
  readonly words: 0 | 1;
  /** Rows at most if nothing else is said. */
  readonly limit: number;
  /** Throws UsageError for what cannot be meant, before the store is opened. */
  check?(values: ListingInput['values'], word: string | null): void;
  list(input: ListingInput): Promise<Listing>;
}

const COMMON_USAGE = `Store (it is only read; a running Node-RED goes on):
  --store FILE            the store file; default: ${STORE_FILE} in the user directory
  --user-dir DIR          Node-RED's user directory; default: ~/.node-red. A relative FILE is meant in it
  --postgres-env VAR      environment variable with the address of a PostgreSQL store

Output:
  --organization ID       only this organization: the id of its "Exchange server" node
  --limit N               rows at most, or "all"
  --json                  one JSON document; otherwise a table

Exit codes: 0 done, 1 failed, 2 wrong command line, 130 stopped.
`;

const TEXTS = ['store', 'user-dir', 'postgres-env', 'organization', 'limit'] as const;
const FLAGS = ['json', 'help'] as const;
/** The one option with a short name. */
export const HELP = { type: 'boolean', short: 'h' } as const;

/**
 * Runs a command over the store.
 * @param argv arguments after the command's name
 * @returns exit code: 0, 1 when it failed, 2 for a wrong command line, 130 when stopped
 */
export async function runListing(command: ListingCommand, argv: readonly string[], io: CliIo): Promise<number> {
  const progress = new ProgressLine(io.stderr, io.isTerminal);
  try {
    const { word, values, isSet } = readArguments(command, argv);
    if (isSet('help')) {
      await write(io.stdout, `${command.usage}\n${COMMON_USAGE}`);
      return ExitCode.ok;
    }
    const limit = limitOf(one(values, 'limit'), command.limit);
    command.check?.(values, word);
    const store = await loadStoreToRead(storeOf(values, io));
    try {
      const organization = await knownOrganization(store, one(values, 'organization'));
      const listing = await command.list({
        store,
        word,
        values,
        organization,
        limit,
        now: io.now?.() ?? Date.now(),
        signal: io.signal,
        progress: (step, counts) => showProgress(progress, step, counts),
      });
      progress.clear();
      const lines = isSet('json') ? [safeJson(listing.json)] : listing.lines(io.columns);
      await write(io.stdout, lines.map((line) => `${line}\n`).join(''));
      return ExitCode.ok;
    } finally {
      await store.close();
    }
  } catch (error) {
    progress.clear();
    return reportError(error, command.name, io);
  } finally {
    progress.clear();
  }
}

interface Arguments {
  readonly word: string | null;
  readonly values: (option: string) => readonly string[];
  readonly isSet: (flag: (typeof FLAGS)[number]) => boolean;
}

function readArguments({ options, words }: ListingCommand, argv: readonly string[]): Arguments {
  const known: ParseArgsOptionsConfig = {
    ...Object.fromEntries([...TEXTS, ...options].map((name) => [name, { type: 'string', multiple: true } as const])),
    ...Object.fromEntries(FLAGS.map((name) => [name, { type: 'boolean' } as const])),
    help: HELP,
  };
  const { values, positionals } = parse(argv, known);
  if (positionals.length > words) throw new UsageError(`"${positionals[words]}" is one argument too many.`);
  return {
    word: positionals[0] ?? null,
    values: (option) => (values[option] ?? []) as readonly string[],
    isSet: (flag) => values[flag] === true,
  };
}

/** The arguments by name. Throws UsageError for what there is none of. */
export function parse(argv: readonly string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Its first sentence says what is wrong, the others are about the programming interface.
    throw new UsageError(`${(error as Error).message.split(/[.\n]/)[0]}.`);
  }
}

/** An option's one value; undefined: it was not given. Throws UsageError for several, and for an empty one. */
export function one(values: Arguments['values'], option: string): string | undefined {
  const given = values(option);
  if (given.length > 1) throw new UsageError(`--${option} was given more than once.`);
  if (given[0] === '') throw new UsageError(`--${option} needs a value.`);
  return given[0];
}

function limitOf(text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  if (text === 'all') return Number.MAX_SAFE_INTEGER;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError('--limit is a number from 1 up, or "all".');
}

/** The store that --store, --user-dir or --postgres-env name. Throws UsageError. */
export function storeOf(
  values: Arguments['values'],
  io: CliIo,
): Pick<OpenStoreOptions, 'engine' | 'path' | 'connection'> {
  const [file, userDir, variable] = [one(values, 'store'), one(values, 'user-dir'), one(values, 'postgres-env')];
  if (file !== undefined) refuseAddress(file, 'store', 'postgres-env');
  if (variable === undefined) {
    if (file !== undefined) return { engine: 'sqlite', path: resolve(userDir ?? '.', file) };
    return { engine: 'sqlite', path: resolve(userDir ?? join(homedir(), '.node-red'), STORE_FILE) };
  }
  if (file !== undefined || userDir !== undefined)
    throw new UsageError('--postgres-env goes with neither --store nor --user-dir.');
  return { engine: 'postgres', connection: addressIn(variable, 'postgres-env', io) };
}

/**
 * Throws UsageError for an address in the place of a file; it is not repeated, password and all.
 * @param option for the file
 * @param other option for a PostgreSQL
 */
export function refuseAddress(file: string, option: string, other: string): void {
  if (!/^[a-z][a-z0-9+.:-]*:\/\//i.test(file)) return;
  throw new UsageError(`--${option} takes the path of a file, not an address. --${other} names a PostgreSQL.`);
}

/** The address of a PostgreSQL that an environment variable holds. Throws UsageError. */
export function addressIn(variable: string, option: string, io: Pick<CliIo, 'env'>): string {
  const connection = io.env[variable];
  if (connection !== undefined && connection !== '') return connection;
  // What was given may be the address itself, password and all: it is not repeated.
  throw new UsageError(`--${option} names an environment variable that holds the address; it is not set.`);
}

async function knownOrganization(store: Store, wanted: string | undefined): Promise<string | undefined> {
  if (wanted === undefined) return undefined;
  const known = new Set(await organizationsOf(store));
  for (const { organization } of await store.plans.list()) known.add(organization);
  if (known.has(wanted)) return wanted;
  throw new UsageError(
    `There is no organization "${wanted}" in this store. Known: ${[...known].join(', ') || 'none'}.`,
  );
}

function showProgress(
  line: ProgressLine,
  step: string,
  { organization, devices, of }: Readonly<Record<string, number | string>> = {},
): void {
  const what = safeText(organization === undefined ? step : `${step} ${organization}`);
  if (devices === undefined) line.show(what);
  else line.showWork(what, { done: Number(devices), total: Number(of), unit: 'devices' });
}
