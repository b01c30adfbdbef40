/** The colour of the button in mail and page, and the text on it. Pure. */

export interface ButtonColors {
  /** `#rrggbb`, both. */
  readonly background: string;
  readonly text: string;
}

const DEFAULT: ButtonColors = { background: '#0b63c5', text: '#fafbfc' };

/** WCAG 2.2, 1.4.3. */
const ENOUGH = 4.5;

/** Our light and our dark; next to white and black for the colours in between, where one of the two always suffices. */
const TEXTS = ['#fafbfc', '#1c2733', '#fefefe', '#010101'] as const;

/** True for `#rrggbb`. */
export function isColor(text: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(text);
}

/** @param color `#rrggbb`; anything else is the connector's own blue */
export function buttonColors(color: string | null | undefined): ButtonColors {
  if (typeof color !== 'string' || !isColor(color)) return DEFAULT;
  const text = TEXTS.find((one) => contrastOf(one, color) >= ENOUGH) ?? '#010101';
  return { background: color.toLowerCase(), text };
}

/** WCAG 2.2, contrast ratio. */
function contrastOf(left: string, right: string): number {
  const [dark = 0, bright = 0] = [luminanceOf(left), luminanceOf(right)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

/** WCAG 2.2, relative luminance. */
function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((start) => parseInt(color.slice(start, start + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
