/** The rows of a comma-separated text, as its bytes come in. RFC 4180, with line ends of either kind. */
import { PageCursor } from '../../model/page-cursor.ts';
import { exportError } from './export-error.ts';

/** A row is a device: some hundred characters. */
const MAX_ROW = 65_536;

/**
 * Rows as lists of fields, those of one chunk together. Quoted fields may hold commas, line ends and doubled quotes; a byte order
 * mark and empty lines are left out.
 * @throws ConnectorError ERR_GRAPH_EXPORT for text that is not UTF-8, a quote that is never closed, a row without an end
 */
export async function* csvRows(source: AsyncIterable<Uint8Array>): AsyncGenerator<string[][], void, undefined> {
  const text = new RowsOfText();
  const chunks = new PageCursor(source);
  try {
    while (await chunks.hasNext()) if (text.add(chunks.take())) yield text.take();
  } finally {
    await chunks.end();
  }
  if (text.end()) yield text.take();
}

/** A text as it comes in, and its rows until they are taken. */
class RowsOfText {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #open = '';
  #rows: string[][] = [];

  /** True if there are rows, which are then to be taken. */
  add(chunk: Uint8Array): boolean {
    const { rows, rest } = takeRows(this.#open + decode(this.#decoder, chunk), false);
    if (rest.length > MAX_ROW) throw exportError('rows', 'has a row without an end');
    this.#open = rest;
    this.#rows = rows;
    return rows.length > 0;
  }

  /** The same of what is left. */
  end(): boolean {
    const { rows, rest } = takeRows(this.#open + decode(this.#decoder, null), true);
    if (rest !== '') throw exportError('rows', 'has a quote that is never closed');
    this.#rows = rows;
    return rows.length > 0;
  }

  take(): string[][] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }
}

function decode(decoder: TextDecoder, chunk: Uint8Array | null): string {
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    // No cause: it says nothing more.
    throw exportError('rows', 'is not UTF-8');
  }
}

/** Whole rows of a text, and what is left behind them. @param isEnd nothing follows: the last row needs no line end */
function takeRows(text: string, isEnd: boolean): { readonly rows: string[][]; readonly rest: string } {
  const rows: string[][] = [];
  let start = 0;
  let from = 0;
  let quote = text.indexOf('"');
  const take = (end: number): void => {
    const line = text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
    if (line !== '') rows.push(fieldsOf(line));
    start = from = end + 1;
  };
  for (;;) {
    const end = text.indexOf('\n', from);
    if (quote === -1 || (end !== -1 && end < quote)) {
      if (end === -1) break;
      take(end);
      continue;
    }
    // A doubled quote closes and opens again, which comes to the same.
    const closing = text.indexOf('"', quote + 1);
    if (closing === -1) return { rows, rest: text.slice(start) };
    from = closing + 1;
    quote = text.indexOf('"', from);
  }
  if (isEnd && start < text.length) take(text.length);
  return { rows, rest: text.slice(start) };
}

function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    const { field, end } = line[at] === '"' ? quotedField(line, at) : plainField(line, at);
    fields.push(field);
    at = end + 1;
  }
  return fields;
}

interface Field {
  readonly field: string;
  /** Where its comma is, or the end of the line. */
  readonly end: number;
}

function plainField(line: string, at: number): Field {
  const comma = line.indexOf(',', at);
  const end = comma === -1 ? line.length : comma;
  return { field: line.slice(at, end), end };
}

function quotedField(line: string, at: number): Field {
  let closing = line.indexOf('"', at + 1);
  while (closing !== -1 && line[closing + 1] === '"') closing = line.indexOf('"', closing + 2);
  const last = closing === -1 ? line.length : closing;
  const { end } = plainField(line, last);
  return { field: line.slice(at + 1, last).replaceAll('""', '"'), end };
}
