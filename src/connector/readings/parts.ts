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
  const ids: string[] = [];
  let level = fieldsOf(parts);
  for (let depth = 0; level !== null && depth < DEEPEST; depth += 1) {
    if (typeof level['id'] === 'string') ids.push(level['id']);
    level = fieldsOf(level['parts']);
  }
  return ids;
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

function fieldsOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}
