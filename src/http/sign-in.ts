/** The sign-in that a configuration chooses, as a session takes it. Pure. */
import { ConnectorError } from '../errors.ts';
import type { HttpAuth, TlsOptions } from './options.ts';

/** What a dialog asks for. */
export interface SignInChoice {
  readonly auth: 'basic' | 'ntlm' | 'negotiate-ntlm' | 'kerberos' | 'certificate';
  /** For all but certificate; for kerberos they may be empty. */
  readonly username?: string;
  readonly password?: string;
  /** For kerberos; default `HTTP@host`. */
  readonly spn?: string;
  /** For kerberos; default: what the user name says. */
  readonly realm?: string;
  /** For certificate. */
  readonly tls?: Pick<TlsOptions, 'cert' | 'key'>;
}

/**
 * Throws ERR_CONFIG_INVALID for what is missing.
 * @param owner the configuration, as its messages call it: `The mail account`
 */
export function httpAuthOf(
  { auth, username = '', password = '', spn = '', realm = '', tls }: SignInChoice,
  owner: string,
): HttpAuth {
  switch (auth) {
    case 'kerberos':
      if (username === '' && password !== '')
        throw new ConnectorError(
          'ERR_CONFIG_INVALID',
          `${owner} has a "Password" for Kerberos and no "User" that it is of. With a keytab or ticket cache both stay empty.`,
        );
      // A line of its own is what kinit takes a password from.
      if (/\p{Cc}/u.test(username + password + realm))
        throw new ConnectorError(
          'ERR_CONFIG_INVALID',
          `${owner} has a line break or another control character in "User", "Password" or "Realm".`,
        );
      return {
        method: auth,
        ...(spn !== '' && { spn }),
        ...(username !== '' && { username }),
        ...(password !== '' && { password }),
        ...(realm !== '' && { realm }),
      };
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
