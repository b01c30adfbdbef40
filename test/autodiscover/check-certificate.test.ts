/** Certificates that phones refuse, and authorities that this host trusts, on real sockets. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { defaultAuthorities, organizationsOf, trustedAuthorities } from '../../src/http/authorities.ts';
import { DiscoveryLab, HOST, stepOf } from './support.ts';

const lab = new DiscoveryLab();
const DAY_MS = 86_400_000;

interface Leaf {
  readonly bits?: number;
  readonly hash?: string;
  readonly purpose?: string;
  readonly issuer?: string;
  readonly selfSigned?: boolean;
}

/** A TLS server whose certificate is as asked for, and the authority that signed it. */
async function startServer({ bits = 2048, hash = 'SHA-256', purpose, issuer = 'CN=Root', selfSigned = false }: Leaf) {
  x509.cryptoProvider.set(webcrypto as never);
  const algorithm = (modulusLength: number) => ({
    name: 'RSASSA-PKCS1-v1_5',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength,
    hash,
  });
  const keys = (modulusLength: number) =>
    webcrypto.subtle.generateKey(algorithm(modulusLength), true, [
      'sign',
      'verify',
    ]) as Promise<webcrypto.CryptoKeyPair>;
  const [rootKeys, ownKeys] = await Promise.all([keys(2048), keys(bits)]);
  const dates = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 200 * DAY_MS) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: issuer,
    ...dates,
    signingAlgorithm: algorithm(2048),
    keys: rootKeys as never,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    subject: selfSigned ? `CN=${HOST}` : `CN=${HOST}, OU=Exchange`,
    issuer: selfSigned ? `CN=${HOST}` : issuer,
    ...dates,
    signingAlgorithm: algorithm(2048),
    publicKey: ownKeys.publicKey as never,
    signingKey: (selfSigned ? ownKeys : rootKeys).privateKey as never,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: HOST }]),
      ...(purpose === undefined ? [] : [new x509.ExtendedKeyUsageExtension([purpose])]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', ownKeys.privateKey)).toString('base64');
  const server = tls.createServer({
    cert: leaf.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lab.keep({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  return { port: (server.address() as { port: number }).port, ca: root.toString('pem') };
}

describe('Autodiscover check: certificates that phones refuse', () => {
  before(() => lab.prepare());
  afterEach(() => lab.stop());

  const SERVER = x509.ExtendedKeyUsage.serverAuth;
  const table: readonly (readonly [string, Leaf, boolean, string, RegExp])[] = [
    ['a key of 1024 bits', { bits: 1024, purpose: SERVER }, true, 'tls.weak-key', /refuse a key of RSA with 1024 bits/],
    [
      'a signature by SHA-1',
      { hash: 'SHA-1', purpose: SERVER },
      true,
      'tls.weak-signature',
      /refuse a signature by SHA-1/,
    ],
    [
      'a purpose that is not a server’s',
      { purpose: x509.ExtendedKeyUsage.clientAuth },
      true,
      'tls.purpose',
      /web server template/,
    ],
    ['itself as its authority', { selfSigned: true, purpose: SERVER }, false, 'tls.self-signed', /signs itself/],
    [
      'an intermediate that was not sent, without the address of it',
      { issuer: 'CN=Some Intermediate 7, O=DigiCert Inc, C=US', purpose: SERVER },
      false,
      'tls.chain',
      /Install the chain/,
    ],
  ];
  for (const [what, leaf, trusted, verdict, remedy] of table) {
    it(`names ${what}, and sends no password`, async () => {
      await lab.start();
      const { port, ca } = await startServer(leaf);
      const report = await lab.check({ httpsPort: port, tls: trusted ? { ca } : {} });
      assert.deepEqual([report.overall, report.verdict], ['broken', verdict]);
      assert.match(stepOf(report, report.failing ?? '')?.remedy ?? '', remedy);
      assert.deepEqual(lab.server.requests, []);
    });
  }
});

describe('the authorities that this host trusts', () => {
  const before = tls.getCACertificates('default');
  afterEach(async () => {
    tls.setDefaultCACertificates(before);
    await lab.stop();
  });

  it('count for the check and for its sign-in, alone and beside those of the TLS configuration', async () => {
    await lab.prepare();
    await lab.start();
    tls.setDefaultCACertificates([...before, lab.authority.ca]);
    const other = await startServer({});
    for (const ca of [undefined, other.ca]) {
      const report = await lab.check({ tls: ca === undefined ? {} : { ca } });
      assert.deepEqual(
        [report.overall, report.verdict, report.found.ewsUrl],
        ['warning', 'tls.private', lab.server.handedOut.ewsUrl],
      );
    }
  });

  it('are kept when a connection has an authority of its own', () => {
    tls.setDefaultCACertificates([...before, lab.authority.ca]);
    assert.equal(trustedAuthorities(undefined), undefined);
    assert.deepEqual(trustedAuthorities('own'), [...tls.getCACertificates('default'), 'own']);
    assert.ok(trustedAuthorities(['own'])?.some((pem) => pem.trim() === lab.authority.ca.trim()));
  });

  it('are read from NODE_EXTRA_CA_CERTS where Node.js cannot be asked, as far as the file has any', () => {
    const folder = mkdtempSync(join(tmpdir(), 'authorities-'));
    const file = join(folder, 'extra.pem');
    writeFileSync(file, `company root\n${lab.authority.ca}\n`);
    const besides = (extra: string | undefined): readonly string[] =>
      defaultAuthorities({ ask: undefined, extra }).slice(tls.rootCertificates.length);
    assert.deepEqual(
      [besides(file), besides(undefined), besides(join(folder, 'none'))],
      [[lab.authority.ca.trim()], [], []],
    );
    rmSync(folder, { recursive: true });
  });

  it('tell which organizations they belong to', () => {
    const names = organizationsOf(tls.rootCertificates);
    assert.ok(names.has('digicert inc') && names.size > 20);
    assert.equal(organizationsOf(['no certificate']).size, 0);
  });
});
