/** `exchange-connector mdm`: whether the connector can read an MDM tenant, by the same code as the nodes. */
import { parseArgs } from 'node:util';
import { checkTenant } from '../graph/check/check-tenant.ts';
import { CLOUDS } from '../graph/clouds.ts';
import type { GraphCloud } from '../graph/clouds.ts';
import type { GraphOptions } from '../graph/open-graph.ts';
import { ExitCode, write } from './cli-io.ts';
import type { CliIo } from './cli-io.ts';
import { fileOf, secretOf } from './given-values.ts';
import { checkLanguageOf, printCheck } from './print-check.ts';
import { ProgressLine } from './progress-line.ts';
import { reportError, UsageError } from './report-error.ts';

const USAGE = `Usage: exchange-connector mdm --check --tenant ID --client-id ID --client-secret-env VAR [options]
       exchange-connector mdm --check --tenant ID --client-id ID --cert FILE --key FILE [options]

Says step by step whether the connector can read Microsoft Intune: sign-in, permissions of the application, whether Intune
answers, devices that are hidden, the clock; each with what to do. It only reads.

  --tenant ID             id of the tenant, or one of its domain names
  --client-id ID          the application
  --client-secret-env VAR environment variable with the secret
  --cert FILE --key FILE  the application's certificate and private key (PEM); --passphrase-env VAR if the key has one
  --cloud NAME            ${Object.keys(CLOUDS).join(', ')}; default global
  --graph-url URL --authority-url URL   other addresses than those of a cloud
  --ca FILE               certificate authorities to trust (PEM)
  --proxy URL             HTTP proxy
  --json                  the report as one object
  --language LANGUAGE     of the report: en or de; default en
`;

const OPTIONS = {
  check: { type: 'boolean' },
  json: { type: 'boolean' },
  language: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  tenant: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret-env': { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  'passphrase-env': { type: 'string' },
  cloud: { type: 'string' },
  'graph-url': { type: 'string' },
  'authority-url': { type: 'string' },
  ca: { type: 'string' },
  proxy: { type: 'string' },
} as const;

/**
 * Runs the command.
 * @param argv arguments after `mdm`
 * @returns exit code: 1 if the connector cannot read the tenant, 2 for a wrong command line, 130 when stopped
 */
export async function mdmCommand(argv: readonly string[], io: CliIo): Promise<number> {
  const progress = new ProgressLine(io.stderr, io.isTerminal);
  try {
    const values = valuesOf(argv);
    if (values.help === true) {
      await write(io.stdout, USAGE);
      return ExitCode.ok;
    }
    if (values.check !== true) throw new UsageError('--check is missing.');
    const graph = tenantOf(values, io);
    const check = (listeners: Parameters<Parameters<typeof printCheck>[0]>[0]) =>
      checkTenant({ kind: 'intune', graph }, listeners);
    const language = checkLanguageOf(values.language ?? null);
    return await printCheck(check, { json: values.json === true, language }, io, progress);
  } catch (error) {
    progress.clear();
    return reportError(error, 'mdm', io);
  } finally {
    progress.clear();
  }
}

type Values = ReturnType<typeof parse>;

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
}

function valuesOf(argv: readonly string[]): Values {
  try {
    return parse(argv);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function tenantOf(values: Values, io: CliIo): GraphOptions {
  const needed = (option: 'tenant' | 'client-id'): string => {
    const value = values[option];
    if (value === undefined) throw new UsageError(`--${option} is missing.`);
    return value;
  };
  const secret = secretOf(values['client-secret-env'] ?? null, 'client-secret-env', io);
  const certificate = fileOf(values.cert ?? null, 'cert');
  const privateKey = fileOf(values.key ?? null, 'key');
  const passphrase = secretOf(values['passphrase-env'] ?? null, 'passphrase-env', io);
  const ca = fileOf(values.ca ?? null, 'ca');
  if ((secret === null) === (certificate === null))
    throw new UsageError('Give either --client-secret-env, or --cert and --key.');
  return {
    ...cloudOf(values),
    tenantId: needed('tenant'),
    clientId: needed('client-id'),
    authMethod: secret === null ? 'certificate' : 'secret',
    ...(secret !== null && { clientSecret: secret }),
    ...(certificate !== null && { certificate }),
    ...(privateKey !== null && { privateKey }),
    ...(passphrase !== null && { privateKeyPassphrase: passphrase }),
    ...(ca !== null && { tls: { ca } }),
    ...(values.proxy !== undefined && { proxy: { url: values.proxy } }),
  };
}

function cloudOf(values: Values): Pick<GraphOptions, 'cloud' | 'graphUrl' | 'authorityUrl'> {
  const { cloud, 'graph-url': graphUrl, 'authority-url': authorityUrl } = values;
  if (graphUrl !== undefined || authorityUrl !== undefined) {
    if (cloud !== undefined) throw new UsageError('--cloud has its addresses; give it, or addresses, not both.');
    return {
      cloud: 'custom',
      ...(graphUrl !== undefined && { graphUrl }),
      ...(authorityUrl !== undefined && { authorityUrl }),
    };
  }
  if (cloud !== undefined && !Object.hasOwn(CLOUDS, cloud))
    throw new UsageError(`--cloud is one of ${Object.keys(CLOUDS).join(', ')}.`);
  return { cloud: (cloud ?? 'global') as GraphCloud };
}
