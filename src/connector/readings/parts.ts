/**
 * Where a message stands, by its `msg.parts`.
 * In: `parts` as Node-RED's core nodes number them. Split puts the sequence of a message that it takes apart below its own, in
 * `parts.parts`; Join takes it out again. So a message with a sequence below its own is a piece of another one.
 */
import { ConnectorError } from '../../errors.ts';
import { nameOf } from '../../model/record-fields.ts';

/** One message of a sequence. */
export interface Part {
  readonly id: string;
  readonly index: number;
  /** Messages of the sequence; may be known only on the last one. */
  readonly count?: number;
}

/** More than anybody nests; `parts` that hold themselves come to an end. */
const DEEPEST = 16;

/** Ids of the sequences that a message is in: its own, then the one that a piece was taken out of, and so on. */
export function sequencesOf(parts: unknown): string[] {
  return levelsOf(parts).flatMap(({ id }) => (isId(id) ? [String(id)] : []));
}

/** Where a message stands in each of these sequences, counted from 0. */
export function placesOf(parts: unknown): number[] {
  return levelsOf(parts).flatMap(({ index }) => (typeof index === 'number' ? [index] : []));
}

/** True for a piece of a message that had a place in a sequence itself. */
export function isPiece(parts: unknown): boolean {
  return fieldsOf(fieldsOf(parts)?.['parts']) !== null;
}

/** The place of a message in its own sequence; null if it says none. */
export function readPart(parts: unknown): Part | null {
  const { id, index, count } = fieldsOf(parts) ?? {};
  if (!isId(id) || typeof index !== 'number') return null;
  return { id: String(id), index, ...(typeof count === 'number' ? { count } : {}) };
}

/*
 *   parts                                                            the message is
 *   none, or neither an id nor an index in it                        alone
 *   no id, the index 0, no count or the count 1                      alone
 *   an id (a text, or a number as $millis() gives), an index from    a part
 *   0, no count or a whole one from 1
 *   anything else: an index that is a text or not there, a count     refused: a page would pass for the whole list, or its list
 *   that is a text, pages without an id                              never come to its end without a word
 */

/**
 * The place of a message that a flow has numbered; null: it stands alone.
 * @throws ConnectorError ERR_INPUT_INVALID for a place that cannot be told
 */
export function readStatedPart(parts: unknown): Part | null {
  const { id = null, index = null, count = null } = fieldsOf(parts) ?? {};
  if (id === null && (index === null || (index === 0 && (count === null || count === 1)))) return null;
  if (!isId(id)) throw misnumbered('id', id);
  if (!isWhole(index, 0)) throw misnumbered('index', index);
  if (count !== null && !isWhole(count, 1)) throw misnumbered('count', count);
  return { id: String(id), index, ...(count === null ? {} : { count }) };
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isWhole(value: unknown, from: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= from;
}

function misnumbered(field: 'id' | 'index' | 'count', value: unknown): ConnectorError {
  const seen = value === null ? 'not there' : typeof value === 'number' ? String(value) : nameOf(value);
  return new ConnectorError(
    'ERR_INPUT_INVALID',
    `msg.parts.${field} is ${seen}. A page of a list has an id, an index that is a number from 0, and the last one the number of pages as count; a list that comes at once has no msg.parts.`,
    { details: { field: `parts.${field}` } },
  );
}

function levelsOf(parts: unknown): Record<string, unknown>[] {
  const levels: Record<string, unknown>[] = [];
  let level = fieldsOf(parts);
  while (level !== null && levels.length < DEEPEST) {
    levels.push(level);
    level = fieldsOf(level['parts']);
  }
  return levels;
}

function fieldsOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}
