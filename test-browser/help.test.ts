/** The help in the sidebar of Node-RED 5 and 4.1 against its source: every word is there, and nothing is printed raw. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/node-red.ts';
import { VERSIONS } from '../test/support/node-red-program.ts';
import { openEditor, TYPES, untilStill } from './open-editor.ts';
import type { Editor, EditorRed } from './open-editor.ts';

/** What a reader is to see of a help file, in order: without the marks, without blanks. */
function wordsOf(type: string): string[] {
  const html = readFileSync(join(root, 'nodes', type, 'locales', 'en-US', `${type}.html`), 'utf8');
  const source = /<script type="text\/markdown"[^>]*>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  return source
    .split('\n')
    .filter((line) => !/^\|[-|\s]+\|$/.test(line))
    .flatMap((line) => {
      const entry = /^: (.*?) \((.*?)\) : (.*)$/.exec(line);
      return entry === null ? line.split('|') : entry.slice(1);
    })
    .map((text) => text.replace(/^\s*(#+|\d+\.|-) /, '').replace(/\[([^\]]+)\]\([^)]+\)/g, '$1'))
    .map((text) => compact(/^ {4}/.test(text) ? text : text.replace(/[`*]/g, '')))
    .filter((text) => text !== '');
}

const compact = (text: string): string => text.replace(/\s+/g, '');

for (const version of VERSIONS) {
  describe(`the help in ${version.label}`, () => {
    let editor: Editor;

    before(async () => {
      editor = await openEditor(version);
    });

    after(async () => {
      await editor?.close();
    });

    async function shown(type: string): Promise<string> {
      const { page } = editor;
      await page.evaluate((type) => {
        const { RED } = globalThis as unknown as { RED: EditorRed };
        RED.sidebar.help.show(type);
      }, type);
      const help = page.locator('.red-ui-help:visible').last();
      await help.locator('h1, h2, h3').first().waitFor();
      await untilStill(page);
      return help.innerText();
    }

    /** A picture of the whole help in the width of a sidebar. */
    async function picture(type: string): Promise<void> {
      const { page } = editor;
      await page.evaluate(() => {
        const help = [...document.querySelectorAll<HTMLElement>('.red-ui-help')].findLast((one) => one.offsetParent);
        const copy = help?.cloneNode(true) as HTMLElement;
        copy.id = 'whole-help';
        copy.style.cssText =
          'position:absolute;top:0;left:0;width:290px;padding:8px;z-index:9999;height:auto;overflow:visible;background:#fff';
        document.body.append(copy);
        document.body.style.overflow = 'visible';
      });
      const box = await page.locator('#whole-help').boundingBox();
      await page.setViewportSize({ width: 1600, height: Math.ceil(box?.height ?? 1000) + 40 });
      await editor.shoot(`help-${type}`);
      await page.setViewportSize({ width: 1600, height: 1000 });
      await page.evaluate(() => document.querySelector('#whole-help')?.remove());
    }

    for (const type of TYPES) {
      it(`shows every word of the help of ${type}`, async () => {
        const text = await shown(type);
        await picture(type);
        assert.doesNotMatch(text, /^\s*:|\) :/m, 'no entry is printed as it is written');
        let rest = compact(text);
        for (const words of wordsOf(type)) {
          const at = rest.indexOf(words);
          assert.ok(at >= 0, `“${words}” is missing, or not in its place, in:\n${text}`);
          rest = rest.slice(at + words.length);
        }
      });
    }

    it('has no page error', () => {
      assert.deepEqual(editor.problems, []);
    });
  });
}
