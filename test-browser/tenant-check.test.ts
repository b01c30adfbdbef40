/** "Test" in the dialog of the MDM tenant: what an administrator sees before the first deploy. */
import assert from 'node:assert/strict';
import { readExample } from '../scripts/lab-flow.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { openOwnEditor, untilStill } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';
import { weakWords } from './weak-words.ts';

describe('"Test" of the MDM tenant', () => {
  let lab: Lab;
  let editor: OwnEditor;
  let page: OwnEditor['page'];
  let id: string;

  before(async () => {
    lab = await startLab();
    for (let nth = 1; nth <= 30; nth += 1)
      lab.organization.enroll({
        upn: 'anna@contoso.example',
        platform: nth % 3 === 0 ? 'ios' : 'android',
        model: 'x',
        name: `Phone ${nth}`,
        serial: `S${nth}`,
      });
    // Without syncs nobody else asks the tenant.
    const flow = readExample().filter(({ type }) => type !== 'inject');
    id = flow.find(({ type }) => type === 'mdm-tenant')?.id ?? assert.fail('no MDM tenant');
    const intune = {
      kind: 'intune',
      cloud: 'custom',
      graphUrl: lab.graph.url,
      authorityUrl: lab.authority.url,
      tenantId: lab.graph.tenantId,
      // The one that is deployed is not the one that is entered below.
      clientId: 'not-the-one',
      authMethod: 'secret',
      tls: 'lab-ca',
    };
    const entries = flow.map((entry) => (entry.id === id ? { ...entry, ...intune } : entry));
    entries.push({
      id: 'lab-ca',
      type: 'tls-config',
      name: 'lab CA',
      cert: '',
      key: '',
      ca: lab.caFile,
      servername: '',
      verifyservercert: true,
    });
    editor = await openOwnEditor(entries, { credentials: { [id]: { clientSecret: lab.graph.clientSecret } } });
    ({ page } = editor);
  });

  after(async () => {
    await editor?.close();
    await lab?.close();
  });

  const state = () => page.locator('#mdm-tenant-check-state');
  const button = () => page.locator('#mdm-tenant-check');
  const report = () => page.locator('#mdm-tenant-report');
  const words = async (): Promise<string> => (await report().innerText()).replace(/\s+/g, ' ');
  const test = async (): Promise<void> => {
    await button().scrollIntoViewIfNeeded();
    await button().click();
    await state().getByText('Tested.').waitFor();
  };

  it('tests what is entered, with the stored secret, and says what is missing', async () => {
    lab.servers.graph.permissions.delete('DeviceManagementManagedDevices.Read.All');
    lab.servers.graph.permissions.add('Mail.ReadWrite');
    await editor.edit(id);
    await test();
    assert.match(await words(), /✗ error Sign-in: the tenant does not know the application/);
    await page.locator('#node-config-input-clientId').fill(lab.graph.clientId);
    await test();
    await report().scrollIntoViewIfNeeded();
    await editor.shoot('tenant-check-rights');
    const text = await words();
    assert.match(
      text,
      /^✗ not ready MDM tenant The connector cannot work with this tenant yet; look at Permissions: a needed one is missing\. ✓ ok Sign-in: signed in/,
    );
    assert.match(
      text,
      /✗ error DeviceManagementManagedDevices\.Read\.All: missing .*Needed to read the enrolled devices/,
    );
    assert.match(text, /! warning Mail\.ReadWrite: more than is needed/);
    assert.ok(!text.includes(lab.graph.clientSecret));
    assert.deepEqual(editor.problems, []);
  });

  it('says that scope tags hide devices', async () => {
    lab.servers.graph.permissions.add('DeviceManagementManagedDevices.Read.All');
    lab.servers.graph.permissions.delete('Mail.ReadWrite');
    lab.servers.graph.hides = ({ operatingSystem }) => operatingSystem === 'Android';
    await test();
    assert.match(
      await words(),
      /^! ready, with a warning MDM tenant .*! warning Devices: far fewer are seen than there are The list has 10 devices, the overview counts 30\. Scope tags may hide the others/,
    );
  });

  it('has words of enough contrast in the light and in the dark, and none wider than the dialog', async () => {
    for (const dark of [false, true]) {
      await page.evaluate((on) => document.documentElement.classList.toggle('nr-theme-dark', on), dark);
      await untilStill(page);
      await editor.shoot(dark ? 'tenant-check-dark' : 'tenant-check-light');
      assert.deepEqual(await weakWords(report()), [], dark ? 'dark' : 'light');
    }
    await page.evaluate(() => document.documentElement.classList.toggle('nr-theme-dark', false));
    assert.ok(await report().evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
    await editor.cancel();
  });

  it('takes a secret that is typed, and leaves what is deployed as it is', async () => {
    lab.servers.graph.hides = () => false;
    await editor.edit(id);
    await page.locator('#node-config-input-clientId').fill(lab.graph.clientId);
    await page.locator('#node-config-input-clientSecret').fill('wrong');
    await test();
    assert.match(await words(), /✗ error Sign-in: the secret is wrong/);
    await editor.cancel();
    await editor.edit(id);
    assert.equal(await page.locator('#node-config-input-clientId').inputValue(), 'not-the-one');
    await editor.cancel();
    assert.deepEqual(editor.problems, []);
  });
});
