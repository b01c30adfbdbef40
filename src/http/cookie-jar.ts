/**
 * Cookies of one session: load balancers and WSMan's affinity cookie live on them. RFC 6265 5.3-5.4, what a client needs
 * of it, but for the case of paths: IIS does not mind it, so a cookie of `/PowerShell` goes back to `/powershell/`. No I/O.
 */

interface Cookie {
  readonly name: string;
  readonly value: string;
  /** Host it was set by, or the Domain it asked for. */
  readonly domain: string;
  readonly hostOnly: boolean;
  /** In lower case. */
  readonly path: string;
  readonly secure: boolean;
  /** Milliseconds since 1970; Infinity for a session cookie. */
  readonly expiresAt: number;
}

/** What a client should at least keep for a domain, a cookie of at least that length [RFC 6265 6.1]: more nobody needs. */
const MAX_COOKIES = 50;
const MAX_COOKIE_CHARS = 4096;
const NAME_VALUE = /^[\x21-\x3a\x3c\x3e-\x7e]+$/;

function defaultPath(url: URL): string {
  const last = url.pathname.lastIndexOf('/');
  return last <= 0 ? '/' : url.pathname.slice(0, last);
}

function pathMatches(path: string, cookiePath: string): boolean {
  if (path === cookiePath) return true;
  return path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path[cookiePath.length] === '/');
}

function domainMatches(host: string, cookie: Cookie): boolean {
  return host === cookie.domain || (!cookie.hostOnly && host.endsWith(`.${cookie.domain}`));
}

function expiry(attributes: ReadonlyMap<string, string>, now: number): number {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined && /^-?\d{1,12}$/.test(maxAge)) return Number(maxAge) <= 0 ? 0 : now + Number(maxAge) * 1000;
  const expires = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(expires) ? Infinity : expires;
}

/** Keeps and returns cookies. Nothing here reaches a log. */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Takes the Set-Cookie headers of an answer from `url`. Malformed and foreign ones are dropped. */
  store(url: URL, setCookie: readonly string[] | undefined, now: number = Date.now()): void {
    for (const line of setCookie ?? []) {
      const cookie = this.#parse(url, line, now);
      if (cookie === null) continue;
      const key = `${cookie.name};${cookie.domain};${cookie.path}`;
      this.#cookies.delete(key);
      if (cookie.expiresAt > now) this.#cookies.set(key, cookie);
      const oldest = this.#cookies.size > MAX_COOKIES ? this.#cookies.keys().next().value : undefined;
      if (oldest !== undefined) this.#cookies.delete(oldest);
    }
  }

  /** The Cookie header for a request to `url`, or null. */
  header(url: URL, now: number = Date.now()): string | null {
    const pairs: string[] = [];
    for (const cookie of this.#cookies.values()) {
      if (cookie.expiresAt <= now || (cookie.secure && url.protocol !== 'https:')) continue;
      if (domainMatches(url.hostname, cookie) && pathMatches(url.pathname.toLowerCase(), cookie.path))
        pairs.push(`${cookie.name}=${cookie.value}`);
    }
    return pairs.length === 0 ? null : pairs.join('; ');
  }

  #parse(url: URL, line: string, now: number): Cookie | null {
    if (line.length > MAX_COOKIE_CHARS) return null;
    const [pair = '', ...rest] = line.split(';');
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1).trim();
    if (equals <= 0 || !NAME_VALUE.test(name) || /[^\x20-\x7e]/.test(value)) return null;
    const attributes = new Map<string, string>();
    for (const attribute of rest) {
      const at = attribute.indexOf('=');
      const key = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
      attributes.set(key, at < 0 ? '' : attribute.slice(at + 1).trim());
    }
    const wanted = (attributes.get('domain') ?? '').replace(/^\./, '').toLowerCase();
    const hostOnly = wanted === '' || wanted === url.hostname;
    // A domain of one label would reach every host under it.
    if (!hostOnly && !(wanted.includes('.') && url.hostname.endsWith(`.${wanted}`))) return null;
    const path = attributes.get('path');
    return {
      name,
      value,
      domain: hostOnly ? url.hostname : wanted,
      hostOnly,
      path: (path?.startsWith('/') ? path : defaultPath(url)).toLowerCase(),
      secure: attributes.has('secure'),
      expiresAt: expiry(attributes, now),
    };
  }
}
