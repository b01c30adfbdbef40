/** What the notifier's dialog says of a mail's text in the browser, beside what the runtime says of it. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MAIL_TAGS, wrongTag } from '../../nodes/enrollment-notifier/editor/mail-tags.js';
import type { ConnectorError } from '../../src/errors.ts';
import { MAIL_FIELDS } from '../../src/notify/mail-fields.ts';
import { checkMailTemplate } from '../../src/notify/render-mail.ts';

/** The tag that the runtime names; null: it takes the text. */
const named = (text: string, part: 'text' | 'html'): string | null => {
  try {
    checkMailTemplate({ language: 'en', subject: '', text: '', html: '', [part]: text });
    return null;
  } catch (error) {
    return String((error as ConnectorError).details['tag']);
  }
};

describe('the text of a mail in the dialog', () => {
  it('may name what mails have, and nothing else', () => assert.deepEqual(MAIL_TAGS, Object.keys(MAIL_FIELDS)));

  const cases: readonly (readonly [text: string, wrong: string | null, inHtml?: string | null])[] = [
    ['', null],
    ['Hello {{user.name}}, {{ device.model }}', null],
    ['{{#several}}{{#devices}}{{link}}{{/devices}}{{/several}}{{^several}}{{link}}{{/several}}', null],
    ['{{! a note {{ in it }}', null],
    ['Hello {{nobody}}', '{{nobody}}'],
    ['{{#nobody}}x{{/nobody}}', '{{#nobody}}'],
    ['{{#several}}never closed', '{{#several}}'],
    ['{{#several}}{{#others}}{{/several}}{{/others}}', '{{#others}}'],
    ['{{/several}}', '{{/several}}'],
    ['{{> partial}}', '{{>partial}}'],
    ['{{=<% %>=}}', '{{=<% %>}}'],
    ['never {{closed', '{{closed'],
    ['{{ }}', '{{}}'],
    ['{{{link}}}', null, '{{{link}}}'],
    ['{{&link}}', null, '{{{link}}}'],
    ['{{__proto__}}', '{{__proto__}}'],
  ];
  for (const [text, wrong, inHtml = wrong] of cases) {
    it(`${wrong === null ? 'takes' : 'refuses'} ${JSON.stringify(text)}, as the runtime does`, () => {
      assert.deepEqual([wrongTag(text, false), wrongTag(text, true)], [wrong, inHtml]);
      assert.deepEqual([named(text, 'text'), named(text, 'html')], [wrong, inHtml]);
    });
  }

  it('is judged alike by dialog and runtime, however tags are put together', () => {
    const piece = fc.constantFrom(
      'Hello ',
      '{{link}}',
      '{{nobody}}',
      '{{#several}}',
      '{{/several}}',
      '{{^others}}',
      '{{/others}}',
      '{{#devices}}',
      '{{/devices}}',
      '{{!x}}',
      '{{{link}}}',
      '{{&link}}',
      '{{>x}}',
      '\n',
      '}}',
      ' {{ link }} ',
      '{{device.model}}',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        assert.deepEqual(
          [wrongTag(text, false) !== null, wrongTag(text, true) !== null],
          [named(text, 'text') !== null, named(text, 'html') !== null],
          JSON.stringify(text),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
