/** The engine's session configuration file (.pssc): what a session shows (PowerShell, New-PSSessionConfigurationFile). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Cmdlets Exchange's administrators see. */
export const EXCHANGE_CMDLETS: readonly string[] = [
  'Get-CASMailbox',
  'Get-MobileDevice',
  'Get-MobileDeviceStatistics',
  'Get-Recipient',
  'Get-Mailbox',
  'Get-MailboxRegionalConfiguration',
  'Get-MailboxStatistics',
  'Get-User',
  'Get-OrganizationConfig',
  'Get-AcceptedDomain',
  'Get-ActiveSyncOrganizationSettings',
  'Get-ActiveSyncDeviceAccessRule',
  'Get-ExchangeServer',
  'Get-DistributionGroupMember',
  'Get-DynamicDistributionGroup',
  'Get-DynamicDistributionGroupMember',
  'Get-ThrottlingPolicyAssociation',
  'Get-ThrottlingPolicy',
  'Get-ADServerSettings',
  'Set-ADServerSettings',
  'Set-CASMailbox',
  'Remove-MobileDevice',
  'Clear-MobileDevice',
];

/** Cmdlets by which an administrator prepares an organization, in the shell on the server. */
export const ADMINISTRATION_CMDLETS: readonly string[] = [
  'New-ManagementRole',
  'Remove-ManagementRole',
  'Set-ManagementRoleEntry',
  'Add-ManagementRoleEntry',
  'New-RoleGroup',
  'Remove-RoleGroup',
  'Set-User',
  'New-ThrottlingPolicy',
  'Set-ThrottlingPolicyAssociation',
  'Remove-ThrottlingPolicy',
  'Set-PowerShellVirtualDirectory',
];

/** Cmdlets that try the engine itself. */
export const PROBE_CMDLETS: readonly string[] = [
  'Get-EngineValue',
  'ConvertTo-EngineText',
  'ConvertFrom-EngineText',
  'Write-EngineStream',
  'Invoke-EngineFailure',
  'Wait-EngineStop',
  'Request-EngineHost',
  'Get-EngineProcess',
];

/** A session file in a folder of its own. */
export interface SessionFile {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Writes a session as Exchange's since KB5001779: no language, only cmdlets.
 * @param assembly path of ExchangeEngine.dll, where the cmdlets are
 * @param language FullLanguage: as the shell on the server, which takes what is pasted
 */
export async function writeSessionFile(
  assembly: string,
  visible: readonly string[] = [...EXCHANGE_CMDLETS, ...PROBE_CMDLETS],
  language: 'NoLanguage' | 'FullLanguage' = 'NoLanguage',
): Promise<SessionFile> {
  const folder = await mkdtemp(join(tmpdir(), 'powershell-session-'));
  const path = join(folder, 'session.pssc');
  // A session without Get-Command and Out-Default is not let in by PowerShell's own clients; the core module has them.
  const names = [...visible, 'Get-Command', 'Out-Default'].map((name) => `'${name}'`).join(', ');
  const text = [
    '@{',
    "  SchemaVersion = '2.0.0.0'",
    "  GUID = '6d0f7a52-5f0e-4a51-9b51-2f9d5f1c7a10'",
    "  SessionType = 'Empty'",
    `  LanguageMode = '${language}'`,
    `  ModulesToImport = 'Microsoft.PowerShell.Core', '${assembly.replaceAll("'", "''")}'`,
    `  VisibleCmdlets = ${names}`,
    '}',
    '',
  ];
  await writeFile(path, text.join('\n'));
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
