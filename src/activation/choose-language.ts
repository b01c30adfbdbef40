/** Which of our languages a browser would rather read. */

/** Longest Accept-Language header that is looked at. */
const MAX_HEADER = 500;

/**
 * The best of `available` for an Accept-Language header (RFC 9110 section 12.5.4, lookup of RFC 4647 section 3.4:
 * `de-CH` finds `de`); `fallback` if none fits or the header is missing.
 */
export function chooseLanguage(header: unknown, available: readonly string[], fallback = 'en'): string {
  if (typeof header !== 'string') return fallback;
  const wishes = header
    .slice(0, MAX_HEADER)
    .split(',')
    .map(readWish)
    .filter((wish) => wish.weight > 0)
    .sort((left, right) => right.weight - left.weight);
  for (const { tag } of wishes) {
    const found =
      available.find((one) => tag === one.toLowerCase()) ??
      available.find((one) => tag.startsWith(`${one.toLowerCase()}-`));
    if (found !== undefined) return found;
  }
  return fallback;
}

function readWish(part: string): { tag: string; weight: number } {
  const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = q === undefined ? 1 : Number(q.slice(2));
  return { tag, weight: weight >= 0 && weight <= 1 ? weight : 0 };
}
