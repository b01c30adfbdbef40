/** The sign-in that a configuration chooses, as a session takes it. Pure. */
import { ConnectorError } from '../errors.ts';
import type { HttpAuth, TlsOptions } from './options.ts';

/** What a dialog asks for. */
export interface SignInChoice {
  readonly auth: 'basic' | 'ntlm' | 'negotiate-ntlm' | 'kerberos' | 'certificate';
  /** For all but kerberos and certificate. */
  readonly username?: string;
  readonly password?: string;
  /** For kerberos; default `HTTP@host`. */
  readonly spn?: string;
  /** For certificate. */
  readonly tls?: Pick<TlsOptions, 'cert' | 'key'>;
}

/**
 * Throws ERR_CONFIG_INVALID for what is missing.
 * @param owner the configuration, as its messages call it: `The mail account`
 */
export function httpAuthOf(
  { auth, username = '', password = '', spn = '', tls }: SignInChoice,
  owner: string,
): HttpAuth {
  switch (auth) {
    case 'kerberos':
      return spn === '' ? { method: auth } : { method: auth, spn };
    case 'certificate':
      if (!tls?.cert || !tls.key)
        throw new ConnectorError(
          'ERR_CONFIG_INVALID',
          `${owner} signs in by client certificate: "TLS" needs a certificate and its key.`,
        );
      return { method: auth };
    default:
      if (username === '' || password === '')
        throw new ConnectorError('ERR_CONFIG_INVALID', `${owner} needs "User" and "Password" for this sign-in.`);
      return { method: auth, username, password };
  }
}
