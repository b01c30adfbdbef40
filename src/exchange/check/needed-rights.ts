/**
 * The cmdlets that the nodes send to an Exchange of one's own, with the parameters they send, what for, and the built-in role
 * that a role of one's own is made from.
 * Roles: learn "Mail Recipients role", "View-Only Recipients role", "View-Only Configuration role", "Distribution Groups role".
 */
import type { SAYINGS_EN } from './words/sayings-en.ts';

/**
 * needed: without it the connector does not work. wanted: without it something everybody expects does not. optional: for what
 * is off at first, or may be left out.
 */
export type RightLevel = 'needed' | 'wanted' | 'optional';

export interface NeededRight {
  readonly cmdlet: string;
  readonly level: RightLevel;
  /** What completes "needed to …". */
  readonly use: Extract<keyof typeof SAYINGS_EN, `use.${string}`>;
  readonly parameters: readonly string[];
  readonly role: 'Mail Recipients' | 'View-Only Recipients' | 'View-Only Configuration';
}

export const NEEDED_RIGHTS: readonly NeededRight[] = [
  {
    cmdlet: 'Get-CASMailbox',
    level: 'needed',
    use: 'use.Get-CASMailbox',
    parameters: ['Identity', 'Filter', 'ResultSize'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-MobileDevice',
    level: 'needed',
    use: 'use.Get-MobileDevice',
    parameters: ['Identity', 'Mailbox', 'Filter', 'ResultSize'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Set-CASMailbox',
    level: 'needed',
    use: 'use.Set-CASMailbox',
    parameters: ['Identity', 'ActiveSyncAllowedDeviceIDs', 'ActiveSyncBlockedDeviceIDs', 'Confirm'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-User',
    level: 'wanted',
    use: 'use.Get-User',
    parameters: ['Identity', 'Filter', 'ResultSize'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-Recipient',
    level: 'wanted',
    use: 'use.Get-Recipient',
    parameters: ['Filter', 'ResultSize'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-MobileDeviceStatistics',
    level: 'wanted',
    use: 'use.Get-MobileDeviceStatistics',
    parameters: ['Mailbox'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-OrganizationConfig',
    level: 'wanted',
    use: 'use.Get-OrganizationConfig',
    parameters: [],
    role: 'View-Only Configuration',
  },
  {
    cmdlet: 'Get-MailboxRegionalConfiguration',
    level: 'optional',
    use: 'use.Get-MailboxRegionalConfiguration',
    parameters: ['Identity'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-Mailbox',
    level: 'optional',
    use: 'use.Get-Mailbox',
    parameters: ['Identity'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-MailboxStatistics',
    level: 'optional',
    use: 'use.Get-MailboxStatistics',
    parameters: ['Identity'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Remove-MobileDevice',
    level: 'optional',
    use: 'use.Remove-MobileDevice',
    parameters: ['Identity', 'Confirm'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-DistributionGroupMember',
    level: 'optional',
    use: 'use.Get-DistributionGroupMember',
    parameters: ['Identity', 'ResultSize'],
    role: 'View-Only Recipients',
  },
  {
    cmdlet: 'Get-DynamicDistributionGroup',
    level: 'optional',
    use: 'use.Get-DynamicDistributionGroup',
    parameters: ['Identity'],
    role: 'View-Only Recipients',
  },
  {
    cmdlet: 'Get-AcceptedDomain',
    level: 'optional',
    use: 'use.Get-AcceptedDomain',
    parameters: [],
    role: 'View-Only Configuration',
  },
  {
    cmdlet: 'Set-ADServerSettings',
    level: 'optional',
    use: 'use.Set-ADServerSettings',
    parameters: ['ViewEntireForest'],
    role: 'View-Only Recipients',
  },
  {
    cmdlet: 'Get-ADServerSettings',
    level: 'optional',
    use: 'use.Get-ADServerSettings',
    parameters: [],
    role: 'View-Only Configuration',
  },
  {
    cmdlet: 'Get-ThrottlingPolicyAssociation',
    level: 'optional',
    use: 'use.Get-ThrottlingPolicyAssociation',
    parameters: ['Identity'],
    role: 'View-Only Configuration',
  },
  {
    cmdlet: 'Get-ThrottlingPolicy',
    level: 'optional',
    use: 'use.Get-ThrottlingPolicy',
    parameters: [],
    role: 'View-Only Configuration',
  },
];
