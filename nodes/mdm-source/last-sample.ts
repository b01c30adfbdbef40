/**
 * The first records of the last list that an MDM source got, to try a mapping on. In memory only, a few and not large: who may
 * write flows sees them in the dialog, and nobody else does anywhere. They go with the node.
 */

/** Records kept of one message, and how large all of them may be. */
const KEPT = { records: 5, bytes: 65_536 } as const;

/** What there is to try a mapping on. */
export interface Sample {
  /** When the message came, ISO 8601 UTC. */
  readonly at: string;
  readonly records: readonly unknown[];
  /** Records of the message. */
  readonly total: number;
}

/** As it is kept: each record as JSON, so that nothing holds on to the message. */
interface Kept extends Omit<Sample, 'records'> {
  readonly records: readonly string[];
}

const samples = new WeakMap<object, Kept>();

/*
 *   the message                                             then
 *   has no record                                           what was kept stays
 *   is not the first of its reading, and something is kept  what was kept stays
 *   a record is larger than is left, or no JSON             neither it nor those behind it are kept
 */

/** Keeps the first records of a message, in place of those before. @param how.now milliseconds since 1970 */
export function keepSample(
  node: object,
  foreign: readonly unknown[],
  { isFirst, now }: { readonly isFirst: boolean; readonly now: number },
): void {
  if (foreign.length === 0 || (!isFirst && samples.has(node))) return;
  const records: string[] = [];
  let left: number = KEPT.bytes;
  for (const record of foreign.slice(0, KEPT.records)) {
    const text = textWithin(record, left);
    if (text === null) break;
    left -= Buffer.byteLength(text);
    records.push(text);
  }
  samples.set(node, { at: new Date(now).toISOString(), records, total: foreign.length });
}

/** Null: no message has come to this node, as it was deployed. */
export function sampleOf(node: object): Sample | null {
  const kept = samples.get(node);
  if (kept === undefined) return null;
  return { ...kept, records: kept.records.map((text) => JSON.parse(text) as unknown) };
}

/** The record as JSON; null: it is larger, or no JSON. What is too large is not written to its end. */
function textWithin(record: unknown, bytes: number): string | null {
  let left = bytes;
  const spend = (key: string, value: unknown): unknown => {
    const shown = typeof value === 'bigint' ? String(value) : value;
    left -= key.length + (typeof shown === 'string' ? shown.length : 1);
    if (left < 0) throw new RangeError('too large');
    return shown;
  };
  try {
    // Nothing comes of a function, though the types say a text does.
    const text = JSON.stringify(record, spend) as string | undefined;
    return text === undefined || Buffer.byteLength(text) > bytes ? null : text;
  } catch {
    return null;
  }
}
