/**
 * Sentences as codes with values. A table has a template a code, `{place}` where a value stands; what was said in English can be
 * read back as its codes and values, and said in another language. Pure (ADR 0092).
 */

/** The places of a template: `'{a} of {b}'` → `'a' | 'b'`. */
type PlacesOf<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlacesOf<Rest>
  : never;

/** What stands in the places of a sentence. */
export type Values = Readonly<Record<string, string | number>>;

type ValuesFor<Template extends string> = [PlacesOf<Template>] extends [never]
  ? []
  : [Readonly<Record<PlacesOf<Template>, string | number>>];

/** Says a sentence of a table; every place needs its value. */
export function sayIn<const Table extends Readonly<Record<string, string>>>(
  table: Table,
): <Code extends keyof Table & string>(code: Code, ...values: ValuesFor<Table[Code]>) => string {
  const parts = new Map(Object.entries(table).map(([code, template]) => [code, partsOf(template)]));
  return (code, ...[values]) => filled(parts.get(code) ?? [], values ?? {});
}

/** A template as its parts, with its places filled. */
function filled(parts: Parts, values: Values): string {
  let text = '';
  for (const { literal, place } of parts) text += place === null ? literal : `${literal}${values[place] ?? ''}`;
  return text;
}

/** A place's value in another language; null: nothing of the kind stands there, so it is another sentence. */
export type ValueReader = (value: string) => string | null;

/** What one language needs. */
export interface Translation {
  /** Templates as they were said. */
  readonly from: Readonly<Record<string, string>>;
  /** The same codes with the same places. */
  readonly to: Readonly<Record<string, string>>;
  /** By the name of a place without its number (`day2`: `day`); others hold names, which stay as they are. */
  readonly values: Readonly<Record<string, ValueReader>>;
  /** Names of places that hold sentences. */
  readonly sentences: readonly string[];
}

/** What is longer than this was not said by us. */
const MAX_LENGTH = 4_000;

/*
 *   the text                                              in the other language
 *   sentences of the table, one after the other           those sentences, with their values
 *   a place that holds sentences, all of the table        those, too
 *   anything else in it, or after it                      null: the whole is not said, rather than half of it
 *
 * A name may hold anything, also what looks like the rest of a sentence: it ends where that first seems to begin. What is said
 * then has another boundary between name and sentence, and every word of the name.
 */

/** Reads sentences back, in time that grows with the length of the text alone. */
export function translator({ from, to, values, sentences }: Translation): (text: string) => string | null {
  const templates = Object.entries(from)
    .map(([code, template]): Template => ({ parts: partsOf(template), to: partsOf(to[code] ?? '') }))
    // One that begins with a name fits nearly everything.
    .sort((a, b) => b.parts.length - a.parts.length)
    .sort((a, b) => Number(a.parts[0]!.literal === '') - Number(b.parts[0]!.literal === ''));
  const valueOf = (place: string, value: string): string | null => {
    const name = place.replace(/\d+$/, '');
    if (sentences.includes(name)) return read(value);
    const reader = values[name];
    return reader === undefined ? value : reader(value);
  };
  const read = (text: string): string | null => {
    if (text.length > MAX_LENGTH) return null;
    const known = new Map<number, string | null>();
    const from = (start: number): string | null => {
      const before = known.get(start);
      if (before !== undefined) return before;
      known.set(start, null);
      for (const template of templates) {
        for (const { said, end } of sentencesAt(text, start, template, valueOf)) {
          const rest = end === text.length ? '' : from(end + 1);
          if (rest === null) continue;
          const all = rest === '' ? said : `${said} ${rest}`;
          known.set(start, all);
          return all;
        }
      }
      return null;
    };
    return text === '' ? null : from(0);
  };
  return read;
}

/** What stands as it is, and the place after it; null at the end. */
type Parts = readonly { readonly literal: string; readonly place: string | null }[];

interface Template {
  readonly parts: Parts;
  readonly to: Parts;
}

function partsOf(template: string): Parts {
  const pieces = template.split(/\{(\w+)\}/);
  const parts = [];
  for (let at = 0; at < pieces.length; at += 2)
    parts.push({ literal: pieces[at] ?? '', place: pieces[at + 1] ?? null });
  return parts;
}

/** A sentence ends at one of so many places at most. */
const MOST_ENDS = 20;

/** The sentence that begins there, with each end that it may have: where the text ends, or a blank follows. */
function* sentencesAt(
  text: string,
  start: number,
  { parts, to }: Template,
  valueOf: (place: string, value: string) => string | null,
): Generator<{ readonly said: string; readonly end: number }> {
  const [first, ...others] = parts;
  if (first === undefined || !text.startsWith(first.literal, start)) return;
  let at = start + first.literal.length;
  let { place } = first;
  const said: Record<string, string> = {};
  for (const { literal, place: after } of others.slice(0, -1)) {
    const next = text.indexOf(literal, at);
    const value = next < 0 || place === null ? null : valueOf(place, text.slice(at, next));
    if (place === null || value === null) return;
    said[place] = value;
    at = next + literal.length;
    place = after;
  }
  const last = others.at(-1);
  if (last === undefined || place === null) {
    if (at === text.length || text[at] === ' ') yield { said: filled(to, said), end: at };
    return;
  }
  for (const next of endsOf(text, at, last.literal)) {
    const value = valueOf(place, text.slice(at, next));
    if (value !== null) yield { said: filled(to, { ...said, [place]: value }), end: next + last.literal.length };
  }
}

/** Where the last piece of a sentence may stand. */
function endsOf(text: string, from: number, literal: string): number[] {
  if (literal === '') return [text.length];
  const ends: number[] = [];
  let at = text.indexOf(literal, from);
  for (; at >= 0 && ends.length < MOST_ENDS; at = text.indexOf(literal, at + 1)) {
    const end = at + literal.length;
    if (end === text.length || text[end] === ' ') ends.push(at);
  }
  return ends;
}
