/** Which organization an Exchange server belongs to, over every way to it. */
import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { openExchange } from '../../src/exchange/open-exchange.ts';
import { organizationPort } from '../../src/exchange/organization-port.ts';
import type { OrganizationPort } from '../../src/exchange/organization-port.ts';
import { Organization } from '../../src/lab/organization.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import { simulatedExchange } from '../../src/lab/simulated-exchange.ts';
import { labCertificate, labOrganization, labUser, withLab } from './lab-exchange.ts';
import { failure, page, startOnlineServer } from './online/online-server.ts';

const { signal } = new AbortController();
const GUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const which = (port: OrganizationPort) => port.whichOrganization({ signal });
const code = (expected: ErrorCode) => (error: unknown) =>
  isConnectorError(error, expected) || assert.fail(String(error));

describe('which organization an Exchange server belongs to', () => {
  it('is read over PowerShell Remoting once a connection', async () => {
    await withLab({}, async (lab) => {
      const { organization, server } = lab;
      const exchange = lab.open();
      const port = organizationPort(() => exchange, 'org');
      const found = { kind: 'on-premises', id: organization.id, name: 'contoso' };
      assert.deepEqual(await which(port), found);
      server.faults.addCmdlet({
        kind: 'error-record',
        cmdlet: 'Get-OrganizationConfig',
        message: 'This is not asked for again.',
        exceptionType: 'System.Exception',
        terminating: true,
      });
      assert.deepEqual(await which(port), found);
    });
  });

  it('is unknown if the account lacks the cmdlet, and nothing fails for it', async () => {
    const organization = labOrganization();
    const cmdlets = ['Get-CASMailbox', 'Get-MobileDevice', 'Set-CASMailbox'];
    const poor = { alias: 'poor', displayName: 'Poor', password: 'x', remotePowerShell: true, cmdlets };
    const { guid } = organization.addMailbox(poor);
    await withLab(
      {},
      async (lab) => {
        const exchange = lab.open({ username: 'poor@contoso.example', password: 'x' });
        const port = organizationPort(() => exchange, 'org');
        assert.deepEqual(await which(port), { kind: 'on-premises', id: null, name: null });
        await port.write(guid, { blocked: { add: ['EAS1'] } }, { signal });
        assert.deepEqual((await port.readLists(guid, { signal })).blocked, ['EAS1']);
      },
      organization,
    );
  });

  it('is asked for again after a failure that says nothing of it', async () => {
    await withLab({}, async (lab) => {
      const { organization, server } = lab;
      const exchange = lab.open();
      const port = organizationPort(() => exchange, 'org');
      server.faults.addCmdlet({
        kind: 'error-record',
        cmdlet: 'Get-OrganizationConfig',
        message: 'The budget of this user is used up.',
        exceptionType: 'Microsoft.Exchange.Data.Storage.OverBudgetException',
        terminating: true,
        times: 1,
      });
      await assert.rejects(which(port), code('ERR_EXCHANGE_CMDLET'));
      assert.equal((await which(port)).id, organization.id);
    });
  });

  it('is the same at another server of it, and nothing is written or removed where that is of another organization', async () => {
    const other = new Organization({ domain: 'fabrikam.example' });
    other.addMailbox({ alias: 'connector', displayName: 'C', remotePowerShell: true, password: labUser.password });
    await withLab({ frontEnds: 1 }, async (lab) => {
      const { organization, server } = lab;
      const guid = organization.mailboxByAddress('bob@contoso.example')?.guid ?? '';
      const [same, foreign] = [
        await startExchangeServer(organization, { certificate: labCertificate, frontEnds: 1 }),
        await startExchangeServer(other, { certificate: labCertificate, frontEnds: 1 }),
      ];
      const at = async (second: string) => {
        const exchange = lab.open({ urls: [server.url, second], username: 'connector' });
        const port = organizationPort(() => exchange, 'org');
        const before = await which(port);
        server.faults.add({ kind: 'status', status: 500, on: 'create', times: 9 });
        server.dropShells();
        await port.readLists(guid, { signal }).catch(() => undefined);
        return { port, before, exchange };
      };
      try {
        const moved = await at(same.url);
        assert.deepEqual([moved.before.id, (await which(moved.port)).id], [organization.id, organization.id]);
        await moved.port.write(guid, { blocked: { add: ['EAS1'] } }, { signal });
        server.faults.clear();
        const lost = await at(foreign.url);
        for (const call of [
          lost.port.write(guid, { blocked: { add: ['EAS2'] } }, { signal }),
          lost.port.removePartnership(guid, { signal }),
        ])
          await assert.rejects(call, code('ERR_ORGANIZATION_CHANGED'));
        assert.equal((await which(lost.port)).id, other.id);
        assert.deepEqual([organization.writes.length, other.writes.length], [1, 0]);
        await Promise.all([moved.exchange.close(), lost.exchange.close()]);
        server.faults.clear();
        server.dropShells();
      } finally {
        await same.close();
        await foreign.close();
      }
    });
  });

  it('is read of Exchange Online, and unknown if the application lacks the right', async () => {
    const answers = [
      page([{ Guid: GUID.toUpperCase(), Name: 'contoso.onmicrosoft.com', DisplayName: 'Contoso' }]),
      failure(403, '|System.Management.Automation.CommandNotFoundException|No such.'),
    ];
    for (const answer of answers) {
      const server = await startOnlineServer(() => answer);
      const exchange = openExchange({
        kind: 'exchange-online',
        tenantId: '11111111-2222-4333-8444-555555555555',
        onlineUrl: `${server.origin}/adminapi/beta`,
        tls: { ca: server.ca },
        getToken: () => Promise.resolve('token'),
      });
      const port = organizationPort(() => exchange, 'org', { kind: 'online' });
      const found = await which(port);
      const isFirst = answer === answers[0];
      assert.deepEqual(
        found,
        isFirst
          ? { kind: 'online', id: GUID, name: 'contoso.onmicrosoft.com' }
          : { kind: 'online', id: null, name: null },
      );
      await exchange.close();
      await server.close();
    }
  });

  it('is the same for a simulated organization that is made anew, and another one for another domain', async () => {
    const of = async (domain: string): Promise<unknown> => {
      const exchange = simulatedExchange(new Organization({ domain }));
      return which(organizationPort(() => exchange, 'org', { kind: 'simulated' }));
    };
    const [first, again, other] = [
      await of('contoso.example'),
      await of('contoso.example'),
      await of('fabrikam.example'),
    ] as { id: string }[];
    assert.deepEqual([first, first?.id === other?.id], [again, false]);
    assert.match(first?.id ?? '', /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
  });
});
