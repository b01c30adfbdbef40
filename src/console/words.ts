/** What codes mean, in English: everything that a person reads has a code for programs and a text for people. Pure. */
import { ERROR_HELP } from '../errors.ts';
import { ENGLISH_WORDS } from './english.ts';

/** A code, and what it means. */
export interface Coded {
  readonly code: string;
  readonly text: string;
}

/** Kinds of codes. */
export type WordKind = keyof typeof ENGLISH_WORDS;

/** A code with its text; one that has none is its own. */
export function coded(kind: WordKind, code: string): Coded {
  const known: Readonly<Record<string, string>> = ENGLISH_WORDS[kind];
  return { code, text: Object.hasOwn(known, code) ? (known[code] ?? code) : helpOf(code) };
}

/** The codes that a kind has texts for: what a value of a metric's label may be. */
export function codesOf(kind: WordKind): readonly string[] {
  return Object.keys(ENGLISH_WORDS[kind]);
}

function helpOf(code: string): string {
  const help: Readonly<Record<string, string>> = ERROR_HELP;
  if (Object.hasOwn(help, code)) return help[code] ?? code;
  // A note of a person stands where a code may, and keeps its dashes.
  return /^[a-z]+(?:-[a-z]+)+$/.test(code) ? code.replaceAll('-', ' ') : code;
}
