/** What dialogs call things, for who is refused something in another language than that of the runtime. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inDialogs } from '../../nodes/dialog-words.ts';

describe('a word of a dialog', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dialog-words-'));
    const write = (language: string, brakePercent: string, numberTo: string): void => {
      const locales = join(folder, 'access-switch', 'locales', language);
      mkdirSync(locales, { recursive: true });
      const texts = { 'access-switch': { field: { brakePercent } }, shared: { invalid: { numberTo } } };
      writeFileSync(join(locales, 'access-switch.json'), JSON.stringify(texts));
    };
    write('de', 'Bremse, Prozent', 'eine Zahl von __min__ bis __max__');
    write('en-US', 'Brake, percent', 'a number from __min__ to __max__');
  });
  after(() => rmSync(folder, { recursive: true }));

  const runtime = { _: (key: string): string => `[${key}]` };

  for (const [what, key, values, en, de] of [
    ['a field', 'field.brakePercent', {}, 'Brake, percent', 'Bremse, Prozent'],
    [
      'a text of all nodes, with values',
      'shared.invalid.numberTo',
      { min: 0, max: 100 },
      'a number from 0 to 100',
      'eine Zahl von 0 bis 100',
    ],
    [
      'one that the catalogue does not have, as the runtime says it',
      'field.x',
      {},
      '[access-switch.field.x]',
      '[access-switch.field.x]',
    ],
    [
      'a name that every object has, as the runtime says it',
      'constructor',
      {},
      '[access-switch.constructor]',
      '[access-switch.constructor]',
    ],
  ] as const)
    it(`is looked up in the catalogue of each language, whichever the runtime speaks: ${what}`, () => {
      assert.deepEqual(inDialogs(runtime, 'access-switch', key, values, folder), { each: { en, de } });
    });

  it('is as the runtime says it where there is no catalogue', () => {
    assert.deepEqual(inDialogs(runtime, 'access-switch', 'label', {}, null), {
      each: { en: '[access-switch.label]', de: '[access-switch.label]' },
    });
  });
});
