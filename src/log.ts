/** The logger this package writes to, and the redaction every text passes before it leaves. */

/** Where messages go; Node-RED's node log, or a test's array. `fields` are safe facts, never secrets. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A logger that keeps nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const SECRET_HEADERS =
  /\b(authorization|cookie|set-cookie|proxy-authorization|www-authenticate)(["']?\s*[:=]\s*)[^\r\n]+/gi;
/** Also as the end of a longer name: `clientSecret`, `PGPASSWORD`, `access_token`. */
const SECRET_FIELDS =
  /(password|passwd|secret|client_assertion|token|privatekey)(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&"']+)/gi;
/** Up to the last @ of the authority: a password may hold one. https://url.spec.whatwg.org/#authority-state */
const URL_USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]+@/gi;
/** A signed token, wherever it stands. RFC 7519 3.1; its header begins with `{"`. */
const JWT = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;
const BEARER = /\b(Bearer|Basic|NTLM|Negotiate)\s+[A-Za-z0-9+/=._-]{8,}/g;

/** Removes what looks like a credential from a text: header values, password fields, user info in URLs, tokens. */
export function redact(text: string): string {
  return text
    .replace(SECRET_HEADERS, '$1$2***')
    .replace(SECRET_FIELDS, '$1$2***')
    .replace(URL_USERINFO, '$1***@')
    .replace(BEARER, '$1 ***')
    .replace(JWT, '***');
}
