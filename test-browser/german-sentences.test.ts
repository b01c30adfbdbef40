/** What the runtime says of rules, devices and a dry run, in a German browser: no English sentence in dialog and console. */
import assert from 'node:assert/strict';
import { readExample } from '../scripts/lab-flow.ts';
import { DEFAULT_RULES } from '../src/access/rules.ts';
import { CONFIG_TYPES, NODE_TYPES, openOwnEditor, throughTabs, untilStill } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';

/** Words that no German sentence has, and that an English one hardly does without. */
const ENGLISH =
  /(?<![\p{L}\w./@-])(the|and|or|of|is|are|were|would|has|have|does|not|with|from|which|this|that|no|it|its|by|to|for|blocked|allowed|device|devices|record|records|rule|mail|mails|sync|reading|never|unknown|failed|switch|notifier|error|missing|refused)(?![\p{L}\w/@-]|\.\w)/giu;

/** What the example's flow calls its nodes, tabs and rules, in English; the longest first, as one may be within another. */
const NAMES = readExample()
  .flatMap(({ name, label }) => [name, label])
  .concat(DEFAULT_RULES.map(({ name }) => name))
  .filter((name): name is string => typeof name === 'string' && name !== '')
  .toSorted((a, b) => b.length - a.length);

/** English lines of a text, without names, codes of reasons, and what is quoted. */
function englishIn(text: string): string[] {
  const named = NAMES.reduce((rest, name) => rest.replaceAll(name, ''), text);
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
  /** Of the editor. */
  let address: string;

  before(async () => {
    editor = await openOwnEditor(example, { locale: 'de-DE', width: 1400, expected: /400 \(Bad Request\)/ });
    ({ page } = editor);
    address = new URL('./', page.url()).href;
  });

  after(async () => {
    await editor?.close();
  });

  async function open(tab: string): Promise<void> {
    await editor.edit(id);
    await page.locator(`#red-ui-tab-access-switch-panel-${tab}`).click();
    await page.locator(`#access-switch-panel-${tab}`).waitFor();
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
    await editor.cancel();
  });

  it('is German in “Try it”', async () => {
    await editor.dryRun();
    await open('try');
    await page.locator('#access-switch-query').fill('@');
    await page.keyboard.press('Enter');
    await page.locator('#access-switch-tried .eas-card').first().waitFor();
    await editor.shoot('de-try');
    assert.deepEqual(englishIn(await page.locator('#access-switch-tried').innerText()), []);
    await editor.cancel();
  });

  it('is German under “Simulation”', async () => {
    await open('simulation');
    await page.locator('#access-switch-simulation table').waitFor();
    await editor.shoot('de-simulation');
    assert.deepEqual(englishIn(await page.locator('#access-switch-simulation').innerText()), []);
    await editor.cancel();
  });

  it("is German on the console's pages of a held plan and of a device", async () => {
    const root = `${address}exchange-connector/`;
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

  it('is German on every other page of the console, with why something is refused', async () => {
    const root = `${address}exchange-connector/`;
    const main = page.locator('main');
    editor.receive(example.find(({ name }) => name === 'approve the held plan')?.id ?? '');
    await page.goto('about:blank');
    await page.goto(`${root}#/audit`);
    await page.locator('main td', { hasText: 'Plan genehmigt' }).first().waitFor();
    for (const view of ['overview', 'devices', 'audit']) {
      await page.goto('about:blank');
      await page.goto(`${root}#/${view}`);
      await page.locator('main[aria-busy=false]').waitFor();
      await untilStill(page);
      for (const more of await page.locator('main summary').all()) await more.click();
      await editor.shoot(`de-console-${view}`, true);
      assert.deepEqual(englishIn(await main.innerText()), [], view);
    }
    await page.goto('about:blank');
    await page.goto(`${root}#/device?key=eas:none:x:y`);
    await page.getByRole('alert').waitFor();
    assert.deepEqual(englishIn(await main.innerText()), []);
    await page.goto('about:blank');
    await page.goto(`${root}#/devices`);
    const links = await page.locator('a.row').evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
    for (const href of links.slice(0, 12)) {
      await page.goto('about:blank');
      await page.goto(href);
      await page.locator('section.about').waitFor();
      assert.deepEqual(englishIn(await main.innerText()), [], href);
    }
  });

  it('is German in the tab of the sidebar', async () => {
    await page.goto(address);
    await page.waitForFunction(() => {
      const { RED } = globalThis as unknown as { RED?: { nodes?: { getType(type: string): unknown } } };
      return Boolean(RED?.nodes?.getType('connector-store'));
    });
    // While the editor still loads, it goes back to the tab that was shown before.
    await page.waitForFunction(() => {
      const { RED } = globalThis as unknown as { RED: { sidebar: { show(id: string): void } } };
      RED.sidebar.show('exchange-connector');
      return document.querySelector<HTMLElement>('.eas-tab-rows')?.offsetParent != null;
    });
    const tab = page.locator('.eas-tab');
    await editor.shoot('de-sidebar');
    assert.deepEqual(englishIn(await tab.innerText()), []);
  });

  it('is German in “Check” and in the checklist of the access switch', async () => {
    await open('check');
    await page.locator('#access-switch-check').click();
    await page.locator('#access-switch-checked .eas-steps').waitFor();
    await editor.shoot('de-check');
    assert.deepEqual(englishIn(await page.locator('#access-switch-checked').innerText()), []);
    await editor.cancel();
    await editor.edit(id);
    await page.locator('#access-switch-readiness-list .eas-steps').waitFor();
    await editor.shoot('de-readiness');
    assert.deepEqual(englishIn(await page.locator('#access-switch-readiness').innerText()), []);
    await editor.cancel();
  });

  it('is German where the access switch refuses what is tried, and its labels stand in one line', async () => {
    await open('try');
    await page.keyboard.press('Enter');
    await page.locator('#access-switch-query').fill('');
    await page.locator('#access-switch-query').press('Enter');
    await page.locator('#access-switch-tried .eas-problem').waitFor();
    assert.deepEqual(englishIn(await page.locator('#access-switch-tried').innerText()), []);
    await page.locator('#access-switch-query').fill('@');
    await page.locator('#access-switch-query').press('Enter');
    await page.locator('#access-switch-tried .eas-card dt').first().waitFor();
    const lines = await page.locator('#access-switch-tried .eas-card dt').evaluateAll((all) => [
      ...new Set(
        all.map((one) => {
          const range = document.createRange();
          range.selectNodeContents(one);
          return range.getClientRects().length;
        }),
      ),
    ]);
    assert.deepEqual(lines, [1]);
    await editor.cancel();
  });

  /** A mail is in the language that is chosen for it, whatever the editor's. */
  async function previewInGerman(): Promise<void> {
    const made = page.waitForResponse(
      (response) =>
        response.url().endsWith('/enrollment-notifier/preview') &&
        (response.request().postDataJSON() as { mailLanguage: unknown }).mailLanguage === 'de',
    );
    await page.locator('#enrollment-notifier-preview-language').selectOption('de', { force: true });
    const { subject } = (await (await made).json()) as { subject: string };
    await page.locator('#enrollment-notifier-preview-subject', { hasText: subject }).waitFor({ state: 'attached' });
  }

  for (const type of [...NODE_TYPES, ...CONFIG_TYPES])
    it(`is German in every tab of the dialog of ${type}`, async () => {
      await editor.edit(example.find((entry) => entry.type === type)?.id ?? '');
      if (type === 'enrollment-notifier') await previewInGerman();
      await throughTabs(page, async (tab) => {
        const said = await page.locator('.eas-dialog').innerText();
        assert.deepEqual(englishIn(said), [], tab);
      });
      await editor.cancel();
    });
});
