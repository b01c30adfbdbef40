/**
 * A stranger at one of our own names, or at one that looks like ours: what is behind a name may change between two looks at
 * it, and below a public suffix anybody has the name next door. Each transport and sign-in, with a log of every byte.
 */
import assert from 'node:assert/strict';
import { checkAutodiscover } from '../src/autodiscover/check-autodiscover.ts';
import { asConnectorError } from '../src/errors.ts';
import { openExchange } from '../src/exchange/open-exchange.ts';
import { openGraph } from '../src/graph/open-graph.ts';
import { readPages } from '../src/graph/pages.ts';
import type { KerberosModule } from '../src/http/auth/kerberos.ts';
import { HttpSession } from '../src/http/http-session.ts';
import type { HttpAuth } from '../src/http/options.ts';
import { haveOneOwner } from '../src/http/registered-domain.ts';
import { Organization } from '../src/lab/organization.ts';
import { startAutodiscoverServer } from '../src/lab/servers/autodiscover.ts';
import { createCertificateAuthority } from '../src/lab/servers/certificates.ts';
import type { ServerCertificate } from '../src/lab/servers/certificates.ts';
import { startDnsServer } from '../src/lab/servers/dns.ts';
import type { DnsNode } from '../src/lab/servers/dns.ts';
import type { OutgoingMail } from '../src/mail/message.ts';
import { openMailer } from '../src/mail/open-mailer.ts';
import { labClock } from './graph/graph-lab.ts';
import { bodyOf, startHttps, testAuthority } from './http/loopback-server.ts';
import { secretsIn, startNameProxy, startSmtpStranger, startStranger } from './support/stranger.ts';
import type { NameProxy, SmtpStrangerOptions, Stranger } from './support/stranger.ts';

const OURS = 'mail.contoso.me.uk';
const USER = 'svc-connector';
const PASSWORD = 'TopSecret1!';
const TICKET = Buffer.from('ticket').toString('base64');
const LINK = 'https://link.contoso.example/activate?token=b1nd-th1s';
const MAIL: OutgoingMail = {
  to: 'anna.adler@contoso.example',
  subject: 'Enroll your phone',
  text: `Open ${LINK}\n`,
  html: `<p><a href="${LINK}">Enroll this phone</a></p>`,
  language: 'en',
  messageId: '<1@contoso.example>',
};
const SECRETS = {
  user: USER,
  sender: 'notify',
  password: PASSWORD,
  ticket: TICKET,
  recipient: 'anna.adler',
  link: 'b1nd-th1s',
  cmdlet: 'Get-MobileDevice',
};

/** Stands for the package `kerberos`: one ticket, no proof wanted. */
const kerberos: KerberosModule = {
  initializeClient: async () => ({ step: async (challenge) => (challenge === '' ? TICKET : null) }),
};

const closing: (() => unknown)[] = [];
const keep = <T extends { close(): unknown }>(one: T): T => {
  closing.push(() => one.close());
  return one;
};
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => asConnectorError(error).code,
  );

/** What a stranger can show at a name that is not his, and what the connector makes of it. */
const SHOWN: Readonly<Record<string, { code: string; readonly certificate: () => Promise<ServerCertificate> }>> = {
  'a certificate of an authority that nobody here trusts': {
    code: 'ERR_HTTP_TLS_UNTRUSTED',
    certificate: async () => (await createCertificateAuthority('Foreign Root')).issue({ names: [OURS] }),
  },
  'a good certificate of his own name': {
    code: 'ERR_HTTP_TLS_NAME',
    certificate: async () => (await testAuthority()).issue({ names: ['mail.evil.me.uk'] }),
  },
  'a certificate of ours that is out of date': {
    code: 'ERR_HTTP_TLS_EXPIRED',
    certificate: async () =>
      (await testAuthority()).issue({
        names: [OURS],
        notBefore: new Date('2020-01-01'),
        notAfter: new Date('2020-02-01'),
      }),
  },
};

/** One way to talk to a server of ours, by a proxy that knows where the name leads. */
type Talk = (to: { readonly proxy: string; readonly ca: string }) => Promise<unknown>;

const SIGN_INS: readonly HttpAuth[] = [
  { method: 'basic', username: `CORP\\${USER}`, password: PASSWORD },
  { method: 'ntlm', username: `CORP\\${USER}`, password: PASSWORD },
  { method: 'negotiate-ntlm', username: `CORP\\${USER}`, password: PASSWORD },
  { method: 'kerberos' },
];
const tenant = {
  tenantId: '11111111-2222-4333-8444-555555555555',
  clientId: '22222222-2222-4333-8444-555555555555',
  clientSecret: PASSWORD,
  authorityUrl: `https://${OURS}`,
};

const TALKS: Readonly<Record<string, Talk>> = {
  ...Object.fromEntries(
    SIGN_INS.map((auth): [string, Talk] => [
      `an HTTP session signing in by ${auth.method}`,
      ({ proxy, ca }) => {
        const url = `https://${OURS}/PowerShell/`;
        const session = keep(new HttpSession({ url, auth, tls: { ca }, proxy: { url: proxy }, kerberos }));
        return session.request({ method: 'POST', body: 'Get-MobileDevice' });
      },
    ]),
  ),
  ...Object.fromEntries(
    (['basic', 'ntlm', 'negotiate-ntlm'] as const).map((auth): [string, Talk] => [
      `a mail over EWS signing in by ${auth}`,
      ({ proxy, ca }) =>
        keep(
          openMailer({
            transport: 'ews',
            address: 'notify@contoso.me.uk',
            username: 'notify@contoso.me.uk',
            password: PASSWORD,
            auth,
            tls: { ca },
            proxy: { url: proxy },
            ratePerMinute: 600,
            ewsUrl: `https://${OURS}/EWS/Exchange.asmx`,
          }),
        ).send(MAIL),
    ]),
  ),
  'a reading of Exchange': ({ proxy, ca }) =>
    drain(
      keep(
        openExchange({
          kind: 'remote-powershell',
          urls: [`https://${OURS}/PowerShell/`],
          auth: 'basic',
          username: `CORP\\${USER}`,
          password: PASSWORD,
          tls: { ca },
          proxy: { url: proxy },
        }),
      ).invoke({ cmdlet: 'Get-MobileDevice', parameters: {} }),
    ),
  'a reading of Exchange Online': ({ proxy, ca }) =>
    drain(
      keep(
        openExchange({
          ...tenant,
          kind: 'exchange-online',
          onlineUrl: `https://${OURS}/adminapi/beta`,
          tls: { ca },
          proxy: { url: proxy },
        }),
      ).invoke({ cmdlet: 'Get-MobileDevice', parameters: {} }),
    ),
  'a reading of Graph': ({ proxy, ca }) =>
    drain(
      readPages(
        keep(
          openGraph({
            ...tenant,
            cloud: 'custom',
            graphUrl: `https://${OURS}`,
            authMethod: 'secret',
            tls: { ca },
            proxy: { url: proxy },
            clock: labClock(),
          }),
        ),
        { path: '/deviceManagement/managedDevices' },
      ),
    ),
};

async function drain(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _page of pages);
}

/** Ours, which answers nobody usefully: what counts is who was asked. */
async function ourServer(): Promise<{ port: number }> {
  const certificate = await (await testAuthority()).issue({ names: [OURS] });
  const handler = async (...[request, response]: Parameters<Parameters<typeof startHttps>[0]>): Promise<void> => {
    await bodyOf(request);
    response.writeHead(404).end();
  };
  return keep(await startHttps(handler, { certificate }));
}

describe('a stranger at a name of ours', () => {
  let ca: string;
  let proxy: NameProxy & { table: Record<string, number> };

  beforeEach(async () => {
    ({ ca } = await testAuthority());
    const table = { [`${OURS}:443`]: (await ourServer()).port };
    proxy = Object.assign(keep(await startNameProxy(table)), { table });
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  for (const [way, talk] of Object.entries(TALKS)) {
    it(`hears nothing of ${way} when the name turns to him after it was good, whatever he shows`, async () => {
      const stranger: Stranger[] = [];
      const seen: string[] = [];
      for (const { certificate } of Object.values(SHOWN)) {
        proxy.table[`${OURS}:443`] = (await ourServer()).port;
        await codeOf(talk({ proxy: proxy.url, ca }));
        const one = keep(await startStranger(await certificate()));
        stranger.push(one);
        proxy.table[`${OURS}:443`] = one.port;
        seen.push(await codeOf(talk({ proxy: proxy.url, ca })));
      }
      assert.deepEqual(
        stranger.map((one) => one.log()),
        Object.keys(SHOWN).map(() => ''),
      );
      const codes = Object.values(SHOWN).map(({ code }) => code);
      // A mail and Graph have codes of their own for what is wrong on the way.
      if (way.startsWith('an HTTP') || way.endsWith('of Exchange')) assert.deepEqual(seen, codes);
      else assert.ok(!seen.includes('no error'), seen.join(' '));
    });
  }

  const MAIL_TLS: readonly (readonly [sentence: string, SmtpStrangerOptions['tls'], 'starttls' | 'tls'])[] = [
    ['a foreign certificate from the first byte', 'tls', 'tls'],
    ['a foreign certificate after STARTTLS', 'starttls', 'starttls'],
    ['no STARTTLS at all', 'stripped', 'starttls'],
    ['STARTTLS and then none', 'promised', 'starttls'],
    ['no TLS where it begins with it', 'stripped', 'tls'],
  ];
  for (const [sentence, tls, security] of MAIL_TLS) {
    it(`hears nothing of a mail over SMTP when he shows ${sentence}`, async () => {
      const certificate = await (await createCertificateAuthority('Foreign Root')).issue({ names: ['localhost'] });
      const stranger = keep(await startSmtpStranger({ certificate, tls }));
      const mailer = keep(
        openMailer({
          transport: 'smtp',
          address: 'notify@contoso.me.uk',
          host: 'localhost',
          port: stranger.port,
          security,
          username: USER,
          password: PASSWORD,
          tls: { ca },
          timeouts: { connectMs: 2_000, greetingMs: 2_000 },
        }),
      );
      assert.notEqual(await codeOf(mailer.send(MAIL)), 'no error');
      assert.notEqual(await codeOf(mailer.verify()), 'no error');
      assert.deepEqual(secretsIn(stranger.log(), SECRETS), []);
      assert.doesNotMatch(stranger.log(), /^(AUTH|MAIL|RCPT|DATA)/im);
    });
  }

  it('would hear a mail over SMTP if his certificate was good, and the log would show it', async () => {
    const certificate = await (await testAuthority()).issue({ names: ['localhost'] });
    const stranger = keep(await startSmtpStranger({ certificate, tls: 'starttls' }));
    const mailer = keep(
      openMailer({
        transport: 'smtp',
        address: 'notify@contoso.me.uk',
        host: 'localhost',
        port: stranger.port,
        username: USER,
        password: PASSWORD,
        tls: { ca },
      }),
    );
    await codeOf(mailer.send(MAIL));
    assert.ok(secretsIn(stranger.log(), SECRETS).includes('password'));
  });
});

describe('a name that Autodiscover looks up', () => {
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it('and that leads elsewhere at the next look is asked at the address that was looked at, and a stranger as nobody', async () => {
    const domain = 'contoso.uk.com';
    const organization = new Organization({ domain });
    organization.addMailbox({ alias: 'notify', displayName: 'IT', password: PASSWORD });
    const authority = await testAuthority();
    const certificate = await authority.issue({ names: [`autodiscover.${domain}`, `mail.${domain}`] });
    const server = keep(await startAutodiscoverServer(organization, { certificate, name: `autodiscover.${domain}` }));
    const foreign = await createCertificateAuthority('Foreign Root');
    const stranger = keep(
      await startStranger(await foreign.issue({ names: [`autodiscover.${domain}`] }), {
        host: '127.0.0.7',
        port: server.port,
      }),
    );
    let looks = 0;
    const node: DnsNode = {
      get a() {
        looks += 1;
        return looks === 1 ? ['127.0.0.1'] : ['127.0.0.7'];
      },
    };
    const dns = keep(await startDnsServer({ zone: { [`autodiscover.${domain}`]: node } }));
    const report = await checkAutodiscover({
      address: `notify@${domain}`,
      tls: { ca: authority.ca },
      credentials: { username: `notify@${domain}`, password: PASSWORD, allowBasic: true },
      internalResolvers: [dns.address],
      httpsPort: server.port,
      httpPort: 1,
      allowLoopback: true,
      timeouts: { stepMs: 10_000 },
    });
    assert.notEqual(report.found.ewsUrl, null, report.summary);
    assert.deepEqual(secretsIn(stranger.log(), SECRETS), []);
  });
});

describe('the name next door', () => {
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** Two names of two owners, below suffixes of every kind of the public suffix list, and where there is none. */
  const NEIGHBOURS: readonly (readonly [kind: string, ours: string, theirs: string])[] = [
    ['of a country code', 'contoso.de', 'evil.de'],
    ['below a second level', 'contoso.co.uk', 'evil.co.uk'],
    ['below a private suffix', 'contoso.uk.com', 'evil.uk.com'],
    ['below a host of pages', 'contoso.github.io', 'evil.github.io'],
    ['below a cloud', 'contoso.azurewebsites.net', 'evil.azurewebsites.net'],
    ['of another tenant', 'contoso.onmicrosoft.com', 'evil.onmicrosoft.com'],
    ['of another script', 'xn--bcher-kva.example.cn', 'xn--hxajbheg2az3al.com.cn'],
    ['of no public suffix', 'mail1.local', 'mail2.local'],
    ['without a dot', 'exchange', 'intruder'],
    ['that ends like ours', 'contoso.de', 'evil-contoso.de'],
    ['that begins like ours', 'contoso.de', 'contoso.de.evil.net'],
    ['by number', '10.0.0.1', '10.0.0.2'],
  ];
  for (const [kind, ours, theirs] of NEIGHBOURS) {
    it(`${kind} (${theirs} beside ${ours}) gets no byte by a redirect`, async () => {
      assert.equal(haveOneOwner(ours, theirs), false);
      const authority = await testAuthority();
      const stranger = keep(await startStranger(await authority.issue({ names: [theirs, '*.evil.net'] })));
      const isAddress = /^[\d.]+$/.test(ours);
      const certificate = await authority.issue({ names: [ours], ips: isAddress ? [ours] : [] });
      const server = keep(
        await startHttps(
          async (request, response) => {
            await bodyOf(request);
            response.writeHead(302, { Location: `https://${theirs}/PowerShell/` }).end();
          },
          { certificate },
        ),
      );
      const proxy = keep(await startNameProxy({ [`${ours}:443`]: server.port, [`${theirs}:443`]: stranger.port }));
      const codes: string[] = [];
      for (const auth of SIGN_INS) {
        const session = keep(
          new HttpSession({
            url: `https://${ours}/PowerShell/`,
            auth,
            tls: { ca: authority.ca },
            proxy: { url: proxy.url },
            kerberos,
          }),
        );
        codes.push(await codeOf(session.request({ method: 'POST', body: 'Get-MobileDevice' })));
      }
      assert.deepEqual(
        codes,
        SIGN_INS.map(() => 'ERR_HTTP_REDIRECT'),
      );
      assert.deepEqual([...new Set(proxy.asked)], [`${ours}:443`]);
      assert.equal(stranger.log(), '');
    });
  }
});
