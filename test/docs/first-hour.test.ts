/** The page about the first hour with Exchange: what is pasted works as it stands, and gives the account what it needs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkExchange } from '../../src/exchange/check/check-exchange.ts';
import { NEEDED_RIGHTS } from '../../src/exchange/check/needed-rights.ts';
import type { ReportStep } from '../../src/exchange/check/report.ts';
import { USED_PERMISSIONS } from '../../src/graph/check/permissions.ts';
import { Organization } from '../../src/lab/organization.ts';
import { startExchangeServer } from '../../src/lab/servers/exchange.ts';
import { labCa, labCertificate } from '../exchange/lab-exchange.ts';
import { collectLabCmdlet } from '../lab/collect-cmdlet.ts';
import { pastedLines, readPastedCall } from '../support/pasted-powershell.ts';
import type { PastedCall } from '../support/pasted-powershell.ts';

const ACCOUNT = { username: 'svc-connector@contoso.com', password: 'Pa$$w0rd & <more>' };
const calls = pastedLines('docs/first-hour-exchange.md').map(readPastedCall);
const takesBack = ({ line }: PastedCall): boolean =>
  line.startsWith('Remove-') ||
  line.includes('-ThrottlingPolicy $null') ||
  line.includes('-RemotePowerShellEnabled $false');

/** An organization before the first hour: its account is a user as any other. */
function newOrganization(): Organization {
  const organization = new Organization({ domain: 'contoso.com' });
  organization.addMailbox({
    alias: 'svc-connector',
    displayName: 'Connector',
    password: ACCOUNT.password,
    hasMailbox: false,
    remotePowerShell: false,
    cmdlets: [],
  });
  return organization;
}

function paste(organization: Organization, pasted: readonly PastedCall[]): string[] {
  return pasted.flatMap(({ line, cmdlet, parameters }) => {
    const { errors, failed } = collectLabCmdlet(organization, { cmdlet, parameters });
    return [...errors, ...(failed === null ? [] : [failed])].map(({ message }) => `${line}: ${message}`);
  });
}

/** The steps of the report about session, rights and policy, for the account. */
async function reportOf(organization: Organization): Promise<(id: string) => ReportStep | undefined> {
  const server = await startExchangeServer(organization, { certificate: labCertificate, auth: ['basic'] });
  try {
    const { steps } = await checkExchange({
      kind: 'remote-powershell',
      urls: [server.url],
      auth: 'basic',
      ...ACCOUNT,
      tls: { ca: labCa },
    });
    return (id) => steps.find((step) => step.id === id);
  } finally {
    await server.close();
  }
}

describe('the page about the first hour with Exchange', () => {
  it('offers lines that Exchange binds as they stand, each of them', () => {
    assert.ok(calls.length > 15, 'the lines were read');
    assert.deepEqual(paste(newOrganization(), calls), []);
  });

  it('gives the account every cmdlet that the nodes use, with the parameters they send, and no other', async () => {
    const organization = newOrganization();
    assert.deepEqual(
      paste(
        organization,
        calls.filter((call) => !takesBack(call)),
      ),
      [],
    );
    const step = await reportOf(organization);
    assert.deepEqual(
      [step('session'), step('rights'), step('throttling')].map((one) => one?.verdict),
      ['session.open', 'rights.all', 'throttling.enough'],
    );
    const given = (organization.directory.find(ACCOUNT.username)?.cmdlets ?? []).map(
      (entry) => entry.split(' ')[0] ?? '',
    );
    assert.deepEqual(given.toSorted(), NEEDED_RIGHTS.map(({ cmdlet }) => cmdlet).toSorted());
  });

  it('takes from cmdlets that change something every parameter that is not sent', () => {
    const organization = newOrganization();
    paste(
      organization,
      calls.filter((call) => !takesBack(call)),
    );
    const entries = organization.directory.find(ACCOUNT.username)?.cmdlets ?? [];
    const changing = NEEDED_RIGHTS.filter(({ cmdlet }) => !cmdlet.startsWith('Get-'));
    assert.deepEqual(
      entries.filter((entry) => !entry.startsWith('Get-')).toSorted(),
      changing.map(({ cmdlet, parameters }) => [cmdlet, ...parameters.map((name) => `-${name}`)].join(' ')).toSorted(),
    );
  });

  it('takes each from the built-in role that has it', () => {
    const roles = calls.filter(({ cmdlet }) => cmdlet === 'New-ManagementRole').map(({ parameters }) => parameters);
    for (const { Parent, EnabledCmdlets } of roles)
      assert.deepEqual(
        (EnabledCmdlets as string[]).toSorted(),
        NEEDED_RIGHTS.filter(({ role, cmdlet }) => role === Parent && cmdlet !== 'Remove-MobileDevice')
          .map(({ cmdlet }) => cmdlet)
          .toSorted(),
      );
    assert.equal(roles.length, 3);
  });

  it('takes everything back', async () => {
    const organization = newOrganization();
    assert.deepEqual(paste(organization, calls), []);
    const account = organization.directory.find(ACCOUNT.username);
    assert.deepEqual(
      [account?.cmdlets, account?.remotePowerShell, account?.throttlingPolicy, organization.throttlingPolicies.length],
      [[], false, null, 1],
    );
    assert.equal((await reportOf(organization))('session')?.status, 'error');
  });
});

describe('the page about the first hour with Entra', () => {
  const text = readFileSync(new URL('../../docs/first-hour-entra.md', import.meta.url), 'utf8');

  it('asks for the permissions that are used, by name and by id, and for no other', () => {
    const names = [...text.matchAll(/`([A-Z]\w+(?:\.\w+)*\.Read\.All)`/g)].map(([, name = '']) => name);
    const ids = [...text.matchAll(/\b([0-9a-f-]{36})=Role/g)].map(([, id = '']) => id);
    const [byName, byId] = [USED_PERMISSIONS.map(({ name }) => name), USED_PERMISSIONS.map(({ id }) => id)];
    assert.deepEqual([...new Set(names)].toSorted(), byName.toSorted());
    assert.deepEqual(ids.toSorted(), byId.toSorted());
  });

  it('asks the first command for what is needed alone', () => {
    const [first = ''] = text.split('\n').filter((line) => line.includes('=Role'));
    const needed = USED_PERMISSIONS.filter(({ level }) => level === 'needed').map(({ id }) => `${id}=Role`);
    assert.deepEqual(
      first.split(' ').filter((word) => word.endsWith('=Role')),
      needed,
    );
  });
});
