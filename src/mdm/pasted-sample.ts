/** Records that somebody pasted to try a mapping on: JSON, or CSV with a line of headers. Pure. */
import { ConnectorError } from '../errors.ts';

/*
 *   the text, without space around it    is
 *   empty                                no sample
 *   begins with [ or {                   JSON: a list of records, or one object: a record, or an answer that has a list in it
 *   anything else                        CSV
 */

/** What was pasted; null: nothing. @throws ConnectorError ERR_INPUT_INVALID for what is neither JSON nor CSV */
export function readPasted(text: string): readonly unknown[] | Readonly<Record<string, unknown>> | null {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return null;
  if (!/^[[{]/.test(trimmed)) return readCsv(trimmed);
  try {
    return JSON.parse(trimmed) as readonly unknown[] | Readonly<Record<string, unknown>>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectorError('ERR_INPUT_INVALID', `The sample is not JSON: ${why}.`, { cause });
  }
}

/** As the core csv node gives them: texts by header, empty cells left out. */
function readCsv(text: string): Record<string, string>[] {
  const [first = ''] = text.split(/\r?\n/, 1);
  const [headers = [], ...rows] = rowsOf(text, separatorOf(first));
  if (rows.length === 0)
    throw new ConnectorError(
      'ERR_INPUT_INVALID',
      'The sample is neither JSON nor CSV: a CSV has a line of headers, and rows.',
    );
  return rows.map((row) =>
    Object.fromEntries(
      headers.flatMap((header, at) => {
        const cell = row[at] ?? '';
        return cell === '' ? [] : [[header.trim(), cell] as const];
      }),
    ),
  );
}

/** What separates the headers most often. */
function separatorOf(headers: string): string {
  const count = (separator: string): number => headers.split(separator).length;
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best));
}

/** Cells by row (RFC 4180): in quotation marks a cell may have separators and line ends, and two marks are one. */
function rowsOf(text: string, separator: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^${separator}\\r\\n]*))(${separator}|\\r?\\n|\\r|$)`, 'y');
  for (let found = cell.exec(text); found !== null; found = cell.exec(text)) {
    const [, quoted, plain = '', end] = found;
    row.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    if (end === separator) continue;
    if (row.some((value) => value !== '')) rows.push(row);
    if (end === '') break;
    row = [];
  }
  return rows;
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
