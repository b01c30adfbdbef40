/** From an account's properties and secrets to what its mailer is opened with. */
import type { EwsAccountOptions } from '../../src/mail/ews.ts';
import type { SmtpAccountOptions } from '../../src/mail/smtp.ts';
import { tlsOf } from '../connections.ts';
import type { Definition, Properties, RED } from '../red.ts';
import { choiceOf, listOf, numberOf, textOf } from '../red.ts';

const TRANSPORTS = ['smtp', 'ews', 'simulated'] as const;
const EWS_AUTH = ['ntlm', 'basic', 'kerberos'] as const;

/** The credentials of the node. */
export const ACCOUNT_CREDENTIALS = { username: { type: 'text' }, password: { type: 'password' } } as const;

type Secrets = Readonly<Record<string, string | undefined>>;

/** An account over EWS; `ewsUrl` is empty where Autodiscover is asked. */
type EwsOptions = EwsAccountOptions & {
  readonly username: string;
  readonly auth: (typeof EWS_AUTH)[number];
  readonly allowedRedirects: readonly string[];
};

export function transportOf(definition: Properties): (typeof TRANSPORTS)[number] {
  return choiceOf(definition, 'transport', TRANSPORTS, 'smtp');
}

/** How it signs in to EWS. */
export function authOf(definition: Properties): (typeof EWS_AUTH)[number] {
  return choiceOf(definition, 'ewsAuth', EWS_AUTH, 'ntlm');
}

/** What the fields say of an account that is not simulated. @throws ConnectorError ERR_CONFIG_MISSING for a TLS configuration */
export function accountOptions(
  RED: RED,
  definition: Definition,
  credentials: Secrets,
): SmtpAccountOptions | EwsOptions {
  const { username = '', password = '' } = credentials;
  const tls = tlsOf(RED, definition);
  const displayName = textOf(definition, 'displayName');
  const shared = {
    address: textOf(definition, 'address'),
    ...(displayName === '' ? {} : { displayName }),
    ...(tls === undefined ? {} : { tls }),
    ratePerMinute: numberOf(definition, 'ratePerMinute', 5),
  };
  if (transportOf(definition) === 'ews') {
    const spn = textOf(definition, 'spn');
    return {
      transport: 'ews',
      username,
      password,
      auth: authOf(definition),
      ...(spn === '' ? {} : { spn }),
      ewsUrl: textOf(definition, 'ewsUrl'),
      allowedRedirects: listOf(definition, 'allowedRedirects'),
      ...shared,
    };
  }
  return {
    transport: 'smtp',
    host: textOf(definition, 'host'),
    port: numberOf(definition, 'port', 587),
    security: choiceOf(definition, 'security', ['starttls', 'tls', 'none'], 'starttls'),
    ...(username === '' ? {} : { username, password }),
    ...shared,
  };
}

/** What a person may change to make a refused sign-in work. */
export function signInFacts(definition: Properties, { username = '', password = '' }: Secrets): unknown[] {
  const properties = [
    'transport',
    'address',
    'host',
    'port',
    'security',
    'ewsUrl',
    'allowedRedirects',
    'ewsAuth',
    'spn',
  ];
  return [username, password, ...properties.map((property) => textOf(definition, property))];
}
