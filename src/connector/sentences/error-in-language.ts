/** What an error says, in the language of whoever reads it. Pure. */
import type { ConnectorError } from '../../errors.ts';
import { seenOf } from '../../model/check-report.ts';
import { HELP_WORDS } from '../../model/check-words.ts';
import { inLanguage } from './in-language.ts';
import type { RuleLanguage } from './in-language.ts';

/*
 *   language   what was seen                                 is said
 *   en         any                                           the message
 *   de         of a table with both languages                its German sentence, and what to check
 *   de         a sentence that can be read back (ADR 0092)   the same in German, and what to check
 *   de         any other                                     in quotation marks, and what to check
 */

/** An error's message in a language. */
export function errorInLanguage(error: ConnectorError, language: RuleLanguage): string {
  if (language === 'en') return error.message;
  return `${seenInLanguage(error, language)} ${HELP_WORDS[language][error.code]}`;
}

/** What an error says was seen, without what it says to check. */
export function seenInLanguage(error: ConnectorError, language: RuleLanguage): string {
  return error.seenInEach()?.[language] ?? inLanguage(seenOf(error), language);
}
