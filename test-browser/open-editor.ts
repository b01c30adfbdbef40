/**
 * Editors in a headless browser, with this package's built nodes: the one that `npm start` opens, in this process, and those of
 * Node-RED 5 and 4.1 as others install them.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { launchChromium } from '../scripts/chromium.ts';
import { readExample } from '../scripts/lab-flow.ts';
import type { FlowEntry } from '../scripts/node-red.ts';
import { root, startNodeRed } from '../scripts/node-red.ts';
import { dialogOf } from '../test/support/dialog.ts';
import { programOf } from '../test/support/node-red-program.ts';
import type { VERSIONS } from '../test/support/node-red-program.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  'node-red': { nodes: Record<string, string> };
};
/** Every node type of the package; those on a canvas; those that configure others. */
export const TYPES = Object.keys(manifest['node-red'].nodes);
export const CONFIG_TYPES = TYPES.filter((type) => dialogOf(type).category === 'config');
export const NODE_TYPES = TYPES.filter((type) => !CONFIG_TYPES.includes(type));

/** The editor's own object, as far as the tests ask it. */
export interface EditorRed {
  editor: {
    edit(node: unknown): void;
    editConfig(name: string, type: string, id: string): void;
    validateNode(node: unknown): boolean;
  };
  nodes: {
    node(id: string): EditorNode;
    getType(type: string): { defaults: Record<string, { value: unknown }> } | undefined;
  };
  view: { select(selection: { nodes: unknown[] }): void };
  actions: { invoke(name: string): void };
  sidebar: { help: { show(type: string): void } };
  workspaces?: { active?(): unknown };
}

/** A node in the editor. */
export interface EditorNode extends Record<string, unknown> {
  type: string;
  valid: boolean;
  validationErrors?: string[];
  _def: { category: string };
}

export interface Editor {
  readonly page: Page;
  /** Errors of the page and of its console, and requests that left this machine. */
  readonly problems: readonly string[];
  /** Keeps a picture in test-results/. @param isWhole with what is below the window */
  shoot(name: string, isWhole?: boolean): Promise<void>;
  /** Opens a node's dialog through the editor's own API, as a double click does, and waits until it stands. */
  edit(id: string): Promise<void>;
  /** Leaves the dialog by its button, and waits until it is gone. */
  cancel(): Promise<void>;
  /** As {@link cancel}, and saves. */
  done(): Promise<void>;
  close(): Promise<void>;
}

/** An editor over a Node-RED of this process. */
export interface OwnEditor extends Editor {
  /** Presses an inject node's button, or hands a message to any node. */
  receive(id: string): void;
  /** Has the dry run of the example made, and waits until its access switch says what it would change. */
  dryRun(): Promise<void>;
}

/** Opens the tabs of the open dialog one after the other; a dialog without tabs is one, which has no name. */
export async function throughTabs(page: Page, look: (tab: string) => Promise<void>): Promise<void> {
  const tabs = page.locator('.eas-dialog .red-ui-tab a');
  const count = await tabs.count();
  if (count === 0) return look('');
  for (let at = 0; at < count; at++) {
    await tabs.nth(at).click();
    await untilStill(page);
    await look((await tabs.nth(at).innerText()).trim());
  }
}

/** Until what was changed is drawn and nothing moves any more, by CSS or by jQuery. What moves for ever is not waited for. */
export async function untilStill(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { jQuery } = globalThis as unknown as { jQuery?: { timers: readonly unknown[] } };
    const drawn = (): Promise<unknown> =>
      new Promise((resolve) => {
        requestAnimationFrame(() => requestAnimationFrame(resolve));
      });
    const moves = (): boolean =>
      (jQuery?.timers.length ?? 0) > 0 ||
      document
        .getAnimations()
        .some(
          ({ playState, effect }) =>
            playState === 'running' && Number.isFinite(Number(effect?.getComputedTiming().endTime)),
        );
    do await drawn();
    while (moves());
  });
}

/** What stands under a node on the canvas. */
export const statusOf = (page: Page, id: string): Locator =>
  page.locator(`[id="${id}"] .red-ui-flow-node-status-label`);

/** Until the dialog that was opened last stands: the editor raises what holds its dialogs when it is done with one. */
export async function untilDialogStands(page: Page): Promise<void> {
  await page.waitForFunction(() => document.getElementById('red-ui-editor-stack')?.style.zIndex === '13');
  await untilStill(page);
}

/** How a page is opened. */
interface PageOptions {
  readonly width: number;
  /** Folder below test-results/ for pictures. */
  readonly pictures: string;
  /** Messages of the console that are no problem. */
  readonly expected?: RegExp;
  /** Language of the browser; English without it. */
  readonly locale?: string;
  /** Until when the page is waited for; until the editor shows the flow without it. */
  readonly ready?: (page: Page) => Promise<void>;
}

/** Starts Node-RED in this process with a flow, and opens its editor. */
export async function openOwnEditor(
  flow: readonly FlowEntry[],
  {
    credentials = {},
    ...options
  }: Partial<Omit<PageOptions, 'pictures'>> & { readonly credentials?: Record<string, Record<string, string>> } = {},
): Promise<OwnEditor> {
  const userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-browser-'));
  const nodeRed = await startNodeRed({ userDir, port: 0, flow, credentials, quiet: true });
  const editor = await openPage(nodeRed.url, { width: 1600, pictures: '.', ...options });
  return {
    ...editor,
    receive: (id) => nodeRed.receive(id),
    async dryRun() {
      const [start, { id }] = [
        flow.find(({ type, name }) => type === 'inject' && name === 'dry run')!,
        flow.find(({ type }) => type === 'access-switch')!,
      ];
      nodeRed.receive(start.id);
      await statusOf(editor.page, id)
        .filter({ hasText: /would|würde/ })
        .waitFor();
    },
    async close() {
      await editor.close();
      await nodeRed.stop();
      rmSync(userDir, { recursive: true, force: true });
    },
  };
}

/** Starts a Node-RED with the example flow and opens its editor. */
export async function openEditor({ label, install }: (typeof VERSIONS)[number]): Promise<Editor> {
  const userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-editor-'));
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(readExample()));
  const nodeRed = await spawnNodeRed(await programOf(install), userDir, {
    flowFile: 'flows.json',
    credentialSecret: false,
    nodesDir: [root],
    externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
  });
  // Rubbish that is typed is refused where a dialog asks the runtime about it.
  const expected = /400 \(Bad Request\)/;
  const editor = await openPage(nodeRed.url, { width: 1600, pictures: label.replace(/\W/g, '-'), expected });
  return {
    ...editor,
    async close() {
      await editor.close();
      await nodeRed.stop();
      rmSync(userDir, { recursive: true, force: true });
    },
  };
}

/** Opens a page of a Node-RED that somebody else starts and stops. */
export function openPageOf(url: string, options: Omit<PageOptions, 'pictures' | 'width'>): Promise<Editor> {
  return openPage(url, { width: 1440, pictures: '.', ...options });
}

async function openPage(
  url: string,
  { width, pictures, expected, locale = 'en-US', ready = editorReady }: PageOptions,
): Promise<Editor> {
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width, height: 1000 }, locale });
  // A machine that has much else to do is slow.
  page.setDefaultTimeout(100_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (expected?.test(text) === true) return;
    if (message.type() === 'error' || text.includes('Validation error')) problems.push(`console: ${text}`);
  });
  page.on('request', (request) => {
    if (!/^(http:\/\/127\.0\.0\.1|data:|blob:)/.test(request.url()))
      problems.push(`request off this machine: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() < 500) return;
    const report = (body: string): unknown => problems.push(`${response.status()} of ${response.url()}: ${body}`);
    void response.text().then(report, () => report(''));
  });
  await page.goto(url);
  await ready(page);
  const noDialog = async (): Promise<void> =>
    void (await page.waitForFunction(() => document.querySelector('.red-ui-tray') === null));
  const leave = async (how: 'ok' | 'cancel'): Promise<void> => {
    await page.locator(`#node-dialog-${how}:visible, #node-config-dialog-${how}:visible`).click();
    await noDialog();
  };
  const folder = join(root, 'test-results', pictures);
  mkdirSync(folder, { recursive: true });
  return {
    page,
    problems,
    shoot: async (name, isWhole = false) =>
      void (await page.screenshot({ path: join(folder, `${name}.png`), fullPage: isWhole })),
    async edit(id) {
      // A dialog that is still on its way out would take the next one with it: the editor takes its last one off the stack then.
      await noDialog();
      await page.evaluate((id) => {
        const { RED } = globalThis as unknown as { RED: EditorRed };
        document.querySelectorAll('.red-ui-notification').forEach((element) => element.remove());
        const node = RED.nodes.node(id);
        if (node._def.category === 'config') RED.editor.editConfig('', node.type, id);
        else RED.editor.edit(node);
      }, id);
      await page.locator('.eas-dialog').waitFor();
      await untilDialogStands(page);
    },
    cancel: () => leave('cancel'),
    done: () => leave('ok'),
    close: () => browser.close(),
  };
}

/** Until the editor shows the flow. */
async function editorReady(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { RED } = globalThis as unknown as { RED?: EditorRed };
    return Boolean(RED?.workspaces?.active?.()) && Boolean(RED?.nodes.getType('access-switch'));
  });
  await page.locator('.red-ui-flow-node-group').first().waitFor();
}
