/** The Retry-After header (RFC 9110 10.2.3), as Graph really sends it. */

/**
 * Milliseconds to wait, or null if the header is missing or unreadable (then the caller backs off by itself).
 * Graph sends fractions of a second too (`2.128` in its throttling page), and dates by the standard. A date in the past is 0.
 * @param now milliseconds since 1970
 */
export function parseRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  // Only what looks like an HTTP date: Date.parse takes "-5" or "1.5.3" for one as well.
  if (!/^[a-z]{3,9}, /i.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
