/** The report of the first hour against the lab's Graph: what an administrator meets, each on real sockets. */
import assert from 'node:assert/strict';
import { ConnectorError } from '../../../src/errors.ts';
import { checkTenant } from '../../../src/graph/check/check-tenant.ts';
import type { ReportStep, TenantReport } from '../../../src/graph/check/report.ts';
import type { StepId } from '../../../src/graph/check/words/words.ts';
import type { GraphOptions } from '../../../src/graph/open-graph.ts';
import { simulatedGraph } from '../../../src/lab/simulated-graph.ts';
import { enrollPhones, startGraphLab, type GraphLab } from '../graph-lab.ts';
import { selfSigned } from '../self-signed.ts';

interface Checked {
  readonly report: TenantReport;
  readonly step: (id: StepId) => ReportStep;
}

describe('the first hour with an MDM tenant', () => {
  let lab: GraphLab;
  let pair: { readonly certificate: string; readonly privateKey: string };

  before(async () => {
    pair = await selfSigned();
  });
  beforeEach(async () => {
    lab = await startGraphLab({ clientCertificates: [pair.certificate], now: Date.now });
    lab.server.permissions.add('Device.Read.All');
    enrollPhones(lab.organization, 30);
  });
  afterEach(() => lab.close());

  /** Checks; neither secret nor token may be in the report. */
  async function check(changes: Partial<GraphOptions> = {}): Promise<Checked> {
    const report = await checkTenant({ kind: 'intune', graph: { ...lab.options, ...changes } });
    const text = JSON.stringify(report);
    assert.ok(!text.includes(lab.server.clientSecret));
    assert.ok(!/eyJ[\w-]{8}/.test(text));
    return { report, step: (id) => report.steps.find((step) => step.id === id) ?? assert.fail(id) };
  }

  const verdicts = ({ report }: Checked): readonly string[] => report.steps.map(({ verdict }) => verdict);

  it('is ready where all is in order, says each step as it ends, and signs in once', async () => {
    const told: string[] = [];
    const titles: string[] = [];
    const report = await checkTenant(
      { kind: 'intune', graph: lab.options },
      { onStep: ({ id }) => told.push(id), onProgress: (title) => titles.push(title) },
    );
    assert.deepEqual(
      [report.overall, report.works, report.summary],
      ['healthy', true, 'The connector can work with this tenant.'],
    );
    assert.deepEqual(
      report.steps.map(({ verdict, seen }) => [verdict, seen]),
      [
        ['sign-in.done', 'Entra gave the application a token.'],
        ['permissions.all', 'The token carries 4.'],
        ['intune.answers', 'Intune lists its devices.'],
        ['devices.agree', 'The list has 30 devices, the overview counts 30.'],
        ['clock.same', report.steps[4]?.seen],
      ],
    );
    assert.deepEqual(told, ['sign-in', 'permissions', 'intune', 'devices', 'clock']);
    assert.deepEqual(titles, ['Sign-in', 'Permissions', 'Intune', 'Devices', 'Clock']);
    assert.equal(lab.server.authority.issued, 1);
    assert.ok(lab.server.requests.every(({ method, url }) => method === 'GET' || url.includes('/oauth2/v2.0/token')));
  });

  for (const [what, spoil, changes, verdict, code] of [
    ['a wrong secret', () => {}, { clientSecret: 'wrong' }, 'sign-in.secret-wrong', 'ERR_GRAPH_AUTH'],
    ['an unknown tenant', () => {}, { tenantId: 'other.example' }, 'sign-in.tenant-unknown', 'ERR_GRAPH_AUTH'],
    ['an unknown application', () => {}, { clientId: 'other' }, 'sign-in.application-unknown', 'ERR_GRAPH_AUTH'],
    [
      'an expired secret',
      () =>
        (lab.server.authority.refusesWith = { number: 7000222, text: 'The provided client secret keys are expired.' }),
      {},
      'sign-in.secret-expired',
      'ERR_GRAPH_AUTH',
    ],
    [
      'a missing consent',
      () =>
        (lab.server.authority.refusesWith = {
          number: 7000229,
          text: 'The client application is missing service principal.',
        }),
      {},
      'sign-in.consent',
      'ERR_GRAPH_AUTH',
    ],
    [
      'another number of Entra',
      () => (lab.server.authority.refusesWith = { number: 50000, text: 'There was an error.' }),
      {},
      'sign-in.refused',
      'ERR_GRAPH_AUTH',
    ],
    [
      'a certificate authority that is not known here',
      () => {},
      { tls: {} },
      'sign-in.failed',
      'ERR_HTTP_TLS_UNTRUSTED',
    ],
    [
      'a sign-in server that is busy',
      () => lab.server.faults.add({ kind: 'throttle', target: 'token' }),
      {},
      'sign-in.failed',
      'ERR_HTTP_STATUS',
    ],
  ] as const) {
    it(`says of ${what} what to do, and leaves the rest out`, async () => {
      spoil();
      const checked = await check(changes);
      const { remedy, code: told } = checked.step('sign-in');
      assert.deepEqual(verdicts(checked), [verdict, ...Array<string>(4).fill('not-reached')]);
      assert.deepEqual([checked.report.overall, told, (remedy ?? '').includes('{')], ['broken', code, false]);
      assert.ok((remedy ?? '') !== '');
    });
  }

  it('says that the certificate is not the one of the application', async () => {
    const other = await selfSigned();
    const checked = await check({ authMethod: 'certificate', ...other });
    assert.deepEqual([checked.step('sign-in').verdict, checked.report.overall], ['sign-in.certificate', 'broken']);
    const right = await check({ authMethod: 'certificate', ...pair });
    assert.ok(['sign-in.done', 'sign-in.expiring'].includes(right.step('sign-in').verdict));
  });

  it('names the permission that is missing with the line that gives it, and asks Intune nothing', async () => {
    lab.server.permissions.delete('DeviceManagementManagedDevices.Read.All');
    const checked = await check({ clientId: lab.server.clientId });
    const { verdict, children = [], command } = checked.step('permissions');
    assert.deepEqual([verdict, checked.report.overall], ['permissions.missing', 'broken']);
    assert.deepEqual(
      [children[0]?.title, children[0]?.verdict],
      ['DeviceManagementManagedDevices.Read.All', 'permission.missing'],
    );
    assert.match(
      command ?? '',
      new RegExp(`^az ad app permission add --id ${lab.server.clientId} .*2f51be20-.*=Role\naz ad app`),
    );
    assert.deepEqual(verdicts(checked).slice(2), ['not-reached', 'not-reached', 'clock.untold']);
    assert.ok(lab.server.requests.every(({ url }) => url.includes('/oauth2/v2.0/token')));
  });

  it('says that nobody has consented where the token carries nothing', async () => {
    lab.server.permissions.clear();
    const checked = await check();
    assert.equal(checked.step('permissions').verdict, 'permissions.none');
    assert.match(checked.step('permissions').remedy ?? '', /only the consent is missing/);
  });

  it('says that permissions are delegated where the token has those of a user', async () => {
    lab.server.authority.claims = { roles: undefined, scp: 'DeviceManagementManagedDevices.Read.All User.Read' };
    const checked = await check();
    assert.deepEqual(
      [checked.step('permissions').verdict, checked.step('permissions').seen],
      [
        'permissions.delegated',
        'The token is for somebody who signed in (DeviceManagementManagedDevices.Read.All, User.Read), not for the application.',
      ],
    );
  });

  it('names what lets the application change things, and works all the same', async () => {
    for (const role of ['DeviceManagementManagedDevices.PrivilegedOperations.All', 'Mail.ReadWrite', 'Sites.Read.All'])
      lab.server.permissions.add(role);
    const checked = await check();
    assert.deepEqual([checked.report.overall, checked.step('permissions').verdict], ['warning', 'permissions.more']);
    assert.deepEqual(
      checked.step('permissions').children?.map(({ title, verdict }) => `${title} ${verdict}`),
      [
        'DeviceManagementManagedDevices.Read.All permission.given',
        'GroupMember.Read.All permission.given',
        'User.Read.All permission.given',
        'Device.Read.All permission.given',
        'DeviceManagementManagedDevices.PrivilegedOperations.All permission.writes',
        'Mail.ReadWrite permission.writes',
        'Sites.Read.All permission.unused',
      ],
    );
  });

  it('says what goes without the permissions that are only for some', async () => {
    for (const role of ['GroupMember.Read.All', 'User.Read.All', 'Device.Read.All'])
      lab.server.permissions.delete(role);
    const checked = await check();
    assert.deepEqual([checked.report.overall, checked.step('permissions').verdict], ['healthy', 'permissions.enough']);
    assert.deepEqual(
      checked.step('permissions').children?.map(({ status }) => status),
      ['ok', 'skipped', 'skipped', 'skipped'],
    );
  });

  it('says that a tenant has no Intune', async () => {
    lab.server.hasIntune = false;
    const checked = await check();
    const { verdict, seen, code } = checked.step('intune');
    assert.deepEqual([verdict, code, checked.report.overall], ['intune.no-licence', 'ERR_GRAPH_STATUS', 'broken']);
    assert.match(seen, /Request not applicable to target tenant\./);
  });

  it('says that Graph refuses what the token carries', async () => {
    lab.server.authority.claims = { roles: ['DeviceManagementManagedDevices.Read.All'] };
    lab.server.permissions.delete('DeviceManagementManagedDevices.Read.All');
    assert.equal((await check()).step('intune').verdict, 'intune.forbidden');
  });

  it('proves nothing while Graph asks to wait', async () => {
    lab.server.faults.add({ kind: 'throttle', retryAfter: '600', times: 9 });
    const checked = await check();
    assert.deepEqual([checked.step('intune').verdict, checked.report.overall], ['intune.throttled', 'unknown']);
    assert.match(checked.report.summary, /was not proven; look at Intune: it asks to wait\.$/);
  });

  it('says that scope tags hide all devices, or most', async () => {
    lab.server.hides = () => true;
    const none = await check();
    assert.deepEqual(
      [none.step('devices').verdict, none.step('devices').seen, none.report.overall],
      [
        'devices.hidden',
        'The list has 0 devices, the overview counts 30. Scope tags hide them all from the application.',
        'broken',
      ],
    );
    lab.server.hides = ({ operatingSystem }) => operatingSystem === 'Android';
    const half = await check();
    assert.deepEqual([half.step('devices').verdict, half.report.overall], ['devices.fewer', 'warning']);
  });

  it('says of a tenant without a device that it may be the wrong one', async () => {
    const empty = await startGraphLab();
    try {
      const report = await checkTenant({ kind: 'intune', graph: empty.options });
      assert.deepEqual([report.steps[3]?.verdict, report.overall], ['devices.none', 'warning']);
    } finally {
      await empty.close();
    }
  });

  it('says that it does not know what is hidden where the overview cannot be read', async () => {
    lab.server.faults.add({ kind: 'status', status: 403, path: 'managedDeviceOverview', times: 9 });
    const checked = await check();
    assert.deepEqual([checked.step('devices').verdict, checked.report.overall], ['devices.untold', 'healthy']);
  });

  it('counts the list of several pages by what Intune counts', async () => {
    const paged = await startGraphLab({ pageSize: 4 });
    try {
      enrollPhones(paged.organization, 30);
      const report = await checkTenant({ kind: 'intune', graph: paged.options });
      assert.equal(report.steps[3]?.seen, 'The list has 30 devices, the overview counts 30.');
    } finally {
      await paged.close();
    }
  });

  it('says that the clocks are apart', async () => {
    const early = await startGraphLab({ dateAheadMs: 400_000 });
    try {
      const report = await checkTenant({ kind: 'intune', graph: early.options });
      assert.deepEqual([report.steps[4]?.verdict, report.overall], ['clock.far', 'broken']);
    } finally {
      await early.close();
    }
  });

  it('lets neither secret nor token into the report, whatever a server repeats', async () => {
    lab.server.faults.add({ kind: 'echo', target: 'token' });
    assert.equal((await check()).step('sign-in').status, 'error');
    lab.server.authority.claims = {
      roles: ['\u202eMail.Send', 'x'.repeat(5_000), '<b>', 7, null, 'DeviceManagementManagedDevices.Read.All'],
    };
    assert.deepEqual(
      (await check())
        .step('permissions')
        .children?.map(({ title }) => title)
        .slice(4),
      [],
      'what is no name of a permission is not shown',
    );
  });

  it('stops when nobody waits any more', async () => {
    lab.server.faults.add({ kind: 'silence', path: 'managedDevices' });
    const stop = new AbortController();
    const running = checkTenant(
      { kind: 'intune', graph: lab.options },
      { signal: stop.signal, onProgress: (title) => title === 'Intune' && stop.abort() },
    );
    await assert.rejects(running, (error) => error instanceof ConnectorError && error.code === 'ERR_ABORTED');
  });

  it('refuses a field that cannot be meant before anything is sent', async () => {
    await assert.rejects(check({ tenantId: 'common' }), /"Tenant" is "common"/);
    assert.equal(lab.server.requests.length, 0);
  });

  it('reads the simulation, where nobody signs in', async () => {
    const report = await checkTenant({ kind: 'simulated', graph: simulatedGraph(lab.organization) });
    assert.deepEqual(
      [report.overall, ...report.steps.map(({ verdict }) => verdict)],
      ['healthy', 'does-not-apply', 'does-not-apply', 'intune.answers', 'devices.agree', 'does-not-apply'],
    );
  });
});
