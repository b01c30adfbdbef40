/**
 * Sentences as codes with values: they are made in the reader's language, when it is known. Where a text is foreign, as the words
 * of a server, it stays as it is and stands in quotation marks. Pure.
 */
import { numberWords } from './number-words.ts';

/** Languages of a report, the one that counts where none is chosen first. */
export const REPORT_LANGUAGES = ['en', 'de'] as const;
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number];

/** The language of a report, for what somebody prefers: `de-AT` → German; what no report speaks → English. */
export function reportLanguageOf(preferred: string): ReportLanguage {
  const [primary = ''] = preferred.trim().toLowerCase().split('-');
  return REPORT_LANGUAGES.find((language) => language === primary) ?? 'en';
}

/** Somebody else's words. */
export interface Quoted {
  readonly quoted: string;
}

/** Our own words that are English everywhere, as those of an error: quoted in any other language. */
export interface InEnglish {
  readonly english: string;
}

/** A number of things, with its thousands set apart. */
export interface Counted {
  readonly counted: number;
}

/** A sentence that was made elsewhere, in each language. */
export interface InEach {
  readonly each: Readonly<Record<ReportLanguage, string>>;
}

/** A value of a sentence: a name or number as it is, somebody's words, another saying, or several with commas between. */
export type Value = string | number | Quoted | InEnglish | Counted | InEach | Said | readonly Value[];

/** Values by the names of their places. */
export type Fields = Readonly<Record<string, Value>>;

/** A sentence, or a part of one, in no language yet. Plain data: it may be kept and sent. */
export interface Said<Code extends string = string> {
  readonly code: Code;
  readonly values: Fields;
}

/** The sentences of one language by their codes, with places as `{name}`. */
export type Sayings = Readonly<Record<string, string>>;

/** The places of a template: `'{a} of {b}'` → `'a' | 'b'`. */
type PlacesOf<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlacesOf<Rest>
  : never;
/** The values that a sentence needs; none where it has no places. */
export type ValuesOf<Template extends string> = [PlacesOf<Template>] extends [never]
  ? []
  : [Readonly<Record<PlacesOf<Template>, Value>>];

/** Says what a table has; every place of the sentence needs its value, or it does not compile. */
export type Sayer<Table extends Sayings> = <Code extends keyof Table & string>(
  code: Code,
  ...values: ValuesOf<Table[Code]>
) => Said<Code>;

/** @typeParam Table of the language that the places are checked by */
export function sayer<Table extends Sayings>(): Sayer<Table> {
  return (code, ...[values]) => ({ code, values: values ?? {} });
}

/** Somebody else's words, which are not translated. */
export function quoted(text: string): Quoted {
  return { quoted: text };
}

/** Words of our own that are there in English alone. */
export function english(text: string): InEnglish {
  return { english: text };
}

/** So many of something. */
export function counted(count: number): Counted {
  return { counted: count };
}

/** A name, an address or a code that somebody else gave: as it is, but quoted where it is none of these. */
export function given(text: string): Value {
  return /^\S+$/.test(text) ? text : quoted(text);
}

const MARKS: Readonly<Record<ReportLanguage, readonly [before: string, after: string]>> = {
  en: ['"', '"'],
  de: ['„', '“'],
};

/** A table of sentences, and the language it is of. */
export interface Speech {
  readonly language: ReportLanguage;
  readonly sayings: Sayings;
  /** Takes secrets out of somebody's words, before marks within them are changed; default: they stay as they are. */
  readonly hide?: (text: string) => string;
}

/** A template with its places filled; one without a value stays as it is. */
export function filled(template: string, values: Fields, speech: Speech): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) =>
    Object.hasOwn(values, name) ? valueInWords(values[name] ?? '', speech) : place,
  );
}

/** A value in a language; a saying is its sentence. */
export function valueInWords(value: Value, speech: Speech): string {
  const { language, sayings, hide = (text) => text } = speech;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (isList(value)) return value.map((one) => valueInWords(one, speech)).join(', ');
  if ('quoted' in value) return inMarks(hide(value.quoted), language);
  if ('english' in value) return language === 'en' ? hide(value.english) : inMarks(hide(value.english), language);
  if ('each' in value) return value.each[language];
  if ('counted' in value) return numberWords(value.counted, language);
  return filled(sayings[value.code] ?? value.code, value.values, speech);
}

/** Whose words they are ends where ours begin again. */
function inMarks(text: string, language: ReportLanguage): string {
  const [before, after] = MARKS[language];
  return `${before}${text.replaceAll(before, "'").replaceAll(after, "'")}${after}`;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
