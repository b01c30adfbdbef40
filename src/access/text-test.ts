/** How a rule compares a device's text: exactly, with wildcards, or with a regular expression; letters match either case. */
import { foldName } from '../model/keys.ts';
import { LinearRegex, patternCost } from './linear-regex.ts';

/** `wildcard`: * stands for any run of characters, ? for one. `regex`: the syntax of {@link LinearRegex}, found anywhere in the text. */
export type TextTestKind = 'exact' | 'wildcard' | 'regex';

/** What the regular expressions of all rules together may cost: compiled within a second, and a text tried within another. */
export const MAX_COST_OF_RULES = 20_000;

/** What a test costs, found before it is compiled; 0 for all but regular expressions. Throws ERR_RULE_INVALID as compiling does. */
export function costOfTextTest(how: TextTestKind, pattern: string): number {
  return how === 'regex' ? patternCost(pattern) : 0;
}

/** A function that tells whether a text passes. Throws ERR_RULE_INVALID for a pattern outside the syntax. */
export function compileTextTest(how: TextTestKind, pattern: string): (text: string) => boolean {
  if (how === 'regex') {
    const regex = new LinearRegex(pattern.normalize('NFC'));
    return (text) => regex.test(text.normalize('NFC'));
  }
  const folded = foldName(pattern);
  if (how === 'exact' || !/[*?]/.test(folded)) return (text) => foldName(text) === folded;
  return (text) => matchesWildcard(folded, foldName(text));
}

// Greedy with one place to return to, the last *: at most pattern × text steps, both of bounded length.
function matchesWildcard(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
