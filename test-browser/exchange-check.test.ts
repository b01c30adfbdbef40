/** "Test" in the dialog of the Exchange server: what an administrator of a new account sees, and pastes. */
import assert from 'node:assert/strict';
import { readExample } from '../scripts/lab-flow.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { openOwnEditor, untilStill } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';
import { weakWords } from './weak-words.ts';

const PASSWORD = 'Few-Rights-24';

describe('"Test" of the Exchange server', () => {
  let lab: Lab;
  let editor: OwnEditor;
  let page: OwnEditor['page'];
  let id: string;

  before(async () => {
    lab = await startLab();
    const cmdlets = ['Get-CASMailbox', 'Get-MobileDevice', 'Get-User', 'Get-Recipient'];
    lab.organization.addMailbox({
      alias: 'reader',
      displayName: 'Few Rights',
      password: PASSWORD,
      remotePowerShell: true,
      cmdlets,
    });
    lab.organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
    lab.organization.syncPhone({ mailbox: 'anna@contoso.example', deviceId: 'A1', deviceType: 'iPhone', model: 'x' });
    const remote = { kind: 'remote-powershell', urls: lab.exchange.url, auth: 'basic', tls: 'lab-ca' };
    // Without syncs nobody else works with the server.
    const flow = readExample()
      .filter(({ type }) => type !== 'inject')
      .map((entry) => (entry.type === 'exchange-server' ? { ...entry, ...remote } : entry));
    flow.push({
      id: 'lab-ca',
      type: 'tls-config',
      name: 'lab CA',
      cert: '',
      key: '',
      ca: lab.caFile,
      servername: '',
      verifyservercert: true,
    });
    id = flow.find(({ type }) => type === 'exchange-server')?.id ?? assert.fail('no Exchange server');
    editor = await openOwnEditor(flow, {
      credentials: { [id]: { username: 'reader@contoso.example', password: PASSWORD } },
    });
    ({ page } = editor);
  });

  after(async () => {
    await editor?.close();
    await lab?.close();
  });

  const state = () => page.locator('#exchange-server-check-state');
  const button = () => page.locator('#exchange-server-check');
  const report = () => page.locator('#exchange-server-report');

  it('says the verdict first, then each step with what to do and a command to paste', async () => {
    await editor.edit(id);
    await button().scrollIntoViewIfNeeded();
    await editor.shoot('exchange-check-before');
    assert.equal(await button().textContent(), 'Test');
    await button().click();
    await state().getByText('Tested.').waitFor();
    await report().scrollIntoViewIfNeeded();
    await editor.shoot('exchange-check-after');
    const text = (await report().innerText()).replace(/\s+/g, ' ');
    assert.match(
      text,
      /^✗ not ready Exchange server The connector cannot work with this Exchange yet; look at Rights: needed ones are missing\. ✓ ok Name: an address, no name /,
    );
    assert.match(text, /✗ error Rights: needed ones are missing .*What to do: These lines give roles/);
    assert.match(text, /✗ error Set-CASMailbox: missing .*Needed to block and allow devices/);
    const command = report().locator('pre').filter({ hasText: 'New-ManagementRole -Name' }).first();
    await command.scrollIntoViewIfNeeded();
    await editor.shoot('exchange-check-rights');
    assert.equal((await command.innerText()).split('\n').length, 10);
    await command.click();
    const chosen = await page.evaluate(() => getSelection()?.toString() ?? '');
    assert.match(chosen, /^New-ManagementRole -Name .*-User 'reader@contoso\.example'\n?$/s);
    await command.locator('xpath=..').getByRole('button', { name: 'Copy' }).click();
    await page.locator('#node-config-input-name').fill('');
    await page.locator('#node-config-input-urls').focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Control+V');
    assert.match(await page.locator('#node-config-input-urls').inputValue(), /^New-ManagementRole -Name /);
    await page.locator('#node-config-input-urls').fill(lab.exchange.url);
    assert.ok(!text.includes(PASSWORD));
    assert.deepEqual(editor.problems, []);
  });

  it('has words of enough contrast in the light and in the dark, and none wider than the dialog', async () => {
    for (const dark of [false, true]) {
      await page.evaluate((on) => document.documentElement.classList.toggle('nr-theme-dark', on), dark);
      await untilStill(page);
      await editor.shoot(dark ? 'exchange-check-dark' : 'exchange-check-light');
      assert.deepEqual(await weakWords(report()), [], dark ? 'dark' : 'light');
    }
    await page.evaluate(() => document.documentElement.classList.toggle('nr-theme-dark', false));
    assert.ok(await report().evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
  });

  it('says what is going on while it is read, and stops when the dialog is left', async () => {
    const { stats, faults } = lab.servers.exchange;
    const deleted = stats.deletedShells;
    faults.add({ kind: 'delay', ms: 20_000, on: 'receive', cmdlet: 'Get-MobileDevice' });
    await button().click();
    await state().getByText('Mailboxes and devices…').waitFor();
    await editor.shoot('exchange-check-during');
    assert.deepEqual([await button().textContent(), stats.deletedShells], ['Stop', deleted]);
    await editor.cancel();
    const until = Date.now() + 10_000;
    while (stats.deletedShells === deleted && Date.now() < until) await page.waitForTimeout(100);
    assert.equal(stats.deletedShells, deleted + 1, 'its session is deleted, long before the answer');
    assert.deepEqual(editor.problems, []);
  });

  it('says who may not test, and what the runtime refuses', async () => {
    const answers = [
      { status: 401, body: 'Unauthorized', says: 'You may not test: it needs the right to change flows.' },
      { status: 400, body: '{"error":{"code":"X","text":"Deploy it."}}', says: 'Deploy it.' },
    ];
    for (const { says, ...answer } of answers) {
      await page.route('**/exchange-server/check', (route) => route.fulfill(answer));
      await editor.edit(id);
      await button().click();
      await report().getByText(says, { exact: true }).waitFor();
      assert.equal(await state().textContent(), '');
      await page.unroute('**/exchange-server/check');
      await editor.cancel();
    }
  });
});
