import assert from 'node:assert/strict';
import { judgeRedirect } from '../../src/autodiscover/redirect.ts';

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
});
