/** Reading foreign values at the edge: what stands for "unset" becomes null, nothing else is guessed. */

/** Longest foreign text that is kept; a phone may name itself with megabytes. */
export const MAX_FOREIGN_TEXT = 1024;

/**
 * A trimmed text without control characters and without what turns the reading direction of the text after it (Unicode
 * Bidirectional Algorithm, 2), or null for unset ("", not a string). Cut at {@link MAX_FOREIGN_TEXT}.
 */
export function foreignText(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  if (value.length <= MAX_FOREIGN_TEXT && isPlain(value)) return value;
  const text = value.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, ' ').trim();
  return text === '' ? null : text.slice(0, MAX_FOREIGN_TEXT).trimEnd();
}

/** True for a text that stays as it is: most do, and a million devices have twenty of them each. */
function isPlain(text: string): boolean {
  const last = text.length - 1;
  for (let at = 0; at <= last; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x20 && code < 0x7f) continue;
    // A blank within is plain. What is white space beyond ASCII is for the language to say.
    if (at === 0 || at === last || code < 0x20 || (code > 0x7e && code < 0xa0)) return false;
    if (code >= 0x2028 && code <= 0x2069 && (code <= 0x202e || code >= 0x2066)) return false;
  }
  return true;
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

/** As {@link foreignText}, and the placeholders "0", "unknown" and all-zero ids are unset too (serial, IMEI). */
export function foreignId(value: unknown): string | null {
  const text = foreignText(value);
  if (text === null || !mayBePlaceholder(text)) return text;
  return /^[0-]+$/.test(text) || /^(unknown|none|null|n\/a)$/i.test(text) ? null : text;
}

/** Zeros and dashes begin with one, words have seven letters at most. */
function mayBePlaceholder(text: string): boolean {
  return text.length <= 7 || text[0] === '0' || text[0] === '-';
}

/** ISO 8601 UTC text with milliseconds, or null for unset (year 0001, year 1601, year 9999, not a time). */
export function foreignTime(value: unknown): string | null {
  if (value instanceof Date) value = Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value !== 'string') return null;
  const year = yearOfPlainTime(value);
  if (year !== null) return year <= 1601 || year >= 9998 ? null : withMilliseconds(value);
  if (value.trim() === '') return null;
  // .NET writes seven fraction digits; Date keeps three. A time without zone is UTC.
  const text = value.trim().replace(/(\.\d{3})\d+/, '$1');
  const date = new Date(/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  if (Number.isNaN(date.getTime())) return null;
  const utcYear = date.getUTCFullYear();
  return utcYear <= 1601 || utcYear >= 9998 ? null : date.toISOString();
}

const [DASH, T, COLON, DOT, Z] = Array.from('-T:.Z', (one) => one.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
];

/**
 * The year of a time as Graph writes it, `2026-11-22T11:59:00Z` with or without a fraction; null for what only the language can
 * read, or say that it is none: other forms, and days that not every month has. A `Date` and its text take a microsecond.
 */
function yearOfPlainTime(text: string): number | null {
  const { length } = text;
  if (length < 20 || length > 28 || length === 21 || text.charCodeAt(length - 1) !== Z) return null;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH || text.charCodeAt(10) !== T) return null;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return null;
  if (length > 20 && text.charCodeAt(19) !== DOT) return null;
  for (let at = 20; at < length - 1; at += 1) if (!(digitAt(text, at) >= 0)) return null;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)];
  // What is no digit is no number, which is neither above nor below another.
  const isPlain = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= 28;
  return isPlain && twoDigits(text, 11) <= 23 && twoDigits(text, 14) <= 59 && twoDigits(text, 17) <= 59 ? year : null;
}

function twoDigits(text: string, at: number): number {
  return digitAt(text, at) * 10 + digitAt(text, at + 1);
}

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 48;
  return digit >= 0 && digit <= 9 ? digit : Number.NaN;
}

/** Milliseconds are kept, what is finer is cut. */
function withMilliseconds(text: string): string {
  if (text.length === 24) return text;
  const fraction = text.length === 20 ? '.000' : text.slice(19, -1).padEnd(4, '0').slice(0, 4);
  return `${text.slice(0, 19)}${fraction}Z`;
}
