/**
 * Where a list goes on, as a client hands it back: opaque to it, checked by us. Pure.
 */
import { ConnectorError } from '../errors.ts';
import { refusal } from '../model/refusals.ts';

/** Longer than any key that a store has: an EAS ID is 32 characters, and foreign ones are bounded. */
const LONGEST = 4_000;

/** One place in a list: what it is ordered by. */
export type Place = readonly (string | number)[];

/** The text that a client hands back. */
export function cursorOf(place: Place): string {
  return Buffer.from(JSON.stringify(place), 'utf8').toString('base64url');
}

/**
 * The place that a client has handed back. Null: it has none, and the list begins.
 * @param kinds what the place consists of
 * @throws ConnectorError ERR_INPUT_INVALID for a text that is none of ours
 */
export function placeIn<const Kinds extends readonly ('string' | 'number')[]>(
  text: string,
  kinds: Kinds,
): { readonly [N in keyof Kinds]: Kinds[N] extends 'number' ? number : string } | null {
  if (text === '') return null;
  const place = text.length > LONGEST ? null : parsed(text);
  const fits =
    Array.isArray(place) && place.length === kinds.length && kinds.every((kind, n) => typeof place[n] === kind);
  if (fits) return place as unknown as ReturnType<typeof placeIn<Kinds>>;
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-place'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
