/** The lab's APIs of other MDMs, seen by a client that is not ours: what they give, and what they refuse. */
import assert from 'node:assert/strict';
import { httpFetch } from '../../src/http/http-fetch.ts';
import type { HttpFetch } from '../../src/http/http-fetch.ts';
import { Organization, sequentialIds } from '../../src/lab/organization.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startMdmApis } from '../../src/lab/servers/mdm-apis.ts';
import type { MdmApis } from '../../src/lab/servers/mdm-apis.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

describe('the lab’s APIs of other MDMs', () => {
  let now: number;
  let organization: Organization;
  let apis: MdmApis;
  let fetch: HttpFetch;
  beforeEach(async () => {
    now = Date.UTC(2026, 10, 22, 12);
    const authority = await createCertificateAuthority();
    organization = new Organization({ now: () => now, newId: sequentialIds() });
    const anna = organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
    for (const number of [1, 2, 3])
      organization.enroll({
        id: `d${number}`,
        upn: anna.upn,
        platform: number === 2 ? 'android' : 'ios',
        model: number === 2 ? 'Pixel 9' : 'iPhone 16',
        name: `Phone ${number}`,
        serial: `F2L000000${number}`,
        easDeviceId: number === 2 ? '' : `EAS${number}`,
        complianceState: number === 3 ? 'noncompliant' : 'compliant',
        imei: '350000000000017',
      });
    const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
    apis = await startMdmApis(organization, { certificate });
    fetch = httpFetch({ tls: { ca: authority.ca } });
  });
  afterEach(async () => {
    fetch.close();
    await apis.close();
  });

  async function ask(url: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
    const answer = await fetch(url, { headers, ...(body === undefined ? {} : { method: 'POST', body }) });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text, headers: answer.headers };
  }
  const basic = (username: string, password: string): string =>
    `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const fields = (list: unknown, ...names: string[]): unknown[] =>
    (list as Record<string, unknown>[]).map((one) => names.map((name) => one[name]));

  describe('Workspace ONE UEM', () => {
    const search = (query: string, headers: Record<string, string>): Promise<Answer> =>
      ask(`${apis.workspaceOne.url}/API/mdm/devices/search${query}`, headers);
    async function token(secret = apis.workspaceOne.clientSecret): Promise<Answer> {
      const form = { grant_type: 'client_credentials', client_id: apis.workspaceOne.clientId, client_secret: secret };
      return ask(apis.workspaceOne.tokenUrl, {}, String(new URLSearchParams(form)));
    }
    async function signedIn(): Promise<Record<string, string>> {
      const { access_token: access } = (await token()).body as { access_token: string };
      return { authorization: `Bearer ${access}`, 'aw-tenant-code': apis.workspaceOne.tenantCode };
    }

    it('gives its devices in pages with their number, and nothing past the end', async () => {
      const headers = await signedIn();
      const { status, body } = await search('?page=1&pagesize=2', headers);
      const { Devices, ...page } = body as { Devices: unknown };
      assert.deepEqual([status, page], [200, { Page: 1, PageSize: 2, Total: 3 }]);
      assert.deepEqual(fields(Devices, 'Uuid', 'EasIds', 'EasId', 'Platform', 'ComplianceStatus', 'LastSeen'), [
        ['d3', { EasId: ['EAS3'] }, 'EAS3', 'Apple', 'NonCompliant', '2026-11-22T12:00:00.000'],
      ]);
      const past = await search('?page=2&pagesize=2', headers);
      assert.deepEqual([past.status, past.body], [204, '']);
      const all = (await search('', headers)).body as { Devices: unknown };
      assert.deepEqual(fields(all.Devices, 'Uuid', 'EasIds', 'Platform'), [
        ['d1', { EasId: ['EAS1'] }, 'Apple'],
        ['d2', {}, 'Android'],
        ['d3', { EasId: ['EAS3'] }, 'Apple'],
      ]);
    });

    it('takes an administrator’s password too, and the tenant code with each request', async () => {
      const { username, password, tenantCode } = apis.workspaceOne;
      const by = (word: string, code: string): Promise<Answer> =>
        search('', { authorization: basic(username, word), 'aw-tenant-code': code });
      const answers = [await by(password, tenantCode), await by('wrong', tenantCode), await by(password, 'wrong')];
      const codes = answers.map(({ status, body }) => [status, (body as { errorCode?: number }).errorCode]);
      assert.deepEqual(codes, [
        [200, undefined],
        [401, 1005],
        [403, 1013],
      ]);
    });

    it('refuses a wrong secret, and a token after an hour', async () => {
      const refused = await token('wrong');
      assert.deepEqual([refused.status, refused.body], [400, { error: 'invalid_client' }]);
      const headers = await signedIn();
      now += 3_600_000;
      assert.equal((await search('', headers)).status, 401);
    });
  });

  describe('Jamf Pro', () => {
    const devices = (query: string, token: string): Promise<Answer> =>
      ask(`${apis.jamf.url}/api/v2/mobile-devices/detail${query}`, { authorization: `Bearer ${token}` });
    const userToken = (password: string): Promise<Answer> =>
      ask(`${apis.jamf.url}/api/v1/auth/token`, { authorization: basic(apis.jamf.username, password) }, '');

    it('gives a user a token for half an hour, the sections that are asked for, and Apple’s devices alone', async () => {
      assert.equal((await userToken('wrong')).status, 401);
      const { token, expires } = (await userToken(apis.jamf.password)).body as { token: string; expires: string };
      assert.equal(expires, '2026-11-22T12:30:00.000Z');
      const general = (await devices('', token)).body as { totalCount: number; results: Record<string, unknown>[] };
      assert.deepEqual(
        [general.totalCount, general.results.map(({ general: one, hardware }) => [one === null, hardware])],
        [
          2,
          [
            [false, null],
            [false, null],
          ],
        ],
      );
      const past = await devices('?page=1&page-size=2', token);
      assert.deepEqual([past.status, past.body], [200, { totalCount: 2, results: [] }]);
      now += 1_800_000;
      assert.equal((await devices('', token)).status, 401);
    });
  });

  describe('MaaS360', () => {
    const search = (query: string, token: string): Promise<Answer> =>
      ask(`${apis.maas360.url}/device-apis/devices/2.0/search/customer/${apis.maas360.billingId}${query}`, {
        authorization: `MaaS token="${token}"`,
      });
    const signIn = (changes: Record<string, string> = {}): Promise<Answer> => {
      const { url, billingId, platformId, appId, appVersion, appAccessKey, username, password } = apis.maas360;
      const account = {
        billingID: billingId,
        platformID: platformId,
        appID: appId,
        appVersion,
        appAccessKey,
        userName: username,
        password,
        ...changes,
      };
      const body = JSON.stringify({ authRequest: { maaS360AdminAuth: account } });
      return ask(`${url}/auth-apis/auth/1.0/authenticate/${billingId}`, {}, body);
    };
    const tokenOf = ({ body }: Answer): string =>
      (body as { authResponse: { authToken?: string } }).authResponse.authToken ?? '';

    it('gives its devices in pages with their number: a list, one as itself, none past the end', async () => {
      const token = tokenOf(await signIn());
      const all = (await search('?pageSize=25', token)).body as { devices: { device: unknown } };
      const { device, ...page } = all.devices;
      assert.deepEqual(page, { count: 3, pageNumber: 1, pageSize: 25 });
      assert.deepEqual(
        fields(device, 'maas360DeviceID', 'mailboxDeviceId', 'imeiEsn', 'policyComplianceState', 'platformName'),
        [
          ['Appld1', 'EAS1', 350_000_000_000_017, 'In Compliance', 'iOS'],
          ['Androidd2', '', 350_000_000_000_017, 'In Compliance', 'Android'],
          ['Appld3', 'EAS3', 350_000_000_000_017, 'Out of Compliance', 'iOS'],
        ],
      );
      const past = await search('?pageSize=25&pageNumber=2', token);
      assert.deepEqual(past.body, { devices: { count: 3, pageNumber: 2, pageSize: 25 } });
      for (const id of ['d2', 'd3']) organization.unenroll(id);
      const one = (await search('', token)).body as { devices: { device: { maas360DeviceID: string } } };
      assert.equal(one.devices.device.maas360DeviceID, 'Appld1');
    });

    it('refuses a wrong password within an answer 200, another page size, and a token after an hour', async () => {
      const refused = await signIn({ password: 'wrong' });
      assert.deepEqual([refused.status, tokenOf(refused)], [200, '']);
      const token = tokenOf(await signIn());
      assert.equal((await search('?pageSize=2', token)).status, 400);
      now += 3_600_000;
      assert.equal((await search('', token)).status, 401);
    });
  });

  describe('the CSV file', () => {
    it('has semicolons, a byte order mark, and cells with quotes and line breaks, for who has the password', async () => {
      const { fileUrl, username, password } = apis.csv;
      assert.equal((await ask(fileUrl, { authorization: basic(username, 'wrong') })).status, 401);
      for (const id of ['d2', 'd3']) organization.unenroll(id);
      const response = await fetch(fileUrl, { headers: { authorization: basic(username, password) } });
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer());
      assert.equal(
        text,
        '\uFEFFid;easId;upn;email;name;platform;osVersion;manufacturer;model;serial;imei;managed;compliance;enrolledAt;lastSeenAt;remark\r\n' +
          'd1;EAS1;anna@contoso.example;anna@contoso.example;Phone 1;iOS;;Apple;iPhone 16;F2L0000001;350000000000017;yes;compliant;' +
          '2026-11-22T12:00:00Z;2026-11-22T12:00:00Z;"Phone of ""Anna Adler""\r\nsee the list of assets; 2nd shelf"\r\n',
      );
      assert.equal(response.headers.get('last-modified'), 'Sun, 22 Nov 2026 12:00:00 GMT');
    });
  });

  it('answers as it is told to, as often, and keeps count', async () => {
    const { csv } = apis;
    const headers = { authorization: basic(csv.username, csv.password) };
    csv.faults.add({ kind: 'status', status: 429, retryAfter: '7', times: 2 });
    const statuses = [];
    for (let at = 0; at < 3; at += 1) {
      const answer = await ask(csv.fileUrl, headers);
      statuses.push([answer.status, answer.headers.get('retry-after')]);
    }
    assert.deepEqual(statuses, [
      [429, '7'],
      [429, '7'],
      [200, null],
    ]);
    assert.deepEqual(csv.answered, ['1 429', '1 429', '1 200']);
  });
});
