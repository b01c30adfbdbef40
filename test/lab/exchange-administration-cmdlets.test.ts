/** What an administrator gives accounts in the simulated organization, and what is refused. */
import assert from 'node:assert/strict';
import { Organization } from '../../src/lab/organization.ts';
import { readPastedCall } from '../support/pasted-powershell.ts';
import { collectLabCmdlet } from './collect-cmdlet.ts';

describe('roles of the simulated organization', () => {
  let organization: Organization;
  beforeEach(() => {
    organization = new Organization({ domain: 'contoso.com' });
    organization.addMailbox({ alias: 'ann', displayName: 'Ann', cmdlets: [] });
  });

  const paste = (...lines: readonly string[]): string[] =>
    lines.flatMap((line) => {
      const { errors, failed } = collectLabCmdlet(organization, readPastedCall(line));
      return [...errors, ...(failed === null ? [] : [failed])].map(({ message }) => message.slice(0, 90));
    });
  const cmdlets = (): readonly string[] | null | undefined => organization.directory.find('ann@contoso.com')?.cmdlets;

  const READ = 'New-ManagementRole -Name Read -Parent "Mail Recipients" -EnabledCmdlets Get-User,Get-CASMailbox';
  const WRITE = 'New-ManagementRole -Name Write -Parent "Mail Recipients" -EnabledCmdlets Set-CASMailbox';

  it('give the members of a role group their cmdlets, also those that a role gets later', () => {
    assert.deepEqual(paste(READ, WRITE, 'New-RoleGroup -Name All -Roles Read,Write -Members ann@contoso.com'), []);
    assert.deepEqual(cmdlets(), ['Get-User', 'Get-CASMailbox', 'Set-CASMailbox']);
    assert.deepEqual(
      paste(
        'Set-ManagementRoleEntry -Identity Write\\Set-CASMailbox -Parameters Identity,Confirm',
        'Add-ManagementRoleEntry -Identity Read\\Get-MobileDevice',
      ),
      [],
    );
    assert.deepEqual(cmdlets(), [
      'Get-User',
      'Get-CASMailbox',
      'Get-MobileDevice',
      'Set-CASMailbox -Identity -Confirm',
    ]);
  });

  it('leave an account what another group gives it', () => {
    paste(READ, WRITE, 'New-RoleGroup -Name One -Roles Read -Members ann@contoso.com');
    paste('New-RoleGroup -Name Two -Roles Write -Members ann@contoso.com');
    assert.deepEqual(paste('Remove-RoleGroup -Identity One -Confirm:$false'), []);
    assert.deepEqual(cmdlets(), ['Set-CASMailbox']);
  });

  for (const [what, line] of [
    ['a role of a parent that is none', 'New-ManagementRole -Name New -Parent "Mail Senders"'],
    ['an entry that the role has not', 'Set-ManagementRoleEntry -Identity Read\\Set-Mailbox -Parameters Identity'],
    ['an entry of a role that is not there', 'Add-ManagementRoleEntry -Identity Gone\\Get-User'],
    ['a group of a role that is not there', 'New-RoleGroup -Name New -Roles Gone'],
    ['a group of somebody who is not there', 'New-RoleGroup -Name New -Roles Read -Members bob@contoso.com'],
    ['a user who is not there', 'Set-User -Identity bob@contoso.com -RemotePowerShellEnabled $true'],
    ['a policy that is not there', 'Set-ThrottlingPolicyAssociation -Identity ann@contoso.com -ThrottlingPolicy Gone'],
    ['a directory that is not there', 'Set-PowerShellVirtualDirectory -Identity "EX1\\owa" -BasicAuthentication $true'],
  ] as const)
    it(`refuse ${what}`, () => {
      paste(READ);
      assert.match(paste(line).join(), /^The operation couldn't be performed because object '/);
    });

  it('ask before they take a role away', () => {
    paste(READ);
    assert.match(paste('Remove-ManagementRole -Identity Read').join(), /^A command that prompts the user failed/);
    assert.deepEqual(paste('Remove-ManagementRole -Identity Read -Confirm:$false'), []);
  });
});
