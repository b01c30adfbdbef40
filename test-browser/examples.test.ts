/**
 * Every example as a user gets it: imported from the dialog into an empty Node-RED, looked at, deployed, and the button pressed
 * that its first comment names. On both versions of Node-RED.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../scripts/node-red.ts';
import { DASHBOARD, EXAMPLES, MODULE, firstButton, readExample, saidBy } from '../test/support/examples.ts';
import { programOf, VERSIONS } from '../test/support/node-red-program.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';
import type { SpawnedNodeRed } from '../test/support/spawned-node-red.ts';
import { NODE_TYPES, openPageOf } from './open-editor.ts';
import type { Editor, EditorRed } from './open-editor.ts';

/** Pixels that an example may be wide. */
const WIDTH = 1000;
/** How near a wire's end may come to another node's box, in pixels: a box has a border and round corners. */
const SLACK = 2;

/**
 * Room for a status in pixels, from its dot's end: nineteen of twenty texts of ours need no more, in either language, with
 * counts of four digits. And how far below a node it is written, from where to where.
 */
const STATUS = { room: 225, left: 18, top: 3, bottom: 14 };

interface Drawn {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly g?: string;
  readonly nodes?: readonly { readonly id: string }[];
}
interface Canvas {
  readonly RED: EditorRed & {
    workspaces: { show(id: string): void };
    nodes: {
      dirty(): boolean;
      workspace(id: string): unknown;
      eachNode(visit: (node: Drawn & { z: string }) => void): void;
      groups(z: string): readonly Drawn[];
    };
  };
}

/** What does not fit: too far right, on another node or its status, outside of its group, or a wire that runs behind a node. */
function misfits({
  tab,
  width,
  slack,
  status,
  ours,
}: {
  tab: string;
  width: number;
  slack: number;
  status: typeof STATUS;
  ours: readonly string[];
}): string[] {
  const { RED } = globalThis as unknown as Canvas;
  const nodes: Drawn[] = [];
  RED.nodes.eachNode((node) => {
    if (node.z === tab) nodes.push(node);
  });
  const groups = RED.nodes.groups(tab);
  const nameOf = ({ type, name }: Drawn): string => `${type} "${name}"`;
  const boxOf = ({ x, y, w, h }: Drawn) => ({ left: x - w / 2, right: x + w / 2, top: y - h / 2, bottom: y + h / 2 });
  const found: string[] = [];
  for (const node of nodes) {
    const { left, right, top, bottom } = boxOf(node);
    if (left < 0 || right > width) found.push(`${nameOf(node)} ends at ${right}`);
    for (const other of nodes) {
      if (other.id <= node.id) continue;
      const box = boxOf(other);
      if (left < box.right && box.left < right && top < box.bottom && box.top < bottom)
        found.push(`${nameOf(node)} lies on ${nameOf(other)}`);
    }
    for (const other of ours.includes(node.type) ? nodes : []) {
      const box = boxOf(other);
      const isBeside = box.top < bottom + status.bottom && box.bottom > bottom + status.top;
      const room = box.left - left - status.left;
      if (other.id !== node.id && isBeside && box.right > left && room < status.room)
        found.push(`the status of ${nameOf(node)} has ${room} pixels before ${nameOf(other)}`);
    }
    for (const { id, name, x, y, w, h } of groups) {
      const isInside = left >= x && right <= x + w && top >= y && bottom <= y + h;
      const isOutside = right <= x || left >= x + w || bottom <= y || top >= y + h;
      if (node.g === id ? !isInside : !isOutside) found.push(`${nameOf(node)} and the border of "${name}"`);
    }
  }
  for (const group of groups) {
    if (group.x < 0 || group.x + group.w > width) found.push(`the group "${group.name}" ends at ${group.x + group.w}`);
    if (group.name.trim() === '') found.push('a group has no label');
  }
  for (const wire of document.querySelectorAll<SVGPathElement>('.red-ui-flow-link-line')) {
    const ends = (wire.parentElement as unknown as { __data__: { source: Drawn; target: Drawn; link?: true } })
      .__data__;
    const length = wire.getTotalLength();
    for (let at = 0; at <= length; at += 4) {
      const { x, y } = wire.getPointAtLength(at);
      const behind = nodes.find((node) => {
        const { left, right, top, bottom } = boxOf(node);
        if (node.id === ends.source.id || node.id === ends.target.id) return false;
        return x > left + slack && x < right - slack && y > top + slack && y < bottom - slack;
      });
      if (behind === undefined) continue;
      found.push(`the wire from ${nameOf(ends.source)} to ${nameOf(ends.target)} runs behind ${nameOf(behind)}`);
      break;
    }
  }
  return found;
}

/** Opens the dialog of the examples, chooses one, and imports it. */
async function importExample({ page }: Editor, name: string): Promise<void> {
  await page.evaluate(() => (globalThis as unknown as Canvas).RED.actions.invoke('core:show-examples-import-dialog'));
  const label = (text: string) =>
    page.locator('#red-ui-clipboard-dialog .red-ui-treeList-label-text:visible').getByText(text, { exact: true });
  await label(MODULE).click();
  const ok = page.locator('#red-ui-clipboard-dialog-ok');
  // The list is drawn anew when it has come, and then nothing in it is chosen.
  do await label(name).click();
  while (await ok.isDisabled());
  await ok.click();
  await page.locator('#red-ui-clipboard-dialog').waitFor({ state: 'hidden' });
}

/** Presses the button of an inject node. The answer to a deploy comes before its nodes are there, so it may take some times. */
async function press({ page }: Editor, id: string): Promise<void> {
  const button = page.locator(`[id="${id}"] .red-ui-flow-node-button-button`);
  for (let tries = 0; tries < 50; tries += 1) {
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().includes('/inject/')),
      button.click(),
    ]);
    if (answer.ok()) return;
    await page.waitForTimeout(200);
  }
  assert.fail('the button can be pressed');
}

for (const { label, install } of VERSIONS) {
  describe(`the examples in ${label}`, function () {
    this.timeout(600_000);
    let userDir: string;
    let nodeRed: SpawnedNodeRed;
    let editor: Editor;

    before(async () => {
      userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-examples-'));
      const program = await programOf(install);
      await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--no-save', DASHBOARD], {
        cwd: userDir,
      });
      nodeRed = await spawnNodeRed(program, userDir, {
        flowFile: 'flows.json',
        credentialSecret: false,
        nodesDir: [root],
        fileWorkingDirectory: userDir,
        externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
      });
      editor = await openPageOf(nodeRed.url, { ready: async () => undefined });
    });

    after(async () => {
      await editor?.close();
      await nodeRed?.stop();
      rmSync(userDir, { recursive: true, force: true });
    });

    for (const name of EXAMPLES) {
      it(`"${name}" is imported, fits ${WIDTH} pixels, is deployed, and does its job at the press of a button`, async () => {
        const { page, problems } = editor;
        const before = problems.length;
        await fetch(`${nodeRed.url}/flows`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '[]',
        });
        await page.goto(nodeRed.url);
        await page.waitForFunction(() => {
          const { RED } = globalThis as unknown as { RED?: EditorRed };
          return Boolean(RED?.workspaces?.active?.()) && Boolean(RED?.nodes.getType('access-switch'));
        });
        // They lie over the canvas for some seconds.
        await page.addStyleTag({ content: '.red-ui-notification { display: none !important }' });
        await importExample(editor, name);
        const example = readExample(name);
        const tab = example.find(({ type }) => type === 'tab')?.id ?? assert.fail('no tab');
        const button = firstButton(example);
        await page.waitForFunction((id) => Boolean((globalThis as unknown as Canvas).RED.nodes.workspace(id)), tab);
        await page.evaluate((id) => (globalThis as unknown as Canvas).RED.workspaces.show(id), tab);
        await page.locator(`[id="${button.id}"]`).waitFor();
        const canvas = { tab, width: WIDTH, slack: SLACK, status: STATUS, ours: NODE_TYPES };
        await page.waitForFunction(
          ({ count }) => document.querySelectorAll('.red-ui-flow-node-group').length === count,
          { count: example.filter(({ x, type }) => x !== undefined && type !== 'group').length },
        );
        await editor.shoot(`${label.replace(/\W/g, '-')}-${name.replace(/\W/g, '-')}`);
        assert.deepEqual(await page.evaluate(misfits, canvas), []);
        assert.equal(await page.locator('.red-ui-flow-node-error:visible').count(), 0, 'no node is marked invalid');
        await page.locator('#red-ui-header-button-deploy').click();
        await page.waitForFunction(() => !(globalThis as unknown as Canvas).RED.nodes.dirty());
        await page.evaluate(() => (globalThis as unknown as Canvas).RED.actions.invoke('core:show-debug-tab'));
        const said = page
          .locator('.red-ui-debug-msg')
          .filter({ hasText: saidBy(name) })
          .first();
        // The simulated people begin with the deploy: of phones that are newer than the MDM reading nothing is decided yet.
        for (let presses = 0; presses < 6 && !(await said.isVisible()); presses += 1) {
          await press(editor, button.id);
          await said.waitFor({ timeout: 15_000 }).catch(() => undefined);
        }
        assert.ok(await said.isVisible(), `it says ${String(saidBy(name))}`);
        await editor.shoot(`${label.replace(/\W/g, '-')}-${name.replace(/\W/g, '-')}-run`);
        assert.deepEqual(problems.slice(before), []);
      });
    }
  });
}
