/** Why a wish is refused, in English and German. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorInLanguage } from '../../src/connector/sentences/error-in-language.ts';
import { ConnectorError, ERROR_HELP } from '../../src/errors.ts';
import { ERROR_HELP_DE } from '../../src/model/error-help-de.ts';
import { refusal, refused } from '../../src/model/refusals.ts';
import { REFUSALS_DE } from '../../src/model/refusals-de.ts';
import { REFUSALS_EN } from '../../src/model/refusals-en.ts';
import { english, quoted } from '../../src/model/say.ts';
import { englishWordsIn } from '../support/english-words.ts';

const placesOf = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).toSorted();

/** Sources, without the tables. */
const sources = ['src', 'nodes'].flatMap((folder) => {
  const root = new URL(`../../${folder}/`, import.meta.url).pathname;
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/refusals-(en|de)\.ts$/.test(name))
    .map((name) => readFileSync(join(root, name), 'utf8'));
});

describe('a refusal', () => {
  it('has a German sentence for every English one, with the same values', () => {
    const places = (table: Readonly<Record<string, string>>) =>
      Object.entries(table).map(([code, text]) => [code, placesOf(text)]);
    assert.deepEqual(places(REFUSALS_DE), places(REFUSALS_EN));
  });

  it('has no English in German', () => {
    assert.deepEqual(
      Object.entries(REFUSALS_DE).filter(([, text]) => englishWordsIn(text).length > 0),
      [],
    );
  });

  it('is said somewhere', () => {
    const code = sources.join('\n');
    const isSaid = (one: string): boolean => code.includes(`'${one}'`) || one.startsWith('part.');
    assert.deepEqual(
      Object.keys(REFUSALS_EN).filter((one) => !isSaid(one)),
      [],
    );
  });

  /*
   *   what was seen                                    German
   */
  const held = refused('held', { ids: ['a', 'b'] });
  for (const [what, seen, german] of [
    [
      'with sentences as values',
      refusal('no-plan', { id: 'x', held }),
      'Plan „x“ wird nicht zurückgehalten. Zurückgehalten: a, b.',
    ],
    [
      'with what somebody sent, quoted',
      refusal('no-parameter', { name: quoted('a „b“'), known: 'key' }),
      `Den Parameter „a 'b'“ gibt es nicht. Bekannt sind key.`,
    ],
    [
      'with the words of a parser, quoted',
      refusal('sample-json', { why: english('No } here') }),
      'Das Muster ist kein JSON: „No } here“.',
    ],
    ['that can be read back', 'No rule applies.', 'Keine Regel trifft zu.'],
    ['that is there in English alone, quoted', 'It said “no”.', "„It said 'no”.“"],
  ] as const)
    it(`is told in German, what was seen and what to check: ${what}`, () => {
      const error = new ConnectorError('ERR_INPUT_INVALID', seen);
      assert.equal(errorInLanguage(error, 'de'), `${german} ${ERROR_HELP_DE.ERR_INPUT_INVALID}`);
      assert.equal(errorInLanguage(error, 'en'), error.message);
      assert.ok(error.message.endsWith(ERROR_HELP.ERR_INPUT_INVALID));
    });

  it('has its German words in no property, so that no message carries them', () => {
    const error = new ConnectorError('ERR_INPUT_INVALID', refusal('no-json'));
    assert.deepEqual(Object.keys(error).toSorted(), ['code', 'details', 'name']);
    assert.equal(error.seenInEach()?.de, REFUSALS_DE['no-json']);
  });
});
