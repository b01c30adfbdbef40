import assert from 'node:assert/strict';
import { HttpSession } from '../../src/http/http-session.ts';
import type { HttpSessionOptions } from '../../src/http/http-session.ts';
import { bodyOf, startHttps, startTcp, testAuthority } from './loopback-server.ts';
import { startProxy } from './loopback-proxy.ts';
import type { ProxyLab } from './loopback-proxy.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { rejectsWith } from './rejects-with.ts';

describe('a session through a proxy', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function target(): Promise<LoopbackServer> {
    const server = await startHttps(async (request, response) => void response.end(await bodyOf(request)));
    closing.push(() => server.close());
    return server;
  }

  async function proxy(...args: Parameters<typeof startProxy>): Promise<ProxyLab> {
    const made = await startProxy(...args);
    closing.push(() => made.close());
    return made;
  }

  async function open(url: string, options: Partial<HttpSessionOptions>): Promise<HttpSession> {
    const { ca } = await testAuthority();
    const session = new HttpSession({ url, tls: { ca }, ...options });
    closing.push(() => session.close());
    return session;
  }

  for (const secure of [false, true]) {
    it(`keeps one tunnel over ${secure ? 'https' : 'http'}, and shows its own credentials only to the proxy`, async () => {
      const server = await target();
      const via = await proxy({ secure });
      const session = await open(server.url, { proxy: { url: via.url, username: 'px', password: 'p:w' } });
      assert.equal((await session.request({ method: 'POST', body: 'one' })).body.toString(), 'one');
      assert.equal((await session.request({ method: 'POST', body: 'two' })).body.toString(), 'two');
      const authorization = `Basic ${Buffer.from('px:p:w').toString('base64')}`;
      assert.deepEqual(via.asked, [{ target: `127.0.0.1:${server.port}`, authorization }]);
    });
  }

  it('goes direct where the proxy is not to be used', async () => {
    const server = await target();
    const via = await proxy();
    const session = await open(server.url, { proxy: { url: via.url, noProxy: ['127.0.0.1'] } });
    assert.equal((await session.request({ method: 'GET' })).status, 200);
    assert.deepEqual(via.asked, []);
  });

  it('says that the proxy is at fault when it is', async () => {
    const server = await target();
    const refusing = await proxy({ answer: 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n' });
    const get = async (url: string): Promise<unknown> =>
      (await open(server.url, { proxy: { url, password: 's3cret' } })).request({ method: 'GET' });
    await rejectsWith(get(refusing.url), 'ERR_HTTP_AUTH', /The proxy wants other credentials/);
    const blind = await proxy({ answer: 'HTTP/1.1 502 Bad Gateway\r\n\r\n' });
    await rejectsWith(get(blind.url), 'ERR_HTTP_UNREACHABLE', /The proxy answered 502/);
    const closed = await proxy({ answer: '' });
    await rejectsWith(get(closed.url), 'ERR_HTTP_RESET', /The proxy closed/);
    const none = await startTcp(() => undefined);
    await none.close();
    await rejectsWith(get(none.url), 'ERR_HTTP_UNREACHABLE', /The proxy 127\.0\.0\.1 refused/);
    const odd = await startTcp((socket) => void socket.once('data', () => socket.write(`SSH${'x'.repeat(20_000)}`)));
    closing.push(() => odd.close());
    await rejectsWith(get(odd.url), 'ERR_HTTP_NOT_EXPECTED', /The proxy/);
  });

  it('does not wait for a silent proxy for ever', async () => {
    const server = await target();
    const silent = await startTcp(() => undefined);
    closing.push(() => silent.close());
    const session = await open(server.url, { proxy: { url: silent.url }, limits: { connectTimeoutMs: 50 } });
    await rejectsWith(session.request({ method: 'GET' }), 'ERR_HTTP_TIMEOUT');
  });
});
