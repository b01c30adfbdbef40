/** The editor in a German and in an English browser: dialogs in that language, with labels of one line each. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readExample } from '../scripts/lab-flow.ts';
import { root } from '../scripts/node-red.ts';
import { CONFIG_TYPES, NODE_TYPES, openOwnEditor, throughTabs } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';

type Texts = { readonly [key: string]: string | Texts };

const LANGUAGES = [
  {
    language: 'de',
    locale: 'de-DE',
    tab: 'Regeln',
    rule: 'Wenn der Datensatz „EAS und MDM zusammengeführt“ ist und die Konformität „nicht konform“ ist, dann das Gerät sperren.',
  },
  {
    language: 'en-US',
    locale: 'en-US',
    tab: 'Rules',
    rule: 'If the record is “EAS and MDM merged”, and the compliance is “noncompliant”, then block the device.',
  },
] as const;

const read = (path: string): Texts => JSON.parse(readFileSync(join(root, 'nodes', path), 'utf8')) as Texts;

/** What the palette calls a node type. */
function paletteOf(type: string, language: string): string {
  return (read(`${type}/locales/${language}/${type}.json`)[type] as { palette: string }).palette;
}

/** Every text of a node type's catalogue and of the shared one, without blanks that are filled in. */
function textsOf(type: string, language: string): Set<string> {
  const values = (texts: Texts): string[] =>
    Object.values(texts).flatMap((value) => (typeof value === 'string' ? [value] : values(value)));
  return new Set([
    ...values(read(`${type}/locales/${language}/${type}.json`)),
    ...values(read(`locales/${language}/shared.json`)),
  ]);
}

for (const { language, locale, tab, rule } of LANGUAGES) {
  describe(`the editor in a browser of ${locale}`, () => {
    const example = readExample();
    let editor: OwnEditor;

    before(async () => {
      editor = await openOwnEditor(example, { locale });
    });

    after(async () => {
      await editor?.close();
    });

    it('calls the nodes in the palette by names in this language, whose words fit into its width', async () => {
      const labels = await editor.page.evaluate(
        (types) =>
          types.map((type) =>
            document.querySelector(`[data-palette-type="${type}"]`)?.getAttribute('data-palette-label'),
          ),
        NODE_TYPES,
      );
      assert.deepEqual(
        labels,
        NODE_TYPES.map((type) => paletteOf(type, language)),
      );
      const wide = await editor.page.evaluate(
        (words) => {
          const { RED } = globalThis as unknown as {
            RED: { view: { calculateTextWidth(text: string, style: string): number } };
          };
          // The width that Node-RED's palette has for a word.
          return words.filter((word) => RED.view.calculateTextWidth(word, 'red-ui-palette-label') >= 82);
        },
        labels.flatMap((label) => (label ?? '').split(' ')),
      );
      assert.deepEqual(wide, []);
    });

    it('reads the rules of the access switch back in this language', async () => {
      const { page } = editor;
      await editor.edit(example.find(({ type }) => type === 'access-switch')!.id);
      await page.locator('.red-ui-tab-label', { hasText: tab }).click();
      const sentence = page.locator('#access-switch-rules .eas-sentence', { hasText: rule });
      await sentence.waitFor();
      await editor.shoot(`${language}-rules`);
      await editor.cancel();
    });

    for (const type of [...NODE_TYPES, ...CONFIG_TYPES]) {
      it(`has the dialog of ${type} in this language, each label in one line`, async () => {
        const entry = example.find((candidate) => candidate.type === type);
        assert.ok(entry, `the example has a ${type}`);
        await editor.edit(entry.id);
        const lookAtForm = () =>
          editor.page.evaluate((form) => {
            const shown = (element: HTMLElement): boolean =>
              element.offsetParent !== null && element.innerText.trim() !== '';
            const all = [...document.querySelectorAll<HTMLElement>(`${form} label`)].filter(shown);
            const boxesOf = (label: HTMLElement): DOMRect[] =>
              [...label.querySelectorAll<HTMLElement>('i, span')].flatMap((part) => [...part.getClientRects()]);
            // An inline text has a box for each of its lines; its icon stands in the first one.
            const wraps = (label: HTMLElement): boolean => {
              const middles = boxesOf(label).map((box) => (box.top + box.bottom) / 2);
              return middles.length > 0 && Math.max(...middles) - Math.min(...middles) > 8;
            };
            // Playwright hides scroll bars; people have them, and they are 15 pixels wide.
            const isTight = (label: HTMLElement): boolean =>
              label.matches('.eas-check') &&
              Math.max(...boxesOf(label).map((box) => box.right)) + 15 >
                label.closest('.eas-dialog')!.getBoundingClientRect().right;
            return {
              labels: all.map((label) => ({
                text: label.innerText.trim(),
                wraps: wraps(label),
                isTight: isTight(label),
              })),
              others: [...document.querySelectorAll<HTMLElement>(`${form} [data-i18n]:not(label)`)]
                .filter((element) => !(element.dataset['i18n'] ?? '').startsWith('[') && element.children.length === 0)
                .map((element) => element.textContent?.trim() ?? '')
                .filter((text) => text !== ''),
            };
          }, '.eas-dialog');
        const labels: { text: string; wraps: boolean; isTight: boolean }[] = [];
        const others: string[] = [];
        await throughTabs(editor.page, async (tab) => {
          await editor.shoot(`${language}-${type}${tab === '' ? '' : `-${tab}`}`);
          const seen = await lookAtForm();
          labels.push(...seen.labels);
          others.push(...seen.others);
          if (tab !== '') others.push(tab);
        });
        const known = textsOf(type, language);
        assert.ok(labels.length > 1);
        assert.deepEqual(
          [...labels.map(({ text }) => text), ...others].filter((text) => !known.has(text)),
          [],
          'every text is of the catalogue',
        );
        assert.deepEqual(
          labels.filter(({ wraps, isTight }) => wraps || isTight),
          [],
          'no label wraps, beside a scroll bar neither',
        );
        await editor.cancel();
      });
    }
  });
}
