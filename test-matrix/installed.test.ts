/** One cell of the matrix: the packed package in a Node-RED and a Node.js of their own, as an administrator installs it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import accessSwitch from '../nodes/access-switch/access-switch.ts';
import { dialogOf } from '../test/support/dialog.ts';
import { FROZEN_FLOWS, OWN_TYPES } from '../test/support/frozen-flows.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';
import type { SpawnedNodeRed } from '../test/support/spawned-node-red.ts';
import { openPageOf, throughTabs } from '../test-browser/open-editor.ts';
import type { Editor } from '../test-browser/open-editor.ts';

const require = createRequire(import.meta.url);
const needed = (name: string): string => process.env[name] ?? assert.fail(`${name} is set by npm run test:matrix`);
const PACKAGE = needed('MATRIX_PACKAGE');
const NODE_RED = needed('MATRIX_NODE_RED');
const versionOf = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;

describe(`Node-RED ${versionOf(NODE_RED)} on Node.js ${process.version}`, () => {
  let userDir: string;
  let nodeRed: SpawnedNodeRed;
  let editor: Editor | undefined;

  const { nodes } = FROZEN_FLOWS.at(-2) ?? assert.fail('there is a frozen flow');
  const idOf = (type: string, name?: string): string =>
    nodes.find((node) => node.type === type && (name === undefined || node['name'] === name))?.id ?? assert.fail(type);

  before(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-matrix-'));
    const shown = nodes.map((node) => (node.type === 'debug' ? { ...node, console: true, tostatus: false } : node));
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(shown));
    nodeRed = await spawnNodeRed(join(NODE_RED, 'red.js'), userDir, {
      flowFile: 'flows.json',
      credentialSecret: false,
      externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
    });
  });
  after(async () => {
    await editor?.close();
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  it('is what the cell is called, and the other tests of the cell get what is packed', () => {
    const { version, node } = { version: versionOf(NODE_RED), node: process.version };
    assert.ok(
      version.startsWith(needed('MATRIX_NODE_RED_VERSION')) && node === needed('MATRIX_NODE_VERSION'),
      `${version}, ${node}`,
    );
    assert.equal(versionOf(join(require.resolve('node-red'), '..', '..')), version);
    const built = require(join(PACKAGE, 'dist', 'nodes', 'access-switch', 'access-switch.js')) as { default: unknown };
    assert.equal(accessSwitch, built.default);
  });

  it('loads every node type, and its console', async () => {
    const answer = await fetch(`${nodeRed.url}/nodes`, { headers: { accept: 'application/json' } });
    const sets = (await answer.json()) as { module: string; types: string[]; enabled: boolean; err?: unknown }[];
    const ours = sets.filter(({ types }) => types.some((type) => OWN_TYPES.includes(type)));
    assert.deepEqual(
      ours.filter(({ err, enabled }) => err !== undefined || !enabled),
      [],
    );
    assert.deepEqual(ours.flatMap(({ types }) => types).sort(), [...OWN_TYPES].sort());
    assert.equal((await fetch(`${nodeRed.url}/exchange-connector/`)).status, 200);
  });

  it('syncs, and says what it would block', async () => {
    const { status } = await fetch(`${nodeRed.url}/inject/${idOf('inject', 'full sync')}`, { method: 'POST' });
    assert.equal(status, 200);
    while (!/would be blocked/.test(nodeRed.printed())) {
      assert.doesNotMatch(nodeRed.printed(), /\[error\]/);
      await setTimeout(100);
    }
  });

  it('opens every dialog in the editor, with nothing red and nothing in the console of the browser', async () => {
    editor = await openPageOf(nodeRed.url, {});
    for (const type of OWN_TYPES) {
      await editor.edit(idOf(type));
      const red: string[] = [];
      await throughTabs(editor.page, async () => {
        const marked = editor?.page.locator('.eas-dialog .input-error:visible');
        red.push(...((await marked?.evaluateAll((all) => all.map(({ id }) => id))) ?? []));
      });
      const title = dialogOf(type).category === 'config' ? '#node-config-dialog-cancel' : '#node-dialog-cancel';
      await editor.page.locator(`${title}:visible`).click();
      await editor.page.locator('.eas-dialog').waitFor({ state: 'detached' });
      assert.deepEqual([type, red], [type, []]);
    }
    assert.deepEqual(editor.problems, []);
  });
});
