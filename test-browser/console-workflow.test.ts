/** A phone's whole way against the lab's servers, watched and helped along in the console: blocked, mailed, paired, allowed. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNodeRed } from '../scripts/node-red.ts';
import type { FlowEntry, NodeRed } from '../scripts/node-red.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { connectorFlow } from '../test/support/connector-flow.ts';
import { aManagedPhone, anna, enrollUser1, people, still } from '../test/support/people.ts';
import { openPageOf } from './open-editor.ts';
import type { Editor } from './open-editor.ts';

describe("a phone's way in the console", () => {
  let lab: Lab;
  let nodeRed: NodeRed;
  let editor: Editor;
  let page: Editor['page'];
  let userDir: string;
  let reports = 0;
  let mdmReads = 0;

  before(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-way-'));
    lab = await startLab({ organization: aManagedPhone(people(anna(still()), 3)) });
    const { nodes, credentials } = connectorFlow(lab, {
      exchange: { name: 'Contoso' },
      tenant: { name: 'Intune' },
      switch: { name: 'Gate', brakeCount: 1, brakePercent: 0, removeByHand: true },
    });
    const own = (nodes as unknown as FlowEntry[]).filter(({ type }) => type !== 'helper');
    const tab = { id: 'tab', type: 'tab', label: 'Connector' };
    const onCanvas = own.map((node) => ('wires' in node ? { ...node, z: 'tab', x: 100, y: 100 } : node));
    nodeRed = await startNodeRed({
      userDir,
      port: 0,
      flow: [tab, ...onCanvas],
      credentials,
      quiet: true,
      onDone: ({ id }) => {
        if (id === 'mdm') mdmReads += 1;
        if (id === 'eas') reports += 1;
      },
    });
    editor = await openPageOf(new URL('exchange-connector/', nodeRed.url).href, {
      ready: (shown) => shown.locator('section.needs').waitFor(),
    });
    ({ page } = editor);
  });
  after(async () => {
    await editor?.close();
    await nodeRed?.stop();
    await lab?.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const sync = async (): Promise<void> => {
    const [mdm, eas] = [mdmReads, reports];
    nodeRed.receive('mdm', {});
    await until(() => mdmReads > mdm);
    nodeRed.receive('eas', {});
    await until(() => reports > eas);
  };
  const press = async (name: string | RegExp, inDialog: string): Promise<void> => {
    await page
      .getByRole('main')
      .getByRole('button', { name, exact: typeof name === 'string' })
      .click();
    await page.locator('dialog').getByRole('button', { name: inDialog, exact: true }).click();
    await page.getByRole('status').filter({ hasText: /^Done/ }).waitFor();
  };
  const step = (text: string) => page.locator('ol.way li.done', { hasText: text });

  it('is held, and blocked and mailed once a person has approved it', async () => {
    await sync();
    await page.getByRole('link', { name: 'Look at the plan' }).click();
    await press(/Approve all/, 'Approve');
    await page.goto(`${nodeRed.url.replace(/\/$/, '')}/exchange-connector/#/devices?text=user1`);
    await page.getByRole('link', { name: 'User 1' }).click();
    await step('The connector blocked the device.').waitFor();
    await step('The user was mailed a link.').waitFor();
    await page.locator('.about .badge', { hasText: 'allowed' }).waitFor();
    await sync();
    await page.locator('.about .badge', { hasText: 'blocked' }).waitFor();
  });

  it('goes on when the phone is paired with the record that is offered, and mail flows again', async () => {
    enrollUser1(lab.organization);
    await sync();
    await page.getByRole('button', { name: 'Pair…' }).click();
    await page.getByRole('radio', { name: /User 1's iPhone/ }).check();
    await page.locator('dialog input[name=note]').fill('seen at the desk');
    await editor.shoot('console-pair');
    await page.locator('dialog').getByRole('button', { name: 'Pair', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'Done: Pair' }).waitFor();
    await sync();
    await step('EAS record and MDM record became one device.').waitFor();
    await step('The connector allowed the device.').waitFor();
    await editor.shoot('console-way', true);
    assert.equal(await page.locator('ol.way li.done').count(), 7);
    assert.deepEqual(editor.problems, []);
  });

  it('says that it was paired, by whom and why, and takes that back', async () => {
    await page.getByText('seen at the desk').first().waitFor();
    await press('Unpair', 'Unpair');
    await page.getByRole('button', { name: 'Unpair' }).waitFor({ state: 'detached' });
  });

  it('is tried: which rule decides, what would change', async () => {
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.locator('.try dl', { hasText: 'Rule that decides' }).waitFor();
    assert.match(await page.locator('.try').innerText(), /Its conditions, which all hold/);
    await editor.shoot('console-try', true);
  });

  it('is exempt until a day, shows so in Try it, and that is taken back', async () => {
    await page.getByRole('button', { name: 'Exempt until…' }).click();
    const until = page.locator('dialog input[name=until]');
    assert.match(await until.inputValue(), /^\d{4}-\d\d-\d\d$/);
    await page.locator('dialog').getByRole('button', { name: 'Exempt', exact: true }).click();
    assert.ok(await page.locator('dialog').isVisible(), 'without a note nothing is sent');
    await page.locator('dialog input[name=note]').fill('phone of the fair');
    await page.route('**/exempt', (route) => route.abort(), { times: 1 });
    await page.locator('dialog').getByRole('button', { name: 'Exempt', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'Node-RED does not answer' }).waitFor();
    await page.getByRole('button', { name: 'Exempt until…' }).click();
    assert.equal(await page.locator('dialog input[name=note]').inputValue(), 'phone of the fair', 'nothing came of it');
    await editor.shoot('console-exempt');
    await page.locator('dialog').getByRole('button', { name: 'Exempt', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'Done: Exempt' }).waitFor();
    await page.locator('p.exempt', { hasText: 'phone of the fair' }).waitFor();
    await sync();
    await page.getByRole('button', { name: 'Try it', exact: true }).click();
    await page.locator('.try').getByText('phone of the fair').waitFor();
    await editor.shoot('console-exempted', true);
    await press('Take the exemption back', 'Take the exemption back');
    await page.locator('p.exempt').waitFor({ state: 'detached' });
    await page.locator('.audit tbody tr', { hasText: 'exemption taken back' }).waitFor();
  });

  it('loses its partnership, where the administrator lets a person do it, who is asked by its name', async () => {
    const [first] = lab.organization.mailboxByAddress('user1@contoso.example')!.partnerships;
    await page.getByRole('button', { name: 'Remove partnership…' }).click();
    const asked = await page.locator('#asked').innerText();
    assert.ok(asked.includes(first!.deviceId) && asked.includes('User 1'), asked);
    await editor.shoot('console-remove');
    await page.locator('dialog').getByRole('button', { name: 'Cancel' }).click();
    assert.equal(lab.organization.mailboxByAddress('user1@contoso.example')!.partnerships.length, 1);
    await page.getByRole('button', { name: 'Remove partnership…' }).click();
    await page.locator('dialog input[name=note]').fill('lost in a taxi');
    await page.locator('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'Done: Remove' }).waitFor();
    assert.equal(lab.organization.mailboxByAddress('user1@contoso.example')!.partnerships.length, 0);
    await page.locator('.audit tbody tr', { hasText: 'partnership removed' }).waitFor();
    await sync();
    await page.getByText('Exchange does not have this device any more.').waitFor();
    await page.getByRole('button', { name: 'Remove partnership…' }).waitFor({ state: 'detached' });
    // The request that was cut off above.
    assert.deepEqual(editor.problems, ['console: Failed to load resource: net::ERR_FAILED']);
  });
});
