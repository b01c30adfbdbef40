/** The page of the console: a plan is held, approved in part and whole, a user is mailed again; light and dark, large and small. */
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { readExample } from '../scripts/lab-flow.ts';
import { openOwnEditor, untilStill } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';

const ROOT = 'exchange-connector/';
const SIZES = [
  { label: '1920', width: 1920, height: 1080 },
  { label: '1440', width: 1440, height: 900 },
  { label: '390', width: 390, height: 844 },
] as const;

describe('the page of the console', () => {
  let editor: OwnEditor;
  let page: OwnEditor['page'];
  let root: string;
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
    root = new URL(ROOT, page.url()).href;
  });
  after(() => editor?.close());

  /** Goes to a place of the page, as a bookmark does. */
  const open = async (place: string): Promise<void> => {
    await page.goto('about:blank');
    await page.goto(`${root}#/${place}`);
    await page.locator('main[aria-busy=false]').waitFor();
  };
  const findings = async (): Promise<string[]> => {
    await page.evaluate(`if (!globalThis.axe) { ${axe.source} }`);
    return page.evaluate(async () => {
      const { axe: run } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await run.run();
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
    });
  };
  /** Keeps pictures of the place in light and dark and in each size; nothing may be wider than the window. */
  const look = async (name: string): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const { label, ...size } of SIZES) {
        await page.setViewportSize(size);
        await untilStill(page);
        await editor.shoot(`console-${name}-${colorScheme}-${label}`, true);
        assert.deepEqual(await findings(), [], `${name}, ${colorScheme}, ${label}`);
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(tooWide <= 0, `${name} at ${label} is ${tooWide} too wide`);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(SIZES[1]);
  };
  const confirm = async (button: string): Promise<void> => {
    await page.locator('dialog').getByRole('button', { name: button, exact: true }).click();
    await page.getByRole('status').filter({ hasText: /./ }).waitFor();
  };

  it('says what needs a person, as soon as something does', async () => {
    await open('overview');
    await page.locator('section.needs').waitFor();
    editor.receive(start);
    await page.getByText('changes wait for approval').waitFor();
    await look('overview');
  });

  it('lists the devices, finds one by a part of its owner, goes on by keys, and shows its way', async () => {
    await open('devices');
    await page.locator('a.row').first().waitFor();
    await look('devices');
    const all = await page.locator('a.row').count();
    await page.locator('a.row').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    assert.equal(
      await page.evaluate(() => [...document.querySelectorAll('a.row')].indexOf(document.activeElement!)),
      1,
    );
    await page.keyboard.press('/');
    await page.keyboard.type('carla');
    await page.waitForFunction((many) => document.querySelectorAll('a.row').length < many, all);
    assert.match(page.url(), /text=carla/);
    await page.locator('a.row').first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Carla Costa' }).waitFor();
    assert.equal(await page.locator('ol.way li').count(), 7);
    await page.goBack();
    assert.equal(await page.locator('input[name=text]').inputValue(), 'carla');
    await page.locator('select[name=state]').selectOption('quarantined');
    await page.getByText('No device fits.').waitFor();
  });

  it('finds by two words, with a pause after the space between them', async () => {
    await open('devices');
    const search = page.locator('input[name=text]');
    await search.focus();
    await page.keyboard.type('carla ');
    await page.waitForURL(/text=carla$/);
    await page.locator('main[aria-busy=false]').waitFor();
    await page.keyboard.type('costa');
    await page.waitForURL(/text=carla\+costa$/);
    await page.waitForFunction(() => document.querySelectorAll('a.row').length === 1);
    assert.deepEqual(
      [await search.inputValue(), await page.locator('a.row').allInnerTexts()],
      ['carla costa', ['Carla Costa']],
    );
  });

  it('approves what is chosen of a held plan, and asks before', async () => {
    await open('overview');
    await page.getByRole('link', { name: 'Look at the plan' }).click();
    const boxes = page.getByRole('checkbox');
    await boxes.first().waitFor();
    const before = await boxes.count();
    await look('plan');
    await boxes.first().check();
    await page.getByRole('button', { name: 'Approve the chosen (1)' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Approve the chosen (1)' }).click();
    assert.deepEqual(await findings(), []);
    await confirm('Approve');
    assert.match(await page.getByRole('status').innerText(), /Done: Approve/);
    await page.waitForFunction((many) => document.querySelectorAll('input[type=checkbox]').length < many, before);
  });

  it('approves the rest, and shows who was blocked, mailed, and why', async () => {
    await open('plan');
    await page.getByRole('button', { name: /Approve all/ }).click();
    await confirm('Approve');
    await page.getByText('No plan is held.').waitFor();
    await open('devices?decision=block');
    await page.locator('a.row').first().click();
    await page.locator('ol.way li.done', { hasText: 'The connector blocked the device.' }).waitFor();
    await page.locator('ol.way li.done', { hasText: 'The user was mailed a link.' }).waitFor();
    await look('device');
  });

  it('mails a user again, and has it in the audit', async () => {
    await page.getByRole('button', { name: 'Mail again' }).click();
    await confirm('Mail again');
    assert.match(await page.getByRole('status').innerText(), /Done: Mail again/);
    await open('audit?what=resend');
    await page.locator('tbody tr', { hasText: 'mail sent again' }).first().waitFor();
    await open('audit');
    await page.locator('tbody tr', { hasText: 'blocked' }).first().waitFor();
    await look('audit');
    await open('overview');
    // How many phones there are by now is the simulation's affair.
    await page.locator('.countBlocked', { hasText: /[1-9]/ }).waitFor();
    await look('overview-after');
  });

  it('exempts a device without a mouse: from the list to its dialog and back', async () => {
    await open('devices');
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.textContent?.trim().slice(0, 80) ?? '');
    /** Tabs until what is focused is called so. */
    const tabTo = async (name: string): Promise<void> => {
      const passed: string[] = [];
      for (let now = await focused(); now !== name && passed.length < 60; now = await focused()) {
        passed.push(now);
        await page.keyboard.press('Tab');
      }
      assert.equal(await focused(), name, `${name} is not among ${passed.join(' | ')}`);
    };
    await page.locator('.scroll').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    const first = await focused();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: first }).waitFor();
    await tabTo('Try it');
    await page.keyboard.press('Enter');
    await page.locator('.try dl').first().waitFor();
    assert.deepEqual(await findings(), []);
    await look('tried');
    await page.locator('h1').focus();
    await tabTo('Exempt until…');
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor();
    assert.deepEqual(await findings(), []);
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    assert.equal(await focused(), 'Exempt until…');
    await page.keyboard.press('Enter');
    await page.locator('dialog input[name=note]').focus();
    await page.keyboard.type('lent for the fair');
    await page.keyboard.press('Enter');
    await page.locator('p.exempt', { hasText: 'lent for the fair' }).waitFor();
    await look('exempt');
    await tabTo('Take the exemption back');
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor();
    await tabTo('Take the exemption back');
    await page.keyboard.press('Enter');
    await page.locator('p.exempt').waitFor({ state: 'detached' });
  });

  it('keeps what is focused when the list and the buttons change around it', async () => {
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.outerHTML ?? '');
    /** As the runtime answers from now on, but for what is changed. Resolves when the page has asked anew. */
    const answering = async (path: RegExp, change: (answer: Record<string, unknown>) => void): Promise<void> => {
      await page.unrouteAll({ behavior: 'wait' });
      await page.route(path, async (route) => {
        const answer = (await (await route.fetch()).json()) as Record<string, unknown>;
        change(answer);
        await route.fulfill({ json: answer });
      });
    };
    await open('devices');
    await page.locator('a.row').nth(2).focus();
    const link = await focused();
    const first = await page.locator('a.row').first().getAttribute('href');
    await answering(/\/devices\?/, (answer) => {
      answer['devices'] = (answer['devices'] as unknown[]).slice(1);
    });
    await page.waitForFunction((href) => document.querySelector('a.row')?.getAttribute('href') !== href, first);
    assert.equal(await focused(), link);

    const pair = page.getByRole('button', { name: 'Pair…' });
    await answering(/\/device\?/, (answer) => {
      Object.assign(answer, { mdm: null, pairing: null, isInExchange: true });
    });
    await page.keyboard.press('Enter');
    await pair.waitFor();
    await page.getByRole('button', { name: 'Exempt until…' }).focus();
    const button = await focused();
    await answering(/\/device\?/, (answer) => {
      Object.assign(answer, { isInExchange: true, pairing: { note: '', at: new Date().toISOString(), by: 'ann' } });
    });
    await pair.waitFor({ state: 'detached' });
    assert.equal(await focused(), button);
    await page.unrouteAll({ behavior: 'wait' });
  });

  it('sorts the list by what its headings say, one way and then the other', async () => {
    await open('devices');
    for (const name of ['Device', 'In Exchange', 'Decision', 'Since', 'Last sync']) {
      const heading = page.getByRole('columnheader', { name: new RegExp(`^${name}`) });
      await heading.getByRole('button').click();
      await page.locator('th[aria-sort=ascending]', { hasText: name }).waitFor();
      await heading.getByRole('button').click();
      await page.locator('th[aria-sort=descending]', { hasText: name }).waitFor();
    }
    await open('devices?text=carla%20co');
    await page.getByRole('link', { name: 'Carla Costa' }).first().waitFor();
  });

  it('says why nothing is offered to pair where no MDM record is like the phone', async () => {
    // Her second phone comes later: the mail app that is not the iPhone's own.
    const phone = page.locator('tbody tr', { hasText: 'SwiftMail' }).locator('a.row');
    for (;;) {
      await open('devices?text=frida%40');
      if ((await phone.count()) > 0) break;
      editor.receive(start);
      await page.waitForTimeout(1000);
    }
    await phone.click();
    await page.getByRole('button', { name: 'Pair…' }).click();
    await page.getByRole('status').filter({ hasText: 'No MDM record is like this phone: ' }).waitFor();
  });

  it('saves the devices as a file', async () => {
    await open('devices');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as CSV' }).click();
    assert.match((await saved).suggestedFilename(), /^exchange-connector-devices-[\d-]+\.csv$/);
  });

  it('speaks German to who chooses it, and remembers it', async () => {
    await open('overview');
    await page.locator('select[name=language]').selectOption('de');
    await page.getByRole('heading', { name: 'Was jemanden braucht' }).waitFor();
    await open('devices?decision=block');
    await page.locator('tbody tr', { hasText: 'nicht registriert' }).first().waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await look('german');
    await page.locator('select[name=language]').selectOption('en');
  });

  it('keeps the choice of stores within a phone, whatever they are called', async () => {
    const name = 'Headquarters in Munich, building 7, second floor, and all branches north of it';
    await page.route('**/api/stores*', async (route) => {
      const { stores } = (await (await route.fetch()).json()) as { stores: { id: string; name: string }[] };
      await route.fulfill({
        json: { stores: [...stores, { id: 'other', name: 'Other' }].map((one) => ({ ...one, name })) },
      });
    });
    await page.setViewportSize({ width: 390, height: 844 });
    await open('overview');
    const label = page.locator('.choices label', { hasText: 'Store' });
    const [box, line] = [await label.boundingBox(), await page.locator('.choices label').last().boundingBox()];
    const right = await page.locator('select[name=store]').evaluate((element) => element.getBoundingClientRect().right);
    await page.unroute('**/api/stores*');
    await page.setViewportSize(SIZES[1]);
    assert.deepEqual([right <= 390 - 12, box?.height], [true, line?.height]);
  });

  it('leaves a choice where the store or the organization of a bookmark is gone', async () => {
    const [store = ''] = await page.evaluate(async () => {
      const { stores } = (await (await fetch('api/stores')).json()) as { stores: { id: string }[] };
      return stores.map(({ id }) => id);
    });
    for (const name of ['store', 'organization']) {
      await page.goto('about:blank');
      await page.goto(`${root}#/devices?${name === 'store' ? '' : `store=${store}&`}${name}=gone`);
      await page.getByRole('alert').waitFor();
      const choice = page.locator(`select[name=${name}]`);
      await choice.waitFor();
      const [gone = '', ...others] = await choice.locator('option').allInnerTexts();
      assert.deepEqual([gone, await choice.inputValue(), others.length], ['not there any more', 'gone', 1]);
      await choice.selectOption({ label: others[0] ?? '' });
      await page.locator('section.needs').waitFor();
      assert.equal(await page.getByRole('alert').count(), 0);
      await choice.waitFor({ state: 'detached' });
    }
  });

  it('shows nothing of one store below the name of another that does not answer', async () => {
    await page.route('**/api/stores*', async (route) => {
      const { stores } = (await (await route.fetch()).json()) as { stores: { id: string; name: string }[] };
      await route.fulfill({ json: { stores: [...stores, { id: 'other', name: 'Other' }] } });
    });
    await open('overview');
    await page.locator('select[name=store]').selectOption('other');
    await page.getByRole('alert').waitFor();
    assert.equal(await page.locator('section.needs').count(), 0);
    await page.unroute('**/api/stores*');
  });

  it('marks the page that one is on in the colours of the system too', async () => {
    await page.emulateMedia({ forcedColors: 'active' });
    await open('devices');
    const lines = await page
      .locator('nav a')
      .evaluateAll((links) => links.map((link) => getComputedStyle(link).textDecorationLine));
    await page.emulateMedia({ forcedColors: 'none' });
    assert.deepEqual(lines, ['none', 'underline', 'none', 'none']);
  });

  it('shows names that are HTML as the text that they are', async () => {
    const name = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await page.route(/\/devices\?/, async (route) => {
      const answer = await (await route.fetch()).json();
      for (const device of answer.devices) {
        device.owner.name = name;
        device.device.model = name;
        device.easId = name;
      }
      await route.fulfill({ json: answer });
    });
    await open('devices');
    await page.getByText(name).first().waitFor();
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.equal(await page.title(), 'Exchange connector');
    await page.unroute(/\/devices\?/);
  });

  it('says where to sign in when nobody is', async () => {
    await page.route(/\/api\/stores/, (route) => route.fulfill({ status: 401, body: 'Unauthorized' }));
    await page.goto('about:blank');
    await page.goto(root);
    await page.getByText('Sign in at the editor').waitFor();
    assert.equal(await page.getByRole('link', { name: 'To the editor' }).getAttribute('href'), '../');
    await page.unroute(/\/api\/stores/);
  });

  it('has seen no error, and asked nobody else', () => {
    assert.deepEqual(
      editor.problems.filter((problem) => !/40[01] \(/.test(problem)),
      [],
    );
  });
});
