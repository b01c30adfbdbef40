import assert from 'node:assert/strict';
import type { OrFilters } from '../../src/lab/graph-filter.ts';
import { GraphSlice, type SliceAnswer } from '../../src/lab/graph-slice.ts';
import { Organization, sequentialIds } from '../../src/lab/organization.ts';

const BASE = 'https://graph.example/v1.0';

/** Names of the devices of an answer. */
const names = ({ body }: SliceAnswer): unknown[] =>
  (body['value'] as { deviceName: string }[]).map(({ deviceName }) => deviceName);
const refusal = ({ status, body }: SliceAnswer): unknown[] => [status, (body['error'] as { code: string }).code];

describe('the lab’s slice of Graph', () => {
  let organization: Organization;
  beforeEach(() => {
    organization = new Organization({ newId: sequentialIds(), now: () => Date.UTC(2026, 10, 22, 12) });
  });

  function get(
    path: string,
    options: { readonly pageSize?: number; readonly headers?: Record<string, string> } = {},
  ): SliceAnswer {
    const slice = new GraphSlice(organization, options.pageSize === undefined ? {} : { pageSize: options.pageSize });
    return slice.answer({
      url: new URL(path.startsWith('https:') ? path : `${BASE}${path}`),
      headers: options.headers ?? {},
    });
  }

  function enroll(...devices: readonly Record<string, string>[]): void {
    for (const device of devices) {
      organization.enroll({
        upn: 'anna@contoso.example',
        platform: 'ios',
        model: 'iPhone',
        name: 'x',
        serial: 's',
        ...device,
      });
    }
  }

  it('counts in the overview what it hides, as with scope tags', () => {
    enroll({ name: 'seen' }, { name: 'hidden' });
    const slice = new GraphSlice(organization, { hides: ({ deviceName }) => deviceName === 'hidden' });
    const ask = (path: string): SliceAnswer => slice.answer({ url: new URL(`${BASE}${path}`), headers: {} });
    const list = ask('/deviceManagement/managedDevices');
    assert.deepEqual([names(list), list.body['@odata.count']], [['seen'], 1]);
    assert.equal(ask('/deviceManagement/managedDeviceOverview').body['enrolledDeviceCount'], 2);
    const [hidden] = [...organization.enrolledIn('intune').values()].filter(
      ({ deviceName }) => deviceName === 'hidden',
    );
    assert.equal(ask(`/deviceManagement/managedDevices/${hidden?.id}`).status, 404);
  });

  it('gives pages of 1,000 with the count of all and an opaque link on', () => {
    enroll(...Array.from({ length: 1001 }, (_, index) => ({ name: `d${index}` })));
    const first = get('/deviceManagement/managedDevices?$select=deviceName');
    const link = first.body['@odata.nextLink'] as string;
    assert.deepEqual([names(first).length, first.body['@odata.count'], first.page], [1000, 1001, 1]);
    assert.match(
      link,
      /^https:\/\/graph\.example\/v1\.0\/deviceManagement\/managedDevices\?%24select=deviceName&%24skiptoken=[\w-]+$/,
    );
    const second = get(link);
    assert.deepEqual([names(second), second.body['@odata.nextLink'], second.page], [['d1000'], undefined, 2]);
  });

  it('gives the selected properties and the id', () => {
    enroll({ id: 'i1', name: 'd1' });
    assert.deepEqual(get('/deviceManagement/managedDevices?$select=deviceName,easDeviceId').body['value'], [
      { id: 'i1', deviceName: 'd1', easDeviceId: '' },
    ]);
  });

  it('tells the devices of Entra, and afterwards what became of them, a deleted one by its id alone', () => {
    enroll({ id: 'i1', azureADDeviceId: 'd1' }, { id: 'i2', azureADDeviceId: 'd2' });
    const link = (answer: SliceAnswer): string => answer.body['@odata.deltaLink'] as string;
    const first = get('/devices/delta?$select=deviceId,isCompliant,isManaged');
    const [one, two] = first.body['value'] as { id: string }[];
    assert.deepEqual(
      [one, two],
      [
        { id: one!.id, deviceId: 'd1', isCompliant: true, isManaged: true },
        { id: two!.id, deviceId: 'd2', isCompliant: true, isManaged: true },
      ],
    );
    organization.setCompliance('i1', 'inGracePeriod');
    assert.deepEqual(get(link(first)).body['value'], []);
    organization.unenroll('i1');
    organization.directoryDevices('intune').delete('d2');
    // Intune's evaluation does not bring it back.
    organization.setCompliance('i2', 'noncompliant');
    const second = get(link(first));
    assert.deepEqual(second.body['value'], [
      { id: one!.id, deviceId: 'd1', isCompliant: false, isManaged: false },
      { id: two!.id, '@removed': { reason: 'deleted' } },
    ]);
    assert.deepEqual(get(link(second)).body['value'], []);
    assert.deepEqual(get('/devices/delta?$deltatoken=latest').body['value'], []);
  });

  it('refuses what the list of changes does not grant, and a link that is none', () => {
    enroll({ id: 'i1' });
    const link = get('/devices/delta').body['@odata.deltaLink'] as string;
    assert.deepEqual(
      [
        '/devices/delta?$top=5',
        '/devices/delta?$filter=isManaged%20eq%20true',
        '/devices/delta?$select=serialNumber',
        `${link}&$select=deviceId`,
        '/devices/delta?$deltatoken=x',
      ].map((path) => refusal(get(path))),
      [
        [400, 'Request_UnsupportedQuery'],
        [400, 'Request_UnsupportedQuery'],
        [400, 'Request_BadRequest'],
        [400, 'Request_UnsupportedQuery'],
        [410, 'syncStateNotFound'],
      ],
    );
  });

  it('answers $skip with an empty list and a link, as the real one was seen to do', () => {
    enroll({ name: 'd1' }, { name: 'd2' });
    const answer = get('/deviceManagement/managedDevices?$skip=1');
    assert.deepEqual([names(answer), answer.body['@odata.count']], [[], 2]);
    assert.deepEqual(names(get(answer.body['@odata.nextLink'] as string)), ['d1', 'd2']);
  });

  it('takes $top up to the page size', () => {
    enroll({ name: 'd1' }, { name: 'd2' }, { name: 'd3' });
    assert.deepEqual(names(get('/deviceManagement/managedDevices?$top=2')), ['d1', 'd2']);
    assert.deepEqual(names(get('/deviceManagement/managedDevices?$top=5000', { pageSize: 2 })), ['d1', 'd2']);
  });

  describe('filters', () => {
    beforeEach(() => {
      enroll(
        { name: "Anna's iPhone", model: 'iPhone 17', osVersion: '19.1' },
        {
          name: 'Pixel and more',
          platform: 'android',
          model: 'Pixel 10',
          upn: 'ben@contoso.example',
          complianceState: 'noncompliant',
        },
      );
      const [first = ''] = organization.managedDevices.keys();
      organization.updateManagedDevice(first, { lastSyncDateTime: '2026-11-22T13:00:00.1234567Z' });
    });

    /** filter → names of the devices */
    const GRANTED: readonly (readonly [filter: string, names: readonly string[]])[] = [
      ["operatingSystem eq 'Android'", ['Pixel and more']],
      ["deviceName eq 'Anna''s iPhone'", ["Anna's iPhone"]],
      ["deviceName eq 'Pixel and more'", ['Pixel and more']],
      ["contains(model,'phone')", ["Anna's iPhone"]],
      ["userPrincipalName ne 'ben@contoso.example'", ["Anna's iPhone"]],
      ['lastSyncDateTime gt 2026-11-22T12:30:00Z', ["Anna's iPhone"]],
      ['lastSyncDateTime lt 2026-11-22T12:30:00Z', ['Pixel and more']],
      [
        "complianceState eq 'noncompliant' and operatingSystem eq 'Android' and contains(deviceName, 'PIXEL')",
        ['Pixel and more'],
      ],
      ["managementAgent eq 'mdm' and managementAgent eq 'easMdm'", []],
    ];
    for (const [filter, expected] of GRANTED) {
      it(`grants ${filter}`, () => {
        assert.deepEqual(
          names(get(`/deviceManagement/managedDevices?$filter=${encodeURIComponent(filter)}`)),
          expected,
        );
      });
    }

    for (const filter of [
      "easDeviceId eq 'ABC'",
      "userId eq 'u'",
      "managementAgent eq 'mdm' or managementAgent eq 'easMdm'",
      "operatingSystem ne 'iOS'",
      "startswith(deviceName,'P')",
      'lastSyncDateTime ge 2026-11-22T12:30:00Z',
      "constructor eq 'x'",
      "deviceName eq 'a' and",
      "not (deviceName eq 'a')",
      '',
    ]) {
      it(`refuses ${filter === '' ? 'an empty filter' : filter}`, () => {
        assert.deepEqual(refusal(get(`/deviceManagement/managedDevices?$filter=${encodeURIComponent(filter)}`)), [
          400,
          'BadRequest',
        ]);
      });
    }

    /** What the lab makes of `or`, if it is set up so. */
    const EITHER = "model eq 'Pixel 10' or model eq 'iPhone 17'";
    const OR: readonly (readonly [OrFilters, filter: string, names: readonly string[] | 'refused'])[] = [
      ['refused', EITHER, 'refused'],
      ['granted', EITHER, ["Anna's iPhone", 'Pixel and more']],
      ['granted', "model eq 'Pixel 10' or model eq 'none or other'", ['Pixel and more']],
      ['granted', Array.from({ length: 15 }, () => "model eq 'Pixel 10'").join(' or '), ['Pixel and more']],
      ['granted', Array.from({ length: 16 }, () => "model eq 'Pixel 10'").join(' or '), 'refused'],
      ['granted', "model eq 'Pixel 10' or deviceName eq 'x'", 'refused'],
      ['granted', "contains(model,'Pixel') or contains(model,'iPhone')", 'refused'],
      ['granted', "model eq 'Pixel 10' or model eq 'iPhone 17' and deviceName eq 'x'", 'refused'],
      ['granted', "easDeviceId eq 'A' or easDeviceId eq 'B'", 'refused'],
      ['first-only', EITHER, ['Pixel and more']],
      ['ignored', EITHER, ["Anna's iPhone", 'Pixel and more']],
    ];
    for (const [orFilters, filter, expected] of OR)
      it(`with or ${orFilters} ${expected === 'refused' ? 'refuses' : 'answers'} ${filter.slice(0, 80)}`, () => {
        const url = new URL(`${BASE}/deviceManagement/managedDevices?$filter=${encodeURIComponent(filter)}`);
        const answer = new GraphSlice(organization, { orFilters }).answer({ url, headers: {} });
        if (expected === 'refused') assert.deepEqual(refusal(answer), [400, 'BadRequest']);
        else assert.deepEqual(names(answer), expected);
      });

    it('refuses azureADDeviceId together with $count', () => {
      const filter = encodeURIComponent("azureADDeviceId eq '00000000-0000-0000-0000-000000000000'");
      assert.equal(get(`/deviceManagement/managedDevices?$filter=${filter}`).status, 200);
      assert.deepEqual(refusal(get(`/deviceManagement/managedDevices?$filter=${filter}&$count=true`)), [
        400,
        'BadRequest',
      ]);
    });
  });

  /** What it refuses → status and code */
  const REFUSED: readonly (readonly [path: string, status: number, code: string])[] = [
    ['/deviceManagement/managedDevices?$select=easID', 400, 'BadRequest'],
    ['/deviceManagement/managedDevices?$orderby=deviceName', 400, 'BadRequest'],
    ['/deviceManagement/managedDevices?$expand=users', 400, 'BadRequest'],
    ['/deviceManagement/managedDevices?$skiptoken=made-up', 400, 'BadRequest'],
    ['/deviceManagement/managedDevices?$top=0', 400, 'BadRequest'],
    ['/deviceManagement/managedDevices/delta', 404, 'ResourceNotFound'],
    ['/deviceManagement/managedDevices/x', 404, 'ResourceNotFound'],
    ['/deviceManagement/managedDevices/x/retire', 400, 'BadRequest'],
    ['/deviceManagement/deviceConfigurations', 400, 'BadRequest'],
    ['/users/nobody@contoso.example', 404, 'Request_ResourceNotFound'],
    ['/groups/00000000-0000-4000-8000-00000000dead', 404, 'Request_ResourceNotFound'],
    ['/me', 400, 'BadRequest'],
  ];
  for (const [path, status, code] of REFUSED) {
    it(`refuses ${path}`, () => assert.deepEqual(refusal(get(path)), [status, code]));
  }

  it('gives a user by id and by UPN, with addresses on request', () => {
    const anna = organization.addMailbox({
      alias: 'anna',
      displayName: 'Anna',
      upn: 'anna@corp.example',
      address: 'anna.adler@contoso.example',
      addresses: ['anna@contoso.example'],
    });
    const user = {
      id: anna.userId,
      displayName: 'Anna',
      userPrincipalName: 'anna@corp.example',
      mail: 'anna.adler@contoso.example',
    };
    const context = { '@odata.context': `https://graph.example/v1.0/$metadata#entity` };
    assert.deepEqual(get('/users/ANNA@corp.example').body, { ...context, ...user });
    assert.deepEqual(get(`/users/${anna.userId}?$select=proxyAddresses`).body, {
      ...context,
      id: anna.userId,
      proxyAddresses: ['SMTP:anna.adler@contoso.example', 'smtp:anna@contoso.example'],
    });
    assert.deepEqual(get('/users').body['value'], [user]);
  });

  it('finds a group by its name', () => {
    organization.addGroup({ name: 'Others' });
    const group = organization.addGroup({ name: 'Exempt' });
    assert.deepEqual(
      get(`/groups?$filter=${encodeURIComponent("displayName eq 'Exempt'")}&$select=displayName`).body['value'],
      [{ id: group.id, displayName: 'Exempt' }],
    );
    assert.equal(get(`/groups/${group.id}`).body['displayName'], 'Exempt');
  });

  it('wants ConsistencyLevel on each page of transitive members, and counts on the first only', () => {
    const members = ['anna', 'ben', 'carl'].map((alias) => organization.addMailbox({ alias, displayName: alias }));
    const group = organization.addGroup({ name: 'Exempt', members });
    const path = `/groups/${group.id}/transitiveMembers/microsoft.graph.user?$count=true&$top=2`;
    const headers = { consistencylevel: 'eventual' };
    const first = get(path, { headers });
    const link = first.body['@odata.nextLink'] as string;
    const second = get(link, { headers });
    assert.deepEqual([first.body['@odata.count'], second.body['@odata.count']], [3, undefined]);
    assert.deepEqual([(first.body['value'] as unknown[]).length, (second.body['value'] as unknown[]).length], [2, 1]);
    assert.deepEqual(refusal(get(link)), [400, 'Request_UnsupportedQuery']);
    assert.deepEqual(refusal(get(path)), [400, 'Request_UnsupportedQuery']);
    assert.deepEqual(refusal(get(path.replace('$count=true&', ''), { headers })), [400, 'Request_UnsupportedQuery']);
  });
});
