/** `exchange-connector exchange`: runs one catalogued cmdlet, or tests the connection, over the same code as the nodes. */
import type { PlainObject } from '../clixml/value.ts';
import { asConnectorError, isConnectorError } from '../errors.ts';
import { CMDLETS } from '../exchange/cmdlets/catalogue.ts';
import { checkCall } from '../exchange/cmdlets/check-call.ts';
import { checkExchange } from '../exchange/check/check-exchange.ts';
import type { ExchangeToCheck } from '../exchange/check/check-exchange.ts';
import { openExchange } from '../exchange/open-exchange.ts';
import type { ExchangeServerOptions, RemotePowerShellServer } from '../exchange/open-exchange.ts';
import type { CmdletCall } from '../exchange/transport.ts';
import { probeAuthentication } from '../http/probe-authentication.ts';
import { ExitCode, write } from './cli-io.ts';
import type { CliIo } from './cli-io.ts';
import { readExchangeArguments } from './exchange-arguments.ts';
import type { ExchangeOptions } from './exchange-arguments.ts';
import { fileOf, secretOf } from './given-values.ts';
import { checkLanguageOf, printCheck } from './print-check.ts';
import { TablePrinter } from './print-records.ts';
import { ProgressLine } from './progress-line.ts';
import { errorLine, reportError, UsageError } from './report-error.ts';
import { safeJson, safeText } from './safe-text.ts';

/** Shown by --help and with a wrong command line. */
function exchangeUsage(): string {
  const cmdlets = [...CMDLETS.values()].map(({ name, summary, effect }) => {
    return `  ${name.padEnd(36)}${summary}${effect === 'destructive' ? ' (needs --allow-destructive)' : ''}`;
  });
  return `Usage: exchange-connector exchange --url URL [options] <Cmdlet> [--Parameter value]... [--json]
       exchange-connector exchange --url URL [options] --check [--json]

Runs one cmdlet on an Exchange server and prints its objects, or tests the connection.

Connection:
  --url URL               https://host/PowerShell/; several: tried in order
  --auth METHOD           basic, ntlm, kerberos or certificate; default: what the server offers
  --username NAME         user, DOMAIN\\user or user@domain
  --password-env VAR      environment variable with the password
  --ca FILE               certificate authorities to trust (PEM)
  --cert FILE --key FILE  client certificate (PEM); --passphrase-env VAR if the key has one
  --server-name NAME      name the certificate is checked against
  --realm NAME            Kerberos realm, if the user name does not say it
  --spn NAME              Kerberos service name; default HTTP@host
  --proxy URL             HTTP proxy
Exchange Online instead of --url:
  --tenant ID --client-id ID --client-secret-env VAR

Output:
  --json                  one JSON object a line; otherwise a table
  --check                 for the first hour: name, TLS, sign-in, session, organization, scope, rights, throttling policy, clock,
                          mailboxes, devices, time of a full sync; each with what to do. It changes nothing
  --language LANGUAGE     of the report of --check: en or de; default en
  --sessions N            sessions that the nodes shall open (for --check); default 2
  --allow-destructive     allow Remove-MobileDevice and Clear-MobileDevice

Parameters begin with a capital letter and stand after the cmdlet: --Mailbox GUID, --ResultSize 10, --ActiveSync,
--Filter "DeviceType -eq 'iPhone'", --ActiveSyncBlockedDeviceIDs:Add ID, --ActiveSyncBlockedDeviceIDs:Remove ID.
Mailboxes and devices are named by GUID or distinguished name.

Cmdlets:
${cmdlets.join('\n')}
`;
}

/**
 * Runs the command.
 * @param argv arguments after `exchange`
 * @returns exit code: 0 without an error record, 1 with one, 2 for a wrong command line, 130 when stopped
 */
export async function exchangeCommand(argv: readonly string[], io: CliIo): Promise<number> {
  const progress = new ProgressLine(io.stderr, io.isTerminal);
  try {
    const { options, call } = readExchangeArguments(argv);
    if (options.help) {
      await write(io.stdout, exchangeUsage());
      return ExitCode.ok;
    }
    if (options.check) {
      const server = await toCheck(options, io);
      const how = { json: options.json, language: checkLanguageOf(options.language) };
      return await printCheck((listeners) => checkExchange(server, listeners), how, io, progress);
    }
    if (call === null) throw new UsageError('No cmdlet was given.');
    return await runCall(call, options, io, progress);
  } catch (error) {
    progress.clear();
    return reportError(error, 'exchange', io);
  } finally {
    progress.clear();
  }
}

const ONE_DOMAIN =
  'warning ERR_EXCHANGE_CMDLET_UNKNOWN: The account may not run Set-ADServerSettings with -ViewEntireForest, so only the domain of the Exchange servers is seen.\n';

async function runCall(call: CmdletCall, options: ExchangeOptions, io: CliIo, progress: ProgressLine): Promise<number> {
  const allowDestructive = options.allowDestructive;
  // Refused before anything is opened.
  const checked = checkCall(call, { allowDestructive });
  const exchange = openExchange({ ...(await serverOf(options, io)), allowDestructive, sessions: 1 });
  let errors = 0;
  let records = 0;
  const print = printer(checked.cmdlet, options.json, io);
  const say = (line: string) => {
    progress.clear();
    io.stderr.write(line);
  };
  try {
    const objects = exchange.invoke(checked, {
      signal: io.signal,
      onWarning: (text) => say(`warning ERR_EXCHANGE_WARNING: ${safeText(text)}\n`),
      onView: (view) => {
        if (view === 'refused') say(ONE_DOMAIN);
      },
      onProgress: (activity, percent) =>
        progress.show(`${safeText(activity)}${percent === null ? '' : ` ${percent} %`}`),
      onError: (error) => {
        errors++;
        say(errorLine(asConnectorError(error)));
      },
    });
    for await (const object of objects) {
      progress.show(`${checked.cmdlet}: ${++records} objects`);
      await print(object, progress);
    }
    await print(null, progress);
  } finally {
    await exchange.close();
  }
  return errors > 0 ? ExitCode.failed : ExitCode.ok;
}

/** Prints one object; null at the end. */
function printer(
  cmdlet: string,
  json: boolean,
  io: CliIo,
): (object: PlainObject | null, progress: ProgressLine) => Promise<void> {
  const table = new TablePrinter(cmdlet, io.columns);
  return async (object, progress) => {
    const lines = object === null ? (json ? [] : table.end()) : json ? [safeJson(object)] : table.add(object);
    if (lines.length === 0) return;
    progress.clear();
    await write(io.stdout, `${lines.join('\n')}\n`);
  };
}

/** What --check is about: without an account what needs none. */
async function toCheck(options: ExchangeOptions, io: CliIo): Promise<ExchangeToCheck> {
  if (options.tenant !== null || hasCredentials(options)) {
    const server = await serverOf({ ...options, auth: await authToCheck(options, io) }, io);
    return { ...server, ...(options.sessions !== null && { sessions: options.sessions }) };
  }
  return { kind: 'remote-powershell', urls: urlsOf(options), ...sharedOf(options, io) };
}

/** What keeps the server from saying which sign-in it offers is what the report is about, so it is no error here. */
async function authToCheck(options: ExchangeOptions, io: CliIo): Promise<ExchangeOptions['auth']> {
  if (options.auth !== null || options.tenant !== null) return options.auth;
  const [url = ''] = urlsOf(options);
  try {
    return await offeredAuth(url, options, sharedOf(options, io), io.signal);
  } catch (error) {
    if (!isConnectorError(error) || error.code === 'ERR_ABORTED') throw error;
    return 'ntlm';
  }
}

async function serverOf(options: ExchangeOptions, io: CliIo): Promise<ExchangeServerOptions> {
  if (options.tenant === null) return powerShellServer(options, io);
  if (options.urls.length > 0)
    throw new UsageError('--tenant is for Exchange Online, --url for a server of your own; not both.');
  const { onlineUrl, authorityUrl } = options;
  return {
    kind: 'exchange-online',
    tenantId: options.tenant,
    clientId: options.clientId ?? '',
    clientSecret: secretOf(options.clientSecretEnv, 'client-secret-env', io) ?? '',
    ...(onlineUrl !== null && { onlineUrl }),
    ...(authorityUrl !== null && { authorityUrl }),
    ...sharedOf(options, io),
  };
}

function hasCredentials({ username, auth }: ExchangeOptions): boolean {
  return username !== null || auth === 'kerberos' || auth === 'certificate';
}

async function powerShellServer(options: ExchangeOptions, io: CliIo): Promise<RemotePowerShellServer> {
  const urls = urlsOf(options);
  const password = secretOf(options.passwordEnv, 'password-env', io);
  if (options.username !== null && password === null && options.auth !== 'kerberos')
    throw new UsageError('--username needs --password-env, unless --auth kerberos has its ticket already.');
  const shared = sharedOf(options, io);
  return {
    kind: 'remote-powershell',
    urls,
    auth: options.auth ?? (await offeredAuth(urls[0] as string, options, shared, io.signal)),
    ...(options.username !== null && { username: options.username }),
    ...(password !== null && { password }),
    ...(options.realm !== null && { realm: options.realm }),
    ...(options.spn !== null && { spn: options.spn }),
    ...shared,
  };
}

/** The best method that server and credentials allow: a certificate; with a password NTLM, Basic, Kerberos; else Kerberos. */
async function offeredAuth(
  url: string,
  options: ExchangeOptions,
  shared: ReturnType<typeof sharedOf>,
  signal: AbortSignal,
): Promise<RemotePowerShellServer['auth']> {
  if (options.username === null) return options.cert === null ? 'kerberos' : 'certificate';
  const { offered, methods } = await probeAuthentication(url, { ...shared, signal });
  if (offered.includes('ntlm')) return 'ntlm';
  // Negotiate alone may mean Kerberos only, so Basic goes before it.
  return (['basic', 'ntlm', 'kerberos'] as const).find((method) => methods.includes(method)) ?? 'basic';
}

function sharedOf(options: ExchangeOptions, io: CliIo): Pick<RemotePowerShellServer, 'tls' | 'proxy'> {
  const ca = fileOf(options.ca, 'ca');
  const cert = fileOf(options.cert, 'cert');
  const key = fileOf(options.key, 'key');
  const passphrase = secretOf(options.passphraseEnv, 'passphrase-env', io);
  return {
    tls: {
      ...(ca !== null && { ca }),
      ...(cert !== null && { cert }),
      ...(key !== null && { key }),
      ...(passphrase !== null && { passphrase }),
      ...(options.serverName !== null && { servername: options.serverName }),
    },
    ...(options.proxy !== null && { proxy: { url: options.proxy } }),
  };
}

function urlsOf(options: ExchangeOptions): readonly string[] {
  if (options.urls.length === 0) throw new UsageError('--url is missing.');
  for (const url of options.urls) if (!URL.canParse(url)) throw new UsageError(`--url ${url} is not an address.`);
  return options.urls;
}
