import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { buttonColors, isColor } from '../../src/model/button-color.ts';
import { helpDeskLine } from '../../src/model/help-desk.ts';
import { defaultTemplate } from '../../src/notify/default-templates.ts';
import type { MailKind } from '../../src/model/mail-kind.ts';
import type { MailFieldSources } from '../../src/notify/mail-fields.ts';
import { MAIL_TEXTS } from '../../src/notify/mail-texts.ts';
import { renderMail } from '../../src/notify/render-mail.ts';
import { contrast } from './contrast.ts';
import { someFields } from './mails.ts';

describe('the look of a mail', () => {
  it('has a readable button in whatever colour the company has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), (number) => {
        const color = `#${number.toString(16).padStart(6, '0')}`;
        const { background, text } = buttonColors(color);
        assert.equal(background, color);
        assert.ok(contrast(background, text) >= 4.5, `${text} on ${background}`);
      }),
    );
  });

  it('keeps our blue where what was entered is no colour', () => {
    const ours = { background: '#0b63c5', text: '#fafbfc' };
    for (const text of [null, undefined, '', 'red', '#fff', '#0b63c5;', 'url(x)'])
      assert.deepEqual(buttonColors(text), ours);
    assert.deepEqual(['#FFCC00', '#fc0', 'FFCC00'].map(isColor), [true, false, false]);
  });

  it('names help desk, company and colour, in text and HTML', () => {
    const helpDesk = helpDeskLine({ name: 'IT', phone: '+49 89 1234', mail: 'help@contoso.example', web: '' });
    assert.equal(helpDesk, 'IT, +49 89 1234, help@contoso.example');
    const fields = someFields('not-enrolled', { helpDesk, company: 'Contoso & Sons', color: '#FFCC00' });
    const { text, html } = renderMail(defaultTemplate('not-enrolled', 'en'), fields);
    assert.match(text, /Help desk: IT, \+49 89 1234, help@contoso\.example\n/);
    assert.match(text, /\nContoso & Sons\n$/);
    assert.match(html, />Contoso &amp; Sons<\/p>\n<h1/);
    assert.match(html, /bgcolor="#ffcc00" style="background:#ffcc00;[^>]*><a [^>]*color:#1c2733/);
  });

  it('names the app to enroll with, and leads to the store of the device', () => {
    const app = { name: 'Company Portal', ios: 'https://apps.example/ios', android: 'https://apps.example/android' };
    const storeOf = (kind: MailKind, sources: Partial<MailFieldSources>) => {
      const { text, html } = renderMail(defaultTemplate(kind, 'en'), someFields(kind, { app, ...sources }));
      assert.equal(html.includes('>Get Company Portal</a>'), text.includes('is called Company Portal'));
      return /href="([^"]*)"[^>]*>Get Company Portal</.exec(html)?.[1] ?? null;
    };
    assert.deepEqual(
      {
        apple: storeOf('not-enrolled', {}),
        notInThatStore: storeOf('noncompliant', { app: { ...app, ios: null } }),
        enrolledAlready: storeOf('needs-activation', {}),
        wrongMailApp: storeOf('not-native-client', {}),
      },
      {
        apple: 'https://apps.example/ios',
        notInThatStore: 'https://enroll.example/start',
        enrolledAlready: null,
        wrongMailApp: null,
      },
    );
  });

  it('writes times in the time zone of the settings', () => {
    const fields = someFields('not-enrolled', { timeZone: 'Asia/Tokyo' });
    assert.match(String(fields.blockedAt), /GMT\+9$/);
  });

  it('says in each language that Exchange may have sent a mail too', () => {
    for (const [language, { exchangeMail }] of Object.entries(MAIL_TEXTS)) {
      const { text, html } = renderMail(defaultTemplate('noncompliant', language), someFields('noncompliant'));
      for (const part of [text, html]) assert.ok(part.includes(exchangeMail));
    }
  });

  it('has every word in every language', () => {
    const shapeOf = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shapeOf(one)]))
        : value === ''
          ? 'empty'
          : null;
    for (const texts of Object.values(MAIL_TEXTS)) assert.deepEqual(shapeOf(texts), shapeOf(MAIL_TEXTS['en']));
  });
});
