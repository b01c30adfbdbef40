/** What the query of a request asks for. Everything else than what is known is refused: a filter that is misspelled must not show all. Pure. */
import { ConnectorError } from '../errors.ts';
import { refusal, refused } from '../model/refusals.ts';
import { quoted } from '../model/say.ts';
import type { Value } from '../model/say.ts';

/** A query as the web framework has parsed it: texts, or lists of texts where a name came twice. */
export type Query = Readonly<Record<string, unknown>>;

/** Texts and values of a query that are longer are no names of ours. */
const LONGEST = 4_000;
const MOST_VALUES = 50;

/** Rows of a page, if nothing is said, and at most. */
export const PAGE_ROWS = { usual: 100, most: 500 } as const;

/** Throws ERR_INPUT_INVALID for a parameter that is not one of these. */
export function refuseOthers(query: Query, known: readonly string[]): void {
  const unknown = Object.keys(query).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ConnectorError(
    'ERR_INPUT_INVALID',
    refusal('no-parameter', { name: quoted(unknown.slice(0, 40)), known: known.join(', ') }),
  );
}

/** One text; empty: it was not given. */
export function textIn(query: Query, name: string): string {
  const value = query[name];
  if (value === undefined) return '';
  if (typeof value === 'string' && value.length <= LONGEST) return value.trim();
  throw wrong(name, refused('one-text'));
}

/** Some of these words: the parameter several times, or separated by commas. */
export function wordsIn(query: Query, name: string, known: readonly string[] | null): string[] {
  const given = query[name] === undefined ? [] : [query[name]].flat();
  if (given.length > MOST_VALUES || given.some((one) => typeof one !== 'string' || one.length > LONGEST))
    throw wrong(name, refused('some-texts', { most: MOST_VALUES }));
  const words = (given as string[]).flatMap((one) => one.split(',')).flatMap((one) => one.trim() || []);
  if (words.length > MOST_VALUES) throw wrong(name, refused('some-texts', { most: MOST_VALUES }));
  if (known !== null && words.some((word) => !known.includes(word))) throw wrong(name, known.join(', '));
  return words;
}

/** One of these words; the first one if none was given. */
export function choiceIn<const T extends string>(query: Query, name: string, known: readonly [T, ...T[]]): T {
  const text = textIn(query, name);
  if (text === '') return known[0];
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw wrong(name, known.join(', '));
}

/** How many rows a page has. */
export function rowsIn(query: Query): number {
  const text = textIn(query, 'rows');
  if (text === '') return PAGE_ROWS.usual;
  const rows = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (rows >= 1 && rows <= PAGE_ROWS.most) return rows;
  throw wrong('rows', refused('a-number', { most: PAGE_ROWS.most }));
}

/** A day (UTC) as the time at which it begins, or the one after it. @param name of a parameter like 2026-05-04 */
export function dayIn(query: Query, name: string, which: 'begin' | 'end'): string | undefined {
  const text = textIn(query, name);
  if (text === '') return undefined;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00.000Z`) : Number.NaN;
  // Some engines take 31 February for a day in March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) throw wrong(name, refused('a-day'));
  return new Date(time + (which === 'end' ? 86_400_000 : 0)).toISOString();
}

function wrong(name: string, expected: Value): ConnectorError {
  return new ConnectorError('ERR_INPUT_INVALID', refusal('parameter', { name, expected }));
}
