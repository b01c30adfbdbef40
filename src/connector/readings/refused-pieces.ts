/**
 * Pages come whole, or not at all.
 * In: `msg.parts` of the messages that a node gets as pages. A piece of a page would pass for the page: the same number, fewer
 * records, and with the last page the end of the reading, so that records are missing without a word. Changes: what it remembers
 * of the sequences that it has refused, which are told of once and not a thousand times.
 */
import { ConnectorError } from '../../errors.ts';
import { isPiece, placesOf, readPart, sequencesOf } from './parts.ts';

/** Sequences that may come at the same time: the readings of some sources. */
const REMEMBERED = 16;

/** Tells pieces from pages. */
export class RefusedPieces {
  readonly #refused = new Set<string>();

  /**
   * True for one more piece of what has been refused: there is nothing to do with it, and nothing to say.
   * @throws ConnectorError ERR_PAGE_SPLIT for the first piece of a sequence of pages
   */
  have(parts: unknown): boolean {
    return (
      isPiece(parts) && this.#hasTold(parts, 'A page came in pieces: a Split node before this one has taken it apart.')
    );
  }

  /**
   * As {@link have}, for a sequence of more messages than `most`.
   * @throws ConnectorError ERR_PAGE_SPLIT
   */
  haveTooMany(parts: unknown, most: number): boolean {
    const part = readPart(parts);
    const count = part === null ? 1 : (part.count ?? part.index + 1);
    return count > most && this.#hasTold(parts, `A list came as ${count} messages of one record each.`);
  }

  #hasTold(parts: unknown, message: string): boolean {
    const id = sequencesOf(parts).at(-1) ?? '';
    // Flows may begin another sequence under the same id.
    const isFirst = placesOf(parts).every((index) => index === 0);
    if (this.#refused.has(id) && !isFirst) return true;
    this.#refused.add(id);
    for (const oldest of this.#refused) {
      if (this.#refused.size <= REMEMBERED) break;
      this.#refused.delete(oldest);
    }
    throw new ConnectorError('ERR_PAGE_SPLIT', message);
  }
}
