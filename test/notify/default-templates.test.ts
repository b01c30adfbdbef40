import assert from 'node:assert/strict';
import { MAIL_LANGUAGES, mailTemplate } from '../../src/notify/default-templates.ts';
import type { CustomTemplates } from '../../src/notify/default-templates.ts';
import type { DeviceOfMail } from '../../src/notify/mail-fields.ts';
import { MAIL_KINDS, carriesLink } from '../../src/model/mail-kind.ts';
import type { MailKind } from '../../src/model/mail-kind.ts';
import { MAIL_TEXTS } from '../../src/notify/mail-texts.ts';
import { checkMailTemplate, renderMail } from '../../src/notify/render-mail.ts';
import type { RenderedMail } from '../../src/notify/render-mail.ts';
import { contrast } from './contrast.ts';
import { aBlock, aDevice, LINK, linked, someFields } from './mails.ts';

function invert(color: string): string {
  return `#${(0xffffff ^ parseInt(color.slice(1), 16)).toString(16).padStart(6, '0')}`;
}

describe('our mails', () => {
  for (const language of MAIL_LANGUAGES) {
    for (const kind of MAIL_KINDS) {
      const mail = renderMail(mailTemplate(kind, language), someFields(kind, { language }));
      const name = `${kind} in ${language}`;

      it(`say in each part what it is about, what to do and whom to ask: ${name}`, () => {
        const texts = MAIL_TEXTS[language];
        const words = texts?.mails[kind];
        const plainHtml = mail.html.replace(/&#39;/g, "'").replace(/&amp;/g, '&');
        for (const part of [mail.text, plainHtml]) {
          for (const wanted of [
            "Anna's iPhone",
            'iPhone',
            'ABC123',
            '2026',
            'UTC',
            'Anna Berg',
            '+49 30 1234',
            'Contoso IT',
          ]) {
            assert.ok(part.includes(wanted), wanted);
          }
          for (const wanted of [words?.lead, ...(words?.steps ?? []), words?.after, texts?.password, texts?.notMe]) {
            assert.ok(wanted !== undefined && part.includes(wanted), wanted);
          }
          assert.doesNotMatch(part, /\{\{|undefined|null/);
        }
      });

      it(`have one link, naked on its own line in the text: ${name}`, () => {
        const links = new Set([...mail.html.matchAll(/https?:[^"<\s]+/g)].map(([link]) => link));
        const wanted = carriesLink(kind) ? LINK : kind === 'noncompliant' ? 'https://enroll.example/start' : null;
        assert.deepEqual([...links], wanted === null ? [] : [wanted]);
        assert.deepEqual(mail.text.match(/^https?:.*$/gm), wanted === null ? null : [wanted]);
      });

      it(`keep the link out of subject and preheader, and the preheader short: ${name}`, () => {
        const preheader = /<div style="display:none[^>]*>([^<]*)<\/div>/.exec(mail.html)?.[1] ?? '';
        assert.ok(preheader.length > 20 && preheader.length <= 90, `${preheader.length}`);
        assert.notEqual(preheader, mail.subject);
        assert.doesNotMatch(mail.subject + preheader, /http|ABC123/);
        assert.ok(mail.subject.length <= 78);
      });

      it(`are small, one column, and load nothing: ${name}`, () => {
        assert.ok(Buffer.byteLength(mail.html) < 20_000);
        assert.match(mail.html, new RegExp(`<html lang="${language}" dir="ltr">`));
        assert.match(mail.html, /<meta name="color-scheme" content="light dark">/);
        assert.match(mail.html, /prefers-color-scheme:dark/);
        assert.doesNotMatch(mail.html, /<img|<script|<form|<link|src=|url\(|@import|data:|flex|grid/i);
        assert.equal(mail.html.match(/<table/g)?.length, mail.html.match(/<table role="presentation"/g)?.length);
        assert.equal(mail.html.match(/<h1/g)?.length, 1);
        assert.doesNotMatch(mail.html, /#000\b|#fff\b|#000000|#ffffff/i);
      });
    }

    it(`say so when they are reminders, in ${language}`, () => {
      const mail = renderMail(
        mailTemplate('not-enrolled', language),
        someFields('not-enrolled', { reminder: 1, language }),
      );
      assert.ok(mail.subject.startsWith(MAIL_TEXTS[language]?.reminderSubject ?? '?'));
      assert.ok(mail.text.includes(MAIL_TEXTS[language]?.reminder ?? '?'));
    });

    it(`leave out what is not known, in ${language}`, () => {
      const fields = {
        ...someFields('noncompliant', { language }),
        enrollUrl: null,
        helpDesk: null,
        sender: null,
        'user.name': null,
      };
      const mail = renderMail(mailTemplate('noncompliant', language), fields);
      assert.ok(mail.text.startsWith(`${MAIL_TEXTS[language]?.greetingWithoutName}\n\n`));
      assert.doesNotMatch(mail.text + mail.html, /\+49|https?:|<a /);
      assert.doesNotMatch(mail.text, /\n{3}/);
    });
  }

  it('have enough contrast, light, dark and inverted', () => {
    const { html } = renderMail(mailTemplate('not-enrolled', 'en'), someFields('not-enrolled'));
    const pairs = [
      ['#1c2733', '#fafbfc'],
      ['#4d5a67', '#fafbfc'],
      ['#fafbfc', '#0b63c5'],
      ['#e6ebf0', '#1b222a'],
      ['#aab4be', '#1b222a'],
    ] as const;
    for (const [left, right] of pairs) {
      assert.ok(html.includes(left) && html.includes(right));
      assert.ok(contrast(left, right) >= 4.5, `${left} on ${right}`);
      assert.ok(contrast(invert(left), invert(right)) >= 4.5, `${left} on ${right}, inverted`);
    }
  });

  it('fall back from a region to its language, and to English, in capitals or small letters', () => {
    const languages = ['de-CH', 'de', 'DE', 'De-ch', 'en-GB', 'fr', '', 'constructor'].map(
      (language) => mailTemplate('not-enrolled', language).language,
    );
    assert.deepEqual(languages, ['de', 'de', 'de', 'de', 'en', 'en', 'en', 'en']);
  });

  it('give way to the words of the administrator, part by part', () => {
    const custom = { de: { subject: 'Eigenes', text: '' }, fr: { text: 'Bonjour {{user.name}}' } };
    const german = mailTemplate('not-enrolled', 'de-AT', custom);
    assert.deepEqual(
      [german.language, german.subject, german.text],
      ['de', 'Eigenes', mailTemplate('not-enrolled', 'de').text],
    );
    assert.deepEqual(mailTemplate('not-enrolled', 'DE-at', custom), german);
    const french = mailTemplate('not-enrolled', 'fr-CA', custom);
    assert.deepEqual(
      [french.language, french.subject, french.text],
      ['fr', mailTemplate('not-enrolled', 'en').subject, french.text],
    );
    assert.equal(renderMail(french, someFields('not-enrolled')).text, 'Bonjour Anna Berg\n');
    checkMailTemplate(german);
  });

  describe('about several devices', () => {
    const phone = (n: number, kind: MailKind): DeviceOfMail =>
      linked(kind, {
        ...aBlock(aDevice('not-enrolled', { device: { friendlyName: `Phone ${n}`, type: 'iPhone' } })),
        ...(carriesLink(kind) ? { link: `${LINK}${n}` } : {}),
      });
    const render = (kind: MailKind, language: string, custom: CustomTemplates = {}): RenderedMail =>
      renderMail(
        mailTemplate(kind, language, custom),
        someFields(kind, { devices: [phone(1, kind), phone(2, kind), phone(3, kind)] }),
      );

    it('name the newest as they do a single one, and list the others, each with its link', () => {
      const { text, html } = render('not-enrolled', 'en');
      assert.match(text, /Device: Phone 1 \(iPhone\)\n/);
      assert.ok(
        text.includes(
          `These devices of yours wait as well. Each has a link of its own:\n- Phone 2 (iPhone), Device ID ABC123\n  ${LINK}2\n- Phone 3 (iPhone), Device ID ABC123\n  ${LINK}3\n`,
        ),
        text,
      );
      for (const n of [1, 2, 3]) assert.ok(html.includes(`<a href="${LINK}${n}"`), html);
      assert.equal(html.match(/<li style="margin:0 0 8px"><bdi>Phone/g)?.length, 2);
    });

    it('list them without links where the kind has none, and in the language of the mail', () => {
      assert.match(
        render('noncompliant', 'de').text,
        /Diese Geräte von Ihnen sind aus demselben Grund gesperrt:\n- Phone 2 \(iPhone\), Geräte-ID ABC123\n- Phone 3/,
      );
    });

    it("come below an administrator's own text that does not speak of them, and only there", () => {
      const plain = { en: { text: 'Own {{device.name}}', html: '<body><p>Own {{device.name}}</p></body>' } };
      const { text, html } = render('not-enrolled', 'en', plain);
      assert.match(text, /^Own Phone 1\n\nThese devices of yours wait as well\. .*:\n- Phone 2 /);
      assert.match(html, /^<body><p>Own Phone 1<\/p><p .*>These devices.*<\/ul><\/body>$/);
      const listing = {
        en: { text: 'Own: {{#devices}}{{device.name}}, {{/devices}}', html: '{{#others}}+{{/others}}' },
      };
      const own = render('not-enrolled', 'en', listing);
      assert.deepEqual([own.text, own.html], ['Own: Phone 1, Phone 2, Phone 3,\n', '++']);
    });
  });
});
