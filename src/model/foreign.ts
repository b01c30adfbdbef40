/** Reading foreign values at the edge: what stands for "unset" becomes null, nothing else is guessed. */

/** Longest foreign text that is kept; a phone may name itself with megabytes. */
export const MAX_FOREIGN_TEXT = 1024;

/** A trimmed text without control characters, or null for unset ("", not a string). Cut at {@link MAX_FOREIGN_TEXT}. */
export function foreignText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').trim();
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

/** As {@link foreignText}, and the placeholders "0", "unknown" and all-zero ids are unset too (serial, IMEI). */
export function foreignId(value: unknown): string | null {
  const text = foreignText(value);
  return text === null || /^[0-]+$/.test(text) || /^(unknown|none|null|n\/a)$/i.test(text) ? null : text;
}

/** ISO 8601 UTC text with milliseconds, or null for unset (year 0001, year 1601, year 9999, not a time). */
export function foreignTime(value: unknown): string | null {
  if (value instanceof Date) value = Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value !== 'string' || value.trim() === '') return null;
  // .NET writes seven fraction digits; Date keeps three. A time without zone is UTC.
  const text = value.trim().replace(/(\.\d{3})\d+/, '$1');
  const date = new Date(/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  if (Number.isNaN(date.getTime())) return null;
  const year = date.getUTCFullYear();
  return year <= 1601 || year >= 9998 ? null : date.toISOString();
}
