import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import { asciiAddress, mailDomain } from '../../src/autodiscover/domain.ts';

describe('Autodiscover domain', () => {
  it('is the part after the at sign, in lower case', () => {
    assert.equal(mailDomain('Anna@Mail.Contoso.COM'), 'mail.contoso.com');
    assert.equal(mailDomain('contoso.co.uk.'), 'contoso.co.uk');
    assert.equal(mailDomain('xn--bcher-kva.example'), 'xn--bcher-kva.example');
  });

  it('may be in any script; DNS and Exchange know it in ASCII', () => {
    assert.deepEqual(
      ['Anna@Bücher.example', 'BÜCHER.example.', 'bu\u0308cher.example', 'bücher。example'].map(mailDomain),
      Array.from({ length: 4 }, () => 'xn--bcher-kva.example'),
    );
    assert.deepEqual(
      [asciiAddress('Müller@bücher.example'), asciiAddress('CORP\\müller')],
      ['Müller@xn--bcher-kva.example', 'CORP\\müller'],
    );
  });

  for (const domain of [
    'com',
    'co.uk',
    'user@me.uk',
    'uk.com',
    'github.io',
    'onmicrosoft.com',
    '10.0.0.1',
    'localhost',
    '公司.cn',
    'bü cher.example',
    'bücher',
  ]) {
    it(`is never ${domain}, where strangers register or nobody does`, () => {
      assert.throws(
        () => mailDomain(domain),
        (error: unknown) => isConnectorError(error, 'ERR_AUTODISCOVER_DOMAIN'),
      );
    });
  }
});
