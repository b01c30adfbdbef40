/** Who owns a host: the public suffix list with its private section, and what it does not know. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { haveOneOwner, hostName, isPublicSuffix, registeredDomain } from '../../src/http/registered-domain.ts';

/** Two hosts, and whether what is secret to the one may go to the other. */
const PAIRS: readonly (readonly [string, string, boolean])[] = [
  // registered below a suffix of a registry
  ['mail.contoso.com', 'eas.contoso.com', true],
  ['contoso.com', 'a.b.c.contoso.com', true],
  ['contoso.com', 'fabrikam.com', false],
  ['mail.contoso.com', 'contoso.com.evil.net', false],
  ['contoso.com', 'notcontoso.com', false],
  ['mail.contoso.co.uk', 'eas.contoso.co.uk', true],
  ['contoso.co.uk', 'evil.co.uk', false],
  ['mail.contoso.me.uk', 'eas.contoso.me.uk', true],
  ['mail.contoso.me.uk', 'mail.evil.me.uk', false],
  ['mail.contoso.ltd.uk', 'eas.contoso.ltd.uk', true],
  ['mail.contoso.ltd.uk', 'mail.evil.ltd.uk', false],
  ['mail.kent.police.uk', 'eas.kent.police.uk', true],
  ['kent.police.uk', 'evil.police.uk', false],
  ['mail.contoso.asso.fr', 'eas.contoso.asso.fr', true],
  ['contoso.asso.fr', 'evil.asso.fr', false],
  ['mail.contoso.lg.jp', 'eas.contoso.lg.jp', true],
  ['contoso.lg.jp', 'evil.lg.jp', false],
  ['mail.contoso.id.au', 'eas.contoso.id.au', true],
  ['mail.contoso.id.au', 'mail.evil.id.au', false],
  ['mail.contoso.waw.pl', 'eas.contoso.waw.pl', true],
  ['contoso.waw.pl', 'evil.waw.pl', false],
  // a wildcard of the list, and its exceptions
  ['a.contoso.foo.ck', 'b.contoso.foo.ck', true],
  ['a.foo.ck', 'b.foo.ck', false],
  ['mail.www.ck', 'www.ck', true],
  ['mail.city.kawasaki.jp', 'city.kawasaki.jp', true],
  ['a.x.kawasaki.jp', 'b.x.kawasaki.jp', false],
  // registered below a suffix of a company: the private section
  ['mail.contoso.uk.com', 'eas.contoso.uk.com', true],
  ['mail.contoso.uk.com', 'mail.evil.uk.com', false],
  ['contoso.us.com', 'evil.us.com', false],
  ['mail.contoso.us.com', 'contoso.us.com', true],
  ['contoso.co.com', 'evil.co.com', false],
  ['mail.contoso.co.com', 'contoso.co.com', true],
  ['contoso.eu.org', 'evil.eu.org', false],
  ['mail.contoso.eu.org', 'contoso.eu.org', true],
  ['contoso.in.net', 'evil.in.net', false],
  ['mail.contoso.in.net', 'contoso.in.net', true],
  ['contoso.github.io', 'evil.github.io', false],
  ['www.contoso.github.io', 'contoso.github.io', true],
  ['mail-a.azurewebsites.net', 'evil.azurewebsites.net', false],
  // names of tenants that Microsoft has not put on the list: each counts alone
  ['contoso.onmicrosoft.com', 'evil.onmicrosoft.com', false],
  ['contoso.mail.onmicrosoft.com', 'evil.mail.onmicrosoft.com', false],
  ['autodiscover.contoso.onmicrosoft.com', 'contoso.onmicrosoft.com', false],
  ['contoso.onmicrosoft.com', 'contoso.onmicrosoft.com', true],
  ['contoso.onmicrosoft.us', 'evil.onmicrosoft.us', false],
  ['contoso.partner.onmschina.cn', 'evil.partner.onmschina.cn', false],
  ['mail-contoso.msappproxy.net', 'mail-evil.msappproxy.net', false],
  ['contoso.westeurope.cloudapp.azure.com', 'evil.westeurope.cloudapp.azure.com', false],
  // a suffix owns nothing but itself
  ['uk.com', 'uk.com', true],
  ['uk.com', 'contoso.uk.com', false],
  ['co.uk', 'contoso.co.uk', false],
  ['github.io', 'contoso.github.io', false],
  ['onmicrosoft.com', 'contoso.onmicrosoft.com', false],
  ['com', 'contoso.com', false],
  ['co.uk', 'ltd.uk', false],
  // what the list does not know
  ['mail.contoso.local', 'eas.contoso.local', false],
  ['contoso.local', 'mail.contoso.local', false],
  ['mail.contoso.local', 'MAIL.Contoso.Local.', true],
  ['mail.contoso.example', 'eas.contoso.example', false],
  ['mail.corp.internal', 'eas.corp.internal', false],
  ['mail.contoso.lan', 'mail.contoso.lan', true],
  // single labels
  ['exchange01', 'exchange01', true],
  ['exchange01', 'EXCHANGE01.', true],
  ['exchange01', 'exchange02', false],
  ['exchange01', 'exchange01.contoso.com', false],
  ['localhost', '127.0.0.1', false],
  // addresses
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.2', false],
  ['10.0.0.1', '0.1', false],
  ['1.10.0.0.1', '10.0.0.1', false],
  ['[2001:db8::1]', '2001:db8:0::1', true],
  ['[2001:DB8::1]', '[2001:db8::2]', false],
  ['[::ffff:10.0.0.1]', '10.0.0.1', false],
  // spelling
  ['MAIL.Contoso.COM', 'eas.contoso.com.', true],
  ['mail.contoso.com.', 'mail.contoso.com', true],
  ['mail.bücher.de', 'eas.xn--bcher-kva.de', true],
  ['bücher.de', 'bucher.de', false],
  ['mail.bücher.公司.cn', 'eas.xn--bcher-kva.xn--55qx5d.cn', true],
  ['a.公司.cn', 'b.xn--55qx5d.cn', false],
  // what is no host name has no owner, not even its own
  ['', '', false],
  ['a b.com', 'a b.com', false],
  ['mail.contoso.com:443', 'mail.contoso.com', false],
  ['https://mail.contoso.com', 'mail.contoso.com', false],
  ['evil.net@mail.contoso.com', 'mail.contoso.com', false],
  ['.contoso.com', 'contoso.com', false],
];

describe('one owner', () => {
  for (const [a, b, expected] of PAIRS) {
    it(`${JSON.stringify(a)} and ${JSON.stringify(b)}: ${expected ? 'the same' : 'not the same'}`, () => {
      assert.deepEqual([haveOneOwner(a, b), haveOneOwner(b, a)], [expected, expected]);
    });
  }

  it('is found by the registered part of a name, or not at all', () => {
    const domains: Record<string, string | null> = {
      'MAIL.Example.CO.UK.': 'example.co.uk',
      'a.b.example.com.au': 'example.com.au',
      'mail.contoso.uk.com': 'contoso.uk.com',
      'uk.com': null,
      'mail.contoso.local': null,
      localhost: null,
      '10.0.0.1': null,
      '[::1]': null,
    };
    const found = Object.fromEntries(Object.keys(domains).map((host) => [host, registeredDomain(host)]));
    assert.deepEqual(found, domains);
  });

  it('is nobody’s below a suffix, which the list or we know', () => {
    const suffixes = ['com', 'co.uk', 'uk.com', 'github.io', 'foo.ck', 'onmicrosoft.com', 'local', 'exchange01'];
    assert.deepEqual(suffixes.filter(isPublicSuffix), suffixes);
    const others = ['contoso.com', 'contoso.local', '10.0.0.1', '[::1]', 'www.ck', 'mail.uk.com', ''];
    assert.deepEqual(others.filter(isPublicSuffix), []);
  });

  it('goes both ways and through a third, whatever the names', () => {
    const label = fc.constantFrom(
      'mail',
      'contoso',
      'evil',
      'uk',
      'co',
      'com',
      'local',
      'github',
      'io',
      'me',
      'BÜ',
      '',
    );
    const host = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(host, host, host, (a, b, c) => {
        assert.equal(haveOneOwner(a, b), haveOneOwner(b, a));
        if (haveOneOwner(a, b) && haveOneOwner(b, c)) assert.ok(haveOneOwner(a, c));
        if (hostName(a) !== '') assert.ok(haveOneOwner(a, a));
      }),
      { numRuns: 1000 },
    );
  });
});
