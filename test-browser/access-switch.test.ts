/** The access switch's dialog in a headless browser: rules editor, "try it", last simulation. Leaves screenshots in test-results/. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import type { FlowEntry, NodeRed } from '../scripts/node-red.ts';
import { root, startNodeRed } from '../scripts/node-red.ts';
import { readExample } from '../scripts/lab-flow.ts';
import { DEFAULT_RULES } from '../src/access/rules.ts';

const EXECUTABLE =
  process.env['CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'].find(existsSync) ??
  'chromium';
const RESULTS = join(root, 'test-results');

interface EditorNode {
  readonly rules: unknown;
  readonly dirty: boolean;
  readonly changed: boolean;
  readonly valid: boolean;
}

describe('the dialog of the access switch', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-browser-'));
  // As this version saves it; a flow of an older one has fewer properties.
  const properties = { whenMdmAway: 'leave', startFrom: 'strict', grandfatherDays: '30' };
  const example = readExample().map((entry) => (entry.type === 'access-switch' ? { ...entry, ...properties } : entry));
  const problems: string[] = [];
  const { id } = example.find(({ type }) => type === 'access-switch') as FlowEntry;
  let nodeRed: NodeRed;
  let browser: Browser;
  let page: Page;

  before(async () => {
    mkdirSync(RESULTS, { recursive: true });
    nodeRed = await startNodeRed({ userDir, port: 0, flow: example, quiet: true });
    browser = await chromium.launch({
      executablePath: EXECUTABLE,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, locale: 'en-US' });
    page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
    page.on('console', (message) => {
      // A refused request is logged by the browser itself; the dialog shows the reason.
      if (message.type() === 'error' && !message.text().includes('400 (Bad Request)')) problems.push(message.text());
    });
    await page.goto(nodeRed.url);
    await page.waitForFunction(() => {
      const { RED } = globalThis as unknown as {
        RED?: { workspaces?: { active?(): unknown }; nodes: { getType(type: string): unknown } };
      };
      return Boolean(RED?.workspaces?.active?.()) && Boolean(RED?.nodes.getType('access-switch'));
    });
    await page.locator('.red-ui-flow-node-group').first().waitFor();
  });

  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  const shoot = (name: string): Promise<unknown> => page.screenshot({ path: join(RESULTS, `${name}.png`) });
  const editorNode = (): Promise<EditorNode> =>
    page.evaluate((node) => {
      const { RED } = globalThis as unknown as { RED: { nodes: { node(id: string): EditorNode } } };
      const { rules, dirty, changed, valid } = RED.nodes.node(node);
      return { rules, dirty, changed, valid };
    }, id);
  async function open(tab: 'settings' | 'rules' | 'try' | 'simulation'): Promise<void> {
    await page.evaluate((node) => {
      const { RED } = globalThis as unknown as {
        RED: { editor: { edit(node: unknown): void }; nodes: { node(id: string): unknown } };
      };
      document.querySelectorAll('.red-ui-notification').forEach((element) => element.remove());
      RED.editor.edit(RED.nodes.node(node));
    }, id);
    await page.locator('.red-ui-editor .red-ui-tray-body').last().waitFor();
    await page.locator('#access-switch-rules .eas-rule').first().waitFor({ state: 'attached' });
    await page.waitForTimeout(350);
    await choose(tab);
  }
  async function choose(tab: string): Promise<void> {
    await page.locator(`#red-ui-tab-access-switch-panel-${tab}`).click();
    await page.locator(`#access-switch-panel-${tab}`).waitFor();
  }
  async function close(how: 'ok' | 'cancel'): Promise<void> {
    await page.locator(`#node-dialog-${how}`).click();
    await page.waitForTimeout(350);
  }
  const rule = (number: number) => page.locator('#access-switch-rules .eas-rule').nth(number - 1);
  const sentences = (): Promise<string[]> => page.locator('#access-switch-rules .eas-sentence').allInnerTexts();
  const described = (text: string): Promise<void> =>
    page.locator('#access-switch-rules .eas-sentence', { hasText: text }).first().waitFor();

  it('shows every field of the settings with its text', async () => {
    await open('settings');
    await page.locator('#node-input-startFrom').selectOption('grandfather');
    await shoot('access-switch-1-settings');
    const texts = await page.locator('#dialog-form').innerText();
    assert.doesNotMatch(texts, /access-switch\.[a-z]/, 'every label has its text');
    assert.equal(await page.locator('#node-input-grandfatherDays').isVisible(), true);
    await close('cancel');
  });

  it('shows the default rules as sentences and saves them as an empty list', async () => {
    await open('rules');
    await described('If the record is eas, and the reason is not-native-client');
    await shoot('access-switch-2-rules');
    assert.equal((await sentences()).length, DEFAULT_RULES.length);
    await close('ok');
    assert.deepEqual((await editorNode()).rules, []);
    assert.equal((await editorNode()).changed, false, 'looking changes nothing');
  });

  it('builds a rule, says what is wrong with it where it is wrong, and reads it back', async () => {
    await open('rules');
    await page.getByText('add a rule').click();
    const added = rule(DEFAULT_RULES.length + 1);
    await added.locator('.eas-name').fill('Board');
    await added.locator('.eas-condition select').first().selectOption('mailbox');
    await added.locator('.eas-values select').selectOption('regex');
    await added.locator('.eas-values textarea').fill('^(board');
    await added.locator('.eas-problem').waitFor();
    assert.equal(await added.locator('.eas-condition.eas-wrong').count(), 1);
    await added.scrollIntoViewIfNeeded();
    await shoot('access-switch-3-wrong-rule');
    await added.locator('.eas-values textarea').fill('^board\n^ceo@');
    await described('If the mailbox matches “^board” or “^ceo@”');
    await added.locator('.eas-action').selectOption('allow');
    await added.locator('.eas-add-condition').click();
    await added.locator('.eas-condition').nth(1).locator('select').first().selectOption('platform');
    await added.locator('.eas-condition').nth(1).getByText('iOS').click();
    await described('and the platform is ios, then allow the device');
    await shoot('access-switch-4-rule');
    // One up: the first rule that applies decides.
    await added.locator('.eas-number').click();
    const handles = page.locator('.red-ui-editableList-item-handle');
    await handles.nth(DEFAULT_RULES.length).scrollIntoViewIfNeeded();
    const own = await handles.nth(DEFAULT_RULES.length).boundingBox();
    const above = await handles.nth(DEFAULT_RULES.length - 1).boundingBox();
    assert.ok(own && above);
    await page.mouse.move(own.x + 5, own.y + 5);
    await page.mouse.down();
    await page.mouse.move(above.x + 5, above.y + 5, { steps: 15 });
    await page.mouse.move(above.x + 5, above.y - 25, { steps: 8 });
    await page.mouse.up();
    await page.waitForTimeout(500);
    await close('ok');
    const { rules, changed, valid } = await editorNode();
    assert.equal(changed, true);
    assert.equal(valid, true);
    const saved = rules as { name: string }[];
    assert.ok(saved.findIndex(({ name }) => name === 'Board') < saved.length - 1, 'the rule was moved up');
    assert.deepEqual(
      saved.find(({ name }) => name === 'Board'),
      {
        name: 'Board',
        when: [
          { field: 'mailbox', how: 'regex', patterns: ['^board', '^ceo@'] },
          { field: 'platform', is: ['ios'] },
        ],
        action: 'allow',
      },
    );
    const others = saved.filter(({ name }) => name !== 'Board');
    assert.deepEqual(others, DEFAULT_RULES, 'the others come back as they were');
  });

  it('restores the default rules', async () => {
    await open('rules');
    await page.locator('#access-switch-restore').click();
    await close('ok');
    assert.deepEqual((await editorNode()).rules, []);
  });

  it('tries rules that are not saved on a mailbox of the last reading', async () => {
    nodeRed.receive(example.find(({ name }) => name === 'dry run')?.id ?? '');
    await page.waitForTimeout(1500);
    await open('try');
    await page.locator('#access-switch-query').fill('nobody@nowhere.example');
    await page.locator('#access-switch-try').click();
    await page.getByText('No device of the last reading is called so').waitFor();
    await page.locator('#access-switch-query').fill('@');
    await page.keyboard.press('Enter');
    await page.locator('#access-switch-tried .eas-card').first().waitFor();
    await shoot('access-switch-5-try');
    await close('cancel');
  });

  it('shows the last simulation as a table', async () => {
    await open('simulation');
    await page.locator('#access-switch-simulation table').waitFor();
    await shoot('access-switch-6-simulation');
    const texts = await page.locator('#access-switch-simulation').innerText();
    assert.match(texts, /block/);
    assert.doesNotMatch(texts, /access-switch\.[a-z]|__/);
    await close('cancel');
  });

  it('explains itself in the help', async () => {
    await page.evaluate((node) => {
      const { RED } = globalThis as unknown as {
        RED: {
          view: { select(selection: { nodes: unknown[] }): void };
          nodes: { node(id: string): unknown };
          actions: { invoke(name: string): void };
        };
      };
      RED.view.select({ nodes: [RED.nodes.node(node)] });
      RED.actions.invoke('core:show-help-tab');
    }, id);
    const help = page.locator('.red-ui-help:visible').last();
    await help.getByRole('heading', { name: 'What keeps it from blocking too much' }).waitFor();
    await help.getByRole('heading', { name: 'What keeps it from blocking too much' }).scrollIntoViewIfNeeded();
    await shoot('access-switch-8-help');
  });

  it('is readable in the dark theme', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate(() => document.documentElement.classList.add('nr-theme-dark'));
    await open('rules');
    await described('If the record is eas');
    await page.locator('#access-switch-fold').click();
    await shoot('access-switch-7-dark');
    await close('cancel');
  });

  it('has no page error', () => {
    assert.deepEqual(problems, []);
  });
});
