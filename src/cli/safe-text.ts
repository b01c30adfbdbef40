/** Foreign text on a terminal: a phone names itself, and a terminal acts on what it is sent. */

/** Control characters, half characters, and what turns a terminal's text around (Unicode Standard Annex 9, table 4). */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** The text without anything a terminal would act on: a blank stands for each run of it. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, '\0').replace(/\0+/g, ' ');
}

/** JSON on one line, in which nothing is left that a terminal would act on. 64-bit numbers are numbers where JavaScript has them, else text; bytes are base64. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value, (_name, one: unknown) => jsonValue(one)).replace(UNSAFE, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((code) => `\\u${code.toString(16).padStart(4, '0')}`)
    .join('');
}

function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}
