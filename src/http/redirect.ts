/** Where a redirect may lead. No I/O here. */
import { ConnectorError } from '../errors.ts';
import { haveOneOwner } from './registered-domain.ts';

/**
 * Reads the target of a redirect and decides whether credentials may follow it.
 *
 * | from           | to                                 | followed                                 |
 * |----------------|------------------------------------|------------------------------------------|
 * | https          | https, one owner, any port         | yes                                      |
 * | https          | https, another owner or unknown    | no                                       |
 * | http (tests)   | https, one owner                   | yes                                      |
 * | http (tests)   | http, the same host and port       | yes, as the session itself speaks http   |
 * | any            | http otherwise, any other scheme   | no                                       |
 *
 * @param options.allowInsecure the session itself may speak http
 * @throws ConnectorError ERR_HTTP_REDIRECT
 */
export function redirectTarget(from: URL, location: string | undefined, options: { allowInsecure: boolean }): URL {
  const refuse = (why: string, to = ''): ConnectorError =>
    new ConnectorError('ERR_HTTP_REDIRECT', `${from.host} redirected ${why}.`, { details: { from: from.host, to } });
  if (location === undefined || !URL.canParse(location, from.href)) throw refuse('to no address');
  const to = new URL(location, from);
  const isSameHttp = options.allowInsecure && to.protocol === 'http:' && to.origin === from.origin;
  if (to.protocol !== 'https:' && !isSameHttp) {
    throw refuse(`to ${to.protocol.slice(0, 20)}//${to.host}, which is not https`, to.host);
  }
  if (!haveOneOwner(from.hostname, to.hostname))
    throw refuse(`to ${to.host}, another domain as far as the public suffix list knows`, to.host);
  to.username = '';
  to.password = '';
  to.hash = '';
  return to;
}

/** True for the statuses that mean "ask there". */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}
