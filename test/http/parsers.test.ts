import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { NtlmServer } from '../../src/http/auth/ntlm-server.ts';
import {
  decodeAuthenticate,
  decodeChallenge,
  decodeNegotiate,
  readAvPairs,
} from '../../src/http/auth/ntlm-messages.ts';
import { unwrapNtlm, wrapInit, wrapResponse } from '../../src/http/auth/spnego.ts';
import { challengeToken, offeredSchemes, parseChallenges } from '../../src/http/challenges.ts';
import { CookieJar } from '../../src/http/cookie-jar.ts';
import { bypassesProxy } from '../../src/http/open-socket.ts';
import { redirectTarget } from '../../src/http/redirect.ts';

describe('WWW-Authenticate', () => {
  it('is read as one header or several joined, commas in quotes included', () => {
    const header =
      'Negotiate, NTLM TlRMTVNTUAAC==, Basic realm="a, \\"b\\"", charset="UTF-8", Digest qop=auth, nonce="x"';
    assert.deepEqual(parseChallenges(header), [
      { scheme: 'negotiate', token: null, parameters: new Map() },
      { scheme: 'ntlm', token: 'TlRMTVNTUAAC==', parameters: new Map() },
      {
        scheme: 'basic',
        token: null,
        parameters: new Map([
          ['realm', 'a, "b"'],
          ['charset', 'UTF-8'],
        ]),
      },
      {
        scheme: 'digest',
        token: null,
        parameters: new Map([
          ['qop', 'auth'],
          ['nonce', 'x'],
        ]),
      },
    ]);
    assert.deepEqual(offeredSchemes('Basic realm="x", basic realm="y", Kerberos'), ['basic', 'kerberos']);
    assert.equal(challengeToken('Negotiate abc=', 'Negotiate'), 'abc=');
    assert.equal(challengeToken('Negotiate', 'Negotiate'), null);
    assert.deepEqual(parseChallenges(undefined), []);
  });

  it('is never more than what it says, whatever comes', () => {
    fc.assert(fc.property(fc.string(), (header) => Array.isArray(parseChallenges(header))));
    const long = 'a="'.repeat(30_000);
    assert.ok(Array.isArray(parseChallenges(long)));
  });
});

describe('cookies', () => {
  const url = new URL('https://mail.example.com/PowerShell/');
  const now = Date.UTC(2026, 10, 22);

  function jar(...lines: string[]): CookieJar {
    const made = new CookieJar();
    made.store(url, lines, now);
    return made;
  }

  it('go back where they came from', () => {
    const cookies = jar(
      'a=1',
      'b=2; Path=/',
      'c=3; Domain=example.com; Path=/',
      'd=4; Max-Age=60; Path=/',
      'e=; Path=/',
    );
    assert.equal(cookies.header(url, now), 'a=1; b=2; c=3; d=4; e=');
    assert.equal(cookies.header(new URL('https://mail.example.com/owa'), now), 'b=2; c=3; d=4; e=');
    assert.equal(cookies.header(new URL('https://other.example.com/'), now), 'c=3');
    assert.equal(cookies.header(new URL('https://example.org/'), now), null);
    assert.equal(cookies.header(url, now + 61_000), 'a=1; b=2; c=3; e=');
  });

  it('go back whatever the case of their path, as IIS does not mind it', () => {
    const cookies = jar(
      'a=1; Path=/POWERSHELL',
      'b=2; path=/powershell/',
      'c=3; path=/PowerShell/x',
      'd=4; path=/power',
    );
    assert.equal(cookies.header(url, now), 'a=1; b=2');
    assert.equal(cookies.header(new URL('https://mail.example.com/powershell'), now), 'a=1');
    assert.equal(cookies.header(new URL('https://mail.example.com/Powershell/X'), now), 'a=1; b=2; c=3');
    cookies.store(url, ['a=9; Path=/powershell'], now);
    assert.equal(cookies.header(url, now), 'b=2; a=9');
  });

  it('are replaced, expire and are dropped when malformed or foreign', () => {
    const cookies = jar(
      'a=1; Path=/',
      'a=2; Path=/',
      'gone=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      '=x',
      'no-equals',
      'b c=1',
      'x=\u0001',
      'f=1; Domain=com',
      'g=1; Domain=example.org',
    );
    assert.equal(cookies.header(url, now), 'a=2');
    cookies.store(url, ['a=; Path=/; Max-Age=0'], now);
    assert.equal(cookies.header(url, now), null);
  });

  it('stay on https when they ask for it, and never grow without end', () => {
    assert.equal(jar('a=1; Secure; Path=/').header(new URL('http://mail.example.com/'), now), null);
    const many = jar(...Array.from({ length: 200 }, (_, index) => `n${index}=1; Path=/`), `big=${'x'.repeat(5000)}`);
    assert.equal(many.header(url, now)?.split('; ').length, 50);
  });

  it('of any shape do no harm', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        const header = jar(...lines).header(url, now);
        assert.ok(header === null || !/[\r\n]/.test(header));
      }),
    );
  });
});

describe('redirects', () => {
  it('go to https on the same domain, without user info', () => {
    const from = new URL('https://mail.example.com/PowerShell/');
    const to = (location: string): string => redirectTarget(from, location, { allowInsecure: false }).href;
    assert.equal(to('https://u:p@ex02.example.com/PowerShell/?x=1#y'), 'https://ex02.example.com/PowerShell/?x=1');
    assert.equal(to('//mail.example.com/a'), 'https://mail.example.com/a');
    for (const location of [
      'https://example.org/',
      'https://mail.example.com.evil.net/',
      'http://mail.example.com/',
      'javascript:1',
      'https://10.0.0.1/',
    ]) {
      assert.throws(
        () => to(location),
        (error: unknown) => isConnectorError(error, 'ERR_HTTP_REDIRECT'),
      );
    }
  });

  const TABLE: readonly (readonly [string, string, string | null])[] = [
    ['https://mail.contoso.me.uk/a', 'https://eas.contoso.me.uk/b', 'https://eas.contoso.me.uk/b'],
    ['https://mail.contoso.me.uk/a', 'https://mail.evil.me.uk/a', null],
    ['https://mail.contoso.uk.com/a', 'https://mail.evil.uk.com/a', null],
    ['https://mail-a.azurewebsites.net/a', 'https://evil.azurewebsites.net/a', null],
    ['https://mail.contoso.com/a', 'https://mail.contoso.com:8443/a', 'https://mail.contoso.com:8443/a'],
    ['https://mail.contoso.com/a', 'http://mail.contoso.com:8080/a', null],
    ['https://mail.contoso.com/a', 'http://mail.contoso.com/a', null],
    ['https://ex01.contoso.local/a', '/b', 'https://ex01.contoso.local/b'],
    ['https://ex01.contoso.local/a', 'https://EX01.contoso.local:444/a', 'https://ex01.contoso.local:444/a'],
    ['https://ex01.contoso.local/a', 'https://ex02.contoso.local/a', null],
    ['https://10.0.0.1/', 'https://10.0.0.1:444/', 'https://10.0.0.1:444/'],
    ['https://10.0.0.1/', 'https://10.0.0.2/', null],
    ['https://exchange01/', 'https://exchange02/', null],
    ['https://mail.contoso.com/a', 'https://mail.contoso.com.evil.net/a', null],
    ['https://mail.contoso.com/a', 'https://mail.contoso.com@evil.net/a', null],
  ];
  for (const [from, to, expected] of TABLE) {
    it(`from ${from} to ${to}: ${expected === null ? 'not followed' : 'followed'}`, () => {
      const target = (): string => redirectTarget(new URL(from), to, { allowInsecure: false }).href;
      if (expected === null) assert.throws(target, (error: unknown) => isConnectorError(error, 'ERR_HTTP_REDIRECT'));
      else assert.equal(target(), expected);
    });
  }

  it('stay on the same port of a server that a test reaches over http', () => {
    const from = new URL('http://127.0.0.1:8080/a');
    const to = (location: string): string => redirectTarget(from, location, { allowInsecure: true }).href;
    assert.deepEqual(['/b', 'https://127.0.0.1:8443/'].map(to), ['http://127.0.0.1:8080/b', 'https://127.0.0.1:8443/']);
    for (const location of ['http://127.0.0.1:8081/', 'http://localhost:8080/'])
      assert.throws(
        () => to(location),
        (error: unknown) => isConnectorError(error, 'ERR_HTTP_REDIRECT'),
      );
  });
});

describe('the proxy', () => {
  it('is left out for the hosts it is not for', () => {
    const proxy = { url: 'http://proxy:8080', noProxy: ['mail.example.com', '.internal', ' '] };
    const hosts = ['mail.example.com', 'MAIL.example.com', 'x.internal', 'internal', 'example.com', 'notinternal'];
    assert.deepEqual(
      hosts.map((host) => bypassesProxy(proxy, host)),
      [true, true, true, true, false, false],
    );
    assert.equal(bypassesProxy({ url: 'http://p', noProxy: ['*'] }, 'any'), true);
  });
});

describe('NTLM and SPNEGO bytes', () => {
  const message = Buffer.concat([Buffer.from('NTLMSSP\0'), Buffer.from([1, 0, 0, 0]), Buffer.alloc(28)]);

  it('are unwrapped from what wraps them', () => {
    for (const size of [0, 100, 300, 70]) {
      const inner = Buffer.concat([message, Buffer.alloc(size, 7)]);
      assert.deepEqual(unwrapNtlm(inner), { message: inner, wrapped: false });
      assert.deepEqual(unwrapNtlm(wrapInit(inner)), { message: inner, wrapped: true });
      assert.deepEqual(unwrapNtlm(wrapResponse(inner, 1)), { message: inner, wrapped: true });
    }
  });

  it('of any kind end in our own errors', () => {
    const readers = [unwrapNtlm, decodeNegotiate, decodeChallenge, decodeAuthenticate, readAvPairs];
    const signed = fc
      .tuple(fc.constantFrom(1, 2, 3), fc.uint8Array({ maxLength: 200 }))
      .map(([type, rest]) => Buffer.concat([Buffer.from('NTLMSSP\0'), Buffer.from([type, 0, 0, 0]), rest]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), signed), (bytes) => {
        for (const read of readers) {
          try {
            read(bytes);
          } catch (error) {
            assert.ok(isConnectorError(error, 'ERR_HTTP_AUTH'), `${read.name}: ${String(error)}`);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('never sign anybody in by accident', () => {
    const server = new NtlmServer({ domain: 'E', computer: 'X', password: () => 'p', channelBinding: null });
    const token = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc.uint8Array({ maxLength: 120 }).map((rest) => Buffer.concat([Buffer.from('NTLMSSP\0\x03\0\0\0'), rest])),
    );
    fc.assert(
      fc.property(token, (bytes) => {
        server.step(`NTLM ${message.toString('base64')}`);
        const step = server.step(`NTLM ${Buffer.from(bytes).toString('base64')}`);
        assert.notEqual(step.kind, 'accepted');
        assert.equal(server.user, null);
      }),
      { numRuns: 300 },
    );
  });
});
