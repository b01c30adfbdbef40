/**
 * Pages come whole, or not at all.
 * In: `msg.parts` of the messages that a node gets as pages. A piece of a page would pass for the page: the same number, fewer
 * records, and with the last page the end of the reading, so that records are missing without a word. Changes: what it remembers
 * of the sequences that it has refused, which are told of once and not a thousand times.
 */
import { ConnectorError } from '../../errors.ts';
import { isPiece, sequencesOf } from './parts.ts';

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
    if (!isPiece(parts)) return false;
    const pages = sequencesOf(parts).at(-1) ?? '';
    if (this.#refused.has(pages)) return true;
    this.refuse(pages);
    throw new ConnectorError(
      'ERR_PAGE_SPLIT',
      'A page came in pieces: a Split node before this one has taken it apart.',
    );
  }

  /** Remembers a sequence, of which nothing more is to be said. */
  refuse(id: string): void {
    this.#refused.add(id);
    for (const oldest of this.#refused) {
      if (this.#refused.size <= REMEMBERED) return;
      this.#refused.delete(oldest);
    }
  }
}
