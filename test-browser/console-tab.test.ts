/** The tab of the sidebar: an organization is read, a plan is held, discarded, held again, and approved. */
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { readExample } from '../scripts/lab-flow.ts';
import { openOwnEditor } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';

describe('the tab of the sidebar', () => {
  let editor: OwnEditor;
  let page: OwnEditor['page'];
  let start: string;

  before(async () => {
    const flow = readExample().map((entry) =>
      entry.type === 'access-switch'
        ? { ...entry, name: 'Gate', mode: 'enforce', brakeCount: 1, brakePercent: 0, brakePerDay: '', mailFirst: false }
        : entry,
    );
    start = flow.find(({ type, name }) => type === 'inject' && name === 'full sync')?.id ?? assert.fail('no inject');
    editor = await openOwnEditor(flow);
    ({ page } = editor);
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: { sidebar: { show(id: string): void } } };
      RED.sidebar.show('exchange-connector');
    });
  });
  after(() => editor?.close());

  const tab = () => page.locator('.eas-tab');
  const plan = () => page.locator('.eas-tab-plan');
  const look = (): Promise<void> =>
    page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: { events: { emit(name: string): void } } };
      RED.events.emit('deploy');
    });
  const untilHeld = async (): Promise<void> => {
    editor.receive(start);
    while (!(await plan().isVisible())) {
      await look();
      await page.waitForTimeout(1_500);
    }
  };
  const decide = async (name: 'Approve' | 'Discard'): Promise<void> => {
    await plan().getByRole('button', { name }).click();
    await page.locator('.red-ui-notification').getByRole('button', { name }).click();
    await page.locator('.red-ui-notification', { hasText: 'Cancel' }).waitFor({ state: 'detached' });
    await plan().waitFor({ state: 'detached' });
  };

  it('says that nothing was read yet', async () => {
    await tab().getByText('Last sync').waitFor();
    assert.match(await tab().innerText(), /Last sync\s+never/);
  });

  it('opens the console beside the editor, at the store that it shows', async () => {
    const opened = page.waitForEvent('popup');
    await tab().getByRole('link', { name: 'Open console' }).click();
    const console = await opened;
    await console.getByRole('heading', { name: 'What needs a person' }).waitFor();
    assert.match(console.url(), /\/exchange-connector\/#\/overview\?store=/);
    await console.close();
  });

  it('shows counts, ages and the held plan, and asks before it discards it', async () => {
    await untilHeld();
    const text = await tab().innerText();
    assert.match(text, /Changes that wait for approval: \d/);
    assert.match(text, /Exchange read\s+\d+ (s|min) ago/);
    assert.match(text, /Blocked\s+0/);
    await editor.shoot('console-tab');
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { axe: run } = globalThis as unknown as {
        axe: { run(selector: string): Promise<{ violations: { id: string }[] }> };
      };
      return (await run.run('.eas-tab')).violations.map(({ id }) => id);
    });
    assert.deepEqual(found, []);
    await plan().getByRole('button', { name: 'Discard' }).click();
    await page.locator('.red-ui-notification').getByRole('button', { name: 'Cancel' }).click();
    await page.locator('.red-ui-notification').waitFor({ state: 'detached' });
    assert.ok(await plan().isVisible());
    await decide('Discard');
  });

  it('approves the plan that the next sync holds', async () => {
    await untilHeld();
    await decide('Approve');
    await look();
    await page.waitForFunction(
      () => !/Blocked\s+0/.test(document.querySelector<HTMLElement>('.eas-tab')?.innerText ?? ''),
    );
    await editor.shoot('console-tab-approved');
  });

  it('has a dry run made, and shows what it would change', async () => {
    assert.match(await tab().innerText(), /Last dry run\s+never/);
    await tab().getByRole('button', { name: 'Dry run' }).click();
    await page.locator('.red-ui-notification', { hasText: 'Both sides are being read' }).waitFor();
    while (/Last dry run\s+never/.test(await tab().innerText())) {
      await look();
      await page.waitForTimeout(1_500);
    }
    assert.match(await tab().innerText(), /Last dry run\s+.* – would block \d+, allow \d+, hold \d+/);
    await editor.shoot('console-tab-dry-run');
    assert.deepEqual(editor.problems, []);
  });
});
