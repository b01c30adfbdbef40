/** The lab's organization of two domains: what a session sees of it before and after Set-ADServerSettings. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Organization, sequentialIds } from '../../src/lab/organization.ts';
import { seedOrganization } from '../../src/lab/seed-organization.ts';
import type { LabCall, LabCaller } from '../../src/lab/exchange-cmdlets.ts';
import { collectLabCmdlet } from './collect-cmdlet.ts';

function forest() {
  const organization = new Organization({ newId: sequentialIds(), otherDomains: ['asia.contoso.example'] });
  const anna = organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
  // The same common name lies in another domain.
  const other = organization.addMailbox({ alias: 'anna2', displayName: 'Anna Adler', domain: 'asia.contoso.example' });
  const phones = [anna, other].map(({ address }, n) => {
    const { partnership } = organization.syncPhone({ mailbox: address, deviceId: `PHONE${n}`, deviceType: 'iPhone' });
    assert.ok(partnership);
    return partnership;
  });
  organization.addGroup({ name: 'All', members: [anna, other] });
  const session = { viewEntireForest: false };
  const run = (cmdlet: string, parameters: LabCall['parameters'] = {}, caller: LabCaller = { session }) =>
    collectLabCmdlet(organization, { cmdlet, parameters }, caller);
  return { organization, anna, other, phones, run };
}

/** Names or ids that a cmdlet gave. */
function seen(run: ReturnType<typeof forest>['run'], cmdlet: string, parameters: LabCall['parameters'] = {}) {
  return run(cmdlet, parameters).outputs.map(
    (one) => one['DeviceId'] ?? one['PrimarySmtpAddress'] ?? one['UserPrincipalName'],
  );
}

const HERE = 'anna@contoso.example';
const THERE = 'anna2@asia.contoso.example';

describe('a session of the lab’s Exchange in a forest of two domains', () => {
  const lists: readonly (readonly [string, LabCall['parameters'], readonly string[], readonly string[]])[] = [
    ['Get-CASMailbox', {}, [HERE], [HERE, THERE]],
    ['Get-User', {}, [HERE], [HERE, THERE]],
    ['Get-Recipient', { RecipientTypeDetails: ['UserMailbox'] }, [HERE], [HERE, THERE]],
    ['Get-DistributionGroupMember', { Identity: 'All' }, [HERE], [HERE, THERE]],
    ['Get-MobileDevice', {}, ['PHONE0'], ['PHONE0', 'PHONE1']],
    ['Get-MobileDevice', { Filter: "DeviceType -eq 'iPhone'" }, ['PHONE0'], ['PHONE0', 'PHONE1']],
  ];
  for (const [cmdlet, parameters, own, all] of lists)
    it(`lists with ${cmdlet} ${JSON.stringify(parameters)} the servers’ domain, and all of them once it was set`, () => {
      const { run } = forest();
      const before = seen(run, cmdlet, parameters);
      const set = run('Set-ADServerSettings', { ViewEntireForest: true });
      const after = seen(run, cmdlet, parameters);
      run('Set-ADServerSettings', { ViewEntireForest: false });
      assert.deepEqual([before, after, seen(run, cmdlet, parameters)], [own, all, own]);
      assert.deepEqual(set, { outputs: [], warnings: [], errors: [], failed: null });
    });

  it('does not find what another domain has, by whatever identity, and changes nothing of it', () => {
    const { run, organization, other, phones } = forest();
    const calls: readonly (readonly [string, LabCall['parameters']])[] = [
      ...[other.guid, other.distinguishedName, THERE, 'anna2', 'asia\\anna2'].map(
        (Identity) => ['Get-CASMailbox', { Identity }] as const,
      ),
      ['Get-MobileDevice', { Mailbox: other.guid }],
      ['Get-MobileDeviceStatistics', { Mailbox: other.guid }],
      ['Get-MobileDevice', { Identity: phones[1]?.guid ?? '' }],
      ['Set-CASMailbox', { Identity: other.guid, ActiveSyncBlockedDeviceIDs: { Add: ['PHONE1'] } }],
      ['Remove-MobileDevice', { Identity: phones[1]?.guid ?? '', Confirm: false }],
    ];
    for (const [cmdlet, parameters] of calls) {
      const { outputs, errors } = run(cmdlet, parameters);
      const told = errors.map(({ exceptionTypes }) => exceptionTypes[0]?.split('.').at(-1));
      assert.deepEqual(
        [outputs, told],
        [[], ['ManagementObjectNotFoundException']],
        JSON.stringify([cmdlet, parameters]),
      );
    }
    assert.deepEqual([organization.writes, organization.partnershipCount], [[], 2]);
    run('Set-ADServerSettings', { ViewEntireForest: true });
    for (const [cmdlet, parameters] of calls) assert.deepEqual(run(cmdlet, parameters).errors, [], cmdlet);
    assert.deepEqual([organization.writes.length, organization.partnershipCount], [1, 1]);
  });

  it('is refused Set-ADServerSettings like any cmdlet that the account’s roles lack', () => {
    const { run } = forest();
    const session = { viewEntireForest: false };
    const cmdlets = ['Get-CASMailbox'];
    const { failed } = run('Set-ADServerSettings', { ViewEntireForest: true }, { session, cmdlets });
    assert.deepEqual(
      [failed?.message, failed?.fullyQualifiedErrorId, session],
      [
        "The term 'Set-ADServerSettings' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.",
        'CommandNotFoundException',
        { viewEntireForest: false },
      ],
    );
  });

  it('stays as it was after -WhatIf, and after a value that is none', () => {
    const { run } = forest();
    run('Set-ADServerSettings', { ViewEntireForest: true, WhatIf: true });
    assert.equal(
      run('Set-ADServerSettings', { ViewEntireForest: 'yes' }).failed?.fullyQualifiedErrorId.split(',')[0],
      'CannotConvertArgument',
    );
    assert.deepEqual(seen(run, 'Get-MobileDevice'), ['PHONE0']);
  });
});

describe('a seeded forest', () => {
  it('has people and phones in every domain, and mail domains of each', () => {
    const organization = seedOrganization({
      phones: 90,
      otherDomains: ['asia.contoso.example', 'emea.contoso.example'],
    });
    const byDomain: Record<string, number> = {};
    for (const { mailbox } of organization.partnerships())
      byDomain[mailbox.domain] = (byDomain[mailbox.domain] ?? 0) + 1;
    assert.deepEqual(Object.keys(byDomain).toSorted(), [
      'asia.contoso.example',
      'contoso.example',
      'emea.contoso.example',
    ]);
    assert.ok(Object.values(byDomain).every((count) => count > 20));
    assert.deepEqual(
      organization.acceptedDomains.map(({ name }) => name),
      ['contoso.example', 'asia.contoso.example', 'emea.contoso.example'],
    );
  });
});

describe('npm run lab -- --forest two', () => {
  it('tells both domains', async function () {
    const lab = spawn(process.execPath, ['scripts/lab.ts', '--json', '--phones', '4', '--forest', 'two'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(lab.stdout), 'line')) as [string];
    lab.kill();
    await once(lab, 'exit');
    assert.deepEqual((JSON.parse(line) as { domains: string[] }).domains, ['contoso.example', 'emea.contoso.example']);
  });

  it('refuses a number of domains that it does not have', () => {
    assert.throws(
      () => execFileSync(process.execPath, ['scripts/lab.ts', '--forest', 'three'], { stdio: 'pipe' }),
      /--forest takes one or two/,
    );
  });
});
