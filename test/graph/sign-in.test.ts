import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import type { ConnectorError } from '../../src/errors.ts';
import { readManagedDevices } from '../../src/graph/managed-devices.ts';
import type { GraphOptions } from '../../src/graph/open-graph.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { all, enrollPhones, startGraphLab, type GraphLab } from './graph-lab.ts';
import { selfSigned } from './self-signed.ts';

describe('sign-in of the application', () => {
  let lab: GraphLab;
  let certificate: { readonly certificate: string; readonly privateKey: string };
  before(async () => {
    certificate = await selfSigned();
  });
  beforeEach(async () => {
    // Certificate sign-in is signed with the machine's time, so the authority goes by it too.
    lab = await startGraphLab({ pageSize: 4, clientCertificates: [certificate.certificate], now: () => Date.now() });
    enrollPhones(lab.organization, 6);
  });
  afterEach(() => lab.close());

  /** Number of records, or the error. */
  async function read(changes: Partial<GraphOptions> = {}): Promise<number | ConnectorError> {
    try {
      const pages = await all(readManagedDevices(lab.open(changes), { source: 'intune' }));
      return pages.flatMap(({ records }) => records).length;
    } catch (error) {
      return error as ConnectorError;
    }
  }

  const openWith = (privateKey: string): unknown =>
    lab.open({ authMethod: 'certificate', certificate: certificate.certificate, privateKey });

  it('works with a client secret', async () => {
    assert.equal(await read(), 6);
  });

  it('works with a certificate and its private key', async () => {
    assert.equal(await read({ authMethod: 'certificate', ...certificate, clientSecret: 'not used' }), 6);
  });

  it('works with an encrypted private key and its passphrase', async () => {
    const privateKey = createPrivateKey(certificate.privateKey)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
      .toString();
    assert.equal(
      await read({ authMethod: 'certificate', ...certificate, privateKey, privateKeyPassphrase: 'open sesame' }),
      6,
    );
  });

  /** How each refusal of Microsoft is told. */
  const REFUSALS: readonly (readonly [
    title: string,
    changes: (lab: GraphLab) => Partial<GraphOptions>,
    aadsts: string,
    words: RegExp,
  ])[] = [
    [
      'a wrong secret',
      () => ({ clientSecret: 'wrong' }),
      'AADSTS7000215',
      /the client secret is wrong \(its value is needed, not its id\)/,
    ],
    [
      'an unknown client id',
      () => ({ clientId: '11111111-1111-4111-8111-111111111111' }),
      'AADSTS700016',
      /no application with this client id/,
    ],
    ['an unknown tenant', () => ({ tenantId: 'fabrikam.example' }), 'AADSTS90002', /there is no such tenant/],
    [
      'Graph of another cloud',
      (lab) => ({ graphUrl: lab.server.url.replace('127.0.0.1', 'localhost') }),
      'AADSTS500011',
      /no Graph at the configured address/,
    ],
  ];
  for (const [title, changes, aadsts, words] of REFUSALS) {
    it(`says what is wrong: ${title}`, async () => {
      const error = await read(changes(lab));
      assert.ok(error instanceof Error);
      assert.deepEqual([error.code, error.details['aadsts']], ['ERR_GRAPH_AUTH', aadsts]);
      assert.match(error.message, words);
      assert.deepEqual(lab.clock.waits, [], 'a refusal is not tried again');
    });
  }

  it('says that a certificate is not registered with the application', async () => {
    const other = await selfSigned();
    const error = await read({ authMethod: 'certificate', ...other });
    assert.ok(error instanceof Error);
    assert.deepEqual([error.code, error.details['aadsts']], ['ERR_GRAPH_AUTH', 'AADSTS700027']);
  });

  it('shows no secret, token or assertion in an error', async () => {
    const secret = 'Kj8Q~very.secret.value';
    const error = await read({ clientSecret: secret });
    const shown = `${JSON.stringify(error, Object.getOwnPropertyNames(error))} ${String((error as Error).cause)} ${JSON.stringify((error as Error).cause)}`;
    assert.equal(shown.includes(secret), false);
  });

  for (const method of ['secret', 'certificate'] as const)
    it(`shows no ${method === 'secret' ? 'secret' : 'assertion'} that an authority sends back, in whatever words, not even in a cause`, async () => {
      const authority = await createCertificateAuthority('Echo CA');
      const certificates = await authority.issue({ names: ['localhost'] });
      let sent = '';
      const echo = createServer(certificates, (request, response) => {
        void text(request).then((body) => {
          const form = new URLSearchParams(body);
          sent = form.get('client_secret') ?? form.get('client_assertion') ?? assert.fail(body);
          const description = `AADSTS7000215: Invalid client, we were given ${sent} by ${body}`;
          response.writeHead(401, { 'Content-Type': 'application/json' });
          response.end(JSON.stringify({ error: 'invalid_client', error_description: description }));
        });
      });
      await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
      try {
        const error = await read({
          ...(method === 'secret'
            ? { clientSecret: 'Kj8Q~very secret+value' }
            : { authMethod: method, ...certificate }),
          authorityUrl: `https://localhost:${(echo.address() as AddressInfo).port}`,
          tls: { ca: authority.ca },
        });
        const shown = inspect(error, { depth: null, showHidden: true });
        assert.match(shown, /AADSTS7000215: Invalid client, we were given \*\*\* by/);
        const forms = [sent, encodeURIComponent(sent), String(new URLSearchParams([['', sent]])).slice(1)];
        assert.deepEqual(
          forms.filter((form) => shown.includes(form)),
          [],
        );
      } finally {
        echo.close();
      }
    });

  it('reads with the same transport once the secret is right, without a new deploy', async () => {
    lab.server.authority.clientSecret = 'the new one';
    const graph = lab.open();
    await assert.rejects(all(readManagedDevices(graph, { source: 'intune' })), { code: 'ERR_GRAPH_AUTH' });
    lab.server.authority.clientSecret = lab.server.clientSecret;
    assert.equal((await all(readManagedDevices(graph, { source: 'intune' }))).length, 2);
  });

  it('recovers from a busy token endpoint in the next reading, though it gave up in this one', async () => {
    lab.server.faults.add({ kind: 'status', status: 503, retryAfter: '3600', target: 'token' });
    const graph = lab.open();
    await assert.rejects(all(readManagedDevices(graph, { source: 'intune' })), { code: 'ERR_GRAPH_THROTTLED' });
    await lab.clock.wait(3_600_000, new AbortController().signal);
    assert.equal((await all(readManagedDevices(graph, { source: 'intune' }))).length, 2);
  });

  it('uses one token for several requests at a time, and replaces it once when it is refused', async () => {
    const graph = lab.open();
    const read3 = (): Promise<unknown> =>
      Promise.all([1, 2, 3].map(() => all(readManagedDevices(graph, { source: 'intune' }))));
    await read3();
    assert.equal(lab.server.authority.issued, 1);
    lab.server.authority.expireTokens();
    await read3();
    assert.equal(lab.server.authority.issued, 2);
  });

  it('gives up when even a fresh token is refused', async () => {
    lab.server.faults.add({ kind: 'expired-token', times: 10 });
    const error = await read();
    assert.ok(error instanceof Error);
    assert.deepEqual([error.code, error.details['status']], ['ERR_GRAPH_AUTH', 401]);
    assert.equal(lab.server.authority.issued, 2);
  });

  it('sends the token to Graph and the secret to the authority only, and asks no other host', async () => {
    await read();
    assert.deepEqual(
      lab.server.requests.map(({ method, url }) => `${method} ${url.split('?')[0]}`),
      [
        `POST /${lab.server.tenantId}/oauth2/v2.0/token`,
        'GET /v1.0/deviceManagement/managedDevices',
        'GET /v1.0/deviceManagement/managedDevices',
      ],
    );
  });

  it('says that the certificate of the server is not trusted', async () => {
    const other = await createCertificateAuthority('Another CA');
    const error = await read({ tls: { ca: other.ca } });
    assert.ok(error instanceof Error);
    assert.equal(error.code, 'ERR_HTTP_TLS_UNTRUSTED');
    assert.deepEqual(lab.clock.waits, []);
  });

  /** Mistakes that are found before anything is sent. */
  const MISTAKES: readonly (readonly [title: string, changes: Partial<GraphOptions>, field: string])[] = [
    ['an empty client id', { clientId: ' ' }, 'clientId'],
    ['an empty secret', { clientSecret: '' }, 'clientSecret'],
    ['no certificate', { authMethod: 'certificate' }, 'certificate'],
    ['a certificate that is none', { authMethod: 'certificate', certificate: 'x', privateKey: 'y' }, 'certificate'],
    ['an empty tenant', { tenantId: '' }, 'tenantId'],
    ['a tenant that is not one', { tenantId: 'common' }, 'tenantId'],
    ['a tenant with a path in it', { tenantId: 'a/../b' }, 'tenantId'],
    ['an http address', { graphUrl: 'http://graph.example' }, 'graphUrl'],
    ['an address with a user in it', { graphUrl: 'https://graph.microsoft.com:pw@evil.example' }, 'graphUrl'],
    ['an empty authority', { authorityUrl: '' }, 'authorityUrl'],
    ['an authority that is no address', { authorityUrl: 'login' }, 'authorityUrl'],
  ];
  for (const [title, changes, field] of MISTAKES) {
    it(`names the field of ${title}`, () => {
      assert.throws(
        () => lab.open(changes),
        (error: ConnectorError) => {
          assert.deepEqual([error.code, error.details], ['ERR_CONFIG_INVALID', { field }]);
          return true;
        },
      );
    });
  }

  it('names a private key that belongs to another certificate, is not RSA, or needs a passphrase', () => {
    const rsa = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const ec = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    assert.throws(() => openWith(rsa.privateKey), /"Private key" does not belong to the certificate/);
    assert.throws(() => openWith(ec.privateKey), /"Private key" is ec, but sign-in needs RSA/);
    assert.throws(
      () => openWith('-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----'),
      /"Private key" is not a PEM private key/,
    );
  });
});
