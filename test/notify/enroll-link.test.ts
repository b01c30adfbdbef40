import assert from 'node:assert/strict';
import { TOKEN_FIELD } from '../../src/activation/activation-page.ts';
import { enrollLink } from '../../src/notify/enroll-link.ts';

describe('the link in the mail', () => {
  const good: [string, string, string][] = [
    ['https://mail.contoso.example', '/activate', 'https://mail.contoso.example/activate?token=a.b'],
    ['https://mail.contoso.example/', 'activate', 'https://mail.contoso.example/activate?token=a.b'],
    ['https://mail.contoso.example/red/', '/activate', 'https://mail.contoso.example/red/activate?token=a.b'],
    ['https://mail.contoso.example/red/activate/', '', 'https://mail.contoso.example/red/activate?token=a.b'],
    ['https://mail.contoso.example', '', 'https://mail.contoso.example/?token=a.b'],
    ['http://127.0.0.1:1880', '/activate', 'http://127.0.0.1:1880/activate?token=a.b'],
    ['http://localhost:1880/', '/activate', 'http://localhost:1880/activate?token=a.b'],
    ['http://[::1]:1880/', '/activate', 'http://[::1]:1880/activate?token=a.b'],
  ];
  for (const [base, path, expected] of good) {
    it(`is ${expected} for ${base} and ${path}`, () => {
      assert.equal(enrollLink(base, path, 'a.b'), expected);
    });
  }

  it('carries the token under the name that the activation page reads', () => {
    assert.equal(new URL(enrollLink('https://x.example', '/activate', 'a.b')).searchParams.get(TOKEN_FIELD), 'a.b');
  });

  for (const base of [
    '',
    'mail.contoso.example',
    'http://mail.contoso.example',
    'http://127.0.0.1.evil.example',
    'javascript:alert(1)',
    'ftp://mail.contoso.example',
    'https://user@mail.contoso.example',
    'https://mail.contoso.example/?x=1',
    'https://mail.contoso.example/#x',
  ]) {
    it(`refuses the base "${base}"`, () => {
      assert.throws(() => enrollLink(base, '/activate', 'a.b'), { code: 'ERR_CONFIG_INVALID' });
    });
  }
});
