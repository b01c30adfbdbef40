/**
 * Every cmdlet this package may send, with its parameters and their types. What is not here does not reach the wire.
 * Parameters as documented per cmdlet in office-docs-powershell (exchange/exchange-ps/exchange).
 */

/** How a parameter's value is checked and what it becomes on the wire. */
export type ParameterType =
  /** GUID or distinguished name, never empty. */
  | 'identity'
  /** OPATH that our own parser reads. */
  | 'filter'
  /** A positive integer, or "Unlimited". */
  | 'size'
  /** Present (true) or left out (false). */
  | 'switch'
  | 'bool'
  /** Text without control characters, not empty. */
  | 'text'
  | 'texts'
  /** `{ Add, Remove }` on a multi-valued property; never a plain list, which would overwrite what others wrote. */
  | 'edit';

/** A cmdlet and what it may be given. */
export interface CmdletSpec {
  readonly name: string;
  /** read: may be repeated, and changes nothing beyond its session. write: changes something, never repeated blindly. destructive: needs an opt-in as well. */
  readonly effect: 'read' | 'write' | 'destructive';
  /** Has ShouldProcess, so `Confirm` = false is always sent: there is nobody to answer the prompt. */
  readonly confirmable: boolean;
  /** At least one of these must be given. */
  readonly requires: readonly string[];
  readonly parameters: Readonly<Record<string, ParameterType>>;
  /** One line for help texts. */
  readonly summary: string;
}

/** Read a domain controller of one's own choice, e.g. the one just written to. */
const DOMAIN_CONTROLLER = { DomainController: 'text' } as const;
/** What `Get-` cmdlets over recipients share. */
const RECIPIENT_QUERY = {
  Identity: 'identity',
  Filter: 'filter',
  ResultSize: 'size',
  SortBy: 'text',
  OrganizationalUnit: 'identity',
  ReadFromDomainController: 'switch',
  ...DOMAIN_CONTROLLER,
} as const;

const SPECS: readonly CmdletSpec[] = [
  {
    name: 'Get-CASMailbox',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: { ...RECIPIENT_QUERY, RecalculateHasActiveSyncDevicePartnership: 'switch' },
    summary: 'mailboxes with their client access settings and personal device lists',
  },
  {
    name: 'Get-MobileDevice',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: {
      Identity: 'identity',
      Mailbox: 'identity',
      Filter: 'filter',
      ResultSize: 'size',
      SortBy: 'text',
      OrganizationalUnit: 'identity',
      ActiveSync: 'switch',
      OWAforDevices: 'switch',
      RestApi: 'switch',
      UniversalOutlook: 'switch',
      Monitoring: 'switch',
      ...DOMAIN_CONTROLLER,
    },
    summary: 'mobile device partnerships',
  },
  {
    name: 'Get-MobileDeviceStatistics',
    effect: 'read',
    confirmable: false,
    requires: ['Identity', 'Mailbox'],
    parameters: {
      Identity: 'identity',
      Mailbox: 'identity',
      ActiveSync: 'switch',
      OWAforDevices: 'switch',
      RestApi: 'switch',
      UniversalOutlook: 'switch',
      ...DOMAIN_CONTROLLER,
    },
    summary: 'last sync times and wipe state of a mailbox’s devices',
  },
  {
    name: 'Get-Recipient',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: {
      ...RECIPIENT_QUERY,
      RecipientType: 'texts',
      RecipientTypeDetails: 'texts',
      // As a dynamic group has them: OPATH that Exchange wrote itself, and a canonical name.
      RecipientPreviewFilter: 'text',
      OrganizationalUnit: 'text',
    },
    summary: 'recipients and their addresses',
  },
  {
    name: 'Get-Mailbox',
    effect: 'read',
    confirmable: false,
    requires: ['Identity'],
    parameters: { Identity: 'identity', ReadFromDomainController: 'switch', ...DOMAIN_CONTROLLER },
    summary: 'a mailbox, its quotas, and whether its account is disabled',
  },
  {
    name: 'Get-MailboxRegionalConfiguration',
    effect: 'read',
    confirmable: false,
    requires: ['Identity'],
    parameters: { Identity: 'identity', ...DOMAIN_CONTROLLER },
    summary: 'the language of a mailbox’s owner',
  },
  {
    name: 'Get-MailboxStatistics',
    effect: 'read',
    confirmable: false,
    requires: ['Identity'],
    parameters: { Identity: 'identity', ...DOMAIN_CONTROLLER },
    summary: 'how full a mailbox is',
  },
  {
    name: 'Get-User',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: { ...RECIPIENT_QUERY, RecipientTypeDetails: 'texts' },
    summary: 'users and their user principal names',
  },
  {
    name: 'Get-OrganizationConfig',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: { ...DOMAIN_CONTROLLER },
    summary: 'the organization itself, its name and its GUID',
  },
  {
    name: 'Get-AcceptedDomain',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: { Identity: 'identity', ...DOMAIN_CONTROLLER },
    summary: 'the mail domains that Exchange takes mail for',
  },
  {
    name: 'Get-ActiveSyncOrganizationSettings',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: { ...DOMAIN_CONTROLLER },
    summary: 'the default access level and what Exchange mails about it',
  },
  {
    name: 'Get-ActiveSyncDeviceAccessRule',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: { Identity: 'identity', ...DOMAIN_CONTROLLER },
    summary: 'device access rules',
  },
  {
    name: 'Get-ExchangeServer',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: { Identity: 'identity', Status: 'switch', ...DOMAIN_CONTROLLER },
    summary: 'Exchange servers and their versions',
  },
  {
    name: 'Get-DistributionGroupMember',
    effect: 'read',
    confirmable: false,
    requires: ['Identity'],
    parameters: { Identity: 'identity', ResultSize: 'size', ReadFromDomainController: 'switch', ...DOMAIN_CONTROLLER },
    summary: 'members of a group',
  },
  {
    name: 'Get-DynamicDistributionGroup',
    effect: 'read',
    confirmable: false,
    requires: ['Identity'],
    parameters: { Identity: 'identity', ReadFromDomainController: 'switch', ...DOMAIN_CONTROLLER },
    summary: 'whom a dynamic group fits, as a filter',
  },
  {
    name: 'Get-DynamicDistributionGroupMember',
    effect: 'read',
    confirmable: false,
    requires: ['Identity'],
    parameters: { Identity: 'identity', ResultSize: 'size' },
    summary: 'members of a dynamic group (Exchange Online)',
  },
  {
    name: 'Get-Command',
    effect: 'read',
    confirmable: false,
    // Without names it describes every cmdlet of the account, and there are hundreds.
    requires: ['Name'],
    parameters: { Name: 'texts' },
    summary: 'which cmdlets the account may run',
  },
  {
    name: 'Get-ThrottlingPolicyAssociation',
    effect: 'read',
    confirmable: false,
    requires: ['Identity'],
    parameters: { Identity: 'identity', ...DOMAIN_CONTROLLER },
    summary: 'the throttling policy of an account',
  },
  {
    name: 'Get-ThrottlingPolicy',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: { ...DOMAIN_CONTROLLER },
    summary: 'what throttling policies allow',
  },
  {
    name: 'Get-ADServerSettings',
    effect: 'read',
    confirmable: false,
    requires: [],
    parameters: {},
    summary: 'which domains a session sees',
  },
  {
    name: 'Set-ADServerSettings',
    effect: 'read',
    // It has ShouldProcess with the default impact, which never asks; and a role may have no other parameter for it.
    confirmable: false,
    requires: ['ViewEntireForest'],
    parameters: { ViewEntireForest: 'bool' },
    summary: 'how much of the forest a session sees',
  },
  {
    name: 'Set-CASMailbox',
    effect: 'write',
    confirmable: true,
    requires: ['Identity'],
    parameters: {
      Identity: 'identity',
      ActiveSyncAllowedDeviceIDs: 'edit',
      ActiveSyncBlockedDeviceIDs: 'edit',
      ...DOMAIN_CONTROLLER,
    },
    summary: 'edit a mailbox’s personal device lists',
  },
  {
    name: 'Remove-MobileDevice',
    effect: 'destructive',
    confirmable: true,
    requires: ['Identity'],
    parameters: { Identity: 'identity', ...DOMAIN_CONTROLLER },
    summary: 'delete a partnership (the device may come back)',
  },
  {
    name: 'Clear-MobileDevice',
    effect: 'destructive',
    confirmable: true,
    requires: ['Identity'],
    parameters: {
      Identity: 'identity',
      AccountOnly: 'switch',
      Cancel: 'switch',
      NotificationEmailAddresses: 'texts',
      ...DOMAIN_CONTROLLER,
    },
    summary: 'WIPE a device',
  },
];

/** Cmdlet specifications by lower-case name: PowerShell does not mind case. */
export const CMDLETS: ReadonlyMap<string, CmdletSpec> = new Map(SPECS.map((spec) => [spec.name.toLowerCase(), spec]));
