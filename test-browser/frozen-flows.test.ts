/** Flows that older versions saved, in the editor: every dialog opens with its defaults, complains of nothing, and saves what was meant. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/node-red.ts';
import { dialogOf } from '../test/support/dialog.ts';
import { FROZEN_FLOWS, OWN_TYPES } from '../test/support/frozen-flows.ts';
import { programOf, VERSIONS } from '../test/support/node-red-program.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';
import type { SpawnedNodeRed } from '../test/support/spawned-node-red.ts';
import { openPageOf, throughTabs } from './open-editor.ts';
import type { Editor, EditorRed } from './open-editor.ts';

/** As the editor saves it: a text of a number is that number, and nothing is an empty text. */
const saved = (value: unknown): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);

for (const { label, install } of VERSIONS)
  for (const { name, nodes } of FROZEN_FLOWS)
    describe(`${name} in the editor of ${label}`, () => {
      let userDir: string;
      let nodeRed: SpawnedNodeRed;
      let editor: Editor;

      before(async () => {
        userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-frozen-'));
        writeFileSync(join(userDir, 'flows.json'), JSON.stringify(nodes));
        nodeRed = await spawnNodeRed(await programOf(install), userDir, {
          flowFile: 'flows.json',
          credentialSecret: false,
          nodesDir: [root],
          externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
        });
        editor = await openPageOf(nodeRed.url, {});
      });
      after(async () => {
        await editor?.close();
        await nodeRed?.stop();
        rmSync(userDir, { recursive: true, force: true });
      });

      const propertiesOf = (id: string, names: readonly string[]): Promise<Record<string, unknown>> =>
        editor.page.evaluate(
          ([id, names]) => {
            const { RED } = globalThis as unknown as { RED: EditorRed };
            const node = RED.nodes.node(id as string);
            return Object.fromEntries((names as string[]).map((name) => [name, node[name] ?? null]));
          },
          [id, names] as const,
        );

      const isValid = (id: string): Promise<boolean> =>
        editor.page.evaluate((id) => {
          const { RED } = globalThis as unknown as { RED: EditorRed };
          const node = RED.nodes.node(id);
          RED.editor.validateNode(node);
          return node.valid;
        }, id);

      for (const type of OWN_TYPES)
        it(`opens the dialog of ${type} with its defaults, without a red border, and saves the same`, async () => {
          const { defaults } = dialogOf(type);
          const names = Object.keys(defaults);
          for (const node of nodes.filter((one) => one.type === type)) {
            assert.equal(await isValid(node.id), true, 'valid before it is opened');
            await editor.edit(node.id);
            const red: string[] = [];
            await throughTabs(editor.page, async () => {
              const marked = await editor.page
                .locator('.eas-dialog .input-error:visible')
                .evaluateAll((all) => all.map(({ id, className }) => `${id} ${className}`));
              red.push(...marked);
            });
            assert.deepEqual(red, []);
            await editor.done();
            const now = await propertiesOf(node.id, names);
            const wanted = Object.fromEntries(names.map((one) => [one, saved(node[one] ?? defaults[one]?.value)]));
            assert.deepEqual(Object.fromEntries(names.map((one) => [one, saved(now[one])])), wanted);
            assert.equal(await isValid(node.id), true, 'valid after it was saved');
          }
        });

      it('leaves nothing in the console of the browser', () => assert.deepEqual(editor.problems, []));
    });
