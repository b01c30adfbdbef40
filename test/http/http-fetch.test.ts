import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { httpFetch } from '../../src/http/http-fetch.ts';
import type { HttpFetch, HttpFetchOptions } from '../../src/http/http-fetch.ts';
import { bodyOf, startHttps, testAuthority } from './loopback-server.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { rejectsWith } from './rejects-with.ts';

describe('our fetch', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function serve(...args: Parameters<typeof startHttps>): Promise<LoopbackServer> {
    const server = await startHttps(...args);
    closing.push(() => server.close());
    return server;
  }

  async function open(options: HttpFetchOptions = {}): Promise<HttpFetch> {
    const { ca } = await testAuthority();
    const made = httpFetch({ tls: { ca }, ...options });
    closing.push(() => made.close());
    return made;
  }

  it('sends what fetch sends and answers as fetch does', async () => {
    const seen: unknown[] = [];
    const server = await serve(async (request, response) => {
      seen.push([
        request.method,
        request.url,
        request.headers['content-type'],
        request.headers['x-one'],
        await bodyOf(request),
      ]);
      response.writeHead(201, {
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
        'Set-Cookie': ['a=1', 'b=2'],
      });
      response.end(gzipSync('{"value":[1]}'));
    });
    const fetch = await open();
    const url = `${server.url}token?x=1`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'X-One': '1' },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    assert.deepEqual(await response.json(), { value: [1] });
    assert.deepEqual(
      [
        response.status,
        response.ok,
        response.url,
        response.headers.getSetCookie(),
        response.headers.get('content-encoding'),
      ],
      [201, true, url, ['a=1', 'b=2'], null],
    );
    const request = new Request(url, { method: 'PATCH', body: '{}', headers: { 'Content-Type': 'application/json' } });
    assert.equal(await (await fetch(request)).text(), '{"value":[1]}');
    assert.deepEqual(seen, [
      [
        'POST',
        '/PowerShell/token?x=1',
        'application/x-www-form-urlencoded;charset=UTF-8',
        '1',
        'grant_type=client_credentials',
      ],
      ['PATCH', '/PowerShell/token?x=1', 'application/json', undefined, '{}'],
    ]);
  });

  it('gives an empty answer without a body', async () => {
    const server = await serve((_request, response) => void response.writeHead(204).end());
    const response = await (await open())(new URL(server.url), { method: 'DELETE' });
    assert.deepEqual([response.status, response.body], [204, null]);
  });

  it('follows redirects only where that is safe, or as it is told', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/there') {
        response.end(request.method);
        return;
      }
      response
        .writeHead(request.url === '/see' ? 303 : 307, {
          Location: request.url === '/away' ? 'https://example.org/' : '/there',
        })
        .end();
    });
    const fetch = await open();
    const at = (path: string): string => new URL(path, server.url).href;
    const moved = await fetch(at('/here'), { method: 'POST', body: 'x' });
    assert.deepEqual([await moved.text(), moved.url, moved.redirected], ['POST', at('/there'), true]);
    assert.equal(await (await fetch(at('/see'), { method: 'POST', body: 'x' })).text(), 'GET');
    assert.equal((await fetch(at('/here'), { redirect: 'manual' })).status, 307);
    await rejectsWith(fetch(at('/here'), { redirect: 'error' }), 'ERR_HTTP_REDIRECT');
    await rejectsWith(fetch(at('/away')), 'ERR_HTTP_REDIRECT');
  });

  it('verifies TLS, refuses http, bounds answers and stops on its signal', async () => {
    const stop = new AbortController();
    const server = await serve((request, response) => {
      if (request.url === '/hang') stop.abort();
      else response.end(Buffer.alloc(2000));
    });
    const stranger = httpFetch();
    closing.push(() => stranger.close());
    await rejectsWith(stranger(server.url), 'ERR_HTTP_TLS_UNTRUSTED');
    const fetch = await open({ limits: { maxBodyBytes: 1000 } });
    await rejectsWith(fetch('http://graph.example.com/'), 'ERR_HTTP_INSECURE');
    await rejectsWith(fetch('nowhere'), 'ERR_INPUT_INVALID');
    await rejectsWith(fetch(server.url), 'ERR_HTTP_TOO_LARGE');
    await rejectsWith(fetch(new URL('/hang', server.url), { signal: stop.signal }), 'ERR_ABORTED');
  });

  it('asks once more when a kept connection turns out to be closed, unless that could do something twice', async () => {
    let drop = false;
    const server = await serve((request, response) => {
      if (drop) request.socket.destroy();
      else response.end('ok');
      drop = false;
    });
    const fetch = await open({ connections: 1 });
    await fetch(server.url);
    drop = true;
    assert.equal((await fetch(server.url)).status, 200);
    drop = true;
    await rejectsWith(fetch(server.url, { method: 'POST', body: 'x' }), 'ERR_HTTP_RESET');
  });
});
