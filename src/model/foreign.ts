/** Reading foreign values at the edge: what stands for "unset" becomes null, nothing else is guessed. */

/** Longest foreign text that is kept; a phone may name itself with megabytes. */
export const MAX_FOREIGN_TEXT = 1024;

/**
/**
 * A trimmed text without control characters and without what turns the reading direction of the text after it (Unicode
 * Bidirectional Algorithm, 2), or null for unset ("", not a string). Cut at {@link MAX_FOREIGN_TEXT}.
 * Most stay as they are, and a million devices have twenty of them each. The loop is not a function of its own: V8 would compile it
 * once more for each of the twenty, which takes as long as it saves.
 */
export function foreignText(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  const last = value.length - 1;
  if (last >= MAX_FOREIGN_TEXT) return cleaned(value);
  for (let at = 0; at <= last; at += 1) {
    const code = value.charCodeAt(at);
    if (code > 0x20 && code < 0x7f) continue;
    // A blank within is plain. What is white space beyond ASCII is for the language to say.
    if (at === 0 || at === last || code < 0x20 || (code > 0x7e && code < 0xa0)) return cleaned(value);
    if (code >= 0x2028 && code <= 0x2069 && (code <= 0x202e || code >= 0x2066)) return cleaned(value);
  }
  return value;
}

function cleaned(value: string): string | null {
  const text = value.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, ' ').trim();
  return text === '' ? null : text.slice(0, MAX_FOREIGN_TEXT).trimEnd();
}

/**
 * An EAS ID exactly as Exchange spells it, blanks and odd characters included: it is written back. Null for unset, and for what
 * could not be kept and written back as it is: longer than {@link MAX_FOREIGN_TEXT}, with a NUL, or half of a surrogate pair.
 */
export function foreignEasId(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'string' || value.trim() === '') return null;
  return value.length > MAX_FOREIGN_TEXT || value.includes('\0') || !value.isWellFormed() ? null : value;
}

/** An EAS ID in a sentence or on a page: as other foreign texts are. */
export function shownEasId(easId: string): string {
  return foreignText(easId) ?? '';
}

/**
 * As {@link foreignText}, and the placeholders "0", "unknown", "Not Available" and all-zero ids are unset too (EAS ID, serial, IMEI):
 * a record with such an EAS ID would pass for one that tells it, and never merge by its link.
 */
export function foreignId(value: unknown): string | null {
  return idOfText(foreignText(value));
}

/** The same of what {@link foreignText} gave. */
export function idOfText(text: string | null): string | null {
  if (text === null || !mayBePlaceholder(text)) return text;
  return /^[0-]+$/.test(text) || PLACEHOLDER.test(text) ? null : text;
}

/** What makers and lists write where there is nothing; without blanks in an IMEI, whose signs do not count. */
const PLACEHOLDER =
  /^(?:unknown|none|nil|\(?null\)?|na|n\/a|undefined|unavailable|not[ _-]?(?:available|applicable|defined|set|reported))$/i;
const LONGEST_PLACEHOLDER = 14;

/** Zeros and dashes begin with one, words with an N or a U unless they are short. */
function mayBePlaceholder(text: string): boolean {
  if (text.length <= 7 || text[0] === '0' || text[0] === '-') return true;
  const letter = text.charCodeAt(0) | 32;
  return text.length <= LONGEST_PLACEHOLDER && (letter === 110 || letter === 117);
}

/** ISO 8601 UTC text with milliseconds, or null for unset (year 0001, year 1601, year 9999, not a time). */
export function foreignTime(value: unknown): string | null {
  if (value instanceof Date) value = Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value !== 'string') return null;
  // In texts of this form a year compares as a number does.
  if (PLAIN_TIME.test(value)) return value < '1602' || value >= '9998' ? null : withMilliseconds(value);
  if (value.trim() === '') return null;
  // .NET writes seven fraction digits; Date keeps three. A time without zone is UTC.
  const text = value.trim().replace(/(\.\d{3})\d+/, '$1');
  const date = new Date(/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  if (Number.isNaN(date.getTime())) return null;
  const utcYear = date.getUTCFullYear();
  return utcYear <= 1601 || utcYear >= 9998 ? null : date.toISOString();
}

/**
 * A time as Graph writes it, `2026-11-22T11:59:00Z` with or without a fraction. What else is one only the language can say: other
 * forms, and days that not every month has. A `Date` and its text take a microsecond.
 */
const PLAIN_TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?Z$/;

/** Milliseconds are kept, what is finer is cut. */
function withMilliseconds(text: string): string {
  if (text.length === 24) return text;
  if (text.length === 20) return `${text.slice(0, 19)}.000Z`;
  return text.length > 24 ? `${text.slice(0, 23)}Z` : `${text.slice(0, -1).padEnd(23, '0')}Z`;
}
