/** The report of the first hour against the lab's Exchange: what an administrator meets, each on real sockets. */
import assert from 'node:assert/strict';
import { ConnectorError } from '../../../src/errors.ts';
import { checkExchange } from '../../../src/exchange/check/check-exchange.ts';
import { NEEDED_RIGHTS } from '../../../src/exchange/check/needed-rights.ts';
import type { CheckOptions } from '../../../src/exchange/check/check-exchange.ts';
import type { AddressToCheck } from '../../../src/exchange/check/look-at-server.ts';
import type { ExchangeReport, ReportStep } from '../../../src/exchange/check/report.ts';
import type { StepId } from '../../../src/exchange/check/words/words.ts';
import { createCertificateAuthority } from '../../../src/lab/servers/certificates.ts';
import { startExchangeServer } from '../../../src/lab/servers/exchange.ts';
import type { ExchangeServer, ExchangeServerSetup } from '../../../src/lab/servers/exchange.ts';
import { Organization } from '../../../src/lab/organization.ts';
import { simulatedExchange } from '../../../src/lab/simulated-exchange.ts';
import { startExchangeOnline } from '../online/lab-exchange-online.ts';
import { startProxy } from '../../http/loopback-proxy.ts';
import { contractOrganization } from '../exchange-contract.ts';
import { labCa, labCertificate, labOrganization, labUser } from '../lab-exchange.ts';

const PASSWORD = 'Pa$$w0rd & <more>';

interface Checked {
  readonly report: ExchangeReport;
  readonly server: ExchangeServer;
  readonly step: (id: StepId) => ReportStep;
}

/** Checks a server of its own; afterwards no shell may be left, and no password be in the report. */
async function check(
  setup: Partial<ExchangeServerSetup> = {},
  change: Partial<AddressToCheck> = {},
  organization: Organization = labOrganization(),
  options: CheckOptions = {},
  before: (server: ExchangeServer) => void = () => undefined,
): Promise<Checked> {
  const server = await startExchangeServer(organization, { certificate: labCertificate, ...setup });
  before(server);
  try {
    const report = await checkExchange(
      {
        kind: 'remote-powershell',
        urls: [server.url],
        auth: 'basic',
        ...labUser,
        tls: { ca: labCa },
        operationTimeoutMs: 1_000,
        graceMs: 500,
        ...change,
      },
      options,
    );
    // A server that refuses every request refuses to delete as well.
    if (setup.rateQuota === undefined) assert.equal(server.stats.shells, 0);
    assert.ok(!JSON.stringify(report).includes('Pa$$w0rd'));
    return { report, server, step: (id) => report.steps.find((step) => step.id === id) ?? assert.fail(id) };
  } finally {
    await server.close();
  }
}

/** An organization whose account has these role entries. */
function withRights(cmdlets: readonly string[]): Organization {
  const organization = contractOrganization();
  const { username, password } = labUser;
  const alias = username.split('@')[0] ?? '';
  organization.addMailbox({ alias, displayName: 'Connector', password, remotePowerShell: true, cmdlets });
  return organization;
}

const verdicts = ({ report }: Checked): readonly string[] => report.steps.map(({ verdict }) => verdict);

describe('the first hour with an Exchange', () => {
  it('is ready where all is in order, and every step says what was seen', async () => {
    const told: string[] = [];
    const checked = await check({ name: 'localhost' }, {}, labOrganization(), { onStep: ({ id }) => told.push(id) });
    assert.equal(checked.report.overall, 'healthy');
    assert.deepEqual(verdicts(checked), [
      'name.found',
      'tls.trusted',
      'methods.offered',
      'session.open',
      'organization.named',
      'scope.forest',
      'rights.all',
      'throttling.enough',
      'clock.same',
      'size.counted',
      'time.short',
    ]);
    assert.deepEqual(
      told,
      checked.report.steps.map(({ id }) => id),
    );
    assert.ok(checked.report.steps.every(({ seen }) => seen !== ''));
    assert.equal(checked.step('size').seen, 'There are 4 mailboxes, 2 mailboxes with a device, 3 devices.');
    assert.equal(checked.server.stats.openedShells, 1, 'one session is enough');
  });

  it('changes nothing: what the account may do is asked, not tried', async () => {
    const organization = labOrganization();
    await check({}, {}, organization);
    assert.deepEqual(organization.writes, []);
  });

  it('says which cmdlets are missing, what they are for, and how to give them', async () => {
    const organization = withRights([
      'Get-CASMailbox',
      'Get-MobileDevice',
      'Get-Recipient',
      'Get-MobileDeviceStatistics',
    ]);
    const checked = await check({}, {}, organization);
    const rights = checked.step('rights');
    assert.deepEqual([checked.report.overall, rights.verdict], ['broken', 'rights.missing']);
    assert.equal(
      rights.seen,
      'The session shows 4 of 18 cmdlets that are used; it lacks Set-CASMailbox, Get-User, Get-OrganizationConfig.',
    );
    assert.match(rights.command ?? '', /^New-ManagementRole -Name 'EAS connector - Mail Recipients' -Parent/);
    assert.match(rights.command ?? '', /-User 'connector@contoso\.example'$/);
    const write = rights.children?.find(({ title }) => title === 'Set-CASMailbox');
    assert.deepEqual(
      [write?.status, write?.remedy, write?.command],
      ['error', 'Needed to block and allow devices. Which roles have it:', 'Get-ManagementRole -Cmdlet Set-CASMailbox'],
    );
    // Steps about what the account may not ask say so and are no error.
    assert.deepEqual(
      ['organization', 'scope', 'throttling'].map((id) => checked.step(id as StepId).verdict),
      ['organization.untold', 'scope.refused', 'throttling.untold'],
    );
    assert.equal(checked.step('size').seen, 'There are 2 mailboxes with a device, 3 devices.');
  });

  it('says which parameters a role entry lacks', async () => {
    const entries = [
      'Get-CASMailbox',
      'Get-MobileDevice',
      'Set-CASMailbox -Identity -ActiveSyncBlockedDeviceIDs -Confirm',
    ];
    const checked = await check({}, {}, withRights(entries));
    const cut = checked.step('rights').children?.find(({ title }) => title === 'Set-CASMailbox');
    assert.deepEqual(
      [cut?.verdict, cut?.command],
      ['right.parameters', 'Get-ManagementRole -Cmdlet Set-CASMailbox -CmdletParameters ActiveSyncAllowedDeviceIDs'],
    );
  });

  it('is ready for an account that has the rights of the documents and no more', async () => {
    const names = ['Get-CASMailbox', 'Set-CASMailbox', 'Get-MobileDevice', 'Get-User', 'Get-Recipient'];
    const more = ['Set-ADServerSettings', 'Get-MobileDeviceStatistics', 'Get-OrganizationConfig'];
    const checked = await check({}, {}, withRights([...names, ...more]));
    assert.deepEqual(
      [checked.report.overall, checked.step('rights').verdict, checked.step('scope').verdict],
      ['healthy', 'rights.enough', 'scope.forest'],
    );
  });

  it('says which part of a forest is seen: as it is set, and whether the account may see all', async () => {
    const own = await check({}, { viewEntireForest: false });
    assert.deepEqual(
      [own.step('scope').verdict, own.step('scope').seen],
      ['scope.domain', 'The session sees contoso.example only.'],
    );
    const names = NEEDED_RIGHTS.map(({ cmdlet }) => cmdlet).filter((name) => name !== 'Set-ADServerSettings');
    const refused = await check({}, {}, withRights(names));
    assert.deepEqual(
      [refused.report.overall, refused.step('scope').verdict, refused.step('scope').command],
      [
        'warning',
        'scope.refused',
        'Get-ManagementRole -Cmdlet Set-ADServerSettings -CmdletParameters ViewEntireForest',
      ],
    );
  });

  it('says that user name or password is wrong, and what to look at', async () => {
    const checked = await check({}, { password: 'Pa$$w0rd, but wrong' });
    const session = checked.step('session');
    assert.deepEqual(
      [checked.report.overall, session.verdict, session.code],
      ['broken', 'session.refused', 'ERR_HTTP_AUTH'],
    );
    assert.match(session.command ?? '', /^Get-User 'connector@contoso\.example' \| Format-List /);
    assert.deepEqual(
      verdicts(checked).slice(4),
      Array.from({ length: 7 }, () => 'not-reached'),
    );
  });

  it('says that the account may not use remote PowerShell, or has no role at all', async () => {
    const organization = contractOrganization();
    organization.addMailbox({ alias: 'connector', displayName: 'Connector', password: PASSWORD });
    for (const refused of [organization, withRights([])]) {
      const { verdict, command } = (await check({}, {}, refused)).step('session');
      assert.equal(verdict, 'session.not-allowed');
      assert.match(
        command ?? '',
        /^Set-User 'connector@contoso\.example' -RemotePowerShellEnabled \$true\nNew-ManagementRole /,
      );
    }
  });

  it('says that a name is not known, and where Exchange says its own', async () => {
    const checked = await check({}, { urls: ['https://mail.contoso.invalid/PowerShell/'] });
    const name = checked.step('name');
    assert.ok(['name.unknown', 'name.unanswered'].includes(name.verdict));
    assert.deepEqual([checked.report.overall, name.code], ['broken', 'ERR_HTTP_UNREACHABLE']);
    assert.ok(name.seen.includes('mail.contoso.invalid') && name.command !== undefined);
    assert.equal(checked.step('tls').verdict, 'not-reached');
  });

  it('says that nothing listens there', async () => {
    const checked = await check({}, { urls: ['https://127.0.0.1:1/PowerShell/'] });
    assert.deepEqual(
      [checked.step('tls').verdict, checked.step('tls').code, checked.step('tls').command],
      ['tls.closed', 'ERR_HTTP_UNREACHABLE', 'Test-NetConnection 127.0.0.1 -Port 1'],
    );
  });

  it('shows the certificate of an authority that is not trusted, and sends no password there', async () => {
    const checked = await check({ name: 'localhost' }, { tls: {} });
    const tls = checked.step('tls');
    assert.deepEqual([tls.verdict, tls.code], ['tls.untrusted', 'ERR_HTTP_TLS_UNTRUSTED']);
    assert.match(
      tls.seen,
      /certificate of localhost for localhost, 127\.0\.0\.1, by "Lab Root CA", .*SHA-256 [0-9A-F]{2}:/,
    );
    assert.match(
      tls.command ?? '',
      /^openssl s_client -connect localhost:\d+ -servername localhost -showcerts <\/dev\/null$/,
    );
    assert.equal(checked.server.stats.requests, 0);
  });

  it('shows the names of a certificate that is for another one', async () => {
    const authority = await createCertificateAuthority();
    const certificate = await authority.issue({ names: ['mail.contoso.example'] });
    const checked = await check({ certificate, name: 'localhost' }, { tls: { ca: authority.ca } });
    assert.deepEqual([checked.step('tls').verdict, checked.step('tls').code], ['tls.name', 'ERR_HTTP_TLS_NAME']);
    assert.match(checked.step('tls').seen, / for mail\.contoso\.example, /);
  });

  it('says that a certificate has expired, or will soon', async () => {
    const authority = await createCertificateAuthority();
    const day = 86_400_000;
    for (const [days, verdict, overall] of [
      [-1, 'tls.expired', 'broken'],
      [20, 'tls.expiring', 'warning'],
    ] as const) {
      const certificate = await authority.issue({
        names: ['localhost'],
        ips: ['127.0.0.1'],
        notBefore: new Date(Date.now() - 90 * day),
        notAfter: new Date(Date.now() + days * day),
      });
      const checked = await check({ certificate }, { tls: { ca: authority.ca } });
      assert.deepEqual([checked.step('tls').verdict, checked.report.overall], [verdict, overall]);
    }
  });

  it('says that the chosen sign-in is not offered, and how to enable it', async () => {
    const checked = await check({ auth: ['kerberos'] });
    assert.deepEqual(
      [checked.step('methods').verdict, checked.step('methods').command],
      [
        'methods.missing',
        'Set-PowerShellVirtualDirectory -Identity "SERVER\\PowerShell (Default Web Site)" -BasicAuthentication $true',
      ],
    );
    assert.equal(checked.step('session').verdict, 'not-reached');
  });

  it('says that something else answers at the path', async () => {
    const checked = await check({}, {}, labOrganization(), {}, (server) => {
      Object.assign(server, { url: server.url.replace('PowerShell', 'owa') });
    });
    assert.deepEqual(
      [checked.step('methods').verdict, checked.step('methods').code],
      ['methods.elsewhere', 'ERR_HTTP_NOT_EXPECTED'],
    );
  });

  it('says how far the clocks are apart', async () => {
    for (const [offset, verdict, overall] of [
      [120_000, 'clock.apart', 'warning'],
      [-400_000, 'clock.far', 'broken'],
    ] as const) {
      const checked = await check({ clockOffsetMs: offset });
      assert.deepEqual([checked.step('clock').verdict, checked.report.overall], [verdict, overall]);
      assert.match(checked.step('clock').seen, offset > 0 ? /1(19|20|21) s ahead of/ : /(399|400|401) s behind/);
      assert.match(checked.step('clock').command ?? '', /\nw32tm \/resync/);
    }
  });

  it('says that the account is throttled, and how to give it a policy of its own', async () => {
    const full = await check({ shellQuota: 0 });
    assert.deepEqual(
      [full.step('session').verdict, full.step('session').code],
      ['session.throttled', 'ERR_WSMAN_QUOTA'],
    );
    assert.match(
      full.step('session').command ?? '',
      /\nSet-ThrottlingPolicyAssociation -Identity 'connector@contoso\.example' /,
    );
    const slow = await check({ rateQuota: { requests: 0, seconds: 60, waitMs: 60_000 } });
    assert.deepEqual(
      [slow.step('session').verdict, slow.step('session').code],
      ['session.throttled', 'ERR_WSMAN_QUOTA'],
    );
  });

  it('says so too where the limit is met in the middle', async () => {
    const checked = await check({ rateQuota: { requests: 12, seconds: 60, waitMs: 60_000 } });
    assert.deepEqual([checked.report.overall, checked.step('session').verdict], ['broken', 'session.open']);
    const met = checked.report.steps.find(({ verdict }) => verdict === 'session.throttled');
    assert.equal(met?.code, 'ERR_EXCHANGE_THROTTLED');
    assert.match(met.command ?? '', /\nSet-ThrottlingPolicyAssociation -Identity 'connector@contoso\.example' /);
  });

  it('goes through the proxy, and says when that does not connect', async () => {
    for (const [answer, verdict, overall] of [
      [undefined, 'tls.trusted', 'healthy'],
      ['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'tls.proxy', 'broken'],
    ] as const) {
      const proxy = await startProxy(answer === undefined ? {} : { answer });
      try {
        const through = { url: proxy.url, username: 'proxy-user', password: 'Pa$$w0rd of the proxy' };
        const checked = await check({}, { proxy: through });
        assert.deepEqual([checked.step('name').verdict, checked.step('tls').verdict], ['name.proxy', verdict]);
        assert.equal(checked.report.overall, overall);
        assert.ok(proxy.asked.length > 0);
      } finally {
        await proxy.close();
      }
    }
  });

  it('finds the throttling policy of the account, by either form of its name', async () => {
    const organization = labOrganization();
    organization.throttlingPolicies.push({ name: 'Two at once', scope: 'Regular', sessions: 2 });
    organization.mailboxByAddress('connector@contoso.example')!.throttlingPolicy = 'Two at once';
    for (const username of ['connector@contoso.example', 'CONTOSO\\connector']) {
      for (const [sessions, verdict] of [
        [1, 'throttling.enough'],
        [2, 'throttling.tight'],
        [3, 'throttling.few'],
      ] as const) {
        const { step } = await check({}, { username, sessions }, organization);
        assert.deepEqual(
          [step('throttling').verdict, step('throttling').seen],
          [
            verdict,
            `"Two at once" allows 2 sessions at once; the connector opens ${sessions}. Cmdlets are not counted.`,
          ],
        );
      }
    }
  });

  it('goes by the organization’s policy where nobody says whether the account has one of its own', async () => {
    const entries = ['Get-CASMailbox', 'Get-MobileDevice', 'Set-CASMailbox', 'Get-User', 'Get-ThrottlingPolicy'];
    const organization = withRights(entries);
    organization.throttlingPolicies.push({
      name: 'House',
      scope: 'Organization',
      sessions: 9,
      cmdlets: 5,
      cmdletsSeconds: 60,
    });
    const { step } = await check({}, {}, organization);
    assert.deepEqual(
      [step('throttling').verdict, step('throttling').seen],
      [
        'throttling.slow',
        'House allows 9 sessions at once; the connector opens 2. It allows 5 cmdlets in 60 s. Whether the account has a policy of its own is not known.',
      ],
    );
  });

  it('says that requests of one session reach different servers', async () => {
    const checked = await check({ affinity: 'none' });
    assert.deepEqual([checked.step('session').code, checked.report.overall], ['ERR_WSMAN_AFFINITY', 'broken']);
    assert.equal(checked.step('session').verdict, 'session.scattered');
  });

  it('looks at each of several addresses, and works with the one that does', async () => {
    const server = await startExchangeServer(labOrganization(), { certificate: labCertificate });
    try {
      const urls = ['https://127.0.0.1:1/PowerShell/', server.url, server.url];
      const report = await checkExchange({
        kind: 'remote-powershell',
        urls,
        auth: 'basic',
        ...labUser,
        tls: { ca: labCa },
      });
      assert.deepEqual([report.overall, report.works], ['warning', true]);
      assert.equal(report.steps[1]?.title, 'TLS of https://127.0.0.1:1/PowerShell/');
      assert.deepEqual(
        report.steps.filter(({ id }) => id === 'session').map(({ verdict }) => verdict),
        ['not-reached', 'session.open', 'session.open'],
      );
      assert.equal(server.stats.shells, 0);
    } finally {
      await server.close();
    }
  });

  it('stops reading after a time and says what can be expected', async () => {
    const organization = labOrganization();
    for (let n = 0; n < 3_000; n++)
      organization.syncPhone({
        mailbox: 'bob@contoso.example',
        deviceId: `D${n}`,
        deviceType: 'x',
        model: 'x',
        os: 'x',
        userAgent: 'x',
      });
    const checked = await check({}, {}, organization, { countMs: 0 });
    assert.equal(checked.step('size').verdict, 'size.estimated');
    assert.equal(checked.step('time').verdict, 'time.untold');
    assert.equal(checked.report.overall, 'healthy');
  });

  it('says that there is no device', async () => {
    const organization = labOrganization();
    const partnerships = Array.from(organization.partnerships());
    for (const partnership of partnerships) organization.removePartnership(partnership);
    const checked = await check({}, {}, organization);
    assert.deepEqual([checked.step('size').verdict, checked.report.overall], ['size.none', 'warning']);
  });

  it('ends at once when nobody waits for it any more, and leaves no session', async () => {
    for (const at of ['session', 'rights', 'size'] as const) {
      const stopped = new AbortController();
      const organization = labOrganization();
      const server = await startExchangeServer(organization, { certificate: labCertificate });
      try {
        const onStep = ({ id }: ReportStep): void => {
          if (id === at) stopped.abort(new ConnectorError('ERR_ABORTED', 'The dialog was closed.'));
        };
        const what = {
          kind: 'remote-powershell',
          urls: [server.url],
          auth: 'basic',
          ...labUser,
          tls: { ca: labCa },
        } as const;
        await assert.rejects(checkExchange(what, { signal: stopped.signal, onStep }), { code: 'ERR_ABORTED' });
        assert.deepEqual([server.stats.openedShells, server.stats.shells], [1, 0], at);
      } finally {
        await server.close();
      }
    }
  });

  it('says of Exchange Online what does not apply, and reads what it can', async () => {
    const organization = contractOrganization();
    const tenantId = '11111111-2222-4333-8444-555555555555';
    const server = await startExchangeOnline(organization, { certificate: labCertificate, tenantId, token: 'token' });
    try {
      const online = { kind: 'exchange-online', tenantId, onlineUrl: server.url, tls: { ca: labCa } } as const;
      const report = await checkExchange({ ...online, getToken: () => Promise.resolve('token') });
      assert.deepEqual(
        report.steps.map(({ verdict }) => verdict),
        [
          'does-not-apply',
          'does-not-apply',
          'does-not-apply',
          'session.open',
          'organization.named',
          'does-not-apply',
          'does-not-apply',
          'does-not-apply',
          'clock.same',
          'size.counted',
          'time.short',
        ],
      );
      assert.equal(report.overall, 'healthy');
      assert.ok(server.requests.every((cmdlet) => cmdlet.startsWith('Get-') && cmdlet !== 'Get-Command'));
      const refused = await checkExchange({ ...online, clientId: 'app', getToken: () => Promise.resolve('other') });
      const session = refused.steps.find(({ id }) => id === 'session');
      assert.deepEqual(
        [refused.overall, session?.verdict, session?.command],
        ['broken', 'session.tenant', 'az ad app credential list --id app'],
      );
    } finally {
      await server.close();
    }
  });

  it('is ready with the simulation, and leaves it open', async () => {
    const exchange = simulatedExchange(contractOrganization());
    const report = await checkExchange({ kind: 'simulated', exchange });
    assert.equal(report.overall, 'healthy');
    assert.equal(report.steps.find(({ id }) => id === 'rights')?.verdict, 'rights.all');
    for await (const _ of exchange.invoke({ cmdlet: 'Get-OrganizationConfig', parameters: {} }));
    await exchange.close();
  });

  it('keeps what strangers say to one bounded line', async () => {
    const organization = new Organization();
    Object.assign(organization, { name: `Evil\u202e\n${'x'.repeat(5_000)}` });
    const { username, password } = labUser;
    organization.addMailbox({ alias: username.split('@')[0]!, displayName: 'C', password, remotePowerShell: true });
    const { seen } = (await check({}, {}, organization)).step('organization');
    assert.ok(seen.length <= 2_001 && !/[\n\u202e]/.test(seen));
  });
});
