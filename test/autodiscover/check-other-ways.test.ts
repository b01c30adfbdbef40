import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import assert from 'node:assert/strict';
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { createServer } from 'node:tls';
import { judgeTcp } from '../../src/autodiscover/check-endpoint.ts';
import { chooseService } from '../../src/autodiscover/check-other-ways.ts';
import { DiscoveryLab, DOMAIN, gist, HOST, stepOf } from './support.ts';
import { startRedirectServer } from '../support/redirect-server.ts';

const lab = new DiscoveryLab();

describe('Autodiscover check: where else clients look', () => {
  before(() => lab.prepare());
  afterEach(() => lab.stop());

  it('stays healthy beside a website that knows nothing of Autodiscover; its private certificate is worth a warning', async () => {
    await lab.start();
    const site = await website({ names: [DOMAIN] });
    site.faults.anonymous = { status: 404, headers: { Server: 'nginx' } };
    lab.zone[DOMAIN] = { a: ['127.0.0.2'] };
    const report = await lab.check();
    assert.deepEqual([report.overall, stepOf(report, 'root')?.verdict], ['warning', 'root.cert']);
  });

  it('warns when the website has a wrong certificate, since iOS may stop there (row 19)', async () => {
    await lab.start();
    await website({ names: ['www.hosting.example'] });
    lab.zone[DOMAIN] = { a: ['127.0.0.2'] };
    const report = await lab.check();
    assert.deepEqual(
      [report.overall, stepOf(report, 'root')?.status, stepOf(report, 'root')?.verdict],
      ['warning', 'warning', 'root.cert'],
    );
  });

  for (const [what, body, overall, verdict] of [
    ['a page', '<!DOCTYPE html><html>Welcome</html>', 'warning', 'root.page'],
    ['a page in XHTML', '<?xml version="1.0"?>\n<!-- hi --><html><body>Welcome</body></html>', 'warning', 'root.page'],
    ['a sign-in form', '<html><form><input type="password"></form></html>', 'warning', 'root.page'],
    ['a document of its own', '<clientConfig version="1.1"><emailProvider/></clientConfig>', 'broken', 'root.foreign'],
  ] as const) {
    it(`names a website that answers in the place of Autodiscover with ${what} (row 20)`, async () => {
      await lab.start();
      const site = await website({ names: [DOMAIN] });
      site.faults.anonymous = { status: 200, body };
      lab.zone[DOMAIN] = { a: ['127.0.0.2'] };
      const report = await lab.check();
      assert.deepEqual([report.overall, stepOf(report, 'root')?.verdict], [overall, verdict]);
    });
  }

  it('knows a public address that the firewall does not turn back (row 10)', () => {
    const target = { url: new URL(`https://${HOST}/`), externalAddresses: ['198.51.100.7'] };
    const timeout = { kind: 'timeout', code: 'ETIMEDOUT' } as const;
    assert.equal(judgeTcp(target, [{ address: '198.51.100.7', outcome: timeout }]).verdict, 'net.hairpin');
    assert.equal(judgeTcp(target, [{ address: '10.0.0.7', outcome: timeout }]).verdict, 'net.tcp');
  });

  it('uses the bare domain when Exchange itself answers there', async () => {
    await lab.start();
    lab.trust(await website({ names: [DOMAIN] }));
    lab.zone[DOMAIN] = { a: ['127.0.0.2'] };
    delete lab.zone[HOST];
    const report = await lab.check();
    assert.deepEqual([report.overall, report.found.by], ['warning', 'root']);
  });

  it('finds Autodiscover by the plain-HTTP redirect (row 21)', async () => {
    await lab.start({ names: [`mail.${DOMAIN}`] });
    lab.zone[HOST] = { a: ['127.0.0.3'] };
    lab.zone[`mail.${DOMAIN}`] = { a: ['127.0.0.1'] };
    const http = lab.keep(
      await startRedirectServer({
        host: '127.0.0.3',
        location: `https://mail.${DOMAIN}:${lab.server.port}/autodiscover/autodiscover.xml`,
      }),
    );
    const report = await lab.check({ httpPort: http.port });
    assert.deepEqual(
      [report.overall, report.found.by, report.found.url],
      ['warning', 'redirect', `https://mail.${DOMAIN}:${lab.server.port}/autodiscover/autodiscover.xml`],
    );
    assert.deepEqual(
      http.requests.map(({ method, signIn }) => [method, signIn]),
      [['GET', null]],
    );
  });

  it('asks before it follows a redirect to another owner, and sends nothing there (row 22)', async () => {
    await lab.start({ names: ['autodiscover.hosting.example'] });
    lab.zone[HOST] = { a: ['127.0.0.3'] };
    lab.zone['autodiscover.hosting.example'] = { a: ['127.0.0.1'] };
    const location = `https://autodiscover.hosting.example:${lab.server.port}/autodiscover/autodiscover.xml`;
    const http = lab.keep(await startRedirectServer({ host: '127.0.0.3', location }));
    const report = await lab.check({ httpPort: http.port });
    assert.deepEqual(
      [report.overall, gist(report).verdicts, lab.server.requests],
      ['unknown', ['redirect.confirm'], []],
    );
    const allowed = await lab.check({ httpPort: http.port, allowedRedirects: ['hosting.example'] });
    assert.deepEqual([allowed.overall, allowed.found.by], ['warning', 'redirect']);
  });

  it('refuses a redirect to plain HTTP (row 23)', async () => {
    await lab.start();
    lab.server.faults.anonymous = {
      status: 302,
      headers: { Location: `http://${HOST}/autodiscover/autodiscover.xml` },
    };
    const report = await lab.check();
    assert.deepEqual([report.failing, report.verdict], ['autodiscover.redirect', 'redirect.insecure']);
  });

  it('ends redirects that go in circles (row 24)', async () => {
    await lab.start();
    lab.server.faults.paths = {
      '/autodiscover': { status: 302, headers: { Location: '/other/autodiscover.xml' } },
      '/other': { status: 302, headers: { Location: '/autodiscover/autodiscover.xml' } },
    };
    const report = await lab.check();
    assert.deepEqual([report.failing, report.verdict], ['autodiscover.redirect.redirect', 'redirect.loop']);
  });

  it('ends a chain of redirects that only gets longer (row 24)', async () => {
    await lab.start();
    let hop = 0;
    Object.defineProperty(lab.server.faults, 'anonymous', {
      get: () => ({ status: 302, headers: { Location: `/hop/${(hop += 1)}` } }),
    });
    const report = await lab.check();
    assert.deepEqual([report.verdict, lab.server.requests.length], ['redirect.loop', 11]);
  });

  it('blocks a redirect to an address inside this host (row 44)', async () => {
    await lab.start();
    lab.zone[HOST] = { a: ['127.0.0.3'] };
    const report = await lab.check({ allowLoopback: false });
    assert.deepEqual([report.verdict, lab.server.requests], ['target.blocked', []]);
  });

  it('finds Autodiscover by a service record, lowest priority first, with its port (row 25)', async () => {
    await lab.start({ names: [`mail.${DOMAIN}`] });
    delete lab.zone[HOST];
    lab.zone[`mail.${DOMAIN}`] = { a: ['127.0.0.1'] };
    lab.zone[`old.${DOMAIN}`] = { a: ['127.0.0.9'] };
    lab.zone[`_autodiscover._tcp.${DOMAIN}`] = {
      srv: [
        { priority: 10, weight: 100, port: 443, target: `old.${DOMAIN}` },
        { priority: 0, weight: 0, port: lab.server.port, target: `mail.${DOMAIN}` },
      ],
    };
    const report = await lab.check({ httpsPort: 1 });
    assert.deepEqual(gist(report), {
      overall: 'warning',
      failing: undefined,
      verdicts: ['tls.private', 'srv.port', 'outside.missing'],
    });
    assert.equal(report.found.url, `https://mail.${DOMAIN}:${lab.server.port}/autodiscover/autodiscover.xml`);
  });

  it('names a service record whose target is an alias or nothing (row 26)', async () => {
    await lab.start();
    delete lab.zone[HOST];
    const service = {
      [`_autodiscover._tcp.${DOMAIN}`]: { srv: [{ priority: 0, weight: 0, port: 443, target: `mail.${DOMAIN}` }] },
    };
    Object.assign(lab.zone, service);
    assert.equal(gist(await lab.check()).verdicts.at(-1), 'srv.target');
    Object.assign(lab.zone, { [`mail.${DOMAIN}`]: { cname: `ex.${DOMAIN}` }, [`ex.${DOMAIN}`]: { a: ['127.0.0.1'] } });
    assert.equal(gist(await lab.check()).verdicts.at(-1), 'srv.target');
  });

  it('does not go where a service record of another owner points (row 44)', async () => {
    await lab.start();
    delete lab.zone[HOST];
    lab.zone['evil.example'] = { a: ['127.0.0.1'] };
    lab.zone[`_autodiscover._tcp.${DOMAIN}`] = {
      srv: [{ priority: 0, weight: 0, port: lab.server.port, target: 'evil.example' }],
    };
    const report = await lab.check();
    assert.deepEqual([gist(report).verdicts.at(-1), lab.server.requests], ['redirect.confirm', []]);
  });

  it('chooses service records as RFC 2782 says', () => {
    assert.equal(chooseService([record(10, 0, 'c'), record(5, 1, 'b'), record(5, 9, 'a')])?.target, 'a');
    assert.equal(chooseService([]), null);
  });

  it('names a missing intermediate certificate (row 16)', async () => {
    await lab.start();
    const server = await startWithoutIntermediate();
    lab.keep(server);
    const report = await lab.check({ httpsPort: server.port });
    assert.deepEqual([report.failing, report.verdict], ['autodiscover.tls.chain', 'tls.chain']);
  });
});

/** What else answers for the company: on another address, at the same port. */
function website(options: { names: readonly string[] }) {
  return lab.frontEnd({ host: '127.0.0.2', port: lab.server.port, ...options });
}

function record(priority: number, weight: number, target: string) {
  return { priority, weight, port: 443, target };
}

/** A TLS server with a leaf of a public-looking intermediate that it does not send. */
async function startWithoutIntermediate(): Promise<{ port: number; close(): Promise<void> }> {
  x509.cryptoProvider.set(webcrypto as never);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const issuer = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = await webcrypto.subtle.importKey(
    'spki',
    own.publicKey.export({ type: 'spki', format: 'der' }),
    algorithm,
    true,
    ['verify'],
  );
  const leaf = await x509.X509CertificateGenerator.create({
    subject: `CN=${HOST}`,
    issuer: 'CN=Intermediate CA 7',
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 200 * 86_400_000),
    signingAlgorithm: algorithm,
    publicKey: publicKey as never,
    signingKey: issuer.privateKey as never,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: HOST }]),
      new x509.AuthorityInfoAccessExtension({ caIssuers: 'http://ca.example/intermediate.crt' }),
    ],
  });
  const server = createServer({
    cert: leaf.toString('pem'),
    key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
