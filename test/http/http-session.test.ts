import assert from 'node:assert/strict';
import { gzipSync, deflateRawSync, deflateSync } from 'node:zlib';
import { isConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { HttpSession } from '../../src/http/http-session.ts';
import type { HttpSessionOptions } from '../../src/http/http-session.ts';
import { bodyOf, startHttp, startHttps, testAuthority } from './loopback-server.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { rejectsWith } from './rejects-with.ts';

const constructionCode = (url: string, allowInsecure = false): unknown => {
  try {
    return new HttpSession({ url, allowInsecure });
  } catch (error) {
    return isConnectorError(error) ? error.code : error;
  }
};

describe('an HTTP session', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function serve(...args: Parameters<typeof startHttps>): Promise<LoopbackServer> {
    const server = await startHttps(...args);
    closing.push(() => server.close());
    return server;
  }

  async function open(url: string, options: Partial<HttpSessionOptions> = {}): Promise<HttpSession> {
    const { ca } = await testAuthority();
    const session = new HttpSession({ url, tls: { ca }, ...options });
    closing.push(() => session.close());
    return session;
  }

  it('posts a body with Basic over TLS and reads the answer', async () => {
    const seen: unknown[] = [];
    const server = await serve(async (request, response) => {
      seen.push([
        request.method,
        request.url,
        request.headers.authorization,
        request.headers['content-type'],
        await bodyOf(request),
      ]);
      response.writeHead(200, { 'X-Server': 'lab' }).end('<answer/>');
    });
    const session = await open(server.url, {
      auth: { method: 'basic', username: 'EXAMPLE\\svc', password: 's3cret:ü' },
    });
    const answer = await session.request({
      method: 'POST',
      headers: { 'Content-Type': 'application/soap+xml' },
      body: '<ü/>',
    });
    const token = Buffer.from('EXAMPLE\\svc:s3cret:ü').toString('base64');
    assert.deepEqual(seen, [['POST', '/PowerShell/', `Basic ${token}`, 'application/soap+xml', '<ü/>']]);
    assert.deepEqual(
      [answer.status, answer.headers['x-server'], answer.body.toString(), answer.url],
      [200, 'lab', '<answer/>', server.url],
    );
  });

  it('keeps one connection for all its requests, also concurrent ones', async () => {
    const server = await serve((_request, response) => void response.end('ok'));
    const session = await open(server.url);
    await Promise.all(Array.from({ length: 5 }, () => session.request({ method: 'POST', body: 'x' })));
    await session.request({ method: 'GET', url: '?second' });
    assert.equal(server.connections.accepted, 1);
  });

  it('opens as many connections as it is told and no more', async () => {
    let running = 0;
    let most = 0;
    const server = await serve(async (_request, response) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      response.end('ok');
    });
    const session = await open(server.url, { connections: 2 });
    await Promise.all(Array.from({ length: 8 }, () => session.request({ method: 'GET' })));
    assert.ok(most <= 2);
    assert.equal(server.connections.accepted, 2);
  });

  it('carries bodies of any size one after the other, both ways', async () => {
    const server = await serve(async (request, response) => {
      const body = await bodyOf(request);
      response.end(`${body.length} ${body}`);
    });
    const session = await open(server.url);
    const sizes = [1, 7000, 3, 8192, 70_000, 0, 70_010, 300_000, 5, 70_003];
    for (const [turn, size] of sizes.entries()) {
      const body = String(turn).repeat(size);
      const answer = await session.request({ method: 'POST', body, passingBody: true });
      assert.equal(answer.body.toString(), `${size} ${body}`);
    }
    assert.equal(server.connections.accepted, 1);
  });

  it('gives back the cookies of load balancers, each to its own path', async () => {
    const cookies: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      cookies.push(request.headers.cookie);
      response.writeHead(200, {
        'Set-Cookie': [
          'MS-WSMAN=node-1; path=/; secure; HttpOnly',
          'elsewhere=1; path=/owa',
          'gone=1; Max-Age=0',
          'foreign=1; domain=example.org',
        ],
      });
      response.end('ok');
    });
    const session = await open(server.url);
    await session.request({ method: 'GET' });
    await session.request({ method: 'GET' });
    assert.deepEqual(cookies, [undefined, 'MS-WSMAN=node-1']);
  });

  it('asks for no compression but reads gzip and deflate when they come', async () => {
    const encodings = ['gzip', 'deflate', 'deflate', 'identity'];
    const bodies = [gzipSync('text'), deflateSync('text'), deflateRawSync('text'), Buffer.from('text')];
    const wanted: unknown[] = [];
    let turn = 0;
    const server = await serve((request, response) => {
      wanted.push(request.headers['accept-encoding']);
      response.writeHead(200, { 'Content-Encoding': encodings[turn] }).end(bodies[turn]);
      turn += 1;
    });
    const session = await open(server.url);
    for (const _ of encodings) assert.equal((await session.request({ method: 'GET' })).body.toString(), 'text');
    assert.deepEqual(new Set(wanted), new Set(['identity']));
  });

  it('follows a redirect on the same host with method, body and credentials, and remembers it', async () => {
    const seen: unknown[] = [];
    const server = await serve(async (request, response) => {
      seen.push([request.url, request.headers.authorization !== undefined, await bodyOf(request)]);
      if (request.url === '/PowerShell/') response.writeHead(302, { Location: '/PowerShell/moved?x=1' }).end();
      else response.end('there');
    });
    const session = await open(server.url, { auth: { method: 'basic', username: 'u', password: 's3cret' } });
    const answer = await session.request({ method: 'POST', body: 'b' });
    assert.deepEqual(
      [answer.status, answer.body.toString(), answer.url],
      [200, 'there', new URL('/PowerShell/moved?x=1', server.url).href],
    );
    await session.request({ method: 'POST', body: 'c' });
    assert.deepEqual(seen, [
      ['/PowerShell/', true, 'b'],
      ['/PowerShell/moved?x=1', true, 'b'],
      ['/PowerShell/moved?x=1', true, 'c'],
    ]);
  });

  it('never takes credentials to http, to another domain, or round and round', async () => {
    let location = '';
    const server = await serve((_request, response) => void response.writeHead(301, { Location: location }).end());
    const session = await open(server.url, { auth: { method: 'basic', username: 'u', password: 's3cret' } });
    for (const [target, text] of [
      ['http://127.0.0.1/PowerShell/', /not https/],
      ['https://attacker.example/', /another domain/],
      ['ftp://127.0.0.1/', /not https/],
      ['https://', /no address/],
      ['/PowerShell/', /more than 5 times/],
    ] as const) {
      location = target;
      await rejectsWith(session.request({ method: 'GET' }), 'ERR_HTTP_REDIRECT', text);
    }
  });

  it('speaks to its own server only', async () => {
    const session = await open('https://127.0.0.1:1/PowerShell/');
    await rejectsWith(session.request({ method: 'GET', url: 'https://127.0.0.1:2/' }), 'ERR_HTTP_REDIRECT');
    await rejectsWith(session.request({ method: 'GET', url: '//evil.example/' }), 'ERR_HTTP_REDIRECT');
  });

  it('refuses an address without https or with credentials in it', () => {
    assert.equal(constructionCode('http://mail.example.com/PowerShell/'), 'ERR_HTTP_INSECURE');
    assert.equal(constructionCode('http://mail.example.com/PowerShell/', true), 'ERR_HTTP_INSECURE');
    assert.equal(constructionCode('http://127.0.0.1/'), 'ERR_HTTP_INSECURE');
    assert.equal(constructionCode('https://user:s3cret@mail.example.com/'), 'ERR_CONFIG_INVALID');
    assert.equal(constructionCode('mail.example.com'), 'ERR_CONFIG_INVALID');
  });

  it('speaks plain http to this machine where a test allows it', async () => {
    const server = await startHttp((_request, response) => void response.end('ok'));
    closing.push(() => server.close());
    const session = await open(server.url, { allowInsecure: true });
    assert.equal((await session.request({ method: 'GET' })).body.toString(), 'ok');
  });

  it('shows the client certificate and its WSMan profile', async () => {
    const authority = await testAuthority();
    const client = await authority.issue({ names: ['svc@example.com'] });
    const seen: unknown[] = [];
    const server = await serve(
      (request, response) => {
        const socket = request.socket as import('node:tls').TLSSocket;
        seen.push(socket.getPeerCertificate().subject?.CN, request.headers.authorization);
        response.end('ok');
      },
      { tls: { requestCert: true, rejectUnauthorized: false } },
    );
    const session = await open(server.url, {
      auth: { method: 'certificate' },
      tls: { ca: authority.ca, cert: client.cert, key: client.key },
    });
    await session.request({ method: 'GET' });
    assert.deepEqual(seen, ['svc@example.com', 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual']);
  });

  it('says which methods are offered when its own is not, and when it is refused', async () => {
    const cases: [string[], ErrorCode, RegExp][] = [
      [['Negotiate', 'NTLM'], 'ERR_HTTP_AUTH_METHOD', /offers negotiate, ntlm, not basic/],
      [[], 'ERR_HTTP_AUTH_METHOD', /offers no sign-in method, not basic/],
      [['Basic realm="a, b"'], 'ERR_HTTP_AUTH', /refused the sign-in by basic/],
    ];
    for (const [offered, code, text] of cases) {
      const server = await serve(
        (_request, response) => void response.writeHead(401, { 'WWW-Authenticate': offered }).end(),
      );
      const session = await open(server.url, { auth: { method: 'basic', username: 'u', password: 's3cret' } });
      await rejectsWith(session.request({ method: 'GET' }), code, text);
    }
  });

  it('leaves no socket behind when it is closed, also in the middle of a request', async () => {
    let arrived: (() => void) | undefined;
    const hanging = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = await serve(() => arrived?.());
    const session = await open(server.url);
    const pending = rejectsWith(session.request({ method: 'GET' }), 'ERR_ABORTED');
    const queued = rejectsWith(session.request({ method: 'GET' }), 'ERR_ABORTED');
    await hanging;
    session.close();
    await Promise.all([pending, queued]);
    for (const socket of server.connections.open) await new Promise((resolve) => socket.once('close', resolve));
    await rejectsWith(session.request({ method: 'GET' }), 'ERR_ABORTED', /closed/);
  });

  it('stops a request by its signal and serves the next one', async () => {
    let hang = true;
    const stop = new AbortController();
    const server = await serve((_request, response) => {
      if (hang) stop.abort();
      else response.end('ok');
    });
    const session = await open(server.url);
    await rejectsWith(session.request({ method: 'GET', signal: stop.signal }), 'ERR_ABORTED');
    await rejectsWith(session.request({ method: 'GET', signal: stop.signal }), 'ERR_ABORTED');
    hang = false;
    assert.equal((await session.request({ method: 'GET' })).status, 200);
  });

  it('uses no connection again that was idle for longer than allowed, and keeps its cookies', async () => {
    const cookies: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      cookies.push(request.headers.cookie);
      response.setHeader('Set-Cookie', 'server=B; path=/').end('ok');
    });
    // Of one limit nothing here takes as long, of the other each wait is longer, however slow the machine is.
    const [patient, hasty] = [
      await open(server.url, { limits: { keepIdleMs: 600_000 } }),
      await open(server.url, { limits: { keepIdleMs: 20 } }),
    ];
    const accepted: number[] = [];
    for (const session of [patient, patient, hasty, hasty]) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      await session.request({ method: 'POST', body: 'write' });
      accepted.push(server.connections.accepted);
    }
    assert.deepEqual(accepted, [1, 1, 2, 3]);
    assert.deepEqual(cookies, [undefined, 'server=B', undefined, 'server=B']);
  });

  it('sends again on a fresh connection only what may be repeated', async () => {
    let dropNext = false;
    const server = await serve((request, response) => {
      if (dropNext) request.socket.destroy();
      else response.end('ok');
      dropNext = false;
    });
    const session = await open(server.url);
    await session.request({ method: 'POST', body: 'warm up' });
    dropNext = true;
    assert.equal((await session.request({ method: 'POST', body: 'read', repeatable: true })).status, 200);
    dropNext = true;
    await assert.rejects(session.request({ method: 'POST', body: 'write' }), (error: unknown) => {
      assert.ok(isConnectorError(error, 'ERR_HTTP_RESET'));
      assert.deepEqual([error.details['phase'], error.details['reused']], ['sent', true]);
      return true;
    });
    assert.equal((await session.request({ method: 'POST', body: 'next' })).status, 200);
  });
});
