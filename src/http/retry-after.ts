/** The Retry-After header (RFC 9110 10.2.3), in every form that servers really send. */

/** A server that names a year is taken by its word for a week; nobody's timers hold more than 24 days. */
const LONGEST_MS = 7 * 86_400_000;

/** RFC 9110 5.6.7: the form of today, the one of RFC 850, and that of C's asctime; a zone other than GMT is taken as it is. */
const HTTP_DATE = /^[a-z]{3,9},? /i;
const ISO_DATE = /^\d{4}-\d\d-\d\dT/;
const ZONE = /(?:\bGMT|\bUTC|Z|[+-]\d\d:?\d\d)$/i;

/**
 * Milliseconds to wait, or null if the header is missing or unreadable (then the caller backs off by itself).
 *
 * | header                                | waits                                                                    |
 * |---------------------------------------|--------------------------------------------------------------------------|
 * | whole seconds                         | so long                                                                  |
 * | a fraction of seconds                 | so long: Graph sends them (`2.128` in its throttling page)               |
 * | sent more than once (`5, 10`)         | the longest                                                              |
 * | a date of RFC 9110, or of ISO 8601    | until then; one in the past is 0; without a zone it is in GMT            |
 * | more than a week                      | a week                                                                   |
 * | missing, empty, anything else         | null                                                                     |
 *
 * `x-ms-retry-after-ms` is Azure Cosmos DB's; neither Graph nor Intune sends it.
 * @param now milliseconds since 1970
 */
export function parseRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  const seconds = text.split(',').map((one) => one.trim());
  if (seconds.every((one) => /^\d+(\.\d+)?$/.test(one)))
    return bounded(Math.ceil(Math.max(...seconds.map(Number)) * 1000));
  // Only what looks like a date: Date.parse takes "-5" or "1.5.3" for one as well.
  if (!HTTP_DATE.test(text) && !ISO_DATE.test(text)) return null;
  const at = Date.parse(ZONE.test(text) ? text : ISO_DATE.test(text) ? `${text}Z` : `${text} GMT`);
  return Number.isNaN(at) ? null : bounded(at - now);
}

function bounded(ms: number): number {
  return Math.min(LONGEST_MS, Math.max(0, ms));
}
