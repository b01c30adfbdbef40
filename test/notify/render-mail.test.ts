import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { checkMailTemplate, renderMail } from '../../src/notify/render-mail.ts';
import type { MailTemplate } from '../../src/notify/render-mail.ts';
import { dateInMessageId, mailMessageId } from '../../src/notify/mail-fields.ts';
import { aBlock, aDevice, linked, LINK, someFields } from './mails.ts';

const template: MailTemplate = {
  language: 'en',
  subject: 'Your {{device.name}}',
  text: 'Hello {{user.name}}',
  html: '<p>{{user.name}}</p>',
};
const HOSTILE = [
  '<',
  '>',
  '"',
  "'",
  '&',
  '{',
  '}',
  '#',
  ' ',
  '\r',
  '\n',
  '\u0000',
  '\u202e',
  '\u2028',
  'a',
  '.',
  ':',
  '/',
  '@',
  '\u{1f4f1}',
];

function dateIn(language: string, timeZone: string): string {
  return renderMail({ ...template, text: '{{blockedAt}}' }, someFields('not-enrolled', { language, timeZone })).text;
}

describe('filling a mail template', () => {
  it('escapes values in the HTML and leaves them plain in text and subject', () => {
    const change = aBlock(
      aDevice('not-enrolled', {
        device: { friendlyName: 'A & B' },
        mailbox: { displayName: '<b>"Anna" & \'Co\'</b>' },
      }),
    );
    assert.deepEqual(renderMail(template, someFields('not-enrolled', { devices: [linked('not-enrolled', change)] })), {
      language: 'en',
      subject: 'Your A & B',
      text: 'Hello <b>"Anna" & \'Co\'< b>\n',
      html: '<p>&lt;b&gt;&quot;Anna&quot; &amp; &#39;Co&#39;&lt; b&gt;</p>',
    });
  });

  it('lets no text of a phone become a header, a tag, a field or a link', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...HOSTILE), maxLength: 120 }), (text) => {
        const word = `x${text}`;
        const change = aBlock(
          aDevice('not-enrolled', { device: { friendlyName: word, model: word, type: word, os: word } }),
        );
        const all = '{{device.name}}|{{device.model}}|{{device.type}}|{{device.os}}';
        const mail = renderMail(
          { language: 'en', subject: all, text: all, html: all },
          someFields('not-enrolled', { devices: [linked('not-enrolled', change)] }),
        );
        assert.doesNotMatch(mail.subject, /[\u0000-\u001f\u2028\u202e]/);
        assert.doesNotMatch(mail.text.trimEnd(), /[\u0000-\u001f\u2028\u202e]/);
        assert.doesNotMatch(mail.html, /[<>"'\u0000-\u001f\u2028\u202e]/);
        assert.doesNotMatch(mail.text, /[:/@]|\.\p{L}/u);
        assert.ok(mail.subject.length <= 200 && !/\p{Surrogate}/u.test(mail.subject));
      }),
    );
  });

  it('does not fill a value a second time', () => {
    const change = aBlock(aDevice('not-enrolled', { device: { friendlyName: '{{link}}' } }));
    assert.equal(
      renderMail(template, someFields('not-enrolled', { devices: [linked('not-enrolled', change)] })).subject,
      'Your {{link}}',
    );
  });

  it('shows sections for the reason of the mail and for what is known', () => {
    const text =
      '{{#noncompliant}}N{{/noncompliant}}{{#notEnrolled}}E{{/notEnrolled}}{{#link}} at {{link}}{{/link}}{{^link}} no link{{/link}}{{#reminder}} again{{/reminder}}';
    const render = (kind: 'noncompliant' | 'not-enrolled', reminder: number): string =>
      renderMail({ ...template, text }, someFields(kind, { reminder })).text;
    assert.equal(render('not-enrolled', 1), 'E at https://mail.contoso.example/activate?token=abc.def again\n');
    assert.equal(render('noncompliant', 0), 'N no link\n');
  });

  const wrong: [string, Partial<MailTemplate>][] = [
    ['an unknown field in the subject', { subject: '{{device.serial}}' }],
    ['an unknown field in the text', { text: '{{Link}}' }],
    ['an unknown field in a section of the HTML', { html: '{{#link}}<a href="{{href}}">{{/link}}' }],
    ['an unknown section', { text: '{{#enrolled}}x{{/enrolled}}' }],
    ['a name of the language itself', { text: '{{constructor}}{{__proto__}}' }],
    ['an unescaped device name in the HTML', { html: '{{{device.name}}}' }],
    ['an unescaped device name in the HTML, written the other way', { html: '{{#link}}{{& device.name}}{{/link}}' }],
    ['a partial', { html: '{{> header}}' }],
    ['a section that does not end', { text: '{{#link}}' }],
    ['a tag that does not end', { subject: '{{link' }],
    ['an empty tag', { subject: '{{}}' }],
  ];
  for (const [what, change] of wrong) {
    it(`refuses a template with ${what}`, () => {
      assert.throws(() => renderMail({ ...template, ...change }, someFields('not-enrolled')), {
        code: 'ERR_MAIL_TEMPLATE',
      });
      assert.throws(() => checkMailTemplate({ ...template, ...change }), { code: 'ERR_MAIL_TEMPLATE' });
    });
  }

  it('never fails otherwise than with ERR_MAIL_TEMPLATE, whatever an administrator writes', () => {
    const piece = fc.oneof(
      fc.constantFrom('{{', '}}', '{{{', '}}}', '#', '/', '^', '&', '!', '=', '>', 'link', 'x', ' ', '\n'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          renderMail({ ...template, text: pieces.join('') }, someFields('not-enrolled'));
        } catch (error) {
          assert.equal((error as { code?: unknown }).code, 'ERR_MAIL_TEMPLATE');
        }
      }),
    );
  });

  for (const [given, shown] of [
    ['J.R. Smith', 'J.R. Smith'],
    ['Smith, J.R.R.', 'Smith, J.R.R.'],
    ['J.R.Smith', 'J.R Smith'],
    ['Dr. A. Berg', 'Dr. A. Berg'],
    ['x.com', 'x com'],
    ['X.COM', 'X COM'],
    ['T.Co', 'T Co'],
    ['a.b', 'a b'],
    ['www.A.B', 'www A.B'],
  ] as const)
    it(`writes the name ${given} as ${shown}: initials keep their dots, addresses do not`, () => {
      const change = aBlock(aDevice('not-enrolled', { mailbox: { displayName: given } }));
      const fields = someFields('not-enrolled', { devices: [linked('not-enrolled', change)] });
      assert.equal(renderMail({ ...template, text: '{{user.name}}' }, fields).text, `${shown}\n`);
    });

  it('writes dates in the language of the mail and names the time zone', () => {
    assert.match(dateIn('de', 'Europe/Berlin'), /4\. Mai 2026 .*12:00 (MESZ|GMT\+2)/);
    assert.match(dateIn('en', 'UTC'), /May 4, 2026 at 10:00\sAM UTC/);
  });

  it('gives every try of a mail the same Message-ID, and every other mail another', () => {
    const at = Date.parse('2026-06-01T08:00:07.250Z');
    const id = mailMessageId('mail 1', 'contoso.example', at);
    assert.match(id, /^<[\w-]{32}\.[0-9a-z]{6,8}@contoso\.example>$/);
    assert.equal(mailMessageId('mail 1', 'contoso.example', at), id);
    assert.notEqual(mailMessageId('mail 2', 'contoso.example', at), id);
  });

  it('keeps in its Message-ID when it was tried first, to the second; those of earlier versions do not say it', () => {
    const id = mailMessageId('mail 1', 'contoso.example', Date.parse('2026-06-01T08:00:07.250Z'));
    assert.equal(dateInMessageId(id), '2026-06-01T08:00:07.000Z');
    for (const other of [`<${'a'.repeat(32)}@contoso.example>`, '<check.5f1c@contoso.example>', '<1@b>'])
      assert.equal(dateInMessageId(other), null);
  });

  it('lists every device, each with its own fields, and names the newest outside of the lists', () => {
    const other = linked('not-enrolled', {
      ...aBlock(aDevice('not-enrolled', { device: { friendlyName: 'Old <phone>' } })),
      link: `${LINK}2`,
    });
    const fields = someFields('not-enrolled', { devices: [linked('not-enrolled'), other] });
    const text =
      '{{device.name}}{{#several}}, {{#devices}}[{{device.name}} {{link}} {{user.name}}]{{/devices}}{{#others}}({{device.name}}){{/others}}{{/several}}';
    const mail = renderMail({ ...template, text, html: text }, fields);
    assert.equal(
      mail.text,
      `Anna's iPhone, [Anna's iPhone ${LINK} Anna Berg][Old <phone> ${LINK}2 Anna Berg](Old <phone>)\n`,
    );
    assert.match(mail.html, /\(Old &lt;phone&gt;\)$/);
    assert.equal(renderMail({ ...template, text }, someFields('not-enrolled')).text, "Anna's iPhone\n");
  });
});
