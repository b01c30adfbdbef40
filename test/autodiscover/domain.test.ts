import assert from 'node:assert/strict';
import { mailDomain, registrableDomain } from '../../src/autodiscover/domain.ts';

describe('Autodiscover domain', () => {
  it('is the part after the at sign, in lower case', () => {
    assert.equal(mailDomain('Anna@Mail.Contoso.COM'), 'mail.contoso.com');
    assert.equal(mailDomain('contoso.co.uk.'), 'contoso.co.uk');
    assert.equal(mailDomain('xn--bcher-kva.example'), 'xn--bcher-kva.example');
  });

  it('belongs to one owner together with its hosts', () => {
    assert.equal(registrableDomain('autodiscover.contoso.com'), 'contoso.com');
    assert.equal(registrableDomain('mail.contoso.co.uk'), 'contoso.co.uk');
    assert.equal(registrableDomain('contoso.com'), 'contoso.com');
    assert.notEqual(registrableDomain('contoso.co.uk'), registrableDomain('evil.co.uk'));
  });
});
