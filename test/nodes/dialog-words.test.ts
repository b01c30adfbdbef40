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
    const locales = join(folder, 'access-switch', 'locales', 'de');
    mkdirSync(locales, { recursive: true });
    const texts = {
      'access-switch': { field: { brakePercent: 'Bremse, Prozent' } },
      shared: { invalid: { numberTo: 'eine Zahl von __min__ bis __max__' } },
    };
    writeFileSync(join(locales, 'access-switch.json'), JSON.stringify(texts));
  });
  after(() => rmSync(folder, { recursive: true }));

  const runtime = { _: (key: string): string => `[${key}]` };

  for (const [what, key, values, german] of [
    ['a field', 'field.brakePercent', {}, 'Bremse, Prozent'],
    ['a text of all nodes, with values', 'shared.invalid.numberTo', { min: 0, max: 100 }, 'eine Zahl von 0 bis 100'],
    ['one that the catalogue does not have, as the runtime says it', 'field.x', {}, '[access-switch.field.x]'],
    ['a name that every object has, as the runtime says it', 'constructor', {}, '[access-switch.constructor]'],
  ] as const)
    it(`is looked up in the German catalogue: ${what}`, () => {
      const said = inDialogs(runtime, 'access-switch', key, values, folder);
      const full = key.startsWith('shared.') ? key : `access-switch.${key}`;
      assert.deepEqual(said, { each: { en: `[${full}]`, de: german } });
    });

  it('is as the runtime says it where there is no catalogue', () => {
    assert.deepEqual(inDialogs(runtime, 'access-switch', 'label', {}, null), {
      each: { en: '[access-switch.label]', de: '[access-switch.label]' },
    });
  });
});
