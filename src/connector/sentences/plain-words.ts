/** Foreign words and numbers in the sentences that messages carry as `msg.text`. Pure. */
import { numberWords } from '../../model/number-words.ts';

/** Longest name of a person or a device in a sentence, in characters. */
export const LONGEST_NAME = 60;
/** Longest text that somebody else wrote, in characters: an error, an answer of a server. */
export const LONGEST_TEXT = 400;

/** Controls, half characters, and what hides or turns text around (Unicode Standard Annex 9, table 4). */
const UNSHOWN =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** A foreign text in one line, without what cannot be seen, cut at `longest` characters; null where nothing is left. */
export function plainWords(text: unknown, longest = LONGEST_NAME): string | null {
  if (typeof text !== 'string') return null;
  // Nothing of a text of megabytes is looked at but its beginning.
  const words = text
    .slice(0, 8 * longest)
    .replace(UNSHOWN, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (words === '') return null;
  const characters = Array.from(words);
  if (characters.length <= longest && text.length <= 8 * longest) return words;
  return `${characters
    .slice(0, longest - 1)
    .join('')
    .trimEnd()}…`;
}

/** `1 device`, `1,204 devices`. @param several absent: `one` with an s */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${numberWords(count)} ${count === 1 ? one : several}`;
}
