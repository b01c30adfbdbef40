/** The mail and the pages behind its link, in a browser: narrow and wide, light and dark, without script, by keyboard, and by axe. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { PAGE_LANGUAGES, renderActivationPage } from '../src/activation/activation-page.ts';
import type { ActivationPage, PageAnswer } from '../src/activation/activation-page.ts';
import { dataUrlOf } from '../src/model/logo.ts';
import { MAIL_KINDS } from '../src/model/mail-kind.ts';
import { defaultTemplate, MAIL_LANGUAGES } from '../src/notify/default-templates.ts';
import { renderMail } from '../src/notify/render-mail.ts';
import { qrPng } from '../src/qr/qr-picture.ts';
import { greyPng } from '../test/support/pictures.ts';
import { LINK, linked, someFields } from '../test/notify/mails.ts';

const PAGES: readonly ActivationPage[] = ['confirm', 'done', 'free', 'known', 'expired', 'invalid', 'unavailable'];
const APP = { name: 'Company Portal', ios: 'https://apps.example/ios', android: 'https://apps.example/android' };
/** Wide, as most are: six times as wide as high is the most. */
const LOGO = { contentType: 'image/png', content: greyPng(288, 48), width: 288, height: 48 } as const;
const LOOKS = [390, 1280].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme, name: `${width} px, ${colorScheme}` })),
);

/** A mail is shown within the page of the mail program, whose landmarks these are: a `main` of its own would be a second one. */
const OF_THE_MAIL_PROGRAM = { 'landmark-one-main': { enabled: false }, region: { enabled: false } };

function pageOf(page: ActivationPage, language: string): PageAnswer {
  return renderActivationPage({
    page,
    language,
    place: 'computer',
    token: 'abc',
    address: LINK,
    app: APP,
    company: 'Contoso',
    color: '#ffcc00',
    logo: LOGO,
    enrollUrl: 'https://enroll.example/',
    helpDesk: { name: 'IT', phone: '+49 89 1234', mail: 'help@contoso.example', web: 'https://help.contoso.example' },
    device: {
      model: 'iPhone15C2',
      type: 'iPhone',
      platform: 'ios',
      easId: 'ABC123',
      mailbox: 'anna@contoso.example',
      standing: 'waits',
      fresh: 'offer',
    },
  });
}

function mailOf(kind: (typeof MAIL_KINDS)[number], language: string): PageAnswer {
  const qr = `data:image/png;base64,${Buffer.from(qrPng(LINK)).toString('base64')}`;
  const devices = [linked(kind), linked(kind)] as const;
  const fields = { language, devices, app: APP, company: 'Contoso', color: '#ffcc00', logo: dataUrlOf(LOGO), qr };
  const { html } = renderMail(defaultTemplate(kind, language), someFields(kind, fields));
  return { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, html };
}

const SHOWN = new Map<string, PageAnswer>([
  ...PAGE_LANGUAGES.flatMap((language) =>
    PAGES.map((page) => [`/page-${page}-${language}`, pageOf(page, language)] as const),
  ),
  ...MAIL_LANGUAGES.flatMap((language) =>
    MAIL_KINDS.map((kind) => [`/mail-${kind}-${language}`, mailOf(kind, language)] as const),
  ),
]);

describe('mail and page in a browser', () => {
  let server: Server;
  let browser: Browser;
  let address: string;
  let context: BrowserContext | null = null;
  /** Bodies of forms that were sent. */
  let sent: string[];

  before(async () => {
    server = createServer((request, response) => {
      void (async () => {
        if (request.method === 'POST') {
          let body = '';
          for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
          sent.push(body);
        }
        const { status, headers, html } = SHOWN.get(request.url?.split('?')[0] ?? '') ?? pageOf('invalid', 'en');
        response.writeHead(status, headers).end(html);
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  });

  beforeEach(() => {
    sent = [];
  });

  afterEach(async () => {
    await context?.close();
    context = null;
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  async function open(path: string, options: Parameters<Browser['newContext']>[0]): Promise<Page> {
    context = await browser.newContext(options);
    context.setDefaultTimeout(100_000);
    const page = await context.newPage();
    await page.goto(address + path);
    return page;
  }

  for (const { width, colorScheme, name } of LOOKS) {
    it(`are without a finding of axe, and nothing stands over the edge: ${name}`, async () => {
      const findings: string[] = [];
      const page = await open('/', { viewport: { width, height: 800 }, colorScheme });
      for (const path of SHOWN.keys()) {
        await page.goto(address + path);
        const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        if (Number(over) > 0) findings.push(`${path}: ${String(over)} px over the edge`);
        // In one statement: the policy of the page lets no script element in.
        await page.evaluate(axe.source);
        const rules = path.startsWith('/mail') ? OF_THE_MAIL_PROGRAM : {};
        const found = (await page.evaluate(
          `axe.run({ rules: ${JSON.stringify(rules)} }).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))`,
        )) as string[];
        findings.push(...found.map((one) => `${path}: ${one}`));
      }
      assert.deepEqual(findings, []);
    });
  }

  it('stay within a very small screen with letters twice as large, whatever the words are', async () => {
    const over: string[] = [];
    const page = await open('/', { viewport: { width: 320, height: 640 }, bypassCSP: true });
    for (const path of [...SHOWN.keys()].filter((one) => one.startsWith('/page'))) {
      await page.goto(address + path);
      const shown = await page.evaluate(
        `document.documentElement.style.fontSize = '200%'; document.documentElement.scrollWidth - innerWidth`,
      );
      if (Number(shown) > 0) over.push(`${path}: ${String(shown)} px`);
    }
    assert.deepEqual(over, []);
  });

  it('are confirmed by keyboard alone, without script', async () => {
    const page = await open('/page-confirm-en', { viewport: { width: 390, height: 800 }, javaScriptEnabled: false });
    assert.equal(await page.locator('button.go').isVisible(), true);
    await page.keyboard.press('Tab');
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    assert.deepEqual(sent, ['token=abc']);
  });

  it('lead by keyboard to the store, to enrollment and to the help desk, in this order', async () => {
    const page = await open('/page-done-en', {});
    const reached: unknown[] = [];
    for (let presses = 0; presses < 5; presses += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate('document.activeElement.getAttribute("href")'));
    }
    assert.deepEqual(reached, [
      'https://apps.example/ios',
      'https://enroll.example/',
      'tel:+49891234',
      'mailto:help@contoso.example',
      'https://help.contoso.example',
    ]);
  });
});
