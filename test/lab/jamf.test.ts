/** The lab's Jamf Pro, seen by a client that is not ours. */
import assert from 'node:assert/strict';
import jsonata from 'jsonata';
import { httpFetch } from '../../src/http/http-fetch.ts';
import type { HttpFetch } from '../../src/http/http-fetch.ts';
import { Organization } from '../../src/lab/organization.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startJamfServer } from '../../src/lab/servers/jamf.ts';
import type { JamfServer } from '../../src/lab/servers/jamf.ts';
import { toMdmRecordFromMapped } from '../../src/mdm/mapped-record.ts';
import { MDM_PRESETS } from '../../src/mdm/presets.ts';

describe('the lab’s Jamf Pro', () => {
  let now: number;
  let organization: Organization;
  let server: JamfServer;
  let fetch: HttpFetch;
  beforeEach(async () => {
    now = Date.UTC(2026, 10, 22, 12);
    const authority = await createCertificateAuthority();
    organization = new Organization({ now: () => now });
    const anna = organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
    for (const [mdm, number] of [
      ['jamf', 1],
      ['intune', 2],
      ['second-tenant', 3],
      ['jamf', 4],
    ] as const)
      organization.enroll({
        mdm,
        id: `d${number}`,
        upn: anna.upn,
        platform: 'ios',
        model: 'iPhone 16',
        name: `iPhone ${number}`,
        serial: `F2L000000${number}`,
        easDeviceId: `EAS${number}`,
      });
    const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
    server = await startJamfServer(organization, { certificate, mdm: 'jamf' });
    fetch = httpFetch({ tls: { ca: authority.ca } });
  });
  afterEach(async () => {
    fetch.close();
    await server.close();
  });

  async function signIn(secret = server.clientSecret): Promise<{ status: number; token: string }> {
    const form = { grant_type: 'client_credentials', client_id: server.clientId, client_secret: secret };
    const answer = await fetch(`${server.url}/api/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token: token = '' } = (await answer.json()) as { access_token?: string };
    return { status: answer.status, token };
  }

  async function devices(token: string, query = ''): Promise<{ status: number; totalCount?: number; ids: string[] }> {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${server.url}/api/v2/mobile-devices/detail${query}`, { headers });
    const body = (await answer.json()) as { totalCount?: number; results?: { mobileDeviceId: string }[] };
    return {
      status: answer.status,
      ...(body.totalCount === undefined ? {} : { totalCount: body.totalCount }),
      ids: (body.results ?? []).map(({ mobileDeviceId }) => mobileDeviceId),
    };
  }

  it('gives its own devices in pages, to who has signed in within a minute', async () => {
    assert.deepEqual(await signIn('wrong'), { status: 401, token: '' });
    assert.deepEqual(await devices('wrong'), { status: 401, ids: [] });
    const { token } = await signIn();
    assert.deepEqual(await devices(token), { status: 200, totalCount: 2, ids: ['d1', 'd4'] });
    assert.deepEqual(await devices(token, '?page=1&page-size=1'), { status: 200, totalCount: 2, ids: ['d4'] });
    now += 60_000;
    assert.deepEqual(await devices(token), { status: 401, ids: [] });
  });

  it('tells no compliance: its records are compliant where managed is enough', async () => {
    const { token } = await signIn();
    const answer = await fetch(
      `${server.url}/api/v2/mobile-devices/detail?section=GENERAL&section=HARDWARE&section=USER_AND_LOCATION&page-size=1`,
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    const preset = MDM_PRESETS.find(({ id }) => id === 'jamf-pro')!;
    const found: unknown = await jsonata(`${preset.records}[0]`).evaluate(await answer.json());
    const mapped: unknown = await jsonata(preset.mapping).evaluate(found);
    const [reported, enough] = [false, true].map((one) => toMdmRecordFromMapped(mapped, 'jamf', 1, one));
    assert.deepEqual([reported?.compliance, enough?.compliance], ['unknown', 'compliant']);
    assert.deepEqual(enough, {
      kind: 'mdm',
      key: 'mdm:jamf:d1',
      source: 'jamf',
      id: 'd1',
      easIds: ['EAS1'],
      user: { id: null, upn: 'anna@contoso.example', addresses: ['anna@contoso.example'] },
      device: {
        name: 'iPhone 1',
        platform: 'ios',
        os: 'iOS',
        osVersion: null,
        manufacturer: 'Apple',
        model: 'iPhone 16',
        serial: 'F2L0000001',
        imeis: [],
      },
      managed: true,
      compliance: 'compliant',
      complianceReason: 'managed-is-enough',
      graceUntil: null,
      enrolledAt: '2026-11-22T12:00:00.000Z',
      lastSeenAt: '2026-11-22T12:00:00.000Z',
    });
  });

  it('is an MDM beside the tenants: each has its own devices, which change and go by their ids', () => {
    const names = (mdm: 'intune' | 'second-tenant' | 'jamf'): string[] => [...organization.enrolledIn(mdm).keys()];
    assert.deepEqual([names('intune'), names('second-tenant'), names('jamf')], [['d2'], ['d3'], ['d1', 'd4']]);
    organization.setCompliance('d3', 'noncompliant');
    assert.equal(organization.enrolledIn('second-tenant').get('d3')?.complianceState, 'noncompliant');
    assert.deepEqual([organization.unenroll('d1'), organization.unenroll('d1'), names('jamf')], [true, false, ['d4']]);
    assert.deepEqual([...organization.managedDevices.keys()], ['d2']);
  });
});
