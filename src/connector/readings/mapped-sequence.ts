/**
 * Messages of foreign records as one reading.
 * In: `msg.parts` of each message and how its records are mapped. Out: the page it becomes. Changes: what it remembers of the
 * sequence that has begun.
 */
import { ConnectorError } from '../../errors.ts';
import type { Clock, Ids } from '../ports.ts';
import { readPart } from './parts.ts';
import type { Part } from './parts.ts';

/** A page of a reading that comes as messages. */
export interface MappedPage<T> {
  /** Of the reading. */
  readonly id: string;
  readonly startedAt: string;
  readonly page: number;
  readonly last: boolean;
  readonly records: readonly T[];
}

/** A sequence that is one reading, as far as it has come. */
interface Sequence {
  readonly id: string;
  readonly startedAt: string;
  /** Index of the part that comes next. */
  next: number;
}

/**
 * A message without parts is a whole reading; a sequence of messages is one reading that ends with the part that carries the
 * count. Of a sequence that lost a part, or had one that could not be mapped, nothing more becomes a page: it never comes to
 * its end.
 */
export class MappedSequence {
  #sequence: Sequence | null = null;
  readonly #now: Clock;
  readonly #newId: Ids;

  constructor({ now, newId }: { readonly now: Clock; readonly newId: Ids }) {
    this.#now = now;
    this.#newId = newId;
  }

  /**
   * The page that a message becomes. Messages come one by one: the next one when this one is answered.
   * @param parts `msg.parts`, whatever it is
   * @throws ConnectorError ERR_SNAPSHOT_INCOMPLETE for a part whose forerunners did not all come and get mapped; what `map`
   *   rejects with
   */
  async take<T>(parts: unknown, map: () => Promise<readonly T[]>): Promise<MappedPage<T>> {
    const part = readPart(parts);
    const sequence = this.#sequenceOf(part);
    const records = await map();
    sequence.next += 1;
    const { id, startedAt } = sequence;
    const page = part?.index ?? 0;
    return { id, startedAt, page, last: part === null || page + 1 === part.count, records };
  }

  #sequenceOf(part: Part | null): Sequence {
    const startedAt = new Date(this.#now()).toISOString();
    if (part === null) return { id: this.#newId(), startedAt, next: 0 };
    if (part.index === 0) this.#sequence = { id: part.id, startedAt, next: 0 };
    if (this.#sequence?.id === part.id && this.#sequence.next === part.index) return this.#sequence;
    throw new ConnectorError(
      'ERR_SNAPSHOT_INCOMPLETE',
      `Part ${part.index + 1} of a sequence came, but not all parts before it could be mapped.`,
    );
  }
}
