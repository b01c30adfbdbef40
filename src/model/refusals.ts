/** Why a wish is refused, in every language that a person may read it in. Pure. */
import type { SeenInEach } from '../errors.ts';
import { REFUSALS_DE } from './refusals-de.ts';
import { REFUSALS_EN } from './refusals-en.ts';
import { sayer, valueInWords } from './say.ts';
import type { ReportLanguage, Speech, ValuesOf } from './say.ts';

/** The sentences of refusals, in each language. */
export const REFUSAL_SPEECH: Readonly<Record<ReportLanguage, Speech>> = {
  en: { language: 'en', sayings: REFUSALS_EN },
  de: { language: 'de', sayings: REFUSALS_DE },
};

/** A part of a refusal, in no language yet. */
export const refused = sayer<typeof REFUSALS_EN>();

/** What an error says was seen: `new ConnectorError(code, refusal('no-plan', { … }))`. */
export function refusal<Code extends keyof typeof REFUSALS_EN>(
  code: Code,
  ...values: ValuesOf<(typeof REFUSALS_EN)[Code]>
): SeenInEach {
  const what = refused(code, ...values);
  return { en: valueInWords(what, REFUSAL_SPEECH.en), de: valueInWords(what, REFUSAL_SPEECH.de) };
}
