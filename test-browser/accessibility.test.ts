/** Every dialog and every tab of it by axe, light and dark: nothing of ours keeps a screen reader or weak eyes out. */
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { readExample } from '../scripts/lab-flow.ts';
import { CONFIG_TYPES, NODE_TYPES, openOwnEditor, throughTabs, untilStill } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';

/** Choices of a dialog under which it has other rows. */
const CHOICES: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = {
  'exchange-server': [
    { kind: 'remote-powershell' },
    { kind: 'remote-powershell', auth: 'ntlm' },
    { kind: 'exchange-online' },
  ],
  'mdm-tenant': [
    { kind: 'intune', cloud: 'custom' },
    { kind: 'intune', authMethod: 'certificate' },
  ],
  'mail-account': [{ transport: 'smtp' }, { transport: 'ews' }],
  'connector-store': [{ engine: 'postgres' }],
  'eas-source': [{ from: 'message' }],
  'mdm-source': [{ provider: 'mapping' }],
  'access-switch': [{ startFrom: 'grandfather' }],
};

describe('the dialogs, by axe', () => {
  const example = readExample();
  let editor: OwnEditor;

  before(async () => {
    editor = await openOwnEditor(example);
    await editor.page.evaluate(axe.source);
  });

  after(() => editor?.close());

  /** What axe finds within the dialog; Node-RED's own fields that catch password managers are not ours. */
  const findings = (): Promise<string[]> =>
    editor.page.evaluate<string[]>(
      `axe.run({ include: ['.eas-dialog'], exclude: ['[id^=red-ui-trap]'] })
        .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, target }) => id + ': ' + target + ' ' + html.slice(0, 200))))`,
    );

  /** Node-RED 5 has a dark theme. */
  async function turn(theme: 'light' | 'dark'): Promise<void> {
    await editor.page.emulateMedia({ colorScheme: theme });
    await editor.page.evaluate(
      (isDark) => document.documentElement.classList.toggle('nr-theme-dark', isDark),
      theme === 'dark',
    );
    await untilStill(editor.page);
  }

  it('are without a finding where answers stand in them: Try it, Check, the last simulation', async () => {
    const { page } = editor;
    await editor.dryRun();
    await editor.edit(example.find(({ type }) => type === 'access-switch')?.id ?? assert.fail('no switch'));
    const found = new Set<string>();
    const look = async (): Promise<void> => {
      for (const theme of ['light', 'dark'] as const) {
        await turn(theme);
        for (const one of await findings()) found.add(`${theme}: ${one}`);
      }
    };
    const tab = async (name: string): Promise<void> => {
      await page.locator('.eas-dialog .red-ui-tab a', { hasText: name }).click();
      await untilStill(page);
    };
    await tab('Try it');
    await page.locator('#access-switch-query').fill('anna');
    await page.locator('#access-switch-try').click();
    await page.locator('.eas-card').first().waitFor();
    await look();
    await tab('Check');
    await page.locator('#access-switch-check').click();
    await page.waitForFunction(() => document.querySelectorAll('#access-switch-checked *').length > 5);
    await look();
    await tab('Simulation');
    await page.locator('#access-switch-simulation table').waitFor();
    await look();
    await editor.cancel();
    await editor.edit(example.find(({ type }) => type === 'autodiscover-check')?.id ?? assert.fail('no check'));
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'Tested.' }).waitFor();
    await look();
    await editor.cancel();
    assert.deepEqual([...found], []);
  });

  for (const type of [...NODE_TYPES, ...CONFIG_TYPES]) {
    it(`are without a finding: ${type}`, async () => {
      const { page } = editor;
      const config = CONFIG_TYPES.includes(type);
      await editor.edit(example.find((entry) => entry.type === type)?.id ?? assert.fail(type));
      const found = new Set<string>();
      const look = async (): Promise<void> =>
        throughTabs(page, async (tab) => {
          if (tab === 'Rules') await page.locator('#access-switch-fold').click();
          await untilStill(page);
          for (const theme of ['light', 'dark'] as const) {
            await turn(theme);
            for (const one of await findings()) found.add(`${theme}: ${one}`);
          }
        });
      await look();
      for (const choices of CHOICES[type] ?? []) {
        for (const [property, value] of Object.entries(choices)) {
          const id = config ? `node-config-input-${property}` : `node-input-${property}`;
          await page.locator(`#${id}`).evaluate((element, value) => {
            const select = element as HTMLSelectElement;
            select.value = value;
            select.dispatchEvent(new Event('change', { bubbles: true }));
          }, value);
        }
        await look();
      }
      await editor.cancel();
      assert.deepEqual([...found], []);
    });
  }
});
