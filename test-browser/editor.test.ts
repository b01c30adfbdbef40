/** Opens the started editor in a headless browser: the canvas, every node's dialog, and its help. Leaves screenshots in test-results/. */
import assert from 'node:assert/strict';
import type { FlowEntry } from '../scripts/node-red.ts';
import { readExample } from '../scripts/lab-flow.ts';
import { CONFIG_TYPES, NODE_TYPES, openOwnEditor, throughTabs, untilStill } from './open-editor.ts';
import type { EditorRed, OwnEditor } from './open-editor.ts';

/** Label of what an Exchange server has before its number of sessions. */
const FOREST = 'See the whole forest, not one domain alone';

describe('the editor', () => {
  const example = readExample();
  let editor: OwnEditor;
  let page: OwnEditor['page'];

  before(async () => {
    editor = await openOwnEditor(example);
    ({ page } = editor);
  });

  after(async () => {
    await editor?.close();
  });

  const entryOf = (type: string): FlowEntry => {
    const entry = example.find((candidate) => candidate.type === type);
    assert.ok(entry, `the example has a ${type}`);
    return entry;
  };
  const shoot = (name: string): Promise<void> => editor.shoot(name);
  const edit = (id: string): Promise<void> => editor.edit(id);

  it('shows the example as a readable canvas', async () => {
    await shoot('01-canvas');
    assert.equal(
      await page.locator('.red-ui-flow-node-group').count(),
      example.filter((entry) => entry['x'] !== undefined && entry.type !== 'group').length,
    );
    assert.equal(await page.locator('.red-ui-flow-node-error:visible').count(), 0, 'no node is marked invalid');
    const tooFarRight = await page.evaluate(() => {
      interface Drawn {
        readonly type: string;
        readonly name: string;
        readonly x: number;
        readonly w: number;
      }
      const { RED } = globalThis as unknown as { RED: { nodes: { eachNode(visit: (node: Drawn) => void): void } } };
      const names: string[] = [];
      RED.nodes.eachNode(({ type, name, x, w }) => {
        if (x - w / 2 < 0 || x + w / 2 > 1000) names.push(`${type} ${name}`);
      });
      return names;
    });
    assert.deepEqual(tooFarRight, [], 'it fits 1,000 pixels');
  });

  it('gives a new notifier an enrollment page, and a field for whom to ask', async () => {
    const defaults = await page.evaluate(() => {
      const { RED } = globalThis as unknown as {
        RED: { nodes: { getType(type: string): { defaults: Record<string, { value: unknown }> } } };
      };
      const { enrollUrl, helpDesk } = RED.nodes.getType('enrollment-notifier')?.defaults ?? {};
      return { enrollUrl: enrollUrl?.value, helpDesk: helpDesk?.value };
    });
    assert.deepEqual(defaults, {
      enrollUrl: 'https://portal.manage.microsoft.com/EnrollmentRedirect.aspx',
      helpDesk: '',
    });
  });

  for (const type of NODE_TYPES) {
    it(`opens the dialog and the help of ${type}`, async () => {
      const { id } = entryOf(type);
      await edit(id);
      const labels: string[] = [];
      await throughTabs(page, async (tab) => {
        await shoot(`dialog-${type}${tab === '' ? '' : `-${tab.toLowerCase().replace(' ', '-')}`}`);
        labels.push(...(await page.locator('#dialog-form label:visible').allInnerTexts()));
      });
      assert.ok(labels.length > 1, 'the dialog has fields');
      assert.deepEqual(
        labels.filter((label) => label.includes(`${type}.`)),
        [],
        'every label has its text',
      );
      await editor.cancel();
      await page.evaluate((node) => {
        const { RED } = globalThis as unknown as { RED: EditorRed };
        RED.view.select({ nodes: [RED.nodes.node(node)] });
        RED.actions.invoke('core:show-help-tab');
      }, id);
      await untilStill(page);
      await shoot(`help-${type}`);
    });
  }

  for (const type of CONFIG_TYPES) {
    it(`opens the dialog of ${type}`, async () => {
      await edit(entryOf(type).id);
      await shoot(`dialog-${type}`);
      const labels = await page.locator('#node-config-dialog-edit-form label:visible').allInnerTexts();
      assert.deepEqual(
        labels.filter((label) => label.includes(`${type}.`)),
        [],
      );
      await editor.cancel();
    });
  }

  it('offers the presets of other MDMs, and shows the mapping of the chosen one', async () => {
    await edit(entryOf('mdm-source').id);
    await page.locator('#node-input-provider').selectOption('mapping');
    await page.locator('#node-input-preset option[value="jamf-pro"]').waitFor({ state: 'attached' });
    await page.locator('#node-input-preset').selectOption('jamf-pro');
    await untilStill(page);
    await shoot('dialog-mdm-source-mapping');
    assert.equal(
      await page.locator('#node-input-tenant').locator('xpath=ancestor::div[@data-when]').isVisible(),
      false,
    );
    assert.match(await page.locator('#node-input-mapping').inputValue(), /easIds/);
    assert.match(
      await page.locator('#mdm-source-preset-note').innerText(),
      /^GET .* Its records are in results: give them to this node as an array, without a Split node, or the whole answer as a text\. Jamf Pro has/,
    );
    await editor.cancel();
  });

  it('offers quick readings of Intune, off at first, and says what they need', async () => {
    await edit(entryOf('mdm-source').id);
    const sync = page.locator('#node-input-sync');
    const hint = page.getByText('Needs Device.Read.All');
    assert.deepEqual([await sync.inputValue(), await hint.isVisible()], ['full', false]);
    await sync.selectOption('quick');
    assert.equal(await hint.isVisible(), true);
    await shoot('dialog-mdm-source-quick');
    await page.locator('#node-input-provider').selectOption('mapping');
    assert.deepEqual([await sync.isVisible(), await hint.isVisible()], [false, false]);
    await editor.cancel();
  });

  it('shows the fields that fit where EAS records come from', async () => {
    await edit(entryOf('eas-source').id);
    const labels = async (): Promise<string[]> =>
      (await page.locator('#dialog-form label:visible').allInnerTexts()).map((label) => label.trim());
    const hint = page.getByText('It is not asked for them.');
    const all = ['Name', 'Records from', 'Exchange', 'Store', 'Sync', 'Page size', 'Only'];
    assert.deepEqual([await labels(), await hint.isVisible()], [all, false]);
    await page.locator('#node-input-from').selectOption('message');
    await shoot('dialog-eas-source-message');
    const fed = all.filter((label) => label !== 'Store' && label !== 'Only');
    assert.deepEqual([await labels(), await hint.isVisible()], [fed, true]);
    await editor.cancel();
  });

  it('shows the fields that fit the kind of Exchange', async () => {
    await edit(entryOf('exchange-server').id);
    const visible = (): Promise<string[]> =>
      page.locator('#node-config-dialog-edit-form label:visible').allInnerTexts();
    const trimmed = async (): Promise<string[]> => (await visible()).map((label) => label.trim());
    assert.deepEqual(await trimmed(), ['Name', 'Kind']);
    await page.locator('#node-config-input-kind').selectOption('remote-powershell');
    await shoot('dialog-exchange-server-remote');
    const remote = async (auth: string): Promise<string[]> => {
      await page.locator('#node-config-input-auth').selectOption(auth);
      const [name, kind, addresses, signIn, ...further] = await trimmed();
      assert.deepEqual([name, kind, addresses, signIn], ['Name', 'Kind', 'Addresses', 'Sign-in']);
      return further.slice(0, further.indexOf(FOREST));
    };
    assert.deepEqual(
      [await remote('kerberos'), await remote('ntlm'), await remote('basic'), await remote('certificate')],
      [['User', 'Password', 'Realm', 'Service name'], ['User', 'Password'], ['User', 'Password'], []],
    );
    assert.deepEqual((await trimmed()).slice(4), [
      FOREST,
      'Sessions',
      'Silence limit',
      'Active Directory',
      'Directory account',
      'Directory password',
      'TLS',
      'Proxy',
    ]);
    await page.locator('#node-config-input-kind').selectOption('exchange-online');
    assert.deepEqual(await trimmed(), ['Name', 'Kind', 'Tenant', 'Client', 'Secret', 'TLS', 'Proxy']);
    await editor.cancel();
  });

  it('asks a mail account over EWS for the servers that Autodiscover may lead to', async () => {
    await edit(entryOf('mail-account').id);
    const field = page.locator('#node-config-input-allowedRedirects');
    await page.locator('#node-config-input-transport').selectOption('smtp');
    assert.equal(await field.isVisible(), false);
    await page.locator('#node-config-input-transport').selectOption('ews');
    assert.equal(await field.isVisible(), true);
    await shoot('dialog-mail-account-ews');
    await editor.cancel();
  });

  it('gives a new activation link the enrollment page of Intune, and a field for the help desk', async () => {
    const defaults = await page.evaluate(() => {
      const { RED } = globalThis as unknown as {
        RED: { nodes: { getType(type: string): { defaults: Record<string, { value: unknown }> } } };
      };
      const { enrollUrl, helpDesk } = RED.nodes.getType('activation-link')?.defaults ?? {};
      return [enrollUrl?.value, helpDesk?.value];
    });
    assert.deepEqual(defaults, ['https://portal.manage.microsoft.com/EnrollmentRedirect.aspx', '']);
    await edit(entryOf('activation-link').id);
    assert.equal(await page.locator('#node-input-helpDesk').isVisible(), true);
    await editor.cancel();
  });

  it('runs a dry run and shows what it would do in the debug sidebar', async () => {
    await page.evaluate(() =>
      (globalThis as unknown as { RED: { actions: { invoke(name: string): void } } }).RED.actions.invoke(
        'core:show-debug-tab',
      ),
    );
    await editor.dryRun();
    await page.locator('.red-ui-debug-msg').first().waitFor();
    await untilStill(page);
    await shoot('02-dry-run');
    const statuses = await page.locator('.red-ui-flow-node-status-label').allTextContents();
    assert.deepEqual(
      statuses.filter((text) => text.includes('.status.') || text.includes('shared.')),
      [],
      'every status has its text',
    );
  });

  it('has no page error and asks nothing off this machine', () => {
    assert.deepEqual(editor.problems, []);
  });
});
