/** Records that somebody pasted to try a mapping on: JSON, or CSV with a line of headers. Pure. */
import { ConnectorError } from '../errors.ts';
import { readCsv } from './csv-text.ts';
import type { CsvRows } from './csv-text.ts';
import { parseExactJson } from './exact-numbers.ts';
import { refusal } from '../model/refusals.ts';
import { english } from '../model/say.ts';

/*
 *   the text, without space around it    is
 *   empty                                no sample
 *   begins with [ or {                   JSON: a list of records, or one object: a record, or an answer that has a list in it
 *   anything else                        CSV
 */

/** What was pasted; null: nothing. @throws ConnectorError ERR_INPUT_INVALID for what is neither JSON nor CSV,
 *   ERR_MDM_MAPPING for a line of CSV that does not fit */
export function readPasted(text: string): readonly unknown[] | Readonly<Record<string, unknown>> | null {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return null;
  if (!/^[[{]/.test(trimmed)) return readRows(trimmed);
  try {
    return parseExactJson(trimmed) as readonly unknown[] | Readonly<Record<string, unknown>>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('sample-json', { why: english(why) }), { cause });
  }
}

function readRows(text: string): CsvRows['rows'] {
  const { rows } = readCsv(text);
  if (rows.length > 0) return rows;
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('sample-neither'));
}

/** The only property of an object that holds a list of objects: an answer instead of a record; null: there is none, or several. */
export function listWithin(record: unknown): string | null {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return null;
  const lists = Object.entries(record).filter(
    ([, value]) =>
      Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'object' && one !== null),
  );
  return lists.length === 1 ? lists[0]![0] : null;
}
