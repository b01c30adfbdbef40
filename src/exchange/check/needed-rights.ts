/**
 * The cmdlets that the nodes send to an Exchange of one's own, with the parameters they send, what for, and the built-in role
 * that a role of one's own is made from.
 * Roles: learn "Mail Recipients role", "View-Only Recipients role", "View-Only Configuration role", "Distribution Groups role".
 */

/**
 * needed: without it the connector does not work. wanted: without it something everybody expects does not. optional: for what
 * is off at first, or may be left out.
 */
export type RightLevel = 'needed' | 'wanted' | 'optional';

export interface NeededRight {
  readonly cmdlet: string;
  readonly level: RightLevel;
  /** Completes "needed to …". */
  readonly use: string;
  readonly parameters: readonly string[];
  readonly role: 'Mail Recipients' | 'View-Only Recipients' | 'View-Only Configuration';
}

export const NEEDED_RIGHTS: readonly NeededRight[] = [
  {
    cmdlet: 'Get-CASMailbox',
    level: 'needed',
    use: 'read mailboxes and their device lists',
    parameters: ['Identity', 'Filter', 'ResultSize'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-MobileDevice',
    level: 'needed',
    use: 'read devices',
    parameters: ['Identity', 'Mailbox', 'Filter', 'ResultSize'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Set-CASMailbox',
    level: 'needed',
    use: 'block and allow devices',
    parameters: ['Identity', 'ActiveSyncAllowedDeviceIDs', 'ActiveSyncBlockedDeviceIDs', 'Confirm'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-User',
    level: 'wanted',
    use: 'read sign-in names, by which devices of the MDM are found, and kinds of mailboxes',
    parameters: ['Identity', 'Filter', 'ResultSize'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-Recipient',
    level: 'wanted',
    use: 'find whom an address belongs to: groups that rules name, and users who ask for help',
    parameters: ['Filter', 'ResultSize'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-MobileDeviceStatistics',
    level: 'wanted',
    use: 'see when a device last tried to sync, so that nobody is mailed about one that is not used any more',
    parameters: ['Mailbox'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-OrganizationConfig',
    level: 'wanted',
    use: 'notice another organization at the same address',
    parameters: [],
    role: 'View-Only Configuration',
  },
  {
    cmdlet: 'Get-MailboxRegionalConfiguration',
    level: 'optional',
    use: 'mail in the language of the mailbox’s owner',
    parameters: ['Identity'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-Mailbox',
    level: 'optional',
    use: 'say in the notifier’s check whether its mailbox is disabled',
    parameters: ['Identity'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-MailboxStatistics',
    level: 'optional',
    use: 'say in the notifier’s check whether its mailbox is full',
    parameters: ['Identity'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Remove-MobileDevice',
    level: 'optional',
    use: 'remove devices that nobody uses, which is off at first',
    parameters: ['Identity', 'Confirm'],
    role: 'Mail Recipients',
  },
  {
    cmdlet: 'Get-DistributionGroupMember',
    level: 'optional',
    use: 'read groups that rules name',
    parameters: ['Identity', 'ResultSize'],
    role: 'View-Only Recipients',
  },
  {
    cmdlet: 'Get-DynamicDistributionGroup',
    level: 'optional',
    use: 'read dynamic groups that rules name',
    parameters: ['Identity'],
    role: 'View-Only Recipients',
  },
  {
    cmdlet: 'Get-AcceptedDomain',
    level: 'optional',
    use: 'tell the Autodiscover check which mail domains there are',
    parameters: [],
    role: 'View-Only Configuration',
  },
  {
    cmdlet: 'Set-ADServerSettings',
    level: 'optional',
    use: 'see mailboxes of every domain of the forest, where it has several',
    parameters: ['ViewEntireForest'],
    role: 'View-Only Recipients',
  },
  {
    cmdlet: 'Get-ADServerSettings',
    level: 'optional',
    use: 'say in this report which domains are seen',
    parameters: [],
    role: 'View-Only Configuration',
  },
  {
    cmdlet: 'Get-ThrottlingPolicyAssociation',
    level: 'optional',
    use: 'say in this report which throttling policy the account has',
    parameters: ['Identity'],
    role: 'View-Only Configuration',
  },
  {
    cmdlet: 'Get-ThrottlingPolicy',
    level: 'optional',
    use: 'say in this report what a throttling policy allows',
    parameters: [],
    role: 'View-Only Configuration',
  },
];
