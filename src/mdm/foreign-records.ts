/** What a message holds, as the foreign records that a mapping is for. */
import { ConnectorError } from '../errors.ts';
import { readCsv } from './csv-text.ts';
import { parseExactJson, withExactNumbers } from './exact-numbers.ts';
import { isIdColumn } from './presets/csv.ts';
import type { MdmPreset } from './presets.ts';

/** Where a record stands, for the error about it. */
export interface RecordPlace {
  /** Which of its reading it is, from 1. */
  readonly record: number;
  /** The line of a CSV text that it begins in, from 1. */
  readonly line?: number;
}

export interface ForeignRecords {
  readonly records: readonly unknown[];
  /** CSV texts: the line that each begins in, from 1. */
  readonly lines?: readonly number[];
  /** CSV texts: names of the columns. */
  readonly columns?: readonly string[];
}

/*
 *   payload      preset     then
 *   a list       any        its records
 *   an object    any        one record
 *   a text       csv        CSV with a header line that has the column id: a sentence of one line is no empty list
 *   a text       another    JSON, an answer of the MDM: the list is where the preset says; one record there is a list of one
 *   a text       none       JSON, a list or one record
 *
 * Of texts long numbers are exact; lists and objects were parsed by another node, so that these may be rounded.
 */

/**
 * @param payload what came
 * @param preset null: the mapping is its own
 * @param evaluate the value of a JSONata expression for an answer
 * @throws ConnectorError ERR_MDM_MAPPING if a text is not what it should be, or has no list: it would pass for an empty one
 */
export async function foreignRecordsOf(
  payload: unknown,
  preset: Pick<MdmPreset, 'id' | 'records'> | null,
  evaluate: (expression: string, answer: unknown) => Promise<unknown>,
): Promise<ForeignRecords> {
  if (typeof payload !== 'string') return { records: listOf(payload).map(withExactNumbers) };
  if (payload.trim() === '') throw unreadable('is empty; a list without records is []');
  if (preset?.id === 'csv') {
    const { rows, lines, columns } = readCsv(payload, isIdColumn);
    return { records: rows, lines, columns };
  }
  const answer = parsed(payload);
  const found = preset === null ? answer : await evaluate(preset.records, answer);
  if (typeof found !== 'object' || found === null)
    throw unreadable(preset === null ? 'is neither a list nor a record' : `has no list at "${preset.records}"`);
  return { records: listOf(found).map(withExactNumbers) };
}

/** A list that JSONata made is no plain one. */
function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? Array.from(value as unknown[]) : [value];
}

function parsed(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (cause) {
    // The engine's message quotes the text, which may hold names of people.
    throw unreadable('is not JSON, or not whole', cause);
  }
}

function unreadable(why: string, cause?: unknown): ConnectorError {
  return new ConnectorError('ERR_MDM_MAPPING', `The text of the message ${why}.`, { cause });
}
