/** Mailboxes, users and recipients as Exchange's cmdlets put them out, property by property as Exchange 2016 and 2019 name them. */
import type { LabGroup } from './directory.ts';
import { directoryColumns, presentationTypes } from './exchange-directory-columns.ts';
import type { DirectoryFacts } from './exchange-directory-columns.ts';
import { RECIPIENT_TYPE, RECIPIENT_TYPE_DETAILS } from './exchange-enums.ts';
import type { Schema } from './exchange-schema.ts';
import { Mailbox } from './mailboxes.ts';

/** `SMTP:` marks the primary address, `smtp:` the others. */
function proxyAddresses(mailbox: Mailbox): readonly string[] {
  return [`SMTP:${mailbox.address}`, ...mailbox.otherAddresses.map((address) => `smtp:${address}`)];
}

function legacyDn(mailbox: Mailbox): string {
  const organization = mailbox.domain.split('.')[0] ?? '';
  return `/o=${organization}/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=${mailbox.guid.replaceAll('-', '')}-${mailbox.alias}`;
}

const USER_FACTS: DirectoryFacts<Mailbox> = {
  name: (mailbox) => mailbox.name,
  distinguishedName: (mailbox) => mailbox.distinguishedName,
  identity: (mailbox) => mailbox.canonicalName,
  guid: (mailbox) => mailbox.guid,
  domain: (mailbox) => mailbox.domain,
  category: 'Person',
  classes: ['top', 'person', 'organizationalPerson', 'user'],
  changedAt: (mailbox) => mailbox.changedAt,
  createdAt: (mailbox) => mailbox.createdAt,
};

/** Get-CASMailbox. It has no UserPrincipalName on-premises; Get-User has. */
export const CAS_MAILBOX: Schema<Mailbox> = {
  typeNames: presentationTypes('CASMailbox'),
  text: (mailbox) => mailbox.canonicalName,
  columns: [
    { name: 'EmailAddresses', kind: 'texts', read: proxyAddresses },
    { name: 'LegacyExchangeDN', kind: 'text', read: legacyDn },
    { name: 'LinkedMasterAccount', kind: 'text', read: () => '' },
    { name: 'PrimarySmtpAddress', kind: 'text', read: (mailbox) => mailbox.address },
    { name: 'SamAccountName', kind: 'text', read: (mailbox) => mailbox.alias },
    {
      name: 'ServerLegacyDN',
      kind: 'text',
      read: (mailbox) => `${legacyDn(mailbox).split('/cn=')[0] ?? ''}/cn=Configuration/cn=Servers/cn=EX1`,
    },
    { name: 'ServerName', kind: 'text', read: () => 'ex1' },
    { name: 'DisplayName', kind: 'text', read: (mailbox) => mailbox.displayName },
    {
      name: 'ActiveSyncAllowedDeviceIDs',
      kind: 'texts',
      read: (mailbox) => (mailbox.listsBehind ?? mailbox).allowedDeviceIds,
    },
    {
      name: 'ActiveSyncBlockedDeviceIDs',
      kind: 'texts',
      read: (mailbox) => (mailbox.listsBehind ?? mailbox).blockedDeviceIds,
    },
    { name: 'ActiveSyncMailboxPolicy', kind: 'text', read: () => 'Default' },
    { name: 'ActiveSyncMailboxPolicyIsDefaulted', kind: 'bool', read: () => true },
    { name: 'ActiveSyncDebugLogging', kind: 'bool', read: () => false },
    { name: 'ActiveSyncEnabled', kind: 'bool', read: (mailbox) => mailbox.activeSyncEnabled },
    { name: 'HasActiveSyncDevicePartnership', kind: 'bool', read: (mailbox) => mailbox.hasDevicePartnership },
    { name: 'ActiveSyncSuppressReadReceipt', kind: 'bool', read: () => false },
    { name: 'ExternalImapSettings', kind: 'text', read: () => null },
    { name: 'OwaMailboxPolicy', kind: 'text', read: () => null },
    { name: 'OWAEnabled', kind: 'bool', read: () => true },
    { name: 'OWAforDevicesEnabled', kind: 'bool', read: () => true },
    { name: 'ECPEnabled', kind: 'bool', read: () => true },
    { name: 'PopEnabled', kind: 'bool', read: () => true },
    { name: 'ImapEnabled', kind: 'bool', read: () => true },
    { name: 'MAPIEnabled', kind: 'bool', read: () => true },
    { name: 'EwsEnabled', kind: 'bool', read: () => true },
    ...directoryColumns(USER_FACTS),
  ],
};

/** As Exchange writes sizes (ByteQuantifiedSize): in units of 1,024 with four digits, and in bytes. */
function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = bytes === 0 ? 0 : Math.min(Math.floor(Math.log(bytes) / Math.log(1_024)), units.length - 1);
  return `${Number((bytes / 1_024 ** power).toPrecision(4))} ${units[power]} (${bytes.toLocaleString('en-US')} bytes)`;
}

/** New databases: warning at 1.9 GB, no sending at 2 GB, nothing at 2.3 GB (learn: Configure storage quotas). */
const DATABASE_QUOTAS = { warning: 2_040_109_466, send: 2_147_483_648, receive: 2_469_606_195 } as const;

/** Get-Mailbox. */
export const MAILBOX: Schema<Mailbox> = {
  typeNames: presentationTypes('Mailbox'),
  text: (mailbox) => mailbox.canonicalName,
  columns: [
    { name: 'Database', kind: 'text', read: () => 'Mailbox Database 1' },
    { name: 'UseDatabaseQuotaDefaults', kind: 'bool', read: ({ sendQuota }) => sendQuota === null },
    { name: 'IssueWarningQuota', kind: 'text', read: () => 'Unlimited' },
    {
      name: 'ProhibitSendQuota',
      kind: 'text',
      read: ({ sendQuota }) => (sendQuota === null ? 'Unlimited' : sizeText(sendQuota)),
    },
    { name: 'ProhibitSendReceiveQuota', kind: 'text', read: () => 'Unlimited' },
    { name: 'AccountDisabled', kind: 'bool', read: ({ accountDisabled }) => accountDisabled },
    {
      name: 'HiddenFromAddressListsEnabled',
      kind: 'bool',
      read: ({ hiddenFromAddressLists }) => hiddenFromAddressLists,
    },
    { name: 'IsMailboxEnabled', kind: 'bool', read: () => true },
    { name: 'ExchangeGuid', kind: 'guid', read: ({ exchangeGuid }) => exchangeGuid },
    { name: 'SamAccountName', kind: 'text', read: ({ alias }) => alias },
    { name: 'UserPrincipalName', kind: 'text', read: ({ upn }) => upn },
    { name: 'Alias', kind: 'text', read: ({ alias }) => alias },
    { name: 'DisplayName', kind: 'text', read: ({ displayName }) => displayName },
    { name: 'EmailAddresses', kind: 'texts', read: proxyAddresses },
    { name: 'PrimarySmtpAddress', kind: 'text', read: ({ address }) => address },
    { name: 'RecipientType', kind: 'enum', type: RECIPIENT_TYPE, read: recipientType },
    { name: 'RecipientTypeDetails', kind: 'enum', type: RECIPIENT_TYPE_DETAILS, read: recipientTypeDetails },
    ...directoryColumns(USER_FACTS),
  ],
};

/** Get-MailboxRegionalConfiguration. */
export const REGIONAL_CONFIGURATION: Schema<Mailbox> = {
  typeNames: ['Microsoft.Exchange.Data.Storage.Management.MailboxRegionalConfiguration'],
  text: ({ canonicalName }) => canonicalName,
  columns: [
    { name: 'DateFormat', kind: 'text', read: () => null },
    { name: 'Language', kind: 'text', read: ({ language }) => language },
    { name: 'DefaultFolderNameMatchingUserLanguage', kind: 'bool', read: () => false },
    { name: 'TimeFormat', kind: 'text', read: () => null },
    { name: 'TimeZone', kind: 'text', read: () => null },
    { name: 'Identity', kind: 'text', read: ({ canonicalName }) => canonicalName },
    { name: 'IsValid', kind: 'bool', read: () => true },
  ],
};

/** Get-MailboxStatistics. */
export const MAILBOX_STATISTICS: Schema<Mailbox> = {
  typeNames: ['Microsoft.Exchange.Management.MapiTasks.Presentation.MailboxStatistics'],
  text: ({ displayName }) => displayName,
  columns: [
    { name: 'DisplayName', kind: 'text', read: ({ displayName }) => displayName },
    { name: 'MailboxGuid', kind: 'guid', read: ({ exchangeGuid }) => exchangeGuid },
    { name: 'ItemCount', kind: 'int', read: () => 1 },
    { name: 'TotalItemSize', kind: 'text', read: ({ bytes }) => sizeText(bytes) },
    { name: 'StorageLimitStatus', kind: 'text', read: () => null },
    { name: 'DatabaseIssueWarningQuota', kind: 'text', read: () => sizeText(DATABASE_QUOTAS.warning) },
    { name: 'DatabaseProhibitSendQuota', kind: 'text', read: () => sizeText(DATABASE_QUOTAS.send) },
    { name: 'DatabaseProhibitSendReceiveQuota', kind: 'text', read: () => sizeText(DATABASE_QUOTAS.receive) },
  ],
};

/** Get-User: every user, mailbox or not, with the UPN. */
export const USER: Schema<Mailbox> = {
  typeNames: presentationTypes('User'),
  text: (mailbox) => mailbox.canonicalName,
  columns: [
    { name: 'SamAccountName', kind: 'text', read: (user) => user.alias },
    { name: 'UserPrincipalName', kind: 'text', read: (user) => user.upn },
    { name: 'DisplayName', kind: 'text', read: (user) => user.displayName },
    { name: 'WindowsEmailAddress', kind: 'text', read: (user) => (user.hasMailbox ? user.address : '') },
    { name: 'RemotePowerShellEnabled', kind: 'bool', read: (user) => user.remotePowerShell },
    { name: 'RecipientType', kind: 'enum', type: RECIPIENT_TYPE, read: recipientType },
    { name: 'RecipientTypeDetails', kind: 'enum', type: RECIPIENT_TYPE_DETAILS, read: recipientTypeDetails },
    ...directoryColumns(USER_FACTS),
  ],
};

function recipientType(user: Mailbox): string {
  return user.hasMailbox ? 'UserMailbox' : 'User';
}

function recipientTypeDetails(user: Mailbox): string {
  return user.hasMailbox ? user.type : 'User';
}

/** A mailbox or a group: what Get-Recipient and Get-DistributionGroupMember put out. */
export type Recipient = Mailbox | LabGroup;

/** RecipientType of a group, and RecipientTypeDetails. */
export function groupType({ filter }: LabGroup): string {
  return filter === null ? 'MailUniversalDistributionGroup' : 'DynamicDistributionGroup';
}

function recipientKind(recipient: Recipient): string {
  return recipient instanceof Mailbox ? recipientType(recipient) : groupType(recipient);
}

function recipientKindDetails(recipient: Recipient): string {
  return recipient instanceof Mailbox ? recipientTypeDetails(recipient) : recipientKind(recipient);
}

/** Get-Recipient, Get-DistributionGroupMember. */
export const RECIPIENT: Schema<Recipient> = {
  typeNames: presentationTypes('ReducedRecipient'),
  text: (recipient) => recipient.canonicalName,
  columns: [
    { name: 'Alias', kind: 'text', read: (recipient) => recipient.alias },
    {
      name: 'DisplayName',
      kind: 'text',
      read: (recipient) => (recipient instanceof Mailbox ? recipient.displayName : recipient.name),
    },
    {
      name: 'EmailAddresses',
      kind: 'texts',
      read: (recipient) => (recipient instanceof Mailbox ? proxyAddresses(recipient) : [`SMTP:${recipient.address}`]),
    },
    { name: 'PrimarySmtpAddress', kind: 'text', read: (recipient) => recipient.address },
    { name: 'SamAccountName', kind: 'text', read: (recipient) => recipient.alias },
    {
      name: 'ExchangeGuid',
      kind: 'guid',
      read: (recipient) =>
        recipient instanceof Mailbox ? recipient.exchangeGuid : '00000000-0000-0000-0000-000000000000',
    },
    {
      name: 'HasActiveSyncDevicePartnership',
      kind: 'bool',
      read: (recipient) => recipient instanceof Mailbox && recipient.hasDevicePartnership,
    },
    {
      name: 'HiddenFromAddressListsEnabled',
      kind: 'bool',
      read: (recipient) => recipient instanceof Mailbox && recipient.hiddenFromAddressLists,
    },
    { name: 'RecipientType', kind: 'enum', type: RECIPIENT_TYPE, read: recipientKind },
    { name: 'RecipientTypeDetails', kind: 'enum', type: RECIPIENT_TYPE_DETAILS, read: recipientKindDetails },
    { name: 'ServerName', kind: 'text', read: (recipient) => (recipient instanceof Mailbox ? 'ex1' : '') },
    ...directoryColumns<Recipient>({
      name: (recipient) => recipient.name,
      distinguishedName: (recipient) => recipient.distinguishedName,
      identity: (recipient) => recipient.canonicalName,
      guid: (recipient) => recipient.guid,
      domain: (recipient) =>
        recipient instanceof Mailbox ? recipient.domain : (recipient.canonicalName.split('/')[0] ?? ''),
      category: 'Person',
      classes: ['top'],
      changedAt: (recipient) => (recipient instanceof Mailbox ? recipient.changedAt : 0),
      createdAt: (recipient) => (recipient instanceof Mailbox ? recipient.createdAt : 0),
    }),
  ],
};

/** What Exchange adds to every filter of a dynamic group: its own mailboxes are in none. As admins quote it from Exchange 2016. */
const NO_SYSTEM_MAILBOXES =
  "(-not(Name -like 'SystemMailbox{*')) -and (-not(Name -like 'CAS_{*')) -and (-not(RecipientTypeDetails -eq 'DiscoveryMailbox'))";

/** Get-DynamicDistributionGroup. */
export const DYNAMIC_GROUP: Schema<LabGroup> = {
  typeNames: presentationTypes('DynamicDistributionGroup'),
  text: (group) => group.canonicalName,
  columns: [
    { name: 'RecipientContainer', kind: 'text', read: ({ canonicalName }) => canonicalName.split('/')[0] ?? '' },
    { name: 'RecipientFilter', kind: 'text', read: ({ filter }) => `((${filter ?? ''}) -and ${NO_SYSTEM_MAILBOXES})` },
    { name: 'RecipientFilterType', kind: 'text', read: () => 'Custom' },
    { name: 'LdapRecipientFilter', kind: 'text', read: () => '' },
    { name: 'Alias', kind: 'text', read: ({ alias }) => alias },
    { name: 'DisplayName', kind: 'text', read: ({ name }) => name },
    { name: 'EmailAddresses', kind: 'texts', read: ({ address }) => [`SMTP:${address}`] },
    { name: 'PrimarySmtpAddress', kind: 'text', read: ({ address }) => address },
    { name: 'RecipientType', kind: 'enum', type: RECIPIENT_TYPE, read: groupType },
    { name: 'RecipientTypeDetails', kind: 'enum', type: RECIPIENT_TYPE_DETAILS, read: groupType },
    ...directoryColumns<LabGroup>({
      name: ({ name }) => name,
      distinguishedName: ({ distinguishedName }) => distinguishedName,
      identity: ({ canonicalName }) => canonicalName,
      guid: ({ guid }) => guid,
      domain: ({ canonicalName }) => canonicalName.split('/')[0] ?? '',
      category: 'ms-Exch-Dynamic-Distribution-List',
      classes: ['top', 'msExchDynamicDistributionList'],
      changedAt: () => 0,
      createdAt: () => 0,
    }),
  ],
};
