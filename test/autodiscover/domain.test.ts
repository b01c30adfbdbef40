import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import { mailDomain } from '../../src/autodiscover/domain.ts';

describe('Autodiscover domain', () => {
  it('is the part after the at sign, in lower case', () => {
    assert.equal(mailDomain('Anna@Mail.Contoso.COM'), 'mail.contoso.com');
    assert.equal(mailDomain('contoso.co.uk.'), 'contoso.co.uk');
    assert.equal(mailDomain('xn--bcher-kva.example'), 'xn--bcher-kva.example');
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
  ]) {
    it(`is never ${domain}, where strangers register or nobody does`, () => {
      assert.throws(
        () => mailDomain(domain),
        (error: unknown) => isConnectorError(error, 'ERR_AUTODISCOVER_DOMAIN'),
      );
    });
  }
});
