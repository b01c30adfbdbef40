/** Whether a report in German is German whole: no sentence of the English tables, and no English word. */
import { reportText } from '../../src/autodiscover/describe-report.ts';
import type { AutodiscoverReport } from '../../src/autodiscover/report.ts';
import { VERDICTS } from '../../src/autodiscover/verdicts.ts';
import { REMEDIES_DE } from '../../src/autodiscover/words/remedies-de.ts';
import { SAYINGS_DE } from '../../src/autodiscover/words/sayings-de.ts';
import { SAYINGS_EN } from '../../src/autodiscover/words/sayings-en.ts';
import { WORDS_DE } from '../../src/autodiscover/words/words-de.ts';
import { WORDS_EN } from '../../src/autodiscover/words/words-en.ts';
import { englishWordsIn, unquoted } from '../support/english-words.ts';

/** What stands between the blanks of templates, where it is two words or more. */
const phrases = (templates: readonly string[]): string[] =>
  templates.flatMap((template) => template.split(/\{\w+\}/)).filter((part) => /\p{L}{2,}\s+\p{L}{2,}/u.test(part));

const GERMAN = [
  ...Object.values(SAYINGS_DE),
  ...Object.values(REMEDIES_DE),
  ...Object.values(WORDS_DE.verdicts),
  ...Object.values(WORDS_DE.overall),
  ...Object.values(WORDS_DE.status),
].join('\n');

/** English phrases that no German text has as well. */
const ENGLISH = phrases([
  ...Object.values(SAYINGS_EN),
  ...Object.values(VERDICTS).map(({ remedy }) => remedy),
  ...Object.values(WORDS_EN.verdicts),
  ...Object.values(WORDS_EN.overall),
]).filter((phrase) => !GERMAN.includes(phrase));

/** English in a German text; empty where there is none. */
export function englishIn(text: string): readonly string[] {
  const own = unquoted(text);
  return [...ENGLISH.filter((phrase) => own.includes(phrase)), ...englishWordsIn(text)];
}

/** Every report that a test makes is read in German as well. Throws if it says anything in English. */
export function readInGerman<T extends AutodiscoverReport>(report: T): T {
  const text = reportText(report, 'de');
  const found = englishIn(text);
  if (found.length > 0) throw new Error(`English in a German report: ${found.join(' | ')}\n${text}`);
  return report;
}
