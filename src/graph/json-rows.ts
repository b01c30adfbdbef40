/**
 * JSON of a list of rows, read some rows at a time. A page of Graph is most of a megabyte: as one text and one tree it is slow to
 * read, as neither fits into the processor's cache, and both live until the last row is done with. In parts of some fifty rows it
 * is read a third faster, and nothing of a row is left once something has been made of it.
 */
import { randomUUID } from 'node:crypto';

/** Bytes of one part, at least: as text, two bytes a character, it stays what V8 counts as a small object. */
const PART = 32 * 1024;
/** What comes before the first row in JSON without blanks, as Graph writes it. */
const LIST = Buffer.from('"value":[');
/** What is between two rows, if it is not within one. */
const BETWEEN = Buffer.from('},{');
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Stands for the rows that were read before; no server can know it. */
const MARK = randomUUID();

/** What is made of a row. Without side effects, as it may see a row twice; it must not throw. */
export type EachRow = (row: unknown) => unknown;

/**
 * As JSON.parse, but `value`, where it is a list, has what was made of its rows.
 * @throws SyntaxError as JSON.parse
 */
export function parseRows(body: Buffer, eachRow: EachRow): unknown {
  return parseInParts(body, eachRow) ?? withRows(parseText(body), eachRow);
}

/** JSON as it comes: a byte order mark is no part of it. @throws SyntaxError */
export function parseText(body: Buffer): unknown {
  return JSON.parse(textOf(body)) as unknown;
}

/** A byte order mark is no part of a text, as a `Response` has it too. */
export function textOf(body: Buffer): string {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString('utf8', hasMark ? 3 : 0);
}

/** The same of an answer that was parsed already. */
export function withRows(answer: unknown, eachRow: EachRow): unknown {
  return hasList(answer) ? { ...answer, value: answer.value.map((row) => eachRow(row)) } : answer;
}

/*
 * Where a row ends cannot be seen by looking for "},{": it may stand in a text, or between objects within a row. So
 *
 *   `{"@odata.count":3,"value":[` 〈{…},{…}〉 , 〈{…}〉 , {…} `],"@odata.nextLink":"…"}`
 *
 *   each part between brackets is JSON     it began and ended between rows, as reading JSON takes one way only
 *   it is not                              it ended elsewhere
 *   the rest behind the head and a mark    the head ended at the start of a list; it is `value` if the mark is its first row, and
 *   is JSON, the mark in its place         neither `value` of something within nor one of two
 *   anything else                          null: all of it is read as one
 */
function parseInParts(body: Buffer, eachRow: EachRow): unknown {
  const start = body.indexOf(LIST) + LIST.length;
  if (start < LIST.length) return null;
  const made: unknown[] = [];
  let from = start;
  for (;;) {
    const end = body.indexOf(BETWEEN, from + PART) + 1;
    if (end === 0) break;
    const rows = listOf(body, from, end);
    if (rows === null) return null;
    for (const row of rows) made.push(eachRow(row));
    from = end + 1;
  }
  return from === start ? null : joined(body, start, from, made, eachRow);
}

/** The values between two places; null if they are no list. The bytes around them are brackets meanwhile, which spares a copy. */
function listOf(body: Buffer, from: number, end: number): readonly unknown[] | null {
  const [before, after] = [body[from - 1]!, body[end]!];
  body[from - 1] = OPEN;
  body[end] = CLOSE;
  try {
    return JSON.parse(body.toString('utf8', from - 1, end + 1)) as readonly unknown[];
  } catch {
    return null;
  } finally {
    body[from - 1] = before;
    body[end] = after;
  }
}

/** What is around the rows that were read, and the last ones; null if they were not the rows of `value`. */
function joined(body: Buffer, start: number, from: number, made: unknown[], eachRow: EachRow): unknown {
  let frame: unknown;
  try {
    frame = JSON.parse(`${textOf(body.subarray(0, start))}"${MARK}",${body.toString('utf8', from)}`);
  } catch {
    return null;
  }
  if (!hasList(frame) || frame.value[0] !== MARK) return null;
  for (const row of frame.value.slice(1)) made.push(eachRow(row));
  return { ...frame, value: made };
}

function hasList(answer: unknown): answer is { readonly value: readonly unknown[] } {
  return typeof answer === 'object' && answer !== null && 'value' in answer && Array.isArray(answer.value);
}
