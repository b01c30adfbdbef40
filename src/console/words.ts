/** What codes mean: everything that a person reads has a code for programs and a text for people. Pure. */
import { HELP_WORDS } from '../model/check-words.ts';
import type { ReportLanguage } from '../model/say.ts';
import { ENGLISH_WORDS } from './english.ts';
import { GERMAN_WORDS } from './german.ts';

/** A code, and what it means. */
export interface Coded {
  readonly code: string;
  readonly text: string;
}

/** Kinds of codes. */
export type WordKind = keyof typeof ENGLISH_WORDS;

const WORDS: Readonly<Record<ReportLanguage, Readonly<Record<WordKind, Readonly<Record<string, string>>>>>> = {
  en: ENGLISH_WORDS,
  de: GERMAN_WORDS,
};

/** A code with its text; one that has none is its own. */
export function coded(kind: WordKind, code: string, language: ReportLanguage = 'en'): Coded {
  const known = WORDS[language][kind];
  return { code, text: Object.hasOwn(known, code) ? (known[code] ?? code) : helpOf(code, language) };
}

/** The codes that a kind has texts for: what a value of a metric's label may be. */
export function codesOf(kind: WordKind): readonly string[] {
  return Object.keys(ENGLISH_WORDS[kind]);
}

function helpOf(code: string, language: ReportLanguage): string {
  const help: Readonly<Record<string, string>> = HELP_WORDS[language];
  if (Object.hasOwn(help, code)) return help[code] ?? code;
  // A note of a person stands where a code may, and keeps its dashes.
  return /^[a-z]+(?:-[a-z]+)+$/.test(code) ? code.replaceAll('-', ' ') : code;
}
