import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { PAGE_LANGUAGES, renderActivationPage } from '../../src/activation/activation-page.ts';
import type { ActivationPage, ActivationPageFields } from '../../src/activation/activation-page.ts';
import type { LinkedDevice } from '../../src/activation/linked-device.ts';
import { PAGE_TEXTS } from '../../src/activation/page-texts.ts';
import { chooseLanguage } from '../../src/activation/choose-language.ts';
import { pngOf } from '../support/pictures.ts';

const PAGES: readonly ActivationPage[] = ['confirm', 'done', 'free', 'known', 'expired', 'invalid', 'unavailable'];
const DEVICE: LinkedDevice = {
  model: 'Pixel 8',
  type: 'Android',
  platform: 'android',
  easId: 'ABC123',
  mailbox: 'anna@contoso.example',
  standing: 'waits',
  fresh: 'offer',
};
const fields: Omit<ActivationPageFields, 'page' | 'language'> = {
  token: 'abc.def',
  enrollUrl: 'https://enroll.example/start?a=1&b=2',
  device: DEVICE,
  helpDesk: { name: 'IT', phone: '+49 30 1234', mail: 'help@contoso.example' },
  company: 'Contoso',
  address: 'https://connector.contoso.example/activate?token=abc.def',
};

const HOSTILE = ['<', '>', '"', "'", '&', '/', '=', '`', '{', '}', '!', ' ', '-', 'a', '\n', '\u202e', '\u2028'];

/** Tags and attributes without their texts. */
function shape(html: string): string {
  return html.replace(/>[^<]*/g, '>').replace(/"[^"]*"/g, '""');
}

describe('the activation page', () => {
  for (const language of PAGE_LANGUAGES) {
    for (const page of PAGES)
      for (const place of ['here', 'computer', 'other-phone'] as const) {
        it(`is a whole document that loads nothing and runs nothing: ${page} in ${language}, ${place}`, () => {
          const { html } = renderActivationPage({ ...fields, page, language, place });
          assert.match(html, new RegExp(`^<!doctype html>\\n<html lang="${language}" dir="ltr">`));
          assert.equal(html.match(/<h1>[^<]+<\/h1>/g)?.length, 1);
          assert.match(html, /<title>[^<]+<\/title>/);
          assert.match(html, /name="viewport"/);
          assert.match(html, /prefers-color-scheme:dark/);
          assert.doesNotMatch(html, /<script|<img|<link|<iframe|\bsrc=|url\(|@import|\son\w+=|javascript:/i);
          assert.doesNotMatch(html, /undefined|null|\{\{/);
        });
      }
  }

  it('asks with one button, and sends back the token and nothing else', () => {
    const { status, html } = renderActivationPage({ ...fields, page: 'confirm', language: 'en' });
    assert.equal(status, 200);
    assert.deepEqual(html.match(/<form[^>]*>/g), ['<form method="post" action="?">']);
    assert.deepEqual(html.match(/<input[^>]*>/g), ['<input type="hidden" name="token" value="abc.def">']);
    assert.equal(html.match(/<button/g)?.length, 1);
    assert.match(html, /<dd dir="auto">Pixel 8, Android<\/dd>.*<dd dir="auto">ABC123<\/dd>/);
    assert.doesNotMatch(html, /enroll\.example/);
  });

  it('leads on to enrollment when done', () => {
    const { html } = renderActivationPage({ ...fields, page: 'done', language: 'en' });
    assert.match(
      html,
      /<a class="go" rel="noreferrer" href="https:\/\/enroll\.example\/start\?a=1&amp;b=2">Enroll this phone<\/a>/,
    );
    assert.doesNotMatch(html, /abc\.def/);
  });

  it('has no button to an address that is none, or not safe', () => {
    for (const enrollUrl of [
      undefined,
      '',
      'enroll',
      'javascript:alert(1)',
      'http://enroll.example/',
      'data:text/html,x',
    ]) {
      assert.doesNotMatch(
        renderActivationPage({ ...fields, page: 'done', language: 'en', enrollUrl }).html,
        /<a class=/,
      );
    }
  });

  it('says by its status what happened', () => {
    const statuses = PAGES.map((page) => renderActivationPage({ ...fields, page, language: 'en' }).status);
    assert.deepEqual(statuses, [200, 200, 200, 200, 410, 400, 503]);
  });

  it('keeps the link out of caches, frames and the Referer, and admits its own style only', () => {
    const { headers, html } = renderActivationPage({ ...fields, page: 'confirm', language: 'de' });
    const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.deepEqual(headers, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': 'de',
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'X-Robots-Tag': 'noindex',
      Vary: 'Accept-Language',
    });
    assert.doesNotMatch(html, / style="/);
  });

  it('lets no text of a phone become part of the page', () => {
    const plain = shape(renderActivationPage({ ...fields, page: 'confirm', language: 'en' }).html);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...HOSTILE), minLength: 1, maxLength: 40 }).filter((text) => /\S/.test(text)),
        (text) => {
          const device = { ...DEVICE, model: `x${text}`, type: text, easId: `x${text}`, mailbox: `x${text}` };
          const { html } = renderActivationPage({
            ...fields,
            device,
            helpDesk: { name: `x${text}`, phone: `1${text}`, mail: `x${text}`, web: '' },
            company: `x${text}`,
            color: text,
            token: text,
            page: 'confirm',
            language: 'en',
          });
          assert.equal(shape(html), plain);
          assert.doesNotMatch(html, /[\u202e\u2028]/);
        },
      ),
    );
  });

  it('begins with the logo, which names the company, and lets in no other picture', () => {
    const logo = { contentType: 'image/png', content: pngOf(200, 50), width: 200, height: 50 } as const;
    const shown = renderActivationPage({ ...fields, logo, company: 'Contoso "IT"', page: 'confirm', language: 'en' });
    assert.match(
      shown.html,
      /<main>\n<img class="logo" src="data:image\/png;base64,[\w+/=]+" alt="Contoso &quot;IT&quot;">\n<h1>/,
    );
    const policies = [shown, renderActivationPage({ ...fields, page: 'confirm', language: 'en' })].map(
      ({ headers }) => /img-src[^;]*/.exec(headers['Content-Security-Policy'] ?? '')?.[0],
    );
    assert.deepEqual(policies, ['img-src data:', undefined]);
  });

  it('names the app to enroll with, and leads to the store of the device and to no other place', () => {
    const app = { name: 'Company <Portal>', ios: 'https://apps.example/ios', android: 'javascript:alert(1)' };
    const shown = (platform: LinkedDevice['platform']): string =>
      renderActivationPage({ ...fields, app, device: { ...DEVICE, platform }, page: 'done', language: 'en' }).html;
    assert.match(shown('ios'), /href="https:\/\/apps.example\/ios">Get Company &lt;Portal&gt;<\/a>/);
    for (const platform of ['android', 'windows', null] as const) {
      assert.match(shown(platform), /is called Company &lt;Portal&gt;\./);
      assert.doesNotMatch(shown(platform), /Get Company|javascript:/);
    }
  });

  it('has every word in every language', () => {
    const namesOf = (texts: object): unknown =>
      Object.entries(texts).map(([name, one]) => [name, typeof one === 'string' ? one === '' : namesOf(one as object)]);
    for (const texts of Object.values(PAGE_TEXTS)) assert.deepEqual(namesOf(texts), namesOf(PAGE_TEXTS['en'] ?? {}));
  });

  it('speaks English where it does not speak the language', () => {
    for (const language of ['fr', '', 'constructor', '"><script>']) {
      assert.match(renderActivationPage({ ...fields, page: 'done', language }).html, /<html lang="en"/);
    }
  });
});

describe('the language of the page', () => {
  const cases: [unknown, string][] = [
    ['de', 'de'],
    ['de-CH', 'de'],
    ['DE-at;q=0.5, en;q=0.9', 'en'],
    ['fr-FR, fr;q=0.9, de;q=0.8, en;q=0.7', 'de'],
    ['fr', 'en'],
    ['*', 'en'],
    ['de;q=0', 'en'],
    ['de;q=nonsense', 'en'],
    ['den', 'en'],
    ['', 'en'],
    [undefined, 'en'],
    [['de'], 'en'],
    [`${'x,'.repeat(10_000)}de`, 'en'],
  ];
  for (const [header, expected] of cases) {
    it(`is ${expected} for Accept-Language ${JSON.stringify(header)?.slice(0, 40)}`, () => {
      assert.equal(chooseLanguage(header, ['en', 'de']), expected);
    });
  }
});
