/** Reads the arguments of `exchange-connector exchange`. Pure. */
import { CMDLETS } from '../exchange/cmdlets/catalogue.ts';
import type { CmdletSpec } from '../exchange/cmdlets/catalogue.ts';
import type { CmdletCall, CmdletValue } from '../exchange/transport.ts';
import { UsageError } from './report-error.ts';

/** Options of the command itself: lower case, so that they are never taken for a cmdlet's. */
export interface ExchangeOptions {
  readonly urls: readonly string[];
  readonly auth: 'basic' | 'ntlm' | 'kerberos' | 'certificate' | null;
  readonly username: string | null;
  readonly passwordEnv: string | null;
  readonly realm: string | null;
  readonly spn: string | null;
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly passphraseEnv: string | null;
  readonly serverName: string | null;
  readonly proxy: string | null;
  readonly tenant: string | null;
  readonly clientId: string | null;
  readonly clientSecretEnv: string | null;
  readonly onlineUrl: string | null;
  readonly authorityUrl: string | null;
  /** With --check: how many the nodes shall open. */
  readonly sessions: number | null;
  /** With --check: of its report. */
  readonly language: string | null;
  readonly json: boolean;
  readonly check: boolean;
  readonly help: boolean;
  readonly allowDestructive: boolean;
}

export interface ExchangeArguments {
  readonly options: ExchangeOptions;
  /** Null with --check and --help. */
  readonly call: CmdletCall | null;
}

const AUTH = ['basic', 'ntlm', 'kerberos', 'certificate'] as const;
const TEXT_OPTIONS = [
  'url',
  'auth',
  'username',
  'password-env',
  'realm',
  'spn',
  'ca',
  'cert',
  'key',
  'passphrase-env',
  'server-name',
  'proxy',
  'tenant',
  'client-id',
  'client-secret-env',
  'online-url',
  'authority-url',
  'sessions',
  'language',
] as const;
const FLAGS = ['json', 'check', 'help', 'allow-destructive'] as const;

/**
 * Reads the arguments after `exchange`. A name with a capital letter is a parameter of the cmdlet, and stands after it.
 * @throws UsageError
 */
export function readExchangeArguments(argv: readonly string[]): ExchangeArguments {
  const texts = new Map<string, string[]>();
  const flags = new Set<string>();
  let parameters: ParameterReader | null = null;
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] as string;
    if (!argument.startsWith('-')) {
      if (parameters !== null) throw new UsageError(`"${argument}" is neither an option nor a parameter's value.`);
      parameters = new ParameterReader(cmdletOf(argument));
      continue;
    }
    const { name, value } = argument === '-h' ? { name: 'help', value: null } : splitOption(argument);
    if (/^[A-Z]/.test(name)) {
      if (parameters === null) throw new UsageError(`--${name} stands before the cmdlet it belongs to.`);
      at += parameters.take(name, value, argv[at + 1]);
    } else if ((FLAGS as readonly string[]).includes(name)) {
      if (value !== null) throw new UsageError(`--${name} takes no value.`);
      flags.add(name);
    } else {
      const text = value ?? argv[++at];
      if (!(TEXT_OPTIONS as readonly string[]).includes(name)) throw new UsageError(`There is no option --${name}.`);
      if (text === undefined) throw new UsageError(`--${name} needs a value.`);
      texts.set(name, [...(texts.get(name) ?? []), text]);
    }
  }
  const options = optionsOf(texts, flags);
  if (parameters === null && !options.check && !options.help) throw new UsageError('No cmdlet was given.');
  return { options, call: parameters?.call() ?? null };
}

function optionsOf(texts: ReadonlyMap<string, readonly string[]>, flags: ReadonlySet<string>): ExchangeOptions {
  const one = (name: (typeof TEXT_OPTIONS)[number]): string | null => {
    const values = texts.get(name) ?? [];
    if (values.length > 1) throw new UsageError(`--${name} was given more than once.`);
    return values[0] ?? null;
  };
  const auth = one('auth');
  if (auth !== null && !(AUTH as readonly string[]).includes(auth))
    throw new UsageError(`--auth is one of ${AUTH.join(', ')}.`);
  return {
    urls: texts.get('url') ?? [],
    auth: auth as ExchangeOptions['auth'],
    username: one('username'),
    passwordEnv: one('password-env'),
    realm: one('realm'),
    spn: one('spn'),
    ca: one('ca'),
    cert: one('cert'),
    key: one('key'),
    passphraseEnv: one('passphrase-env'),
    serverName: one('server-name'),
    proxy: one('proxy'),
    tenant: one('tenant'),
    clientId: one('client-id'),
    clientSecretEnv: one('client-secret-env'),
    onlineUrl: one('online-url'),
    authorityUrl: one('authority-url'),
    sessions: sessionsOf(one('sessions')),
    language: one('language'),
    json: flags.has('json'),
    check: flags.has('check'),
    help: flags.has('help'),
    allowDestructive: flags.has('allow-destructive'),
  };
}

function sessionsOf(text: string | null): number | null {
  if (text === null) return null;
  if (!/^[1-9]\d?$/.test(text)) throw new UsageError('--sessions is a number from 1 to 99.');
  return Number(text);
}

/** `--name`, `--name=value`, and for cmdlet parameters also PowerShell's single dash. */
function splitOption(argument: string): { name: string; value: string | null } {
  const match = /^(--?)([^=]+)(?:=([^]*))?$/.exec(argument);
  if (match === null || (match[1] === '-' && !/^[A-Z]/.test(match[2] ?? '')))
    throw new UsageError(`There is no option ${argument}.`);
  return { name: match[2] ?? '', value: match[3] ?? null };
}

function cmdletOf(name: string): CmdletSpec {
  const spec = CMDLETS.get(name.toLowerCase());
  if (spec) return spec;
  throw new UsageError(
    `"${name}" is not a cmdlet this command runs. It runs: ${[...CMDLETS.values()].map((one) => one.name).join(', ')}.`,
  );
}

/** Collects the parameters of one cmdlet, each by its type in the catalogue. */
class ParameterReader {
  readonly #spec: CmdletSpec;
  readonly #parameters = new Map<string, CmdletValue>();

  constructor(spec: CmdletSpec) {
    this.#spec = spec;
  }

  /** Takes a parameter. @returns how many further arguments it used */
  take(given: string, inline: string | null, next: string | undefined): 0 | 1 {
    const [base = '', edit, ...rest] = given.split(':');
    const name = Object.keys(this.#spec.parameters).find((known) => known.toLowerCase() === base.toLowerCase());
    if (name === undefined || rest.length > 0)
      throw new UsageError(`${this.#spec.name} has no parameter --${given} here.`);
    const type = this.#spec.parameters[name];
    if (type === 'switch' && inline === null) {
      this.#set(name, true);
      return 0;
    }
    const value = inline ?? next;
    if (value === undefined || (inline === null && value.startsWith('--')))
      throw new UsageError(`--${given} needs a value.`);
    if (type === 'edit') this.#edit(name, edit, value);
    else if (edit !== undefined) throw new UsageError(`--${name} cannot be edited with :Add or :Remove.`);
    else if (type === 'texts')
      this.#parameters.set(name, [...((this.#parameters.get(name) as string[] | undefined) ?? []), value]);
    else this.#set(name, typed(name, type, value));
    return inline === null ? 1 : 0;
  }

  call(): CmdletCall {
    return { cmdlet: this.#spec.name, parameters: Object.fromEntries(this.#parameters) };
  }

  #set(name: string, value: CmdletValue): void {
    if (this.#parameters.has(name)) throw new UsageError(`--${name} was given more than once.`);
    this.#parameters.set(name, value);
  }

  #edit(name: string, edit: string | undefined, value: string): void {
    const word = (['Add', 'Remove'] as const).find((known) => known.toLowerCase() === edit?.toLowerCase());
    if (word === undefined) throw new UsageError(`--${name} is edited with --${name}:Add and --${name}:Remove.`);
    const known = (this.#parameters.get(name) ?? {}) as { Add?: readonly string[]; Remove?: readonly string[] };
    this.#parameters.set(name, { ...known, [word]: [...(known[word] ?? []), value] });
  }
}

function typed(name: string, type: string | undefined, value: string): CmdletValue {
  if (type === 'size') return /^\d+$/.test(value) ? Number(value) : value;
  if (type !== 'switch' && type !== 'bool') return value;
  const word = value.replace(/^\$/, '').toLowerCase();
  if (word !== 'true' && word !== 'false') throw new UsageError(`--${name} is true or false.`);
  return word === 'true';
}
