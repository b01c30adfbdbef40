/** What a way to sign in is: a strategy over "send this request with these headers". */
import { ConnectorError } from '../../errors.ts';
import { offeredSchemes } from '../challenges.ts';
import type { AuthMethod } from '../options.ts';
import type { WireResponse } from '../send-request.ts';

/** One request to get through, over one connection line. */
export interface Exchange {
  readonly url: URL;
  /** Nobody waits for it any more. */
  readonly signal: AbortSignal;
  /** Sends it with further headers; without its body for the steps of a handshake. */
  send(headers: Readonly<Record<string, string>>, withBody: boolean): Promise<WireResponse>;
}

/** A strategy; it may remember which connection is signed in. */
export interface Authenticator {
  /** @throws ConnectorError ERR_HTTP_AUTH (refused), ERR_HTTP_AUTH_METHOD (not offered) */
  run(exchange: Exchange): Promise<WireResponse>;
}

/** What offering a method looks like in WWW-Authenticate. */
const SCHEMES: Readonly<Record<AuthMethod, readonly string[]>> = {
  none: [],
  certificate: [],
  basic: ['basic'],
  ntlm: ['ntlm', 'negotiate'],
  'negotiate-ntlm': ['negotiate'],
  kerberos: ['kerberos', 'negotiate'],
};

/** True if one of the offered schemes can carry the method. */
export function isOffered(method: AuthMethod, offered: readonly string[]): boolean {
  return SCHEMES[method].some((scheme) => offered.includes(scheme));
}

/** Behind "refused the sign-in …", where only Negotiate is offered. */
export const MAY_WANT_KERBEROS = '; it offers Negotiate alone, and may want Kerberos';

/** The error for a final 401: not offered, or offered and refused. */
export function refusal(method: AuthMethod, url: URL, answer: WireResponse): ConnectorError {
  const offered = offeredSchemes(answer.headers['www-authenticate']);
  const details = { host: url.host, method, offered };
  const list = offered.length === 0 ? 'no sign-in method' : offered.join(', ');
  if (method === 'none' || method === 'certificate') {
    const what = method === 'none' ? 'wants a sign-in' : 'did not accept the client certificate';
    return new ConnectorError(
      method === 'none' ? 'ERR_HTTP_AUTH_METHOD' : 'ERR_HTTP_AUTH',
      `${url.host} ${what}; it offers ${list}.`,
      { details },
    );
  }
  if (!isOffered(method, offered)) {
    return new ConnectorError('ERR_HTTP_AUTH_METHOD', `${url.host} offers ${list}, not ${method}.`, { details });
  }
  // A domain that restricts NTLM lets it begin under Negotiate, and refuses then: that is not told from a wrong password.
  const mayWantKerberos = method.endsWith('ntlm') && !offered.includes('ntlm');
  const seen = `${url.host} refused the sign-in by ${method}${mayWantKerberos ? MAY_WANT_KERBEROS : ''}.`;
  return new ConnectorError('ERR_HTTP_AUTH', seen, {
    details: { ...details, ...(mayWantKerberos && { mayWantKerberos }) },
  });
}
