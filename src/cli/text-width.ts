/** How many columns a text takes on a terminal. */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What takes two columns: East Asian wide and full-width characters (Unicode Standard Annex 11) and emoji. */
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const ONLY_MARKS = /^[\p{M}\u200c\u200d]+$/u;
const ONE_EACH = /^[\u0020-\u007e]*$/;

/** Columns of a text without control characters. */
export function textWidth(text: string): number {
  if (ONE_EACH.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment);
  return width;
}

/** The text in exactly `width` columns: filled with blanks, or cut, with an ellipsis for what is missing. */
export function toWidth(text: string, width: number): string {
  const has = textWidth(text);
  if (has <= width) return text + ' '.repeat(width - has);
  let [cut, used] = ['', 0];
  for (const { segment } of graphemes.segment(text)) {
    if (used + widthOf(segment) > width - 1) break;
    cut += segment;
    used += widthOf(segment);
  }
  return `${cut}…${' '.repeat(Math.max(0, width - used - 1))}`;
}

function widthOf(grapheme: string): 0 | 1 | 2 {
  if (ONLY_MARKS.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
