/**
 * Where a message stands, by its `msg.parts`.
 * In: `parts` as Node-RED's core nodes number them. Split puts the sequence of a message that it takes apart below its own, in
 * `parts.parts`; Join takes it out again. So a message with a sequence below its own is a piece of another one.
 */

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
  return levelsOf(parts).flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
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
  if (typeof id !== 'string' || typeof index !== 'number') return null;
  return { id, index, ...(typeof count === 'number' ? { count } : {}) };
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
