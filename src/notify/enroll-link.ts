/** The link in the mail. */
import { ConnectorError } from '../errors.ts';
import { refusal } from '../model/refusals.ts';

/** The query parameter that carries the token; the activation link reads the same. */
const TOKEN_PARAMETER = 'token';

/**
 * The link to the activation page: public base URL, the page's path (empty if the base has it already), the token.
 * Throws ERR_CONFIG_INVALID unless the base is an https URL (http only to this machine) without user, query or fragment.
 */
export function enrollLink(linkBase: string, path: string, token: string): string {
  const base = URL.canParse(linkBase) ? new URL(linkBase) : null;
  if (base === null) throw new ConnectorError('ERR_CONFIG_INVALID', refusal('link.no-url'));
  if (base.protocol !== 'https:' && !(base.protocol === 'http:' && isLoopback(base.hostname))) {
    throw new ConnectorError('ERR_CONFIG_INVALID', refusal('link.not-https'));
  }
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') {
    throw new ConnectorError('ERR_CONFIG_INVALID', refusal('link.not-plain'));
  }
  base.pathname = `${base.pathname}/${path}`.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  base.searchParams.set(TOKEN_PARAMETER, token);
  return base.href;
}

/** RFC 6761 section 6.3, RFC 1122 section 3.2.1.3 (g), RFC 4291 section 2.5.3. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(host) || host === '[::1]';
}
