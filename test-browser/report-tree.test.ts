/** "Test" in the dialog of the Autodiscover check: progress, the tree, by keyboard, in the dark, and when it is left. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { readExample } from '../scripts/lab-flow.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { openOwnEditor, untilStill } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';
import { weakWords } from './weak-words.ts';

describe('"Test" of the Autodiscover check', () => {
  /** A DNS server that never answers: the check goes on for seconds. */
  const silent = createSocket('udp4');
  let asked = 0;
  let lab: Lab;
  let editor: OwnEditor;
  let page: OwnEditor['page'];
  let id: string;

  before(async () => {
    silent.on('message', () => (asked += 1));
    await new Promise<void>((resolve) => {
      silent.bind(0, '127.0.0.1', resolve);
    });
    lab = await startLab();
    const dns = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const flow = readExample().map((entry) =>
      entry.type === 'autodiscover-check'
        ? {
            ...entry,
            account: '',
            address: '',
            domain: 'fabrikam.example',
            internalResolvers: `${lab.dns.internal}, ${dns}`,
          }
        : entry,
    );
    id = flow.find(({ type }) => type === 'autodiscover-check')?.id ?? assert.fail('no check');
    editor = await openOwnEditor(flow);
    ({ page } = editor);
  });

  after(async () => {
    await editor?.close();
    await lab?.close();
    silent.close();
  });

  const state = () => page.locator('#autodiscover-check-check-state');
  const button = () => page.locator('#autodiscover-check-check');
  const report = () => page.locator('#autodiscover-check-report');

  it('shows the steps as they end, then the whole report: verdict and headline first, with words', async () => {
    await editor.edit(id);
    await button().scrollIntoViewIfNeeded();
    await editor.shoot('report-before');
    await button().click();
    await report().locator('li').first().waitFor();
    await report().scrollIntoViewIfNeeded();
    assert.deepEqual([await state().textContent(), await button().textContent()], ['Testing…', 'Stop']);
    await editor.shoot('report-during');
    await state().getByText('Tested.').waitFor();
    assert.equal(await button().textContent(), 'Test');
    await editor.shoot('report-after');
    assert.match(
      (await report().innerText()).replace(/\s+/g, ' '),
      /^✗ broken Autodiscover of fabrikam\.example no DNS name inside dns\.internal\.missing .*What to do: Outlook on domain PCs/,
    );
    assert.deepEqual(editor.problems, []);
  });

  it('opens and closes a branch by keyboard', async () => {
    const first = report().locator('details').first();
    await first.locator('summary').first().focus();
    assert.equal(await first.evaluate((element) => (element as HTMLDetailsElement).open), true);
    await page.keyboard.press('Enter');
    assert.equal(await first.evaluate((element) => (element as HTMLDetailsElement).open), false);
    await page.keyboard.press('Enter');
  });

  it('has words of enough contrast in the light and in the dark', async () => {
    for (const dark of [false, true]) {
      await page.evaluate((on) => document.documentElement.classList.toggle('nr-theme-dark', on), dark);
      await untilStill(page);
      await editor.shoot(dark ? 'report-dark' : 'report-light');
      assert.deepEqual(await weakWords(report()), [], dark ? 'dark' : 'light');
    }
    await page.evaluate(() => document.documentElement.classList.toggle('nr-theme-dark', false));
  });

  it('stops the check when the dialog is left', async () => {
    await button().click();
    await report().locator('li').first().waitFor();
    await editor.cancel();
    await setTimeout(300);
    const before = asked;
    await setTimeout(6_000);
    assert.equal(asked, before, 'nothing is asked any more');
    assert.deepEqual(editor.problems, []);
  });

  it('shows what strangers say as text, and keeps long words inside the dialog', async () => {
    const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
    const branch = {
      status: '"><b>',
      word: hostile,
      title: `${hostile}${'x'.repeat(3000)}`,
      seen: hostile,
      finding: hostile,
      code: hostile,
      remedy: hostile,
      command: hostile,
      children: [],
    };
    const lines = [{ step: branch }, { report: { ...branch, status: 'broken', children: [branch] } }];
    await page.route('**/autodiscover-check/check', (route) =>
      route.fulfill({ status: 200, body: lines.map((line) => `${JSON.stringify(line)}\n`).join('') }),
    );
    await editor.edit(id);
    await button().click();
    await state().getByText('Tested.').waitFor();
    const seen = await report().evaluate((element) => ({
      foreign: element.querySelectorAll('img, script').length,
      hacked: 'hacked' in window,
      tooWide: element.scrollWidth > element.clientWidth,
      text: element.textContent.includes('<img src=x'),
    }));
    assert.deepEqual(seen, { foreign: 0, hacked: false, tooWide: false, text: true });
    await page.unroute('**/autodiscover-check/check');
    await editor.cancel();
  });

  it('says who may not test, and what the runtime refuses', async () => {
    const answers = [
      { status: 401, body: 'Unauthorized', says: 'You may not test: it needs the right to change flows.' },
      { status: 400, body: '{"error":{"code":"X","text":"Deploy it."}}', says: 'Deploy it.' },
    ];
    for (const { says, ...answer } of answers) {
      await page.route('**/autodiscover-check/check', (route) => route.fulfill(answer));
      await editor.edit(id);
      await button().click();
      await report().getByText(says, { exact: true }).waitFor();
      assert.equal(await state().textContent(), '');
      await page.unroute('**/autodiscover-check/check');
      await editor.cancel();
    }
  });
});
