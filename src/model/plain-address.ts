/** The only kind of address that is mailed. Pure. */

/** Longest address and local part a mail server takes [RFC 5321 4.5.3.1]. */
const MAX_ADDRESS = 254;
const MAX_LOCAL_PART = 64;

// Dot-atom of RFC 5322 3.2.3, ASCII: quoted local parts and comments are where parsers disagree, so neither is plain.
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** True if `text` is one plain `local@domain`: ASCII, a domain of two labels or more, nothing before, after or around it. */
export function isPlainAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  return (
    at > 0 &&
    text.length <= MAX_ADDRESS &&
    local.length <= MAX_LOCAL_PART &&
    LOCAL_PART.test(local) &&
    DOMAIN.test(text.slice(at + 1))
  );
}
