import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { deflateSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { HttpSession } from '../../src/http/http-session.ts';
import type { HttpSessionOptions } from '../../src/http/http-session.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startHttps, startTcp, testAuthority } from './loopback-server.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { rejectsWith } from './rejects-with.ts';

const get = (session: HttpSession): Promise<unknown> => session.request({ method: 'GET' });

describe('a server in trouble', () => {
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

  /** A plain-text server that writes given bytes and a session allowed to speak to it. */
  async function raw(
    handler: (socket: Socket) => void,
    options: Partial<HttpSessionOptions> = {},
  ): Promise<HttpSession> {
    const server = await startTcp(handler);
    closing.push(() => server.close());
    return open(server.url, { allowInsecure: true, ...options });
  }

  it('that is not there is unreachable', async () => {
    const server = await startTcp(() => undefined);
    await server.close();
    await rejectsWith(
      get(await open(server.url, { allowInsecure: true })),
      'ERR_HTTP_UNREACHABLE',
      /refused the connection/,
    );
    await rejectsWith(
      get(await open('https://no-such-host.invalid/')),
      'ERR_HTTP_UNREACHABLE',
      /no-such-host\.invalid/,
    );
  });

  it('that never answers runs into the time limit and leaves no connection', async () => {
    const server = await serve(() => undefined);
    const session = await open(server.url);
    await rejectsWith(session.request({ method: 'GET', timeoutMs: 50 }), 'ERR_HTTP_TIMEOUT', /within 50 ms/);
    for (const socket of server.connections.open) await new Promise((resolve) => socket.once('close', resolve));
  });

  it('that never finishes TLS runs into the connection limit', async () => {
    const server = await startTcp(() => undefined);
    closing.push(() => server.close());
    const session = await open(server.url.replace('http:', 'https:'), { limits: { connectTimeoutMs: 50 } });
    await rejectsWith(get(session), 'ERR_HTTP_TIMEOUT', /did not accept a connection within 50 ms/);
  });

  it('that is closed while it connects leaves nothing behind', async () => {
    let arrived: ((socket: Socket) => void) | undefined;
    const connected = new Promise<Socket>((resolve) => {
      arrived = resolve;
    });
    const server = await startTcp((socket) => arrived?.(socket));
    closing.push(() => server.close());
    const session = await open(server.url.replace('http:', 'https:'));
    const pending = rejectsWith(get(session), 'ERR_ABORTED');
    const socket = await connected;
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    session.close();
    await Promise.all([pending, gone]);
  });

  it('that resets is told apart from one that never saw the request', async () => {
    for (const [act, phase] of [
      [(socket: Socket): unknown => socket.once('data', () => socket.resetAndDestroy()), 'sent'],
      [
        (socket: Socket): unknown =>
          socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')),
        'answer',
      ],
      [
        (socket: Socket): unknown =>
          socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')),
        'answer',
      ],
      [(socket: Socket): unknown => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-')), 'sent'],
    ] as const) {
      const session = await raw((socket) => void act(socket));
      await assert.rejects(get(session), (error: unknown) => {
        assert.ok(isConnectorError(error, 'ERR_HTTP_RESET'), String(error));
        assert.equal(error.details['phase'], phase);
        return true;
      });
    }
  });

  it('that does not speak HTTP, or sends an endless header, is named', async () => {
    const ssh = await raw((socket) => void socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    await rejectsWith(get(ssh), 'ERR_HTTP_NOT_EXPECTED', /not HTTP/);
    const header = `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`;
    const endless = await raw((socket) => void socket.once('data', () => socket.end(header)));
    await rejectsWith(get(endless), 'ERR_HTTP_TOO_LARGE', /header larger/);
  });

  it('that sends more than allowed is cut off, announced or not, packed or not', async () => {
    const limits = { maxBodyBytes: 1000 };
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    const answers: [Record<string, string>, Buffer][] = [
      [{ 'Content-Length': '1001' }, Buffer.alloc(1001)],
      [{ 'Transfer-Encoding': 'chunked' }, Buffer.alloc(5000)],
      [{ 'Content-Encoding': 'gzip' }, gzipSync(Buffer.alloc(200_000))],
      [{ 'Content-Encoding': 'deflate' }, deflateSync(Buffer.alloc(200_000))],
    ];
    for (const [headers, body] of answers) {
      const server = await serve((_request, response) => void response.writeHead(200, headers).end(body));
      await rejectsWith(get(await open(server.url, { limits })), 'ERR_HTTP_TOO_LARGE', /more than 1000 bytes/);
    }
    const server = await serve(
      (_request, response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb),
    );
    await rejectsWith(get(await open(server.url)), 'ERR_HTTP_TOO_LARGE', /more than 1048576 bytes/);
  });

  it('that sends damaged or unknown compression is named', async () => {
    for (const [encoding, body] of [
      ['gzip', Buffer.from('not gzip')],
      ['gzip', gzipSync('cut off').subarray(0, 15)],
      ['br', Buffer.from('x')],
    ] as const) {
      const server = await serve(
        (_request, response) => void response.writeHead(200, { 'Content-Encoding': encoding }).end(body),
      );
      await rejectsWith(get(await open(server.url)), 'ERR_HTTP_NOT_EXPECTED');
    }
  });

  it('with a wrong, foreign, expired or future certificate has its own code for each', async () => {
    const authority = await testAuthority();
    const stranger = await createCertificateAuthority('Stranger');
    const ips = ['127.0.0.1'];
    const day = 86_400_000;
    const old = { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) };
    const early = { notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 2 * day) };
    for (const [certificate, code] of [
      [await authority.issue({ names: ['other.example.com'] }), 'ERR_HTTP_TLS_NAME'],
      [await stranger.issue({ names: ['localhost'], ips }), 'ERR_HTTP_TLS_UNTRUSTED'],
      [await authority.issue({ names: ['localhost'], ips, ...old }), 'ERR_HTTP_TLS_EXPIRED'],
      [await authority.issue({ names: ['localhost'], ips, ...early }), 'ERR_HTTP_TLS_EXPIRED'],
    ] as const) {
      let asked = 0;
      const server = await serve(() => void (asked += 1), { certificate });
      const session = await open(server.url, { auth: { method: 'basic', username: 'u', password: 's3cret' } });
      await rejectsWith(get(session), code);
      assert.equal(asked, 0);
    }
  });

  it('is checked against the server name that was set', async () => {
    const authority = await testAuthority();
    const certificate = await authority.issue({ names: ['mail.example.com'] });
    const server = await serve((_request, response) => void response.end('ok'), { certificate });
    const named = await open(server.url, { tls: { ca: authority.ca, servername: 'mail.example.com' } });
    assert.deepEqual(await named.request({ method: 'GET' }).then(({ status }) => status), 200);
    const other = await open(server.url, { tls: { ca: authority.ca, servername: 'mail.example.org' } });
    await rejectsWith(get(other), 'ERR_HTTP_TLS_NAME');
  });

  it('that speaks plain HTTP or only old TLS fails as TLS', async () => {
    const plain = await startTcp(
      (socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    closing.push(() => plain.close());
    const url = plain.url.replace('http:', 'https:');
    await assert.rejects(get(await open(url)), {
      code: 'ERR_HTTP_TLS',
      message: `127.0.0.1 speaks no TLS at this port. The TLS handshake failed. Check the port, and the TLS versions both sides allow.`,
    });
    const authority = await testAuthority();
    const certificate = await authority.issue({ names: [], ips: ['127.0.0.1'] });
    const old = createTlsServer({
      ...certificate,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    old.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => {
      old.listen(0, '127.0.0.1', resolve);
    });
    closing.push(() => new Promise((resolve) => void old.close(resolve)));
    const { port } = old.address() as { port: number };
    await rejectsWith(get(await open(`https://127.0.0.1:${port}/`)), 'ERR_HTTP_TLS');
  });

  it('is not reached with TLS settings that cannot be read', () => {
    for (const tls of [
      { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      { cert: 'x', key: 'y' },
    ]) {
      assert.throws(
        () => new HttpSession({ url: 'https://mail.example.com/', tls }),
        (error: unknown) => isConnectorError(error, 'ERR_CONFIG_INVALID'),
      );
    }
  });

  it('sending random bytes never brings anything but our own errors', async () => {
    let bytes: Uint8Array = new Uint8Array();
    const server = await startTcp((socket) => void socket.once('data', () => socket.end(bytes)));
    closing.push(() => server.close());
    const session = await open(server.url, {
      allowInsecure: true,
      auth: { method: 'ntlm', username: 'u', password: 's3cret' },
    });
    const pieces = fc.constantFrom(
      'HTTP/1.1 ',
      '401',
      ' x\r\n',
      'WWW-Authenticate: NTLM ',
      'TlRMTVNTUAACAAAA',
      '\r\n',
      'Content-Length: 0',
      '\r\n\r\n',
    );
    const answers = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 12 })
        .map((parts) => Buffer.from(parts.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        bytes = answer;
        await session.request({ method: 'GET' }).then(
          () => undefined,
          (error: unknown) => assert.ok(isConnectorError(error), String(error)),
        );
      }),
      { numRuns: 200 },
    );
  });
});
