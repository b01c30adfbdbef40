/**
 * Whether a reading that comes by message is at its end, and whether it is whole, as far as its flow says.
 * In: `last` and `total` of `msg.sync`, and the place of the message. Out: what is to be done. Changes: nothing.
 */
import { ConnectorError } from '../../errors.ts';
import { nameOf } from '../../model/record-fields.ts';
import type { Part } from './parts.ts';

/** What `msg.sync` says of the end of its reading; null where it says nothing. */
export interface StatedEnd {
  readonly last: boolean | null;
  /** Records of the whole reading. */
  readonly total: number | null;
}

/*
 *   last                     total                                  is
 *   true, false              a whole number from 0                  as said
 *   left out, null           left out, null                         not said
 *   anything else            a text, a fraction, below 0, no number refused: a check that was asked for may not be passed over
 */

/** @throws ConnectorError ERR_INPUT_INVALID for a `last` or `total` that is none */
export function readStatedEnd(sync: { readonly last?: unknown; readonly total?: unknown }): StatedEnd {
  const { last = null, total = null } = sync;
  if (last !== null && typeof last !== 'boolean')
    throw new ConnectorError('ERR_INPUT_INVALID', `msg.sync.last is ${nameOf(last)}, not true or false.`);
  if (total === null || isCount(total)) return { last, total };
  const what = typeof total === 'number' ? String(total) : nameOf(total);
  throw new ConnectorError('ERR_INPUT_INVALID', `msg.sync.total is ${what}, not a whole number from 0.`);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/*
 *   parts                        sync.last          the reading
 *   none                         not said, true     ends: the message is all of it
 *   none                         false              is at odds: nothing says what the others are
 *   count not said yet           not said, false    stays open
 *   count not said yet           true               ends
 *   before the last by count     not said, false    stays open
 *   before the last by count     true               is at odds
 *   the last by count            not said, true     ends
 *   the last by count            false              is at odds
 *   beyond the last by count     any                is at odds
 */

/**
 * Whether the reading ends with a message.
 * @throws ConnectorError ERR_SNAPSHOT_INCOMPLETE where its parts and `sync.last` are at odds: one of them is wrong, and nobody
 *   knows what is missing
 */
export function isAtEnd(part: Part | null, last: StatedEnd['last']): boolean {
  if (part === null) {
    if (last === false)
      throw atOdds('says that more come (msg.sync.last is false), and has no msg.parts to know them by');
    return true;
  }
  const { index, count } = part;
  if (count === undefined) return last === true;
  const place = `is part ${index + 1} of ${count} by its msg.parts`;
  if (index + 1 > count) throw atOdds(place);
  if (index + 1 < count && last === true) throw atOdds(`${place}, and the last by msg.sync.last`);
  if (index + 1 === count && last === false) throw atOdds(`${place}, and not the last by msg.sync.last`);
  return index + 1 === count;
}

function atOdds(why: string): ConnectorError {
  return new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', `A message of a reading ${why}.`);
}

/** Records of a reading that is at its end. */
export interface Came {
  readonly records: number;
  /** How many of them are there once more: rows move while a list is read, and each one that comes twice may hide one that did not come. */
  readonly twice: number;
}

/*
 *   total said        different records that came       the reading is
 *   no                any                               whole, as far as anybody knows
 *   n                 n                                 whole
 *   n                 fewer                             incomplete
 *   n                 more                              incomplete: a page came twice under two numbers, or two lists as one
 */

/** @throws ConnectorError ERR_SNAPSHOT_INCOMPLETE if the flow said another number than came */
export function checkTotal(total: StatedEnd['total'], { records, twice }: Came): void {
  if (total === null || records - twice === total) return;
  throw new ConnectorError(
    'ERR_SNAPSHOT_INCOMPLETE',
    `msg.sync.total says ${total} records, but ${records - twice} came${twice > 0 ? ` (${twice} of them twice)` : ''}.`,
    { details: { total, came: records - twice, twice } },
  );
}
