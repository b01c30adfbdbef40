/** Types rubbish into every field of every dialog, and what can be meant: the editor says which is which, in Node-RED 5 and 4.1. */
import assert from 'node:assert/strict';
import { readExample } from '../scripts/lab-flow.ts';
import { FIELD_VALUES, REQUIRED } from '../test/support/field-values.ts';
import { VERSIONS } from '../test/support/node-red-program.ts';
import { CONFIG_TYPES, openEditor, throughTabs, untilStill } from './open-editor.ts';
import type { Editor, EditorRed } from './open-editor.ts';

interface Typed {
  typedInput(what: 'value', value: unknown): void;
}

const example = readExample();

for (const version of VERSIONS) {
  describe(`the fields in the editor of ${version.label}`, () => {
    let editor: Editor;

    before(async () => {
      editor = await openEditor(version);
    });

    after(async () => {
      await editor?.close();
    });

    const idOf = (type: string): string => example.find((entry) => entry.type === type)?.id ?? assert.fail(type);

    const open = (type: string): Promise<void> => editor.edit(idOf(type));

    const field = (property: string): string =>
      `#node-input-${property}:not([type=hidden]), #node-config-input-${property}`;

    /** Puts a value into a field of the open dialog as typing it does, and says whether the editor marks it. */
    async function type(property: string, value: string): Promise<boolean> {
      const { page } = editor;
      return page.evaluate(
        ([property, value]) => {
          const { $ } = globalThis as unknown as { $: (element: unknown) => Typed };
          const input = document.querySelector<HTMLInputElement>(
            `#node-input-${property}, #node-config-input-${property}`,
          );
          if (input === null) throw new Error(`No field ${property}.`);
          const typed = input.nextElementSibling;
          const isTyped = typed?.classList.contains('red-ui-typedInput-container') === true;
          if (isTyped) $(input).typedInput('value', value);
          else input.value = value ?? '';
          for (const name of ['input', 'keyup', 'change']) input.dispatchEvent(new Event(name, { bubbles: true }));
          return (isTyped && typed ? typed : input).classList.contains('input-error');
        },
        [property, value],
      );
    }

    const choose = async (choices: Readonly<Record<string, string>>): Promise<void> => {
      for (const [property, choice] of Object.entries(choices)) await type(property, choice);
    };

    /** Gives the node a value that no dialog offers, as a flow file may, and asks the editor whether the node is valid. */
    const judged = (
      type: string,
      properties: Record<string, unknown>,
    ): Promise<{ valid: boolean; reasons: string[] }> =>
      editor.page.evaluate(
        ([id, properties]) => {
          const { RED } = globalThis as unknown as { RED: EditorRed };
          const node = RED.nodes.node(id as string);
          const before = Object.fromEntries(Object.keys(properties as object).map((name) => [name, node[name]]));
          Object.assign(node, properties);
          const valid = RED.editor.validateNode(node);
          const reasons = [...(node.validationErrors ?? [])];
          Object.assign(node, before);
          RED.editor.validateNode(node);
          return { valid, reasons };
        },
        [idOf(type), properties] as const,
      );

    for (const [nodeType, fields] of Object.entries(FIELD_VALUES)) {
      it(`${nodeType}: marks rubbish, takes what can be meant and \${NAME}`, async () => {
        await open(nodeType);
        const seen: Record<string, unknown> = {};
        const wanted: Record<string, unknown> = {};
        for (const [property, { under = {}, rubbish, good }] of Object.entries(fields)) {
          const tag = await editor.page.evaluate((property) => {
            const input = document.querySelector(`#node-input-${property}, #node-config-input-${property}`);
            return input === null ? null : `${input.tagName}:${input.getAttribute('type')}`.toLowerCase();
          }, property);
          // Rules have an editor of their own; a select and a check box can hold no rubbish that was typed.
          if (tag === null || tag.startsWith('select') || tag.endsWith('checkbox')) continue;
          await choose({ ...defaultChoices(nodeType), ...under });
          const texts = (values: readonly unknown[]): string[] =>
            values.filter((value): value is string => typeof value === 'string' && !value.includes('\n'));
          for (const value of texts(rubbish)) {
            seen[`${property}: ${value}`] = await type(property, value);
            wanted[`${property}: ${value}`] = true;
          }
          await editor.shoot(`rubbish-${nodeType}`);
          for (const value of [...texts(good), '${NAME}']) {
            seen[`${property}: ${value}`] = await type(property, value);
            wanted[`${property}: ${value}`] = false;
          }
        }
        await editor.cancel();
        assert.deepEqual(seen, wanted);
      });

      it(`${nodeType}: is invalid with rubbish that a flow file holds, and says why in words`, async () => {
        const good = { ...REQUIRED[nodeType] };
        for (const [property, { under = {}, rubbish }] of Object.entries(fields)) {
          for (const value of rubbish) {
            const { valid, reasons } = await judged(nodeType, {
              ...good,
              ...defaultChoices(nodeType),
              ...under,
              [property]: value,
            });
            assert.equal(valid, false, `${property} = ${JSON.stringify(value)}`);
            assert.ok(reasons.length > 0);
            assert.deepEqual(
              reasons.filter((reason) => !/^“[^”.]+”: .+\.$/.test(reason) || /shared\.|invalid\.|__/.test(reason)),
              [],
            );
          }
          const undefinedToo = await judged(nodeType, {
            ...good,
            ...defaultChoices(nodeType),
            ...under,
            [property]: '${NAME}',
          });
          assert.equal(undefinedToo.valid, true, `${property} = \${NAME}`);
        }
      });

      it(`${nodeType}: names every field for screen readers`, async () => {
        await open(nodeType);
        if (nodeType === 'access-switch') {
          await editor.page.locator('#red-ui-tab-access-switch-panel-rules').click();
          await editor.page.locator('#access-switch-fold').click();
          await untilStill(editor.page);
          await editor.shoot('rules-all-open');
        }
        const lookForNameless = () =>
          editor.page.evaluate(() =>
            [
              ...document.querySelectorAll<HTMLInputElement>(
                '.eas-dialog input, .eas-dialog select, .eas-dialog textarea',
              ),
            ]
              .filter((element) => element.type !== 'hidden' && element.offsetParent !== null)
              // Node-RED's own, which catch what password managers fill in.
              .filter(({ id }) => !id.startsWith('red-ui-trap'))
              .filter((element) => {
                const labels = [...(element.labels ?? [])].map(({ textContent }) => textContent?.trim());
                return !labels.some(Boolean) && !element.getAttribute('aria-label');
              })
              .map((element) => `${element.tagName} ${element.id} ${element.className}`),
          );
        const nameless: string[] = [];
        await throughTabs(editor.page, async () => void nameless.push(...(await lookForNameless())));
        await editor.cancel();
        assert.deepEqual(nameless, []);
      });
    }

    it('shows a choice that the list does not have, and marks it', async () => {
      const { page } = editor;
      const set = (auth: string): Promise<void> =>
        page.evaluate(
          ([id, auth]) => {
            const { RED } = globalThis as unknown as { RED: EditorRed };
            Object.assign(RED.nodes.node(id ?? ''), { auth, kind: 'remote-powershell' });
          },
          [idOf('exchange-server'), auth],
        );
      for (const [auth, marked] of [
        ['${AUTH}', false],
        ['rubbish', true],
      ] as const) {
        await set(auth);
        await open('exchange-server');
        const select = page.locator(field('auth'));
        assert.equal(await select.inputValue(), auth);
        assert.equal((await select.getAttribute('class'))?.includes('input-error') ?? false, marked);
        // What the variable holds, and so which fields count, only the runtime knows.
        const shown = await Promise.all(
          ['username', 'password', 'realm'].map((property) => page.locator(field(property)).isVisible()),
        );
        assert.deepEqual(shown, [!marked, !marked, !marked], auth);
        await editor.cancel();
      }
      await set('kerberos');
    });

    it('keeps a dialog as wide as it was, however long its hints are', async () => {
      await open('exchange-server');
      await choose({ kind: 'remote-powershell' });
      const { width } = (await editor.page.locator('.red-ui-tray').last().boundingBox()) ?? { width: 0 };
      await editor.shoot('dialog-exchange-server');
      await editor.cancel();
      assert.ok(width < 620, `${width} pixels`);
    });

    it('cuts nothing off where the window has little room', async () => {
      const { page } = editor;
      await page.setViewportSize({ width: 900, height: 700 });
      const cut: string[] = [];
      for (const nodeType of Object.keys(FIELD_VALUES)) {
        await open(nodeType);
        await throughTabs(page, async (tab) => {
          const found = await page.evaluate(() => {
            const tray = [...document.querySelectorAll('.red-ui-tray')].at(-1)!;
            const { right } = tray.getBoundingClientRect();
            return [
              ...tray.querySelectorAll<HTMLElement>('.eas-dialog :is(input, select, button, textarea, label, span)'),
            ]
              .filter((element) => element.offsetWidth > 0 && element.getBoundingClientRect().right > right)
              .map((element) => element.id || element.textContent.slice(0, 40) || element.className);
          });
          cut.push(...found.map((what) => `${nodeType}, ${tab}: ${what}`));
        });
        if (nodeType === 'access-switch') await editor.shoot('narrow-access-switch');
        await editor.cancel();
      }
      await page.setViewportSize({ width: 1600, height: 1000 });
      assert.deepEqual(cut, []);
    });

    it('lets no two texts of the rules lie over each other', async () => {
      await open('access-switch');
      const { page } = editor;
      await page.locator('#red-ui-tab-access-switch-panel-rules').click();
      await page.locator('#access-switch-fold').click();
      await untilStill(page);
      const overlaps = await page.evaluate(() => {
        const boxes = [...document.querySelectorAll('.eas-values label')].map((label) => ({
          text: label.textContent,
          parts: [...label.children].map((part) => part.getBoundingClientRect()),
          box: label.getBoundingClientRect(),
          in: label.closest('.eas-values'),
        }));
        return boxes.flatMap((one, at) =>
          boxes
            .slice(at + 1)
            .filter((other) => other.in === one.in)
            .filter((other) =>
              one.parts.some(
                (part) =>
                  part.right > other.box.left + 1 &&
                  part.left < other.box.right - 1 &&
                  part.bottom > other.box.top + 1 &&
                  part.top < other.box.bottom - 1,
              ),
            )
            .map((other) => `${one.text} | ${other.text}`),
        );
      });
      await page.locator('#access-switch-rules .eas-rule').nth(6).scrollIntoViewIfNeeded();
      await editor.shoot('rules');
      await editor.cancel();
      assert.deepEqual(overlaps, []);
    });

    it('calls the config nodes by their names in titles and lists', async () => {
      const titles: string[] = [];
      for (const type of CONFIG_TYPES) {
        await open(type);
        titles.push(await editor.page.locator('.red-ui-tray-header:visible').last().innerText());
        await editor.cancel();
      }
      assert.deepEqual(
        titles.map((title) => title.split('\n')[0]?.trim()),
        ['Edit Exchange server node', 'Edit MDM tenant node', 'Edit Mail account node', 'Edit Connector store node'],
      );
    });

    it('marks the node after Done, and warns before it deploys', async () => {
      const { page } = editor;
      await open('merge-matcher');
      await type('maxAge', '2O');
      await editor.done();
      const valid = await page.evaluate(
        (id) => (globalThis as unknown as { RED: EditorRed }).RED.nodes.node(id).valid,
        idOf('merge-matcher'),
      );
      assert.equal(valid, false);
      await page.locator('#red-ui-header-button-deploy').click();
      await page.getByText('not properly configured').first().waitFor();
      await editor.shoot('deploy-warns');
      await page.keyboard.press('Escape');
    });

    it('has no page error', () => {
      assert.deepEqual(editor.problems, []);
    });
  });
}

/** The choices under which the fields without choices of their own count. */
function defaultChoices(type: string): Record<string, string> {
  const choices: Readonly<Record<string, Record<string, string>>> = {
    'exchange-server': { kind: 'remote-powershell' },
    'mdm-tenant': { kind: 'intune', cloud: 'global' },
    'mail-account': { transport: 'smtp' },
    'eas-source': { from: 'exchange' },
    'mdm-source': { provider: 'intune', preset: '' },
  };
  return choices[type] ?? {};
}
