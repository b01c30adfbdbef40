/** The words of the reports of a first hour: every code in both languages, with the same values, and nothing English in German. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { PREFLIGHT_SPEECH } from '../../src/connector/mails/check-words.ts';
import { EXCHANGE_WORDS } from '../../src/exchange/check/words/words.ts';
import { TENANT_WORDS } from '../../src/graph/check/words/words.ts';
import { DIRECTORY_WORDS } from '../../src/ldap/check-words.ts';
import { ACCOUNT_WORDS } from '../../src/mail/check/words/words.ts';
import { CHECK_WORDS, COMMON_EN, HELP_WORDS } from '../../src/model/check-words.ts';
import type { VerdictWords } from '../../src/model/check-words.ts';
import { counted, english, given, quoted, reportLanguageOf, valueInWords } from '../../src/model/say.ts';
import type { ReportLanguage, Sayings } from '../../src/model/say.ts';
import { STORE_WORDS } from '../../src/store/check/words/words.ts';
import { englishWordsIn } from '../support/english-words.ts';

interface Words {
  readonly sayings: Sayings;
  readonly verdicts?: Readonly<Record<string, VerdictWords>>;
  readonly summary?: Readonly<Record<string, string>>;
  readonly titles?: Readonly<Record<string, string>>;
}

const REPORTS: readonly [what: string, folder: string, Readonly<Record<ReportLanguage, Words>>][] = [
  ['an Exchange server', 'exchange/check', EXCHANGE_WORDS],
  ['an MDM tenant', 'graph/check', TENANT_WORDS],
  ['a mail account', 'mail/check', ACCOUNT_WORDS],
  ['a store', 'store/check', STORE_WORDS],
  ['an Active Directory', 'ldap', DIRECTORY_WORDS],
  ['a notifier', 'connector/mails', PREFLIGHT_SPEECH],
];

const blanksOf = (text = ''): readonly string[] => [...new Set(text.match(/\{\w+\}/g))].toSorted();

/** Every German text of a report. */
function textsOf({ sayings, verdicts = {}, summary = {}, titles = {} }: Words): string[] {
  const ofVerdicts = Object.values(verdicts).flatMap(({ says, remedy = '' }) => [says, remedy]);
  return [...Object.values(sayings), ...ofVerdicts, ...Object.values(summary), ...Object.values(titles)];
}

/** All that the code of a report has in quotation marks, and what begins a code whose end is a value. */
function saidIn(folder: string): { readonly whole: ReadonlySet<string>; readonly begun: readonly string[] } {
  const src = new URL('../../src/', import.meta.url);
  const own = readdirSync(new URL(`${folder}/`, src))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('verdicts.ts'))
    .map((name) => `${folder}/${name}`);
  const texts = [...own, 'model/judge-clock.ts', 'model/check-report.ts']
    .map((path) => readFileSync(new URL(path, src), 'utf8'))
    // A table says nothing by itself.
    .map((text) => text.replace(/^const SAYINGS_[^]*?^\}/gm, ''))
    .join('\n');
  return {
    whole: new Set([...texts.matchAll(/'([\w.-]+)'/g)].map(([, code = '']) => code)),
    begun: [...texts.matchAll(/said\(`([\w.]+)\$\{/g)].map(([, code = '']) => code),
  };
}

for (const [what, folder, words] of REPORTS)
  describe(`the words of the report of ${what}`, () => {
    const { en, de } = words;

    it('have a German sentence for every English one, with the same values', () => {
      assert.deepEqual(Object.keys(de.sayings).toSorted(), Object.keys(en.sayings).toSorted());
      for (const [code, text] of Object.entries(en.sayings))
        assert.deepEqual(blanksOf(de.sayings[code]), blanksOf(text), code);
    });

    it('have German words for every verdict, and a remedy with the same blanks where there is an English one', () => {
      const { verdicts = {} } = de;
      assert.deepEqual(Object.keys(verdicts).toSorted(), Object.keys(en.verdicts ?? {}).toSorted());
      for (const [verdict, { remedy }] of Object.entries(en.verdicts ?? {})) {
        const german = verdicts[verdict];
        assert.equal(german?.remedy === undefined, remedy === undefined, verdict);
        assert.deepEqual(blanksOf(german?.remedy), blanksOf(remedy), verdict);
        assert.ok(german?.says !== '', verdict);
      }
    });

    it('have no English in German', () => {
      assert.deepEqual(
        textsOf(de).filter((text) => englishWordsIn(text).length > 0),
        [],
      );
    });

    it('have no sentence that no step says', () => {
      const { whole, begun } = saidIn(folder);
      const unsaid = Object.keys(en.sayings).filter(
        (code) => !(code in COMMON_EN) && !whole.has(code) && !begun.some((prefix) => code.startsWith(prefix)),
      );
      assert.deepEqual(unsaid, []);
    });
  });

describe('what errors say to check, in German', () => {
  it('is not in English, and names every command and setting that the English text names', () => {
    for (const [code, text] of Object.entries(HELP_WORDS.de)) {
      assert.deepEqual(englishWordsIn(text), [], code);
      const names = (one: string): string[] =>
        one.match(/`[^`]+`|\b\w+\.(?:conf|md)\b|\b[A-Z][a-z]+-[A-Z]\w+\b/g) ?? [];
      const english = HELP_WORDS.en[code as keyof typeof HELP_WORDS.en];
      const isCmdlet = (name: string): boolean => !/^(Node|Message|Load|Join|Split|Multi)-/.test(name);
      for (const name of names(english).filter(isCmdlet)) assert.ok(text.includes(name), `${code}: ${name}`);
    }
  });
});

describe('a sentence in the language of who reads it', () => {
  const speech = (language: ReportLanguage) => ({ language, sayings: { all: '{a}, {b}, {c}, {d}' } });
  const one = {
    code: 'all',
    values: { a: english('It said “no”.'), b: quoted('no “such” „thing“ "here"'), c: counted(12_345), d: given('a b') },
  };

  it('has its own words as they are, those of others in quotation marks that they cannot end, and its own numbers', () => {
    assert.equal(valueInWords(one, speech('en')), `It said “no”., "no “such” „thing“ 'here'", 12,345, "a b"`);
    assert.equal(valueInWords(one, speech('de')), `„It said 'no”.“, „no 'such” 'thing' "here"“, 12.345, „a b“`);
  });

  it('has a secret taken out before marks within it are changed', () => {
    const hide = (text: string): string => text.replaceAll('a„b“c', '***');
    assert.equal(valueInWords(english('Refused: a„b“c'), { ...speech('de'), hide }), '„Refused: ***“');
  });

  for (const [asked, language] of [
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE_de', 'en'],
    ['', 'en'],
    ['en-US', 'en'],
    ['fr', 'en'],
    ['den', 'en'],
  ] as const)
    it(`is ${language} for an editor in "${asked}"`, () => {
      assert.equal(reportLanguageOf(asked), language);
    });

  it('has all words around it in German', () => {
    const { status, overall, error, read } = CHECK_WORDS.de;
    const texts = [...Object.values(status), ...Object.values(overall), error, read];
    assert.deepEqual(texts.flatMap(englishWordsIn), []);
  });
});
