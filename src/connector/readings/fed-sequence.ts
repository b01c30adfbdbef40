/**
 * Messages of records as one reading: what a source sends on whose records come by message.
 * In: each message's `msg.parts` and `msg.sync`, and how its records are read. Out: the pages it completes. Changes: what it
 * remembers of the sequence that has begun.
 */
import { ConnectorError } from '../../errors.ts';
import { lesserView, readView } from '../../model/forest-view.ts';
import type { ForestView } from '../../model/forest-view.ts';
import type { ReadingCoverage } from '../../model/coverage.ts';
import { gapsTogether, readGaps } from '../../model/reading-gaps.ts';
import type { ReadingGaps } from '../../model/reading-gaps.ts';
import { readClock } from '../../model/server-clock.ts';
import type { ServerClock } from '../../model/server-clock.ts';
import { foreignTime } from '../../model/foreign.ts';
import type { Clock, Ids } from '../ports.ts';
import { readStatedPart } from './parts.ts';
import type { Part } from './parts.ts';
import { RefusedPieces } from './refused-pieces.ts';
import { readStartRequest } from './start-request.ts';
import type { StartRequest } from './start-request.ts';
import { checkTotal, isAtEnd, readStatedEnd } from './stated-end.ts';
import type { StatedEnd } from './stated-end.ts';

/** What a message says of the reading that it is a part of; taken as it is. */
export interface FedMessage {
  readonly parts?: unknown;
  readonly sync?: unknown;
  /** True for one record, and not a list. */
  readonly isSingle?: boolean;
}

/** What was read off one message. */
export interface FedRecords<T> {
  readonly records: readonly T[];
  /** Keys of records that are no longer there. */
  readonly gone?: readonly string[];
  /** What of them makes no record though it is there. */
  readonly gaps?: ReadingGaps | null;
}

/** A page of a reading that comes by message. */
export interface FedPage<T> {
  /** Of the reading. */
  readonly id: string;
  readonly kind: 'full' | 'quick';
  readonly startedAt: string;
  readonly dryRun?: true;
  readonly page: number;
  readonly last: boolean;
  /** Records of the whole reading; last page only. */
  readonly total?: number;
  /** Quick readings: keys of records that are no longer there; last page only, absent if none. */
  readonly gone?: readonly string[];
  /** How the clock stands that the records' times are by; last page only, absent if no message said. */
  readonly clock?: ServerClock;
  /** Objects that the server could not give whom the records are of; last page only, absent if no message said. */
  readonly gaps?: ReadingGaps;
  /** What of the forest was seen by whom the records are of; last page only, absent if no message said. */
  readonly view?: ForestView;
  /** What a reading of an MDM came to; last page only. */
  readonly coverage?: ReadingCoverage;
  readonly records: readonly T[];
}

/** What one message led to. */
export interface FedMessagePages<T> {
  /** Those that it completes; none, as long as its records fill no page. */
  readonly pages: readonly FedPage<T>[];
  readonly kind: 'full' | 'quick';
  /** Records of the reading so far. */
  readonly total: number;
  /** Records of the reading so far that came once more. */
  readonly twice: number;
  /** Records of the whole reading, as its flow says; null: it has not said. */
  readonly stated: number | null;
  /** The reading ends with this message. */
  readonly isEnd: boolean;
}

/** A sequence that is one reading, as far as it has come. */
interface Sequence<T, S> {
  /** As its parts name it; null: it has none. */
  readonly from: string | null;
  readonly id: string;
  readonly kind: 'full' | 'quick';
  readonly startedAt: string;
  /** What reading its messages remembers from one to the next. */
  readonly state: S;
  /** Index of the part that comes next. */
  next: number;
  dryRun: boolean;
  /** Pages that went out. */
  pages: number;
  total: number;
  /** What tells the records that came from each other; stays empty where nothing does. */
  readonly keys: Set<string>;
  /** Records that came once more. */
  twice: number;
  /** Records of the whole reading as the last message said that did; null: none has. */
  stated: number | null;
  /** Records that fill no page yet. */
  held: readonly T[];
  gone: readonly string[];
  /** Null: no message has said. */
  clock: ServerClock | null;
  gaps: ReadingGaps | null;
  view: ForestView | null;
}

/** What a message asks for, and says of its reading. */
interface Asked extends StartRequest, StatedEnd {
  readonly startedAt: string;
  readonly clock: ServerClock | null;
  readonly gaps: ReadingGaps | null;
  readonly view: ForestView | null;
}

/*
 *   msg.sync says        of the first message                        of a later one
 *   kind                 what the reading is                         nothing
 *   startedAt            when it began; later than now: now          nothing
 *   neither              what the source is set to; now              nothing
 *   dryRun               the reading is for a dry run                the same
 *   clock                how the clock of its times stands to ours   the same, in place of what an earlier one said: of pages that
 *                                                                    a source made the last one says it
 *   gaps                 what Exchange could not give                the same, beside what earlier ones said
 *   view                 what of the forest was seen                 the same; of two the lesser one
 *   last, total          stated-end.ts                               the same; the last word on the total counts
 *   source: another one  nothing but dryRun: it rode along from a    the same
 *                        reading of something else
 */

/*
 *   parts                          payload      then
 *   none                           any          a whole reading
 *   that tell no place (parts.ts)  any          refused: each page would pass for the whole list
 *   of a sequence                  a list       records of one reading, which ends with the part that has the count (stated-end.ts)
 *   of a sequence                  a record     the same; refused if there are more of them than MOST_SINGLES
 *   of a sequence within another   any          refused: each part of the outer one would pass for a whole reading
 */

/**
 * Messages of one record each that a sequence may have. Node-RED has them all in memory before the first one arrives here, some
 * 4 kB each.
 */
export const MOST_SINGLES = 10_000;

/**
 * A message without parts is a whole reading; a sequence of messages is one reading that ends with the part that carries the
 * count, or says that it is the last. Of a sequence that had a part refused, as it was lost, came twice, contradicts itself or
 * cannot be read, nothing more becomes a page: it never comes to its end, and neither does one of which another number of records
 * came than its flow said. It begins anew with its first part.
 */
export class FedSequence<T, S> {
  #sequence: Sequence<T, S> | null = null;
  readonly #refused = new RefusedPieces();
  readonly #options: {
    readonly source: 'eas' | 'mdm';
    readonly pageSize: number;
    readonly kind: (asked: StartRequest['kind']) => 'full' | 'quick';
    readonly open: () => S;
    readonly keyOf?: (record: T) => string;
    readonly now: Clock;
    readonly newId: Ids;
  };

  /**
   * @param options.pageSize records a page, however many a message has
   * @param options.kind what a reading is whose first message asks for this
   * @param options.open makes what the messages of one reading share
   * @param options.keyOf what tells records from each other; without it each that comes is another one
   */
  constructor(options: {
    readonly source: 'eas' | 'mdm';
    readonly pageSize: number;
    readonly kind: (asked: StartRequest['kind']) => 'full' | 'quick';
    readonly open: () => S;
    readonly keyOf?: (record: T) => string;
    readonly now: Clock;
    readonly newId: Ids;
  }) {
    this.#options = options;
  }

  /**
   * Takes a message. They come one by one: the next one when this one is answered.
   * @returns null for a message of a sequence that has been refused
   * @throws ConnectorError ERR_SNAPSHOT_INCOMPLETE for a part whose forerunners did not all come and get read, for one that
   *   contradicts itself, and at the end of a sequence of which not as many records came as was said; ERR_PAGE_SPLIT for the first of a sequence that is refused; ERR_INPUT_INVALID for a `msg.sync` that asks for what there
   *   is not, and for a `msg.parts` that tells no place; what `read` rejects with
   */
  async take(message: FedMessage, read: (state: S) => Promise<FedRecords<T>>): Promise<FedMessagePages<T> | null> {
    const { parts, isSingle = false } = message;
    if (this.#refused.have(parts) || (isSingle && this.#refused.haveTooMany(parts, MOST_SINGLES))) return null;
    const part = readStatedPart(parts);
    try {
      return await this.#takePart(part, message.sync, read);
    } catch (thrown) {
      // Whatever it was that was refused is missing: another part may not take its place.
      if (part !== null && this.#sequence?.from === part.id) this.#sequence = null;
      throw thrown;
    }
  }

  async #takePart(
    part: Part | null,
    sync: unknown,
    read: (state: S) => Promise<FedRecords<T>>,
  ): Promise<FedMessagePages<T>> {
    const asked = this.#askedBy(sync);
    const sequence = this.#sequenceOf(part, asked);
    const isEnd = isAtEnd(part, asked.last);
    const { records, gone = [], gaps = null } = await read(sequence.state);
    sequence.next += 1;
    sequence.total += records.length;
    sequence.held = [...sequence.held, ...records];
    sequence.gone = [...sequence.gone, ...gone];
    sequence.dryRun ||= asked.dryRun;
    sequence.clock = asked.clock ?? sequence.clock;
    sequence.view = lesserView(sequence.view, asked.view);
    sequence.gaps = gapsTogether(gapsTogether(sequence.gaps, asked.gaps), gaps);
    sequence.stated = asked.total ?? sequence.stated;
    // Of one message alone it is known by now whether a total is said.
    if (part !== null || asked.total !== null) this.#count(sequence, records);
    const { kind, total, twice, stated } = sequence;
    if (isEnd) {
      if (part !== null) this.#sequence = null;
      checkTotal(stated, { records: total, twice });
    }
    return { pages: pagesOf(sequence, this.#options.pageSize, isEnd), kind, total, twice, stated, isEnd };
  }

  #count(sequence: Sequence<T, S>, records: readonly T[]): void {
    const { keyOf } = this.#options;
    if (keyOf === undefined) return;
    const before = sequence.keys.size;
    for (const record of records) sequence.keys.add(keyOf(record));
    sequence.twice += records.length - (sequence.keys.size - before);
  }

  /** Checks what the message asks for, whether it decides or not. */
  #askedBy(sync: unknown): Asked {
    const fields: {
      readonly source?: unknown;
      readonly startedAt?: unknown;
      readonly clock?: unknown;
      readonly gaps?: unknown;
      readonly view?: unknown;
      readonly last?: unknown;
      readonly total?: unknown;
    } = typeof sync === 'object' && sync !== null ? sync : {};
    const isOwn = fields.source === undefined || fields.source === this.#options.source;
    const { kind, dryRun } = readStartRequest(isOwn ? sync : { ...fields, kind: undefined });
    const now = new Date(this.#options.now()).toISOString();
    const clock = isOwn ? readClock(fields.clock) : null;
    if (isOwn && fields.clock !== undefined && fields.clock !== null && clock === null)
      throw new ConnectorError(
        'ERR_INPUT_INVALID',
        'msg.sync.clock has no "offsetMs" and "marginMs" in milliseconds, the margin 0 or more.',
      );
    const gaps = isOwn && this.#options.source === 'eas' ? readGaps(fields.gaps) : null;
    if (gaps === undefined)
      throw new ConnectorError(
        'ERR_INPUT_INVALID',
        'msg.sync.gaps has no "count" of objects and no list "mailboxes" of their GUIDs.',
      );
    const view = isOwn && this.#options.source === 'eas' ? readView(fields.view) : null;
    const told = { kind, dryRun, clock, gaps, view, ...readStatedEnd(isOwn ? fields : {}) };
    if (!isOwn || fields.startedAt === undefined) return { ...told, startedAt: now };
    const startedAt = foreignTime(fields.startedAt);
    if (startedAt === null)
      throw new ConnectorError('ERR_INPUT_INVALID', 'msg.sync.startedAt is not an ISO 8601 time.');
    return { ...told, startedAt: startedAt < now ? startedAt : now };
  }

  #sequenceOf(part: Part | null, asked: Asked): Sequence<T, S> {
    if (part === null) return this.#begin(null, asked);
    if (part.index === 0) this.#sequence = this.#begin(part.id, asked);
    if (this.#sequence?.from === part.id && this.#sequence.next === part.index) return this.#sequence;
    throw new ConnectorError(
      'ERR_SNAPSHOT_INCOMPLETE',
      `Part ${part.index + 1} of a sequence came, but not all parts before it could be read.`,
    );
  }

  /** Its id is its own: flows number their sequences as they like, and may begin one under the same id every day. */
  #begin(from: string | null, { kind, startedAt }: Asked): Sequence<T, S> {
    const { open, kind: kindOf, newId } = this.#options;
    const begun = { from, id: newId(), kind: kindOf(kind), startedAt, state: open() };
    const unsaid = { clock: null, gaps: null, view: null, stated: null };
    const nothing = { pages: 0, total: 0, twice: 0, keys: new Set<string>(), held: [], gone: [] };
    return { ...begun, next: 0, dryRun: false, ...nothing, ...unsaid };
  }
}

/** Takes the full pages off; with the last message all that is left. One page is held back, so that it may be the last. */
function pagesOf<T>(sequence: Sequence<T, unknown>, pageSize: number, isEnd: boolean): FedPage<T>[] {
  const { id, kind, startedAt, held, total, gone, clock, gaps, view } = sequence;
  const head = { id, kind, startedAt, ...(sequence.dryRun ? { dryRun: true as const } : {}) };
  const pages: FedPage<T>[] = [];
  let from = 0;
  for (; held.length - from > pageSize; from += pageSize) {
    const records = held.slice(from, from + pageSize);
    pages.push({ ...head, page: sequence.pages++, last: false, records });
  }
  sequence.held = isEnd ? [] : held.slice(from);
  if (!isEnd) return pages;
  const told = {
    ...(clock === null ? {} : { clock }),
    ...(gaps === null ? {} : { gaps }),
    ...(view === null ? {} : { view }),
  };
  const end = { last: true, total, ...(kind === 'quick' && gone.length > 0 ? { gone } : {}), ...told };
  return [...pages, { ...head, page: sequence.pages++, ...end, records: held.slice(from) }];
}
