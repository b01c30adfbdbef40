/**
 * CSV as spreadsheets and MDMs write it: RFC 4180, with comma, semicolon or tab, with or without a byte order mark. Strict,
 * since a cell that slipped by a column is another field's value.
 */
import { ConnectorError } from '../errors.ts';

/** Rows by the names of their columns, and the line that each begins in. */
export interface CsvRows {
  /** Names of the columns. */
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  /** Of each row, from 1. */
  readonly lines: readonly number[];
}

interface Line {
  readonly cells: readonly string[];
  /** From 1. */
  readonly at: number;
}

/**
 * Reads a text with a header line. Names of columns are trimmed and composed (Unicode NFC); a column without a name is left out,
 * and so is an empty line.
 * @param isId whether a column is the one that a device list must have. Without it a sentence of one line, as a server's error with
 *   status 200, would pass for a header without rows: an MDM that has no device. Absent: any header will do
 * @throws ConnectorError ERR_MDM_MAPPING naming the line in details.line
 */
export function readCsv(text: string, isId?: (column: string) => boolean): CsvRows {
  // The mark is no part of the first name. Excel names the delimiter in a line of its own: sep=;
  const plain = text.replace(/^\uFEFF/, '');
  const told = /^sep=([,;\t])\r?\n/i.exec(plain);
  const begin = told?.[0].length ?? 0;
  const delimiter = told?.[1] ?? delimiterOf(plain);
  const [header, ...body] = linesOf(plain, { delimiter, begin, line: begin === 0 ? 1 : 2 });
  if (header === undefined) throw wrong(1, 'there is no header line');
  const names = header.cells.map((name) => name.trim().normalize('NFC'));
  if (isId !== undefined && !names.some(isId))
    throw wrong(
      header.at,
      'no column is called id, Device ID or Geräte-ID, as if it were an error of its server and no list',
    );
  const seen = new Set<string>();
  const twice = names.find((name) => name !== '' && (seen.has(name) || !seen.add(name)));
  if (twice !== undefined) throw wrong(header.at, `two columns are called "${twice.slice(0, 40)}"`);
  for (const { cells, at } of body)
    if (cells.length !== names.length)
      throw wrong(
        at,
        `has ${cells.length} cells and the header ${names.length}; a cell with a delimiter needs quotation marks`,
      );
  return {
    columns: names.filter((name) => name !== ''),
    rows: body.map(({ cells }) =>
      Object.fromEntries(names.map((name, n) => [name, cells[n] ?? ''] as const).filter(([name]) => name !== '')),
    ),
    lines: body.map(({ at }) => at),
  };
}

/** The one that the header has most of, outside quotation marks. */
function delimiterOf(text: string): string {
  const header = /^(?:"[^"]*"|[^"\r\n])*/.exec(text)?.[0].replace(/"[^"]*"/g, '') ?? '';
  const count = (delimiter: string): number => header.split(delimiter).length;
  return [',', ';', '\t'].reduce((most, one) => (count(one) > count(most) ? one : most));
}

function linesOf(
  text: string,
  { delimiter, begin, line: first }: { readonly delimiter: string; readonly begin: number; readonly line: number },
): Line[] {
  // A cell, and what ends it. In quotation marks it may hold delimiters, line breaks and, twice, quotation marks.
  const cell = new RegExp(`(?:"([^"]*(?:""[^"]*)*)"|([^"${delimiter}\\r\\n]*))(${delimiter}|\\r\\n|\\n|\\r|$)`, 'y');
  cell.lastIndex = begin;
  const lines: Line[] = [];
  let [cells, line, at] = [[] as string[], first, first];
  while (cell.lastIndex < text.length || cells.length > 0) {
    const found = cell.exec(text);
    if (found === null) throw wrong(line, 'has a quotation mark that is not closed, or that is within a cell');
    const [, quoted, bare = '', end = ''] = found;
    const value = quoted?.replaceAll('""', '"') ?? bare;
    // Read as UTF-8 what is not: German column names and words would not be known.
    if (value.includes('\uFFFD'))
      throw wrong(line, 'has a character that could not be read; save the file as CSV UTF-8');
    cells.push(value);
    line += value.split(/\r\n|\n|\r/).length - 1;
    if (end === delimiter) continue;
    if (cells.some((one) => one.trim() !== '')) lines.push({ cells, at });
    [cells, line] = [[], line + 1];
    at = line;
  }
  return lines;
}

function wrong(line: number, why: string): ConnectorError {
  return new ConnectorError('ERR_MDM_MAPPING', `The CSV text cannot be read: line ${line}: ${why}.`, {
    details: { line },
  });
}
