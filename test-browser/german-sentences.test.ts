/** What the runtime says of rules, devices and a dry run, in a German browser: no English sentence in dialog and console. */
import assert from 'node:assert/strict';
import { readExample } from '../scripts/lab-flow.ts';
import { DEFAULT_RULES } from '../src/access/rules.ts';
import { openOwnEditor } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';

/** Words that no German sentence has, and that an English one hardly does without. */
const ENGLISH = /\b(the|and|of|is|are|were|would|has|have|does|not|with|which|this|that|no|it|its)\b/gi;

/** English lines of a text, without names: those of the flow's rules, codes of reasons, and what is quoted. */
function englishIn(text: string): string[] {
  const named = DEFAULT_RULES.reduce((rest, { name }) => rest.replaceAll(name, ''), text);
  return named
    .replace(/„[^“]*“|\b[a-z]+(-[a-z]+)+\b/g, '')
    .split('\n')
    .filter((line) => line.match(ENGLISH) !== null);
}

describe('what the runtime says, in a German browser', () => {
  const example = readExample().map((entry) =>
    entry.type === 'access-switch'
      ? { ...entry, mode: 'enforce', brakeCount: 1, brakePercent: 0, brakePerDay: '', mailFirst: false }
      : entry,
  );
  const id = example.find(({ type }) => type === 'access-switch')!.id;
  let editor: OwnEditor;
  let page: OwnEditor['page'];

  before(async () => {
    editor = await openOwnEditor(example, { locale: 'de-DE', width: 1400, expected: /400 \(Bad Request\)/ });
    ({ page } = editor);
  });

  after(async () => {
    await editor?.close();
  });

  async function open(tab: string): Promise<void> {
    await editor.edit(id);
    await page.locator(`#red-ui-tab-access-switch-panel-${tab}`).click();
    await page.locator(`#access-switch-panel-${tab}`).waitFor();
  }

  async function close(): Promise<void> {
    await page.locator('#node-dialog-cancel').click();
    await page.waitForTimeout(350);
  }

  it('is German where a rule is wrong', async () => {
    await open('rules');
    await page.locator('#access-switch-rules .eas-rule').first().waitFor();
    await page.locator('#access-switch-panel-rules .red-ui-editableList-addButton').click();
    const added = page.locator('#access-switch-rules .eas-rule').nth(DEFAULT_RULES.length);
    await added.locator('.eas-name').fill('Vorstand');
    await added.locator('.eas-condition select').first().selectOption('mailbox');
    await added.locator('.eas-values select').selectOption('regex');
    await added.locator('.eas-values textarea').fill('^(board');
    await added.locator('.eas-problem', { hasText: 'hat eine ( ohne )' }).waitFor();
    await editor.shoot('de-wrong-rule');
    const said = await page.locator('#access-switch-rules').locator('.eas-problem, .eas-sentence').allInnerTexts();
    assert.deepEqual(said.flatMap(englishIn), []);
    await close();
  });

  it('is German in “Try it”', async () => {
    editor.receive(example.find(({ name }) => name === 'dry run')?.id ?? '');
    await page.waitForTimeout(1500);
    await open('try');
    await page.locator('#access-switch-query').fill('@');
    await page.keyboard.press('Enter');
    await page.locator('#access-switch-tried .eas-card').first().waitFor();
    await editor.shoot('de-try');
    assert.deepEqual(englishIn(await page.locator('#access-switch-tried').innerText()), []);
    await close();
  });

  it('is German under “Simulation”', async () => {
    await open('simulation');
    await page.locator('#access-switch-simulation table').waitFor();
    await editor.shoot('de-simulation');
    assert.deepEqual(englishIn(await page.locator('#access-switch-simulation').innerText()), []);
    await close();
  });

  it("is German on the console's pages of a held plan and of a device", async () => {
    const root = new URL('exchange-connector/', page.url()).href;
    editor.receive(example.find(({ name }) => name === 'full sync')?.id ?? '');
    await page.goto('about:blank');
    await page.goto(`${root}#/plan`);
    await page.getByText('die Bremse lässt 1 von').waitFor();
    await editor.shoot('de-console-plan', true);
    assert.deepEqual(englishIn(await page.locator('main').innerText()), []);
    await page.locator('main a[href*="device?"]').first().click();
    await page.getByRole('button', { name: 'Ausprobieren' }).click();
    await page.getByText('Nichts würde sich ändern').or(page.getByText('Würde im Postfach')).first().waitFor();
    await editor.shoot('de-console-device', true);
    assert.deepEqual(englishIn(await page.locator('main').innerText()), []);
  });
});
