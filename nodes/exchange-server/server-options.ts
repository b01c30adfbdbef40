/** From a server's properties and secrets to what Exchange is opened with. */
import type { ExchangeServerOptions } from '../../src/exchange/open-exchange.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { DirectoryDoor } from '../../src/ldap/connection.ts';
import { proxyOf, tlsOf } from '../connections.ts';
import type { Definition, Properties, RED } from '../red.ts';
import { choiceOf, flagOf, listOf, numberOf, textOf } from '../red.ts';

const KINDS = ['remote-powershell', 'exchange-online', 'simulated'] as const;
const AUTH = ['basic', 'ntlm', 'kerberos', 'certificate'] as const;

export type ServerKind = (typeof KINDS)[number];

/** The credentials of the node. */
export const SERVER_CREDENTIALS = {
  username: { type: 'text' },
  password: { type: 'password' },
  clientSecret: { type: 'password' },
  ldapUser: { type: 'text' },
  ldapPassword: { type: 'password' },
} as const;

export function kindOf(definition: Properties): ServerKind {
  return choiceOf(definition, 'kind', KINDS, 'remote-powershell');
}

export function authOf(definition: Properties): (typeof AUTH)[number] {
  return choiceOf(definition, 'auth', AUTH, 'kerberos');
}

/** What the fields say of a server or tenant. @throws ConnectorError ERR_CONFIG_INVALID, ERR_CONFIG_MISSING */
export function serverOptions(
  RED: RED,
  definition: Definition,
  credentials: Readonly<Record<string, string | undefined>>,
): ExchangeServerOptions {
  const tls = tlsOf(RED, definition);
  const proxy = proxyOf(RED, definition);
  const shared = { ...(tls === undefined ? {} : { tls }), ...(proxy === undefined ? {} : { proxy }) };
  const secret = (name: keyof typeof SERVER_CREDENTIALS): string => credentials[name] ?? '';
  if (kindOf(definition) === 'exchange-online') {
    return {
      kind: 'exchange-online',
      tenantId: textOf(definition, 'tenantId'),
      clientId: textOf(definition, 'clientId'),
      clientSecret: secret('clientSecret'),
      ...shared,
    };
  }
  const urls = listOf(definition, 'urls');
  if (urls.length === 0)
    throw new ConnectorError('ERR_CONFIG_INVALID', 'The Exchange server has no address in "Addresses".');
  const [realm, spn] = [textOf(definition, 'realm'), textOf(definition, 'spn')];
  return {
    kind: 'remote-powershell',
    urls,
    auth: authOf(definition),
    username: secret('username'),
    password: secret('password'),
    ...(realm === '' ? {} : { realm }),
    ...(spn === '' ? {} : { spn }),
    viewEntireForest: flagOf(definition, 'viewEntireForest', true),
    sessions: numberOf(definition, 'sessions', 2),
    silenceLimitMs: numberOf(definition, 'silenceLimit', 10) * 60_000,
    ...shared,
  };
}

/** The Active Directory that groups are read from; null: none is set. */
export function directoryDoor(
  definition: Properties,
  credentials: Readonly<Record<string, string | undefined>>,
): DirectoryDoor | null {
  const url = textOf(definition, 'ldapUrl');
  if (url === '' || kindOf(definition) !== 'remote-powershell') return null;
  return { url, username: credentials['ldapUser'] ?? '', password: credentials['ldapPassword'] ?? '' };
}
