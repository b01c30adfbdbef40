/**
 * Messages of foreign records as one reading.
 * In: `msg.parts` of each message, whether it is a single record, and how its records are mapped. Out: the pages it becomes.
 * Changes: what it remembers of the sequence that has begun.
 */
import { ConnectorError } from '../../errors.ts';
import type { Clock, Ids } from '../ports.ts';
import type { Page } from './page.ts';
import { readPart } from './parts.ts';
import type { Part } from './parts.ts';
import { RefusedPieces } from './refused-pieces.ts';

/** What a message adds to a reading. */
export interface MappedPages<T> {
  /** Of the reading. */
  readonly id: string;
  readonly startedAt: string;
  /** Number of the first of these pages. */
  readonly page: number;
  /** None while single records fill a page. */
  readonly pages: readonly Page<T>[];
  /** Records of the reading so far. */
  readonly read: number;
}

/** A sequence that is one reading, as far as it has come. */
interface Sequence<T> {
  /** Of the sequence, as its parts name it. */
  readonly from: string | null;
  readonly id: string;
  readonly startedAt: string;
  /** Index of the part that comes next. */
  next: number;
  /** Number of the page that comes next. */
  page: number;
  read: number;
  /** Single records that do not fill a page yet. */
  gathered: readonly T[];
}

/*
 *   parts                          payload      then
 *   none                           any          a whole reading
 *   of a sequence                  an array     pages of one reading, which ends with the part that has the count
 *   of a sequence                  a record     gathered into pages; refused if there are more of them than MOST_SINGLES
 *   of a sequence within another   any          refused: each part of the outer one would pass for a whole reading
 */

/**
 * Messages of one record each that a sequence may have. Node-RED has them all in memory before the first one arrives here, some
 * 4 kB each.
 */
export const MOST_SINGLES = 10_000;

/**
 * Of a sequence that lost a part, or had one that could not be mapped, nothing more becomes a page: it never comes to its end.
 */
export class MappedSequence<T> {
  #sequence: Sequence<T> | null = null;
  readonly #refused = new RefusedPieces();
  readonly #pageSize: number;
  readonly #now: Clock;
  readonly #newId: Ids;

  constructor({ pageSize, now, newId }: { readonly pageSize: number; readonly now: Clock; readonly newId: Ids }) {
    this.#pageSize = pageSize;
    this.#now = now;
    this.#newId = newId;
  }

  /**
   * The pages that a message becomes; null for one of a sequence that has been refused. Messages come one by one: the next one
   * when this one is answered.
   * @param parts `msg.parts`, whatever it is
   * @param isSingle the message is one record, and not a list
   * @throws ConnectorError ERR_SNAPSHOT_INCOMPLETE for a part whose forerunners did not all come and get mapped; ERR_PAGE_SPLIT
   *   for the first of a sequence that is refused; what `map` rejects with
   */
  async take(parts: unknown, isSingle: boolean, map: () => Promise<readonly T[]>): Promise<MappedPages<T> | null> {
    if (this.#refused.have(parts) || (isSingle && this.#refused.haveTooMany(parts, MOST_SINGLES))) return null;
    const part = readPart(parts);
    const sequence = this.#sequenceOf(part);
    const mapped = await map();
    const isLast = part === null || part.index + 1 === part.count;
    const pages = cut([...sequence.gathered, ...mapped], this.#pageSize);
    const isWaited = isSingle && !isLast && (pages.at(-1)?.length ?? 0) < this.#pageSize;
    sequence.gathered = (isWaited ? pages.pop() : null) ?? [];
    const { id, startedAt, page } = sequence;
    sequence.next += 1;
    sequence.page += pages.length;
    sequence.read += mapped.length;
    return {
      id,
      startedAt,
      page,
      pages: pages.map((records, at) => ({ records, last: isLast && at === pages.length - 1 })),
      read: sequence.read,
    };
  }

  #sequenceOf(part: Part | null): Sequence<T> {
    if (part === null) return this.#begin(null);
    if (part.index === 0) this.#sequence = this.#begin(part.id);
    if (this.#sequence?.from === part.id && this.#sequence.next === part.index) return this.#sequence;
    throw new ConnectorError(
      'ERR_SNAPSHOT_INCOMPLETE',
      `Part ${part.index + 1} of a sequence came, but not all parts before it could be mapped.`,
    );
  }

  /** Its id is its own: flows number their sequences as they like, and may begin one under the same id every day. */
  #begin(from: string | null): Sequence<T> {
    const startedAt = new Date(this.#now()).toISOString();
    return { from, id: this.#newId(), startedAt, next: 0, page: 0, read: 0, gathered: [] };
  }
}

/** Records in pages; no records are one empty page. */
function cut<T>(records: readonly T[], size: number): (readonly T[])[] {
  const pages: (readonly T[])[] = [];
  for (let at = 0; at < records.length || at === 0; at += size) pages.push(records.slice(at, at + size));
  return pages;
}
