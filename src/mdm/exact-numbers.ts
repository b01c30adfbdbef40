/**
 * Whole numbers of an MDM exactly as it wrote them. A JavaScript number holds them up to 2^53 (Number.MAX_SAFE_INTEGER), and
 * JSONata's `$string` rounds to 15 digits; ManageEngine's ids have up to 19. An id that was rounded is another device's.
 */
import { randomUUID } from 'node:crypto';

/** From here on `$string` of JSONata rounds: 16 digits. */
const LONG = 1e15;

/** Before the digits of a number that was rounded before it came here. No MDM can send it: it is made anew with each start. */
const ROUNDED = `rounded ${randomUUID()} `;

/*
 *   a number                                           becomes
 *   JSON text, whole, 16 digits or more                a text of its digits
 *   JSON text, any other                               a number
 *   of an object, whole, below 10^15                   stays
 *   of an object, whole, up to 2^53                    a text of its digits
 *   of an object, whole, above                         rounded: a mistake as soon as a mapping hands it on
 *   of an object, with a fraction                      stays
 */

/**
 * What a JSON text says, with long whole numbers as texts.
 * @throws SyntaxError as JSON.parse does
 */
export function parseExactJson(text: string): unknown {
  // A reviver makes reading several times slower.
  return /\d{16}/.test(text) ? (JSON.parse(text, exactly) as unknown) : (JSON.parse(text) as unknown);
}

/** `context.source`: https://github.com/tc39/proposal-json-parse-with-source, in Node.js since 21. */
function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return isLong(value) && context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}

/** The record with its long numbers as texts; itself if it has none. What cannot be told any more is marked. */
export function withExactNumbers(record: unknown): unknown {
  return hasLong(record) ? copied(record, new Map()) : record;
}

/** The digits of a number that was rounded, in what a mapping made of it; null: none. */
export function roundedNumberIn(text: string): string | null {
  const at = text.toLowerCase().indexOf(ROUNDED);
  return at < 0 ? null : (/^-?[\d.e+]+/i.exec(text.slice(at + ROUNDED.length))?.[0] ?? '');
}

function isLong(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) >= LONG;
}

function hasLong(record: unknown): boolean {
  const seen = new Set<unknown>();
  const open = [record];
  while (open.length > 0) {
    const value = open.pop();
    if (isLong(value)) return true;
    if (!isPlain(value) || seen.has(value)) continue;
    seen.add(value);
    for (const one of Object.values(value)) open.push(one);
  }
  return false;
}

/** @param made copies by their originals: a record of a function node may hold itself */
function copied(value: unknown, made: Map<object, unknown>): unknown {
  if (isLong(value)) return Number.isSafeInteger(value) ? String(value) : `${ROUNDED}${value}`;
  if (!isPlain(value)) return value;
  const known = made.get(value);
  if (known !== undefined) return known;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  made.set(value, copy);
  for (const [key, one] of Object.entries(value)) {
    // Not by assignment: a key may be "__proto__".
    Object.defineProperty(copy, key, {
      value: copied(one, made),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}
