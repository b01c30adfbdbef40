import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { channelBindingHash, NtlmServer, tlsServerEndPoint } from '../../../src/http/auth/ntlm-server.ts';
import type { ChannelBindingPolicy } from '../../../src/http/auth/ntlm-server.ts';
import { decodeAuthenticate } from '../../../src/http/auth/ntlm-messages.ts';
import { unwrapNtlm } from '../../../src/http/auth/spnego.ts';
import { HttpSession } from '../../../src/http/http-session.ts';
import type { HttpAuth } from '../../../src/http/options.ts';
import { bodyOf, loopbackCertificate, startHttps, testAuthority } from '../loopback-server.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import { rejectsWith } from '../rejects-with.ts';

/** One request as the NTLM server saw it. */
interface Seen {
  readonly authorization: string | null;
  readonly body: string;
  readonly user: string | null;
}

interface NtlmLab extends LoopbackServer {
  readonly seen: Seen[];
  readonly refusals: string[];
  readonly tokens: Buffer[];
  /** Ends each connection after its next answer. */
  hangUp: boolean;
  /** Forgets who is signed in on the open connections. */
  forget(): void;
}

async function startNtlm(
  options: {
    offered?: readonly string[];
    policy?: ChannelBindingPolicy;
    wrongBinding?: boolean;
    closeAfterChallenge?: boolean;
    now?: () => number;
  } = {},
): Promise<NtlmLab> {
  const certificate = await loopbackCertificate();
  const der = new X509Certificate(certificate.cert).raw;
  const offered = options.offered ?? ['Negotiate', 'NTLM'];
  const connections = new Map<Socket, NtlmServer>();
  const lab = {
    seen: [] as Seen[],
    refusals: [] as string[],
    tokens: [] as Buffer[],
    hangUp: false,
    forget: () => connections.clear(),
  };
  const serverOf = (socket: Socket): NtlmServer => {
    const known = connections.get(socket);
    if (known !== undefined) return known;
    const made = new NtlmServer({
      domain: 'EXAMPLE',
      computer: 'EX01',
      password: (user, domain) =>
        (user.toLowerCase() === 'svc' && domain.toUpperCase() === 'EXAMPLE') || user === 'svc@example.com'
          ? 's3cret'
          : null,
      channelBinding: options.wrongBinding === true ? Buffer.alloc(16, 1) : channelBindingHash(tlsServerEndPoint(der)),
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      ...(options.now === undefined ? {} : { now: options.now }),
    });
    connections.set(socket, made);
    return made;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization } = request.headers;
    const body = await bodyOf(request);
    const ntlm = serverOf(request.socket);
    const note = (): void =>
      void lab.seen.push({ authorization: authorization?.split(' ')[0] ?? null, body, user: ntlm.user?.user ?? null });
    if (lab.hangUp) response.setHeader('Connection', 'close');
    if (authorization === undefined) {
      note();
      if (ntlm.user === null) response.writeHead(401, { 'WWW-Authenticate': [...offered] }).end();
      else response.end('again');
      return;
    }
    lab.tokens.push(Buffer.from(authorization.split(' ')[1] ?? '', 'base64'));
    const scheme = authorization.split(' ')[0] ?? '';
    const step = offered.includes(scheme)
      ? ntlm.step(authorization)
      : { kind: 'refused' as const, reason: `${scheme} is not offered` };
    note();
    if (step.kind === 'accepted') {
      if (step.header !== null) response.setHeader('WWW-Authenticate', step.header);
      response.end('welcome');
    } else if (step.kind === 'challenge') {
      if (options.closeAfterChallenge === true) response.setHeader('Connection', 'close');
      response.writeHead(401, { 'WWW-Authenticate': step.header }).end();
    } else {
      lab.refusals.push(step.reason);
      response.writeHead(401, { 'WWW-Authenticate': [...offered] }).end();
    }
  };
  const server = await startHttps(handle, { certificate });
  return Object.assign(lab, {
    url: server.url,
    port: server.port,
    connections: server.connections,
    close: () => server.close(),
  });
}

const ntlm: HttpAuth = { method: 'ntlm', username: 'EXAMPLE\\svc', password: 's3cret' };

describe('NTLM over HTTP', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function lab(...args: Parameters<typeof startNtlm>): Promise<NtlmLab> {
    const server = await startNtlm(...args);
    closing.push(() => server.close());
    return server;
  }

  async function open(url: string, auth: HttpAuth): Promise<HttpSession> {
    const { ca } = await testAuthority();
    const session = new HttpSession({ url, tls: { ca }, auth });
    closing.push(() => session.close());
    return session;
  }

  it('signs in once a connection and sends the body only with the proof', async () => {
    const server = await lab({ policy: 'require' });
    const session = await open(server.url, ntlm);
    assert.equal((await session.request({ method: 'POST', body: 'one' })).body.toString(), 'welcome');
    assert.equal((await session.request({ method: 'POST', body: 'two' })).body.toString(), 'again');
    assert.deepEqual(server.seen, [
      { authorization: 'NTLM', body: '', user: null },
      { authorization: 'NTLM', body: 'one', user: 'svc' },
      { authorization: null, body: 'two', user: 'svc' },
    ]);
    assert.equal(server.connections.accepted, 1);
  });

  it('carries a MIC, a channel binding and the name of the server', async () => {
    const server = await lab({ policy: 'require' });
    await (await open(server.url, ntlm)).request({ method: 'GET' });
    const message = decodeAuthenticate(server.tokens[1] ?? Buffer.alloc(0));
    assert.ok(message.mic !== null && message.mic.some((byte) => byte !== 0));
    assert.ok(message.ntResponse.includes(Buffer.from('HTTP/127.0.0.1', 'utf16le')));
    assert.deepEqual(message.lmResponse, Buffer.alloc(24));
  });

  it('takes Negotiate where NTLM is not offered by name, raw or wrapped in SPNEGO', async () => {
    const server = await lab({ offered: ['Negotiate'], policy: 'require' });
    const cases: [HttpAuth, number][] = [
      [ntlm, 0x4e],
      [{ ...ntlm, method: 'negotiate-ntlm' }, 0x4e],
      [{ ...ntlm, method: 'negotiate-ntlm', spnego: true }, 0x60],
    ];
    for (const [auth, firstByte] of cases) {
      server.tokens.length = 0;
      const session = await open(server.url, auth);
      assert.equal((await session.request({ method: 'POST', body: 'x' })).body.toString(), 'welcome');
      const first = server.tokens.at(-2) ?? Buffer.alloc(0);
      assert.equal(first[0], firstByte);
      assert.equal(unwrapNtlm(first).wrapped, firstByte === 0x60);
    }
  });

  it('signs in with a user principal name too', async () => {
    const server = await lab();
    const session = await open(server.url, { ...ntlm, username: 'svc@example.com' });
    assert.equal((await session.request({ method: 'GET' })).status, 200);
  });

  it('signs in again by itself when the connection is lost or forgotten', async () => {
    const server = await lab();
    const session = await open(server.url, ntlm);
    server.hangUp = false;
    await session.request({ method: 'POST', body: 'one' });
    server.hangUp = true;
    await session.request({ method: 'POST', body: 'two' });
    server.hangUp = false;
    await session.request({ method: 'POST', body: 'three' });
    assert.equal(server.connections.accepted, 2);
    server.forget();
    await session.request({ method: 'POST', body: 'four' });
    const done = server.seen.filter(({ user }) => user !== null).map(({ body }) => body);
    assert.deepEqual(done, ['one', 'two', 'three', 'four']);
  });

  it('tells a wrong password from a method that is not offered', async () => {
    const server = await lab();
    const wrong = await open(server.url, { ...ntlm, password: 's3cret!' });
    await rejectsWith(wrong.request({ method: 'GET' }), 'ERR_HTTP_AUTH', /refused the sign-in by ntlm/);
    const unknown = await open(server.url, { ...ntlm, username: 'nobody' });
    await rejectsWith(unknown.request({ method: 'GET' }), 'ERR_HTTP_AUTH');
    assert.deepEqual(server.refusals, ['password wrong', 'user unknown']);
    const kerberosOnly = await lab({ offered: ['Kerberos'] });
    const session = await open(kerberosOnly.url, ntlm);
    await rejectsWith(session.request({ method: 'GET' }), 'ERR_HTTP_AUTH_METHOD', /offers kerberos, not ntlm/);
  });

  it('says that Kerberos may be wanted where Negotiate is offered and takes no NTLM, never that the password is wrong', async () => {
    const [spnego, krb5] = ['oRQwEqADCgEBoQsGCSqGSIb3EgECAg==', 'YIIBAAYJKoZIhvcSAQICAQ=='];
    for (const challenge of ['Negotiate', `Negotiate ${spnego}`, `Negotiate ${krb5}`]) {
      const seen: unknown[] = [];
      const server = await startHttps((request, response) => {
        seen.push(request.headers.authorization?.split(' ')[0]);
        response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
      });
      closing.push(() => server.close());
      for (const method of ['ntlm', 'negotiate-ntlm'] as const) {
        const work = (await open(server.url, { ...ntlm, method })).request({ method: 'GET' });
        await rejectsWith(
          work,
          'ERR_HTTP_AUTH_METHOD',
          /took no NTLM in it: it may want Kerberos\. The password was not sent/,
        );
      }
      assert.ok(seen.length <= 3, 'no credential after the first message');
    }
  });

  it('is refused over another certificate than it was made for, unless nobody checks', async () => {
    for (const policy of ['require', 'allow'] as const) {
      const strict = await lab({ policy, wrongBinding: true });
      await rejectsWith((await open(strict.url, ntlm)).request({ method: 'GET' }), 'ERR_HTTP_AUTH');
      assert.deepEqual(strict.refusals, ['channel binding wrong']);
    }
    const lax = await lab({ policy: 'none', wrongBinding: true });
    assert.equal((await (await open(lax.url, ntlm)).request({ method: 'GET' })).status, 200);
    const unbound: HttpAuth = { ...ntlm, channelBinding: false };
    const allowing = await lab({ policy: 'allow', wrongBinding: true });
    assert.equal((await (await open(allowing.url, unbound)).request({ method: 'GET' })).status, 200);
    const requiring = await lab({ policy: 'require' });
    await rejectsWith((await open(requiring.url, unbound)).request({ method: 'GET' }), 'ERR_HTTP_AUTH');
    assert.deepEqual(requiring.refusals, ['channel binding missing']);
  });

  it('says so when something in between does not keep connections', async () => {
    const server = await lab({ closeAfterChallenge: true });
    await rejectsWith(
      (await open(server.url, ntlm)).request({ method: 'GET' }),
      'ERR_HTTP_AUTH',
      /closed the connection in the middle/,
    );
  });

  it('gives up on a challenge that is not one', async () => {
    for (const token of ['AAAA', Buffer.from('NTLMSSP\0\x02\0\0\0').toString('base64'), '====']) {
      const server = await startHttps(
        (_request, response) => void response.writeHead(401, { 'WWW-Authenticate': `NTLM ${token}` }).end(),
      );
      closing.push(() => server.close());
      const work = (await open(server.url, ntlm)).request({ method: 'GET' });
      await assert.rejects(
        work,
        (error: unknown) => (error as { code?: string }).code?.startsWith('ERR_HTTP_AUTH') === true,
      );
    }
  });

  it('goes on without signing in where nobody asks', async () => {
    const bodies: string[] = [];
    const server = await startHttps(async (request, response) => {
      bodies.push(await bodyOf(request));
      response.end('open');
    });
    closing.push(() => server.close());
    const session = await open(server.url, ntlm);
    assert.equal((await session.request({ method: 'POST', body: 'x' })).body.toString(), 'open');
    assert.deepEqual(bodies, ['', 'x']);
  });

  const curl = ((): boolean => {
    try {
      return /\bNTLM\b/.test(execFileSync('curl', ['--version'], { encoding: 'utf8' }));
    } catch {
      return false;
    }
  })();

  if (curl) {
    it('is spoken alike by curl, a client that is not ours', async () => {
      const server = await lab({ policy: 'allow' });
      const run = (user: string): Promise<{ stdout: string }> =>
        promisify(execFile)('curl', ['-sk', '--ntlm', '-u', user, '-d', 'body', '-w', ' %{http_code}', server.url]);
      assert.equal((await run('EXAMPLE\\svc:s3cret')).stdout, 'welcome 200');
      assert.equal((await run('EXAMPLE\\svc:wrong')).stdout, ' 401');
      assert.deepEqual(server.refusals, ['password wrong']);
    });
  } else {
    it('is spoken alike by curl, a client that is not ours (not tried: no curl with NTLM here)');
  }
});
