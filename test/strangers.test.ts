/**
 * Nothing secret to a stranger: real sockets, TLS with certificates that hold for the stranger's own names, and a log of
 * every byte it gets, for each transport and sign-in.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkAutodiscover } from '../src/autodiscover/check-autodiscover.ts';
import type { AutodiscoverCheckOptions } from '../src/autodiscover/check-autodiscover.ts';
import type { AutodiscoverReport } from '../src/autodiscover/report.ts';
import { POINTER_KEYWORD, URL_KEYWORD } from '../src/autodiscover/scp-rules.ts';
import { asConnectorError } from '../src/errors.ts';
import { openExchange } from '../src/exchange/open-exchange.ts';
import type { ExchangeServerOptions } from '../src/exchange/open-exchange.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { readPages } from '../src/graph/pages.ts';
import { tenantPort } from '../src/graph/tenant-port.ts';
import type { KerberosModule } from '../src/http/auth/kerberos.ts';
import { NtlmServer } from '../src/http/auth/ntlm-server.ts';
import { HttpSession } from '../src/http/http-session.ts';
import type { HttpAuth } from '../src/http/options.ts';
import { Organization } from '../src/lab/organization.ts';
import { startAutodiscoverServer } from '../src/lab/servers/autodiscover.ts';
import type { LabAutodiscoverServer } from '../src/lab/servers/autodiscover.ts';
import { createCertificateAuthority } from '../src/lab/servers/certificates.ts';
import { startDnsServer } from '../src/lab/servers/dns.ts';
import type { DnsZone } from '../src/lab/servers/dns.ts';
import type { OutgoingMail } from '../src/mail/message.ts';
import { openMailer } from '../src/mail/open-mailer.ts';
import { SignInGate } from '../src/mail/sign-in-gate.ts';
import type { EwsAccountOptions } from '../src/mail/ews.ts';
import { discoveredMailer } from '../nodes/mail-account/discovered-mailer.ts';
import { labClock } from './graph/graph-lab.ts';
import { bodyOf, startHttps, testAuthority } from './http/loopback-server.ts';
import type { LoopbackServer } from './http/loopback-server.ts';
import { secretsIn, startNameProxy, startStranger } from './support/stranger.ts';
import type { NameProxy, Stranger } from './support/stranger.ts';
import { startDirectoryServer } from './support/directory-server.ts';
import { startRedirectServer } from './support/redirect-server.ts';

const USER = 'svc-connector';
const PASSWORD = 'TopSecret1!';
const BODY = 'Set-CASMailbox for anna.adler';

/** Leads one address to a port of this machine. */
async function startListener(host: string, port: number, to: number): Promise<{ close(): void }> {
  const server = createServer((socket) => {
    const onward = connect({ host: '127.0.0.1', port: to });
    for (const one of [socket, onward]) one.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

describe('a stranger', () => {
  const closing: (() => unknown)[] = [];
  let stranger: Stranger;
  let ca: string;

  const keep = <T extends { close(): unknown }>(server: T): T => {
    closing.push(() => server.close());
    return server;
  };

  beforeEach(async () => {
    const authority = await testAuthority();
    ({ ca } = authority);
    // The certificate is a good one: TLS itself keeps nothing from the stranger.
    const names = ['mail.evil.me.uk', 'eas.contoso.me.uk', 'mail.evil.uk.com', 'localhost'];
    stranger = keep(await startStranger(await authority.issue({ names, ips: ['127.0.0.1'] })));
  });

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** Our server `mail.contoso.me.uk`, the stranger `mail.evil.me.uk`, and another name of ours that the stranger listens at. */
  async function namesAt(server: LoopbackServer): Promise<NameProxy> {
    return keep(
      await startNameProxy({
        'mail.contoso.me.uk:443': server.port,
        'mail.evil.me.uk:443': stranger.port,
        'mail.evil.me.uk:8443': stranger.port,
        'mail.evil.me.uk:80': stranger.port,
        'eas.contoso.me.uk:443': stranger.port,
      }),
    );
  }

  async function ownServer(
    handler: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  ): Promise<LoopbackServer> {
    const certificate = await (await testAuthority()).issue({ names: ['mail.contoso.me.uk'] });
    return keep(await startHttps(handler, { certificate }));
  }

  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      (error: unknown) => asConnectorError(error).code,
    );

  /** Where a redirect may point to the stranger, by every status and spelling. */
  const REDIRECTS: readonly (readonly [number, string])[] = [
    ...[301, 302, 303, 307, 308].map((status) => [status, 'https://mail.evil.me.uk/x'] as const),
    [302, 'http://mail.evil.me.uk/x'],
    [302, 'https://mail.evil.me.uk:8443/x'],
    [302, '//mail.evil.me.uk/x'],
    [302, 'https://mail.contoso.me.uk@mail.evil.me.uk/x'],
    [302, 'https://MAIL.Evil.me.uk./x'],
  ];

  const TICKET = Buffer.from('ticket').toString('base64');
  /** Stands for the package `kerberos`: one ticket, no proof wanted. */
  const kerberos: KerberosModule = {
    initializeClient: async () => ({ step: async (challenge) => (challenge === '' ? TICKET : null) }),
  };
  const SIGN_INS: readonly HttpAuth[] = [
    { method: 'basic', username: `CORP\\${USER}`, password: PASSWORD },
    { method: 'ntlm', username: `CORP\\${USER}`, password: PASSWORD },
    { method: 'negotiate-ntlm', username: `CORP\\${USER}`, password: PASSWORD },
    { method: 'kerberos' },
  ];
  const SECRETS = { user: USER, password: PASSWORD, ticket: TICKET, body: BODY };

  /** Answers with `redirect` at once, or when the caller has signed in. */
  function redirecting(
    when: 'before the sign-in' | 'after the sign-in',
    redirect: () => readonly [number, string],
  ): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
    const door = new Door();
    return async (request, response) => {
      await bodyOf(request);
      const challenge = when === 'after the sign-in' ? door.challenge(request) : null;
      const [status, location] = redirect();
      if (challenge === null) response.writeHead(status, { Location: location }).end();
      else response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    };
  }

  for (const auth of SIGN_INS) {
    describe(`that an HTTP session signing in by ${auth.method} is redirected to`, () => {
      for (const when of ['before the sign-in', 'after the sign-in'] as const) {
        it(`${when} gets no byte`, async () => {
          let redirect: readonly [number, string] = [302, '/'];
          const server = await ownServer(redirecting(when, () => redirect));
          const proxy = await namesAt(server);
          const seen: string[] = [];
          for (redirect of REDIRECTS) {
            const session = keep(
              new HttpSession({
                url: 'https://mail.contoso.me.uk/PowerShell/',
                auth,
                tls: { ca },
                proxy: { url: proxy.url },
                kerberos,
              }),
            );
            seen.push(await codeOf(session.request({ method: 'POST', body: BODY })));
          }
          assert.deepEqual(
            seen,
            REDIRECTS.map(() => 'ERR_HTTP_REDIRECT'),
          );
          assert.deepEqual([...new Set(proxy.asked)], ['mail.contoso.me.uk:443']);
          assert.equal(stranger.log(), '');
        });
      }

      it('would have been told, and the log would show it', async () => {
        const server = await ownServer(
          redirecting('after the sign-in', () => [302, 'https://eas.contoso.me.uk/PowerShell/']),
        );
        const { url } = await namesAt(server);
        const session = keep(
          new HttpSession({
            url: 'https://mail.contoso.me.uk/PowerShell/',
            auth,
            tls: { ca },
            proxy: { url },
            kerberos,
          }),
        );
        await session.request({ method: 'POST', body: BODY });
        const told = {
          basic: ['Authorization header', 'user', 'password', 'body'],
          ntlm: ['Authorization header', 'user', 'body'],
          'negotiate-ntlm': ['Authorization header', 'user', 'body'],
          kerberos: ['Authorization header', 'ticket', 'body'],
        };
        assert.deepEqual(secretsIn(stranger.log(), SECRETS), told[auth.method as keyof typeof told]);
      });
    });
  }

  for (const auth of ['basic', 'ntlm'] as const) {
    it(`gets no byte of an Exchange PowerShell session signing in by ${auth}`, async () => {
      for (const when of ['before the sign-in', 'after the sign-in'] as const) {
        const server = await ownServer(redirecting(when, () => [302, 'https://mail.evil.me.uk/PowerShell/']));
        const { url } = await namesAt(server);
        const exchange = keep(
          openExchange({
            kind: 'remote-powershell',
            urls: ['https://mail.contoso.me.uk/PowerShell/'],
            auth,
            username: `CORP\\${USER}`,
            password: PASSWORD,
            tls: { ca },
            proxy: { url },
          }),
        );
        assert.equal(await codeOf(firstOf(exchange)), 'ERR_HTTP_REDIRECT');
      }
      assert.equal(stranger.log(), '');
    });
  }

  // ── mail over EWS ───────────────────────────────────────────────────────────

  const LINK = 'https://link.contoso.example/activate?token=b1nd-th1s';
  const MAIL: OutgoingMail = {
    to: 'anna.adler@contoso.example',
    subject: 'Enroll your phone',
    text: `Open ${LINK}\n`,
    html: `<p><a href="${LINK}">Enroll this phone</a></p>`,
    language: 'en',
    messageId: '<1@contoso.example>',
  };
  const MAIL_SECRETS = {
    user: 'notify',
    password: PASSWORD,
    recipient: 'anna.adler',
    link: 'b1nd-th1s',
    body: 'Enroll this phone',
  };

  const account = (changes: Partial<EwsAccountOptions> = {}): Omit<EwsAccountOptions, 'ewsUrl'> => ({
    transport: 'ews',
    address: 'notify@contoso.uk.com',
    username: 'notify@contoso.uk.com',
    password: PASSWORD,
    tls: { ca },
    ratePerMinute: 600,
    ...changes,
  });

  for (const auth of ['ntlm', 'negotiate-ntlm', 'basic'] as const) {
    it(`gets no byte of a mail over EWS signing in by ${auth}`, async () => {
      for (const when of ['before the sign-in', 'after the sign-in'] as const) {
        let redirect: readonly [number, string] = [302, '/'];
        const server = await ownServer(redirecting(when, () => redirect));
        const { url } = await namesAt(server);
        const ewsUrl = 'https://mail.contoso.me.uk/EWS/Exchange.asmx';
        const mailer = keep(openMailer({ ...account({ auth, proxy: { url } }), ewsUrl }));
        const seen: string[] = [];
        for (redirect of REDIRECTS) seen.push(await codeOf(mailer.send(MAIL)));
        assert.deepEqual([...new Set(seen)], ['ERR_HTTP_REDIRECT']);
      }
      assert.equal(stranger.log(), '');
    });
  }

  // ── Autodiscover ────────────────────────────────────────────────────────────

  const DOMAIN = 'contoso.uk.com';

  interface Discovery {
    readonly server: LabAutodiscoverServer;
    readonly zone: DnsZone;
    readonly options: Omit<AutodiscoverCheckOptions, 'address' | 'domain' | 'credentials' | 'tls' | 'signal'>;
  }

  /** `autodiscover.contoso.uk.com` answers as Exchange does; `mail.evil.uk.com` is the stranger. */
  async function discovery(): Promise<Discovery> {
    const organization = new Organization({ domain: DOMAIN });
    organization.addMailbox({ alias: 'notify', displayName: 'IT', password: PASSWORD });
    const certificate = await (await testAuthority()).issue({ names: [`autodiscover.${DOMAIN}`, `mail.${DOMAIN}`] });
    const server = keep(await startAutodiscoverServer(organization, { certificate, name: `autodiscover.${DOMAIN}` }));
    const zone: DnsZone = {
      [`autodiscover.${DOMAIN}`]: { a: ['127.0.0.1'] },
      'mail.evil.uk.com': { a: ['127.0.0.1'] },
      localhost: { a: ['127.0.0.1'] },
    };
    const dns = keep(await startDnsServer({ zone }));
    const options = {
      internalResolvers: [dns.address],
      httpsPort: server.port,
      httpPort: 1,
      allowLoopback: true,
      timeouts: { stepMs: 10_000 },
    };
    return { server, zone, options };
  }

  const check = (options: Partial<AutodiscoverCheckOptions>): Promise<AutodiscoverReport> =>
    checkAutodiscover({
      address: `notify@${DOMAIN}`,
      tls: { ca },
      credentials: { username: `notify@${DOMAIN}`, password: PASSWORD, allowBasic: true },
      ...options,
    });

  /** Everything by which a far end can name another host to the check. */
  const POINTERS: Readonly<Record<string, (found: Discovery) => Promise<Partial<AutodiscoverCheckOptions>>>> = {
    'a redirect of the service': async ({ server }) => {
      server.faults.anonymous = { status: 302, headers: { Location: evilUrl() } };
      return {};
    },
    'a redirect over plain http': async ({ zone }) => {
      zone[`autodiscover.${DOMAIN}`] = { a: ['127.0.0.3'] };
      const http = keep(await startRedirectServer({ host: '127.0.0.3', location: evilUrl() }));
      return { httpPort: http.port };
    },
    'a service record': async ({ zone }) => {
      delete zone[`autodiscover.${DOMAIN}`];
      zone[`_autodiscover._tcp.${DOMAIN}`] = {
        srv: [{ priority: 0, weight: 0, port: stranger.port, target: 'mail.evil.uk.com' }],
      };
      return {};
    },
    'a RedirectUrl after the sign-in': async ({ server }) => {
      server.faults.redirectUrl = evilUrl();
      return {};
    },
    'a RedirectAddr after the sign-in': async ({ server }) => {
      server.faults.redirectAddress = { [`notify@${DOMAIN}`]: 'notify@evil.uk.com' };
      return {};
    },
    'the EWS and ActiveSync addresses it hands out': async ({ server }) => {
      Object.assign(server.handedOut, {
        ewsUrl: `https://mail.evil.uk.com:${stranger.port}/EWS/Exchange.asmx`,
        activeSyncUrl: `https://mail.evil.uk.com:${stranger.port}/Microsoft-Server-ActiveSync`,
      });
      return {};
    },
  };
  const evilUrl = (): string => `https://mail.evil.uk.com:${stranger.port}/autodiscover/autodiscover.xml`;

  for (const [pointer, point] of Object.entries(POINTERS)) {
    it(`that ${pointer} names to the Autodiscover check gets no byte, and the report asks for its confirmation`, async () => {
      const found = await discovery();
      const report = await check({ ...found.options, ...(await point(found)) });
      assert.ok(JSON.stringify(report).includes('redirect.confirm'), report.summary);
      assert.equal(stranger.log(), '');
    });
  }

  it('that the directory names as server or as another directory gets no byte', async () => {
    const found = await discovery();
    const certificate = await (await testAuthority()).issue({ names: ['dc1.example'], ips: ['127.0.0.1'] });
    const address = { keywords: [URL_KEYWORD], bindings: [evilUrl()] };
    const pointer = {
      keywords: [POINTER_KEYWORD, `Domain=${DOMAIN}`],
      bindings: [`LDAP://mail.evil.uk.com:${stranger.port}`],
    };
    for (const [entry, verdict] of [
      [address, 'scp.confirm'],
      [pointer, 'scp.pointer'],
    ] as const) {
      const { url } = keep(await startDirectoryServer({ certificate, entries: [entry] }));
      const report = await check({ ...found.options, scp: { url, username: USER, password: PASSWORD } });
      assert.ok(JSON.stringify(report).includes(verdict), verdict);
    }
    assert.equal(stranger.log(), '');
  });

  it('that the public DNS names is asked as nobody', async () => {
    const { options, zone, server } = await discovery();
    const outside: DnsZone = { ...zone, [`autodiscover.${DOMAIN}`]: { a: ['127.0.0.5'] } };
    const dns = keep(await startDnsServer({ zone: outside }));
    const foreign = await createCertificateAuthority('Foreign Root');
    const impostor = keep(await startStranger(await foreign.issue({ names: [`autodiscover.${DOMAIN}`] })));
    keep(await startListener('127.0.0.5', server.port, impostor.port));
    await check({ ...options, externalResolvers: [dns.address] });
    assert.match(impostor.log(), /^POST \/autodiscover\/autodiscover\.xml/);
    assert.deepEqual(secretsIn(impostor.log(), MAIL_SECRETS), []);
  });

  it('that answers at the name without a certificate we trust is asked as nobody', async () => {
    const found = await discovery();
    const foreign = await createCertificateAuthority('Foreign Root');
    const impostor = keep(await startStranger(await foreign.issue({ names: [`autodiscover.${DOMAIN}`, DOMAIN] })));
    await check({ ...found.options, httpsPort: impostor.port, httpPort: impostor.port });
    assert.match(impostor.log(), /^POST \/autodiscover\/autodiscover\.xml/);
    assert.deepEqual(secretsIn(impostor.log(), MAIL_SECRETS), []);
  });

  it('would be signed in at once it was confirmed, and the log would show it', async () => {
    const found = await discovery();
    found.server.faults.anonymous = { status: 302, headers: { Location: evilUrl() } };
    await check({ ...found.options, allowedRedirects: ['evil.uk.com'] });
    assert.deepEqual(secretsIn(stranger.log(), MAIL_SECRETS), ['Authorization header', 'user']);
  });

  // ── the EWS address that Autodiscover finds ─────────────────────────────────

  it('whose EWS address Autodiscover hands out gets no byte, neither by a mail nor by a check of the account', async () => {
    const found = await discovery();
    // Names of the mailer are looked up by this machine: localhost is the one foreign name it has.
    Object.assign(found.server.handedOut, { ewsUrl: `https://localhost:${stranger.port}/EWS/Exchange.asmx` });
    const mailer = keep(discoveredMailer(account(), new SignInGate(), found.options));
    for (const work of [mailer.send(MAIL), mailer.verify()]) {
      const error = await work.then(
        () => null,
        (thrown: unknown) => asConnectorError(thrown),
      );
      assert.deepEqual(
        [error?.code, error?.details],
        [
          'ERR_MAIL_FOREIGN_HOST',
          {
            about: 'server',
            fate: 'account',
            permanent: true,
            host: 'localhost',
            domain: DOMAIN,
            field: 'allowedRedirects',
          },
        ],
      );
      assert.match(error?.message ?? '', /EWS server localhost, .* owner of contoso\.uk\.com; nothing was sent to it/);
      assert.match(error?.message ?? '', /"Redirects to" \(allowedRedirects\) of the mail account/);
    }
    assert.equal(stranger.log(), '');
  });

  it('gets the mail once an administrator confirmed it, and the log shows it', async () => {
    const found = await discovery();
    Object.assign(found.server.handedOut, { ewsUrl: `https://localhost:${stranger.port}/EWS/Exchange.asmx` });
    const mailer = keep(
      discoveredMailer(account(), new SignInGate(), { ...found.options, allowedRedirects: ['localhost'] }),
    );
    // It is no Exchange and answers with thanks; what matters is what it got.
    await codeOf(mailer.send(MAIL));
    assert.deepEqual(secretsIn(stranger.log(), MAIL_SECRETS), [
      'Authorization header',
      'user',
      'recipient',
      'link',
      'body',
    ]);
  });

  // ── Exchange Online and Graph ───────────────────────────────────────────────

  const TOKEN = 'eyJ-access-token';
  const ONLINE_SECRETS = { secret: PASSWORD, token: TOKEN };
  /** What our server says instead of an answer: at the token endpoint, or at the service. */
  const ANSWERS: Readonly<Record<string, (path: string) => { status: number; headers?: object; body: string } | null>> =
    {
      'a redirect of the sign-in': (path) =>
        path.includes('/oauth2/')
          ? { status: 307, headers: { Location: 'https://mail.evil.me.uk/token' }, body: '' }
          : null,
      'a redirect of the service': (path) =>
        path.includes('/oauth2/')
          ? null
          : { status: 307, headers: { Location: 'https://mail.evil.me.uk/x' }, body: '' },
      'the link to the next page': (path) =>
        path.includes('/oauth2/')
          ? null
          : {
              status: 200,
              body: JSON.stringify({ value: [], '@odata.nextLink': 'https://mail.evil.me.uk/adminapi/beta/x?page=2' }),
            },
    };
  const token = JSON.stringify({ token_type: 'Bearer', expires_in: 3600, access_token: TOKEN });

  async function service(
    answer: (path: string) => { status: number; headers?: object; body: string } | null,
  ): Promise<NameProxy> {
    const server = await ownServer(async (request, response) => {
      await bodyOf(request);
      const { status, headers, body } = answer(request.url ?? '') ?? { status: 200, body: token };
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);
    });
    return namesAt(server);
  }

  for (const [pointer, answer] of Object.entries(ANSWERS)) {
    it(`that ${pointer} of Exchange Online names gets no byte`, async () => {
      const proxy = await service(answer);
      const options: ExchangeServerOptions = {
        kind: 'exchange-online',
        tenantId: '11111111-2222-4333-8444-555555555555',
        clientId: '22222222-2222-4333-8444-555555555555',
        clientSecret: PASSWORD,
        authorityUrl: 'https://mail.contoso.me.uk',
        onlineUrl: 'https://mail.contoso.me.uk/adminapi/beta',
        tls: { ca },
        proxy: { url: proxy.url },
      };
      assert.equal(await codeOf(firstOf(keep(openExchange(options)))), 'ERR_HTTP_REDIRECT');
      assert.deepEqual([...new Set(proxy.asked)], ['mail.contoso.me.uk:443']);
      assert.deepEqual([stranger.log(), secretsIn(stranger.log(), ONLINE_SECRETS)], ['', []]);
    });

    it(`that ${pointer} of Graph names gets no byte`, async () => {
      const proxy = await service(answer);
      const graph = keep(
        openGraph({
          cloud: 'custom',
          graphUrl: 'https://mail.contoso.me.uk',
          authorityUrl: 'https://mail.contoso.me.uk',
          tenantId: '11111111-2222-4333-8444-555555555555',
          clientId: '22222222-2222-4333-8444-555555555555',
          authMethod: 'secret',
          clientSecret: PASSWORD,
          tls: { ca },
          proxy: { url: proxy.url },
          clock: labClock(),
        }),
      );
      const pages = readPages(graph, { path: '/deviceManagement/managedDevices' });
      assert.notEqual(await codeOf(drain(pages)), 'no error');
      assert.deepEqual([...new Set(proxy.asked)], ['mail.contoso.me.uk:443']);
      assert.deepEqual([stranger.log(), secretsIn(stranger.log(), ONLINE_SECRETS)], ['', []]);
    });
  }

  it('that has the report of a tenant gets a plain request, without token, secret or sign-in', async () => {
    const address = 'https://mail.evil.me.uk/reports/1.zip?sig=1';
    const answers: readonly (readonly [RegExp, object])[] = [
      [/\/oauth2\//, JSON.parse(token) as object],
      [/managedDeviceOverview/, { enrolledDeviceCount: 9 }],
      [/exportJobs/, { id: 'Devices_1', status: 'completed', url: address }],
      [/managedDevices/, { value: [] }],
    ];
    const proxy = await service((path) => ({
      status: 200,
      body: JSON.stringify(answers.find(([where]) => where.test(path))?.[1] ?? {}),
    }));
    const graph = keep(
      openGraph({
        cloud: 'custom',
        graphUrl: 'https://mail.contoso.me.uk',
        authorityUrl: 'https://mail.contoso.me.uk',
        tenantId: '11111111-2222-4333-8444-555555555555',
        clientId: '22222222-2222-4333-8444-555555555555',
        authMethod: 'secret',
        clientSecret: PASSWORD,
        tls: { ca },
        proxy: { url: proxy.url },
        clock: labClock(),
      }),
    );
    const warnings: string[] = [];
    const port = tenantPort(
      () => graph,
      'intune',
      (text) => warnings.push(text),
    );
    await drain(port.mdmPages({ pageSize: 10, bulkAbove: 1, signal: new AbortController().signal }));
    assert.match(warnings.join(), /mail\.evil\.me\.uk answered a download with 401/);
    assert.match(stranger.log(), /^GET \/reports\/1\.zip\?sig=1 HTTP\/1\.1\r\nHost: mail\.evil\.me\.uk\r\n/);
    assert.deepEqual(secretsIn(stranger.log(), ONLINE_SECRETS), []);
  });
});

/** Asks for a reading and takes all of it. */
function firstOf(exchange: ReturnType<typeof openExchange>): Promise<void> {
  return drain(exchange.invoke({ cmdlet: 'Get-MobileDevice', parameters: { ResultSize: 'Unlimited' } }));
}

async function drain(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _page of pages);
}

/** Lets in who signs in by Basic, NTLM or the ticket; remembers the connection, as IIS does. */
class Door {
  readonly #known = new WeakSet<object>();
  readonly #handshakes = new WeakMap<object, NtlmServer>();

  /** What a caller who is not signed in is asked for; null for one who is. */
  challenge(request: IncomingMessage): string[] | null {
    const { authorization = '' } = request.headers;
    if (/^Basic |^Negotiate dGlja2V0$/.test(authorization)) this.#known.add(request.socket);
    if (this.#known.has(request.socket)) return null;
    const all = ['Negotiate', 'NTLM', 'Basic realm="mail"'];
    if (authorization === '') return all;
    const handshake = this.#handshakes.get(request.socket) ?? newHandshake();
    this.#handshakes.set(request.socket, handshake);
    const step = handshake.step(authorization);
    if (step.kind === 'challenge') return [step.header];
    return step.kind === 'accepted' ? null : all;
  }
}

function newHandshake(): NtlmServer {
  return new NtlmServer({ domain: 'CORP', computer: 'EX01', password: () => PASSWORD, channelBinding: null });
}
