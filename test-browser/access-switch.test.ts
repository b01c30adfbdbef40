/** The access switch's dialog in a headless browser: rules editor, "try it", last simulation. Leaves screenshots in test-results/. */
import assert from 'node:assert/strict';
import type { FlowEntry } from '../scripts/node-red.ts';
import { readExample } from '../scripts/lab-flow.ts';
import { DEFAULT_RULES } from '../src/access/rules.ts';
import { openOwnEditor, untilStill } from './open-editor.ts';
import type { EditorRed, OwnEditor } from './open-editor.ts';

interface SwitchNode {
  readonly rules: unknown;
  readonly dirty: boolean;
  readonly changed: boolean;
  readonly valid: boolean;
}

describe('the dialog of the access switch', () => {
  // As this version saves it; a flow of an older one has fewer properties.
  const properties = { whenMdmAway: 'leave', startFrom: 'strict', grandfatherDays: '30' };
  const example = readExample().map((entry) => (entry.type === 'access-switch' ? { ...entry, ...properties } : entry));
  const { id } = example.find(({ type }) => type === 'access-switch') as FlowEntry;
  let editor: OwnEditor;
  let page: OwnEditor['page'];

  before(async () => {
    // A refused request is logged by the browser itself; the dialog shows the reason.
    editor = await openOwnEditor(example, { width: 1400, expected: /400 \(Bad Request\)/ });
    ({ page } = editor);
  });

  after(async () => {
    await editor?.close();
  });

  const shoot = (name: string): Promise<void> => editor.shoot(name);
  const editorNode = (): Promise<SwitchNode> =>
    page.evaluate((node) => {
      const { RED } = globalThis as unknown as { RED: EditorRed };
      const { rules, dirty, changed, valid } = RED.nodes.node(node) as unknown as SwitchNode;
      return { rules, dirty, changed, valid };
    }, id);
  async function open(tab: 'settings' | 'rules' | 'try' | 'check' | 'simulation'): Promise<void> {
    await editor.edit(id);
    await page.locator('#access-switch-rules .eas-rule').first().waitFor({ state: 'attached' });
    await choose(tab);
  }
  async function choose(tab: string): Promise<void> {
    await page.locator(`#red-ui-tab-access-switch-panel-${tab}`).click();
    await page.locator(`#access-switch-panel-${tab}`).waitFor();
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
    await editor.cancel();
  });

  it('shows the default rules as sentences and saves them as an empty list', async () => {
    await open('rules');
    await described('If the record is “EAS only”, and the reason is “not the native mail app”');
    await shoot('access-switch-2-rules');
    assert.equal((await sentences()).length, DEFAULT_RULES.length);
    await editor.done();
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
    await added.locator('.eas-condition.eas-wrong').waitFor();
    await added.locator('.eas-problem').first().waitFor();
    assert.equal(await added.locator('.eas-condition.eas-wrong').count(), 1);
    await added.scrollIntoViewIfNeeded();
    await shoot('access-switch-3-wrong-rule');
    await added.locator('.eas-values textarea').fill('^board\n^ceo@');
    await described('If the mailbox matches “^board” or “^ceo@”');
    await added.locator('.eas-action').selectOption('allow');
    await added.locator('.eas-add-condition').click();
    await added.locator('.eas-condition').nth(1).locator('select').first().selectOption('platform');
    await added.locator('.eas-condition').nth(1).getByText('iOS').click();
    await described('and the platform is “iOS”, then allow the device');
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
    await untilStill(page);
    await editor.done();
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

  it('keeps environment variables in a rule that somebody only looks at', async () => {
    const own = [
      {
        name: 'Board',
        when: [
          { field: 'platform', is: ['ios', '${PLATFORM}'], not: '${NOT}' },
          { field: 'listed', is: ['none'], by: '${OWNER}' },
        ],
        action: '${ACTION}',
      },
    ];
    await page.evaluate(
      ([node, rules]) => {
        const { RED } = globalThis as unknown as { RED: EditorRed };
        RED.nodes.node(node)['rules'] = rules;
      },
      [id, own] as const,
    );
    await open('rules');
    await editor.done();
    assert.deepEqual((await editorNode()).rules, own);
  });

  it('restores the default rules', async () => {
    await open('rules');
    await page.locator('#access-switch-restore').click();
    await editor.done();
    assert.deepEqual((await editorNode()).rules, []);
  });

  /** `verdict: thing`, one a line of the check. */
  async function check(): Promise<string[]> {
    await page.locator('#access-switch-check').click();
    await page.locator('#access-switch-checked dt').first().waitFor();
    const [verdicts, things] = await Promise.all(
      ['dt', 'dd b'].map((part) => page.locator(`#access-switch-checked ${part}`).allInnerTexts()),
    );
    return verdicts!.map((verdict, number) => `${verdict}: ${things![number]}`);
  }

  it('says what is missing before the first sync', async () => {
    await open('check');
    assert.deepEqual(await check(), [
      'ready: Rules',
      'ready: Exchange',
      'missing: Reading of Exchange',
      'ready: MDM · Intune',
      'missing: Reading of the MDM · Intune',
    ]);
    await shoot('access-switch-9-check');
    await editor.cancel();
  });

  it('tries rules that are not saved on a mailbox of the last reading', async () => {
    await editor.dryRun();
    await open('try');
    await page.locator('#access-switch-query').fill('nobody@nowhere.example');
    await page.locator('#access-switch-try').click();
    await page.getByText('No device of the last reading is called so').waitFor();
    await page.locator('#access-switch-query').fill('@');
    await page.keyboard.press('Enter');
    await page.locator('#access-switch-tried .eas-card').first().waitFor();
    await shoot('access-switch-5-try');
    await editor.cancel();
  });

  it('says that nothing is missing any more', async () => {
    await open('check');
    const lines = await check();
    assert.deepEqual([lines.length, lines.filter((line) => !line.startsWith('ready'))], [5, []]);
    await page.getByText('Nothing is missing.').waitFor();
    await shoot('access-switch-10-checked');
    await editor.cancel();
  });

  it('shows the last simulation as a table', async () => {
    await open('simulation');
    await page.locator('#access-switch-simulation table').waitFor();
    await shoot('access-switch-6-simulation');
    const texts = await page.locator('#access-switch-simulation').innerText();
    assert.match(texts, /, by “access switch”: \d+ devices/);
    assert.match(texts, /block/);
    assert.doesNotMatch(texts, /ea50c0de/);
    assert.doesNotMatch(texts, /access-switch\.[a-z]|__/);
    await editor.cancel();
  });

  it('explains itself in the help', async () => {
    await page.evaluate((node) => {
      const { RED } = globalThis as unknown as { RED: EditorRed };
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
    await described('If the record is “EAS only”');
    await page.locator('#access-switch-fold').click();
    await shoot('access-switch-7-dark');
    await editor.cancel();
  });

  it('has no page error', () => {
    assert.deepEqual(editor.problems, []);
  });
});
