/** The last dry run in the language of the dialog that shows it. Pure. */
import type { MailReport } from '../sync/mail-report.ts';
import { wordOf, wordsOf } from '../sync/mail-report.ts';
import type { KeptSimulation } from '../sync/sync-report.ts';
import { WOULD_WORDS } from '../sync/would-words.ts';
import { inLanguage } from './in-language.ts';
import type { RuleLanguage } from './in-language.ts';

/** Each notifier by its own words: where several speak, nothing in the text tells where one ends. */
function mailInLanguage({ text, notifiers }: MailReport, language: RuleLanguage): string {
  // What an older version kept may have none.
  const unready = (notifiers ?? []).filter(({ verdict }) => verdict !== 'ready');
  const words = wordsOf(unready);
  if (words === '' || !text.endsWith(` ${words}`)) return inLanguage(text, language);
  const first = text.slice(0, -words.length).trim();
  return [first, ...unready.map(wordOf)].map((one) => inLanguage(one, language)).join(' ');
}

/** The same simulation with its sentences in a language; codes, numbers and names stay as they are. */
export function simulationInLanguage(kept: KeptSimulation, language: RuleLanguage): KeptSimulation {
  if (language === 'en') return kept;
  const spoken = <T extends { readonly code: string; readonly text: string }>(one: T): T => ({
    ...one,
    text: inLanguage(one.text, language, one.code),
  });
  const { report } = kept;
  const { diff, problems, held, mail, readings } = report;
  return {
    ...kept,
    report: {
      ...report,
      diff: diff.map((group) => ({
        ...group,
        text: inLanguage(group.text, language, group.reason),
        rule: WOULD_WORDS[language].rules[group.rule] ?? group.rule,
      })),
      ...(problems === undefined ? {} : { problems: problems.map(spoken) }),
      ...(held === undefined ? {} : { held: { ...held, reason: spoken(held.reason) } }),
      ...(mail === undefined ? {} : { mail: { ...mail, text: mailInLanguage(mail, language) } }),
      // What an older version kept may have no readings.
      ...(readings === undefined
        ? {}
        : {
            readings: readings.map((reading) =>
              reading.notes === undefined ? reading : { ...reading, notes: reading.notes.map(spoken) },
            ),
          }),
    },
  };
}
