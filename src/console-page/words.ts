/** Codes in the language of the page. Pure. */
import type { Coded, WordKind } from '../console/words.ts';
import { ENGLISH_WORDS } from '../console/english.ts';
import { GERMAN_WORDS } from '../console/german.ts';
import type { Language } from './texts.ts';

/** Short German texts of error codes, as the editor has them. */
export type ErrorWords = Readonly<Record<string, string>>;

/*
 *   language   code                        shown
 *   en         any                         the runtime's own text
 *   de         of the kind                 its German text
 *   de         of an error                 the error's German text, if it has no blanks
 *   de         any other                   the runtime's own text
 */

/** A code as a person reads it. */
export function wordOf(language: Language, kind: WordKind, { code, text }: Coded, errors: ErrorWords = {}): string {
  if (language === 'en') return text;
  const words = GERMAN_WORDS[kind];
  if (Object.hasOwn(words, code)) return words[code] ?? text;
  const error = Object.hasOwn(errors, code) ? (errors[code] ?? '') : '';
  return error === '' || error.includes('__') ? text : error;
}

/** The codes of a kind that a person may choose from, with their words. */
export function wordsOf(language: Language, kind: WordKind): Coded[] {
  return Object.entries(ENGLISH_WORDS[kind]).map(([code, text]) => ({
    code,
    text: wordOf(language, kind, { code, text }),
  }));
}
