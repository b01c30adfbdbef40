import assert from 'node:assert/strict';
import { judgeRedirect, mayFollow } from '../../src/autodiscover/redirect.ts';

describe('Autodiscover redirects', () => {
  const scene = {
    from: new URL('https://autodiscover.contoso.com/a'),
    domain: 'contoso.com',
    allowed: ['hosting.example'],
    visited: ['https://autodiscover.contoso.com/a'],
  };
  const verdicts: Record<string, string> = {
    'https://mail.contoso.com/b': 'follow',
    '/elsewhere': 'follow',
    'https://x.hosting.example/': 'follow',
    'https://evilhosting.example/': 'redirect.confirm',
    'https://contoso.com.evil.example/': 'redirect.confirm',
    'http://mail.contoso.com/': 'redirect.insecure',
    'https://user:secret@mail.contoso.com/': 'redirect.insecure',
    'javascript:alert(1)': 'redirect.insecure',
    'https://': 'redirect.insecure',
    'https://autodiscover.contoso.com/a': 'redirect.loop',
  };
  for (const [location, verdict] of Object.entries(verdicts)) {
    it(`to ${location}: ${verdict}`, () => {
      const decision = judgeRedirect(location, scene);
      assert.equal('follow' in decision ? 'follow' : decision.verdict, verdict);
    });
  }

  /** Mail domain, host, allowed names, and whether the host may be contacted. */
  const HOSTS: readonly (readonly [string, string, readonly string[], boolean])[] = [
    ['contoso.com', 'mail.contoso.com', [], true],
    ['mail.contoso.com', 'eas.contoso.com', [], true],
    ['contoso.uk.com', 'mail.evil.uk.com', [], false],
    ['contoso.me.uk', 'mail.evil.me.uk', [], false],
    // Who has a domain has every name below it, also where the list does not know who registers beside it.
    ['contoso.local', 'mail.contoso.local', [], true],
    ['contoso.local', 'mail.fabrikam.local', [], false],
    ['corp.contoso.local', 'mail.contoso.local', [], false],
    ['contoso.onmicrosoft.com', 'autodiscover.contoso.onmicrosoft.com', [], true],
    ['uk.com', 'mail.uk.com', [], false],
    // confirmed by an administrator
    ['contoso.com', 'mail.hosting.example', ['hosting.example'], true],
    ['contoso.com', 'MAIL.Hosting.Example.', ['Hosting.example'], true],
    ['contoso.com', 'mail.evilhosting.example', ['hosting.example'], false],
    ['contoso.com', 'eas.hosting.example', ['mail.hosting.example'], false],
    ['contoso.com', 'mail.xn--bcher-kva.de', ['bücher.de'], true],
    ['contoso.com', '10.0.0.1', ['10.0.0.1'], true],
    ['contoso.com', 'localhost', ['localhost'], true],
    ['contoso.com', 'evil.com', ['com'], false],
    ['contoso.com', 'evil.co.uk', ['co.uk'], false],
    ['contoso.com', 'evil.net', ['', 'https://evil.net/', '*.net'], false],
  ];
  for (const [domain, host, allowed, expected] of HOSTS) {
    it(`for @${domain} ${expected ? 'lead to' : 'do not lead to'} ${host}, confirmed: ${allowed.join(' ') || 'none'}`, () => {
      assert.equal(mayFollow(host, { domain, allowed }), expected);
    });
  }
});
