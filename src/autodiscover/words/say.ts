/**
 * What a check says, as a code with values: the sentence is made in the reader's language, when it is known. Where a text is
 * foreign, as the words of a server, it stays as it is and stands in quotation marks. Pure.
 */
import { SAYINGS_DE } from './sayings-de.ts';
import { SAYINGS_EN, type SayingCode } from './sayings-en.ts';

/** Languages of a report, the one that counts where none is chosen first. */
export const REPORT_LANGUAGES = ['en', 'de'] as const;
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number];

/** Somebody else's words. */
export interface Quoted {
  readonly quoted: string;
}

/** A value of a sentence: a name or number as it is, somebody's words, another saying, or several with commas between. */
export type Value = string | number | Quoted | Said | readonly Value[];

/** Values by the names of their places. */
export type Fields = Readonly<Record<string, Value>>;

/** A sentence, or a part of one, in no language yet. Plain data: it may be kept and sent. */
export interface Said {
  readonly code: SayingCode;
  readonly values: Fields;
}

/** The places of a template: `'{a} of {b}'` → `'a' | 'b'`. */
type PlacesOf<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlacesOf<Rest>
  : never;
type ValuesOf<Code extends SayingCode> = PlacesOf<(typeof SAYINGS_EN)[Code]>;

/** Says something; every place of the sentence needs its value. */
export function said<Code extends SayingCode>(
  code: Code,
  ...[values]: [ValuesOf<Code>] extends [never] ? [] : [Readonly<Record<ValuesOf<Code>, Value>>]
): Said {
  return { code, values: values ?? {} };
}

/** Somebody else's words, which are not translated. */
export function quoted(text: string): Quoted {
  return { quoted: text };
}

/** A name, an address or a code that somebody else gave: as it is, but quoted where it is none of these. */
export function given(text: string): Value {
  return /^\S+$/.test(text) ? text : quoted(text);
}

/** Several sentences, one after the other. */
export function sentences(first: Said, ...more: readonly Said[]): Said {
  return more.reduce((before, next) => said('both', { first: before, second: next }), first);
}

const SAYINGS: Readonly<Record<ReportLanguage, Readonly<Record<SayingCode, string>>>> = {
  en: SAYINGS_EN,
  de: SAYINGS_DE,
};
const MARKS: Readonly<Record<ReportLanguage, readonly [before: string, after: string]>> = {
  en: ['"', '"'],
  de: ['„', '“'],
};

/** The sentence in a language. */
export function inWords({ code, values }: Said, language: ReportLanguage): string {
  return filled(SAYINGS[language][code], values, language);
}

/** A template with its places filled; one without a value stays as it is. */
export function filled(template: string, values: Fields, language: ReportLanguage): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) =>
    Object.hasOwn(values, name) ? valueInWords(values[name] ?? '', language) : place,
  );
}

function valueInWords(value: Value, language: ReportLanguage): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if ('quoted' in value) {
    const [before, after] = MARKS[language];
    // Whose words they are ends where ours begin again.
    const text = value.quoted.replaceAll(before, "'").replaceAll(after, "'");
    return `${before}${text}${after}`;
  }
  return isList(value) ? value.map((one) => valueInWords(one, language)).join(', ') : inWords(value, language);
}

function isList(value: Said | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}
