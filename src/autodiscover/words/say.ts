/** What the Autodiscover check says, as a code with values, and the tables that it is made into sentences by. Pure. */
import * as say from '../../model/say.ts';
import type { Fields, ReportLanguage, Said as AnySaid } from '../../model/say.ts';
import { SAYINGS_DE } from './sayings-de.ts';
import { SAYINGS_EN, type SayingCode } from './sayings-en.ts';

export { given, quoted, REPORT_LANGUAGES } from '../../model/say.ts';
export type { Fields, ReportLanguage, Value } from '../../model/say.ts';

/** A sentence, or a part of one, in no language yet. Plain data: it may be kept and sent. */
export type Said = AnySaid<SayingCode>;

/** Says something; every place of the sentence needs its value. */
export const said = say.sayer<typeof SAYINGS_EN>();

/** Several sentences, one after the other. */
export function sentences(first: Said, ...more: readonly Said[]): Said {
  return more.reduce<Said>((before, next) => said('both', { first: before, second: next }), first);
}

const SPEECH: Readonly<Record<ReportLanguage, say.Speech>> = {
  en: { language: 'en', sayings: SAYINGS_EN },
  de: { language: 'de', sayings: SAYINGS_DE },
};

/** The sentence in a language. */
export function inWords(one: Said, language: ReportLanguage): string {
  return say.valueInWords(one, SPEECH[language]);
}

/** A template with its places filled; one without a value stays as it is. */
export function filled(template: string, values: Fields, language: ReportLanguage): string {
  return say.filled(template, values, SPEECH[language]);
}
