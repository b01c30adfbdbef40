import assert from 'node:assert/strict';
import { httpFetch, type HttpFetch } from '../../src/http/http-fetch.ts';
import { Organization } from '../../src/lab/organization.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startGraphServer, type GraphServer } from '../../src/lab/servers/graph.ts';

const NOON = Date.UTC(2026, 10, 22, 12);

/** Status and Graph's message. */
const message = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  ((await answer.json()) as { error: { message: string } }).error.message,
];

describe('the lab’s Graph server, seen by a client that is not ours', () => {
  let now = NOON;
  let server: GraphServer;
  let fetch: HttpFetch;
  beforeEach(async () => {
    now = NOON;
    const authority = await createCertificateAuthority();
    const organization = new Organization({ now: () => now });
    organization.enroll({ upn: 'anna@contoso.example', platform: 'ios', model: 'iPhone', name: 'd1', serial: 's1' });
    server = await startGraphServer(organization, {
      certificate: await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] }),
      tokenLifetime: 600,
    });
    fetch = httpFetch({ tls: { ca: authority.ca } });
  });
  afterEach(async () => {
    fetch.close();
    await server.close();
  });

  const tokenUrl = (tenant = server.tenantId): string => `${server.authorityUrl}/${tenant}/oauth2/v2.0/token`;
  const goodForm = (): Record<string, string> => ({
    grant_type: 'client_credentials',
    client_id: server.clientId,
    client_secret: server.clientSecret,
    scope: `${server.url}/.default`,
  });

  async function signIn(
    changes: Record<string, string | undefined> = {},
    url = tokenUrl(),
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const form = Object.entries({ ...goodForm(), ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  async function devices(
    token: string | null,
    path = '/v1.0/deviceManagement/managedDevices',
    method = 'GET',
  ): Promise<Response> {
    return fetch(`${server.url}${path}`, {
      method,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
    });
  }

  async function token(): Promise<string> {
    return (await signIn()).body['access_token'] as string;
  }

  it('describes its authority by OpenID metadata', async () => {
    const answer = await fetch(`${server.authorityUrl}/${server.tenantId}/v2.0/.well-known/openid-configuration`);
    const metadata = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual(
      [metadata['issuer'], metadata['token_endpoint']],
      [`${server.authorityUrl}/${server.tenantId}/v2.0`, tokenUrl()],
    );
  });

  it('gives a bearer token for the right secret, and devices for the token', async () => {
    const { status, body } = await signIn();
    assert.deepEqual([status, body['token_type'], body['expires_in']], [200, 'Bearer', 600]);
    const answer = await devices(body['access_token'] as string);
    const page = (await answer.json()) as { value: { deviceName: string }[] };
    assert.deepEqual([answer.status, page.value.map(({ deviceName }) => deviceName)], [200, ['d1']]);
  });

  /** What is wrong with a token request → status, error, AADSTS number */
  const REFUSED: readonly (readonly [
    title: string,
    changes: Record<string, string | undefined>,
    status: number,
    error: string,
    number: number,
  ])[] = [
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
    ['no secret', { client_secret: undefined }, 401, 'invalid_client', 7000216],
    ['another application', { client_id: 'x' }, 400, 'unauthorized_client', 700016],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    ['a delegated scope', { scope: 'User.Read' }, 400, 'invalid_scope', 1002012],
    ['the scope of another Graph', { scope: 'https://graph.microsoft.com/.default' }, 400, 'invalid_resource', 500011],
    [
      'an assertion that is none',
      {
        client_secret: undefined,
        client_assertion: 'x.y.z',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      },
      401,
      'invalid_client',
      50027,
    ],
  ];
  for (const [title, changes, status, error, number] of REFUSED) {
    it(`refuses ${title} with AADSTS${number}`, async () => {
      const answer = await signIn(changes);
      assert.deepEqual([answer.status, answer.body['error'], answer.body['error_codes']], [status, error, [number]]);
      assert.match(String(answer.body['error_description']), new RegExp(`^AADSTS${number}: `));
    });
  }

  it('knows no other tenant', async () => {
    const { status, body } = await signIn({}, tokenUrl('fabrikam.example'));
    assert.deepEqual([status, body['error_codes']], [400, [90002]]);
  });

  it('wants a POST to the token endpoint', async () => {
    const answer = await fetch(tokenUrl());
    assert.equal(answer.status, 400);
  });

  it('refuses a request without a token, with a forged one, and with one that has run out', async () => {
    const good = await token();
    assert.deepEqual(await message(await devices(null)), [401, 'Access token is empty.']);
    assert.deepEqual(await message(await devices(`${good.slice(0, -6)}AAAAAA`)), [
      401,
      'Access token validation failure. Invalid signature.',
    ]);
    now += 600_000;
    assert.deepEqual(await message(await devices(good)), [401, 'Lifetime validation failed, the token is expired.']);
  });

  it('names the permission that the application lacks', async () => {
    server.permissions.clear();
    const answer = await devices(await token());
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    assert.deepEqual([answer.status, error.code], [403, 'Forbidden']);
    assert.match(
      (JSON.parse(error.message) as { Message: string }).Message,
      /DeviceManagementManagedDevices\.Read\.All$/,
    );
  });

  it('lets nobody write', async () => {
    assert.equal((await devices(await token(), '/v1.0/deviceManagement/managedDevices/x/retire', 'POST')).status, 405);
  });

  it('answers 429 until Retry-After has run out, and counts who comes early', async () => {
    const good = await token();
    server.faults.add({ kind: 'throttle', retryAfter: '20' });
    assert.deepEqual([(await devices(good)).status, server.early], [429, 0]);
    now += 5_000;
    const early = await devices(good);
    assert.deepEqual([early.status, early.headers.get('retry-after'), server.early], [429, '15', 1]);
    now += 15_000;
    assert.deepEqual([(await devices(good)).status, server.early], [200, 1]);
  });

  it('puts what was granted into the token, leaves the claim out where nothing was, and says what it is told to', async () => {
    const claims = async (): Promise<Record<string, unknown>> =>
      JSON.parse(Buffer.from((await token()).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
    assert.deepEqual((await claims())['roles'], [...server.permissions]);
    server.permissions.clear();
    assert.equal('roles' in (await claims()), false);
    server.authority.claims = { scp: 'User.Read' };
    assert.equal((await claims())['scp'], 'User.Read');
  });

  it('answers without Intune as a tenant that has no licence', async () => {
    server.hasIntune = false;
    const answer = await devices(await token());
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    assert.deepEqual([answer.status, error.code], [400, 'BadRequest']);
    assert.match(error.message, /not applicable to target tenant/);
  });

  it('plays each fault as often as asked, and is well again', async () => {
    const good = await token();
    server.faults.add({ kind: 'status', status: 502, html: true, times: 2 });
    server.faults.add({ kind: 'reset' });
    server.faults.add({ kind: 'cut-json' });
    const first = await devices(good);
    assert.deepEqual([first.status, first.headers.get('content-type')], [502, 'text/html; charset=utf-8']);
    assert.equal((await devices(good)).status, 502);
    await assert.rejects(devices(good), { code: 'ERR_HTTP_RESET' });
    await assert.rejects((await devices(good)).json());
    assert.equal(server.faults.done, true);
    assert.equal((await devices(good)).status, 200);
  });

  it('keeps no token and no secret in its log of requests', async () => {
    const good = await token();
    await devices(good);
    const log = JSON.stringify(server.requests);
    assert.deepEqual(
      [log.includes(good), log.includes(server.clientSecret), server.requests.length],
      [false, false, 2],
    );
  });
});
