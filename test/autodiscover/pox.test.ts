import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { poxRequest, readPoxAnswer } from '../../src/autodiscover/pox.ts';
import { inWords, said } from '../../src/autodiscover/words/say.ts';

describe('Autodiscover answers in plain XML', () => {
  it('may come with any address, safely written', () => {
    assert.match(
      poxRequest(`o'brien&<x>@contoso.com`, 'outlook'),
      /<EMailAddress>o'brien&amp;&lt;x&gt;@contoso\.com<\/EMailAddress>/,
    );
  });

  it('are read with the addresses of EWS in any protocol block', () => {
    const body = `\ufeff<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><Account><Action>settings</Action><Protocol Type="mapiHttp"/><Protocol><Type>EXCH</Type><ASUrl>https://ex01/ews</ASUrl></Protocol><Protocol><Type>EXPR</Type><EwsUrl>https://mail/ews</EwsUrl></Protocol><Protocol><Type>WEB</Type><EwsUrl>https://mail/ews</EwsUrl></Protocol></Account></Response></Autodiscover>`;
    assert.deepEqual(readPoxAnswer(body), {
      kind: 'settings',
      ewsUrls: ['https://ex01/ews', 'https://mail/ews'],
      activeSyncUrl: null,
      protocols: ['mapiHttp', 'EXCH', 'EXPR', 'WEB'],
    });
  });

  it('are read when a phone is sent to another address', () => {
    const body = `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"><Action><Redirect>anna@other.example</Redirect></Action></Response></Autodiscover>`;
    assert.deepEqual(readPoxAnswer(body), { kind: 'redirect-address', address: 'anna@other.example' });
  });

  for (const [body, why] of [
    ['', said('body.empty')],
    ['<!-- made by --><!DOCTYPE html><p>Hi', said('body.page')],
    ['<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', said('body.page')],
    ['<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', said('body.doctype')],
    ['Welcome', said('body.unreadable')],
    ['<clientConfig/>', said('body.document', { name: 'clientConfig' })],
  ] as const) {
    it(`that are none are named: ${inWords(why, 'en')}`, () => {
      assert.deepEqual(readPoxAnswer(body), { kind: 'foreign', why });
    });
  }

  it('never make the reader throw, whatever they are', () => {
    const pieces = fc.constantFrom(
      '<Autodiscover xmlns="http://x/autodiscover/responseschema/2006">',
      '<Response>',
      '</Response>',
      '</Autodiscover>',
      '<Account>',
      '<Error>',
      '<ErrorCode>',
      '500',
      '&amp;',
      '&x;',
      '<![CDATA[',
      ']]>',
      '<!DOCTYPE a>',
      '\u0000',
      '<__proto__/>',
      '"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (body) => {
          assert.equal(typeof readPoxAnswer(body).kind, 'string');
        },
      ),
      { numRuns: 500 },
    );
  });
});
