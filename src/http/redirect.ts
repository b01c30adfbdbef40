/** Where a redirect may lead. No I/O here. */
import { isIP } from 'node:net';
import { ConnectorError } from '../errors.ts';

/** Second-level labels under which countries register names (co.uk, com.au): the name then has three labels. */
const SECOND_LEVEL = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'gob',
  'gov',
  'govt',
  'gv',
  'mil',
  'ne',
  'net',
  'nom',
  'or',
  'org',
  'sch',
]);

/**
 * The part of a host name somebody registered: `example.com`, `example.co.uk`. Approximate on purpose and only ever used to
 * allow less: an IP address and a single label are their own.
 */
export function registrableDomain(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) return name;
  const labels = name.split('.');
  const [second = '', top = ''] = labels.slice(-2);
  return labels.slice(top.length === 2 && SECOND_LEVEL.has(second) ? -3 : -2).join('.');
}

/**
 * Reads the target of a redirect and decides whether credentials may follow it: https only, same registrable host.
 * @param options.allowInsecure also follow http, as the session itself does
 * @throws ConnectorError ERR_HTTP_REDIRECT
 */
export function redirectTarget(from: URL, location: string | undefined, options: { allowInsecure: boolean }): URL {
  const refuse = (why: string, to = ''): ConnectorError =>
    new ConnectorError('ERR_HTTP_REDIRECT', `${from.host} redirected ${why}.`, { details: { from: from.host, to } });
  if (location === undefined || !URL.canParse(location, from.href)) throw refuse('to no address');
  const to = new URL(location, from);
  if (to.protocol !== 'https:' && !(options.allowInsecure && to.protocol === 'http:')) {
    throw refuse(`to ${to.protocol.slice(0, 20)}//${to.host}, which is not https`, to.host);
  }
  if (registrableDomain(to.hostname) !== registrableDomain(from.hostname))
    throw refuse(`to ${to.host}, another domain`, to.host);
  to.username = '';
  to.password = '';
  to.hash = '';
  return to;
}

/** True for the statuses that mean "ask there". */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}
