/** Texts in commands that people paste. Pure. */

/** What PowerShell takes for an end of a text in single quotes (CharTraits.cs of PowerShell's parser). */
const QUOTES = /['\u2018\u2019\u201a\u201b]/g;

/** A text as PowerShell reads it back: in single quotes, which are doubled inside; without what ends a line. */
export function quoted(text: string): string {
  return `'${text.replace(/\p{Cc}|[\u2028\u2029]/gu, ' ').replace(QUOTES, '$&$&')}'`;
}
