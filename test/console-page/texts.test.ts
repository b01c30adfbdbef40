/** The words of the console in both languages. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { ENGLISH_WORDS } from '../../src/console/english.ts';
import { GERMAN_WORDS } from '../../src/console/german.ts';
import { LANGUAGES, languageOf, TEXTS, textIn } from '../../src/console-page/texts.ts';
import type { TextKey } from '../../src/console-page/texts.ts';
import { wordOf, wordsOf } from '../../src/console-page/words.ts';

const FOLDER = new URL('../../src/console-page/', import.meta.url);
const keys = Object.keys(TEXTS.en) as TextKey[];
const blanksOf = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).sort();

describe('the texts of the console', () => {
  it('are there in each language, in the same order, with the same blanks', () => {
    assert.deepEqual(Object.keys(TEXTS), Object.keys(LANGUAGES));
    assert.deepEqual(Object.keys(TEXTS.de), keys);
    for (const key of keys) {
      assert.deepEqual(blanksOf(TEXTS.de[key]), blanksOf(TEXTS.en[key]), key);
      assert.notEqual(TEXTS.de[key].trim(), '', key);
    }
  });

  it('are all shown somewhere', () => {
    const code = readdirSync(FOLDER)
      .filter((name) => name.endsWith('.ts') && name !== 'texts.ts')
      .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))
      .join('\n');
    assert.deepEqual(
      keys.filter((key) => !code.includes(`'${key}'`)),
      [],
    );
  });

  it('have no English in the German ones', () => {
    const english = /\b(the|and|of|is|are|not|with|from|your|this|that|which)\b/i;
    const german = [
      ...keys.map((key) => TEXTS.de[key]),
      ...Object.values(GERMAN_WORDS).flatMap((words) => Object.values(words)),
    ];
    assert.deepEqual(
      german.filter((text) => english.test(text)),
      [],
    );
  });

  it('take in what is filled in as it is', () => {
    assert.equal(textIn('en', 'choose', { name: '{name} $& <b>' }), 'Choose {name} $& <b>');
  });

  for (const [wanted, language] of [
    [[null, null, 'de-AT'], 'de'],
    [['en', 'de'], 'en'],
    [[null, 'de', 'en-US'], 'de'],
    [['fr', 'DE'], 'de'],
    [[null, 'fr'], 'en'],
    [[], 'en'],
  ] as const)
    it(`are in ${LANGUAGES[language]} for who wants ${JSON.stringify(wanted)}`, () => {
      assert.equal(languageOf(wanted), language);
    });
});

describe('the words for codes in the console', () => {
  it('are there in German for every code that has them in English, in the same order', () => {
    const codes = (words: object): unknown =>
      Object.entries(words).map(([kind, of]) => [kind, Object.keys(of as object)]);
    assert.deepEqual(codes(GERMAN_WORDS), codes(ENGLISH_WORDS));
  });

  /*
   *   language, kind, code                        shown
   */
  const errors = { ERR_BRAKE: 'Bremse', ERR_DEPENDENCY_MISSING: 'Paket __package__ fehlt' };
  for (const [language, code, text, shown] of [
    ['en', 'not-enrolled', 'No enrolled device fits.', 'No enrolled device fits.'],
    ['de', 'not-enrolled', 'No enrolled device fits.', 'nicht registriert'],
    ['de', 'ERR_BRAKE', 'The brake.', 'Bremse'],
    ['de', 'ERR_DEPENDENCY_MISSING', 'A package.', 'A package.'],
    ['de', 'of-tomorrow', 'of tomorrow', 'of tomorrow'],
    ['de', 'constructor', 'constructor', 'constructor'],
  ] as const)
    it(`are, in ${LANGUAGES[language]} for ${code}, "${shown}"`, () => {
      assert.equal(wordOf(language, 'reason', { code, text }, errors), shown);
    });

  it('are offered to choose from', () => {
    assert.deepEqual(
      wordsOf('de', 'platform').map(({ code, text }) => [code, text]),
      [
        ['ios', 'iOS'],
        ['android', 'Android'],
        ['windows', 'Windows'],
        ['macos', 'macOS'],
        ['other', 'andere'],
      ],
    );
  });
});
