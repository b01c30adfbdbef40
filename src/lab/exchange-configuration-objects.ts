/** Settings, rules and servers of the organization as Exchange's cmdlets put them out. */
import type { DeviceAccessRule } from './access-evaluation.ts';
import { directoryColumns, presentationTypes } from './exchange-directory-columns.ts';
import { ACCEPTED_DOMAIN_TYPE, DEVICE_ACCESS_CHARACTERISTIC, DEVICE_ACCESS_LEVEL } from './exchange-enums.ts';
import type { Schema } from './exchange-schema.ts';
import { domainComponents } from './directory-names.ts';
import type { LabAcceptedDomain, Organization } from './organization.ts';

/** Path of an object in the configuration partition under the organization. */
function configuration(domain: string, path: readonly string[]): { dn: string; identity: string } {
  const organization = domain.split('.')[0] ?? '';
  const above = ['Microsoft Exchange', 'Services', 'Configuration'];
  return {
    dn: `${[...path.toReversed(), organization, ...above].map((part) => `CN=${part}`).join(',')},${domainComponents(domain)}`,
    identity: path.at(-1) ?? organization,
  };
}

/** Get-OrganizationConfig: the organization itself, named as it was when Exchange was set up. */
export const ORGANIZATION_CONFIG: Schema<Organization> = {
  typeNames: presentationTypes('OrganizationConfig'),
  text: ({ name }) => name,
  columns: [
    { name: 'DefaultPublicFolderIssueWarningQuota', kind: 'text', read: () => 'Unlimited' },
    { name: 'IsDehydrated', kind: 'bool', read: () => false },
    { name: 'IsMixedMode', kind: 'bool', read: () => false },
    ...directoryColumns<Organization>({
      name: ({ name }) => name,
      distinguishedName: ({ domain }) => configuration(domain, []).dn,
      identity: ({ name }) => name,
      guid: ({ id }) => id,
      domain: ({ domain }) => domain,
      category: 'ms-Exch-Organization-Container',
      classes: ['top', 'container', 'msExchOrganizationContainer'],
      changedAt: () => 0,
      createdAt: () => 0,
    }),
  ],
};

/** Get-ActiveSyncOrganizationSettings. */
export const ORGANIZATION_SETTINGS: Schema<Organization> = {
  typeNames: [
    'Microsoft.Exchange.Data.Directory.SystemConfiguration.ActiveSyncOrganizationSettings',
    ...presentationTypes('').slice(2),
  ],
  text: () => 'Mobile Mailbox Settings',
  columns: [
    {
      name: 'DefaultAccessLevel',
      kind: 'enum',
      type: DEVICE_ACCESS_LEVEL,
      read: (organization) => organization.defaultAccessLevel,
    },
    { name: 'UserMailInsert', kind: 'text', read: (organization) => organization.userMailInsert },
    { name: 'AllowAccessForUnSupportedPlatform', kind: 'bool', read: () => false },
    { name: 'AdminMailRecipients', kind: 'texts', read: (organization) => organization.adminMailRecipients },
    { name: 'OtaNotificationMailInsert', kind: 'text', read: () => '' },
    { name: 'DeviceFiltering', kind: 'text', read: () => null },
    ...directoryColumns<Organization>({
      name: () => 'Mobile Mailbox Settings',
      distinguishedName: ({ domain }) => configuration(domain, ['Mobile Mailbox Settings']).dn,
      identity: () => 'Mobile Mailbox Settings',
      guid: () => '0a5e7715-0000-4000-8000-000000000001',
      domain: ({ domain }) => domain,
      category: 'ms-Exch-Active-Sync-Organization-Settings',
      classes: ['top', 'msExchActiveSyncSettings'],
      changedAt: () => 0,
      createdAt: () => 0,
    }),
  ],
};

/** A device access rule of an organization. */
export interface RuleOf {
  readonly rule: DeviceAccessRule;
  readonly domain: string;
  /** Place in the organization's list, from 0. */
  readonly index: number;
}

/** Get-ActiveSyncDeviceAccessRule. */
export const DEVICE_ACCESS_RULE: Schema<RuleOf> = {
  typeNames: [
    'Microsoft.Exchange.Data.Directory.SystemConfiguration.ActiveSyncDeviceAccessRule',
    ...presentationTypes('').slice(2),
  ],
  text: ({ rule }) => rule.name,
  columns: [
    { name: 'QueryString', kind: 'text', read: ({ rule }) => rule.queryString },
    {
      name: 'Characteristic',
      kind: 'enum',
      type: DEVICE_ACCESS_CHARACTERISTIC,
      read: ({ rule }) => rule.characteristic,
    },
    { name: 'AccessLevel', kind: 'enum', type: DEVICE_ACCESS_LEVEL, read: ({ rule }) => rule.accessLevel },
    ...directoryColumns<RuleOf>({
      name: ({ rule }) => rule.name,
      distinguishedName: ({ rule, domain }) => configuration(domain, ['Mobile Mailbox Settings', rule.name]).dn,
      identity: ({ rule }) => rule.name,
      guid: ({ index }) => `0a5e7715-0000-4000-8001-${String(index).padStart(12, '0')}`,
      domain: ({ domain }) => domain,
      category: 'ms-Exch-Device-Access-Rule',
      classes: ['top', 'msExchDeviceAccessRule'],
      changedAt: () => 0,
      createdAt: () => 0,
    }),
  ],
};

/** An accepted domain of an organization. */
export interface AcceptedDomainOf {
  readonly accepted: LabAcceptedDomain;
  readonly domain: string;
  /** Place in the organization's list, from 0; the first is the default. */
  readonly index: number;
}

/** Get-AcceptedDomain. */
export const ACCEPTED_DOMAIN: Schema<AcceptedDomainOf> = {
  typeNames: [
    'Microsoft.Exchange.Data.Directory.SystemConfiguration.AcceptedDomain',
    ...presentationTypes('').slice(2),
  ],
  text: ({ accepted }) => accepted.name,
  columns: [
    { name: 'DomainName', kind: 'text', read: ({ accepted }) => accepted.name },
    { name: 'DomainType', kind: 'enum', type: ACCEPTED_DOMAIN_TYPE, read: ({ accepted }) => accepted.type },
    { name: 'MatchSubDomains', kind: 'bool', read: ({ accepted }) => accepted.name.startsWith('*.') },
    { name: 'AddressBookEnabled', kind: 'bool', read: () => true },
    { name: 'Default', kind: 'bool', read: ({ index }) => index === 0 },
    ...directoryColumns<AcceptedDomainOf>({
      name: ({ accepted }) => accepted.name,
      distinguishedName: ({ accepted, domain }) =>
        configuration(domain, ['Transport Settings', 'Accepted Domains', accepted.name]).dn,
      identity: ({ accepted }) => accepted.name,
      guid: ({ index }) => `0a5e7715-0000-4000-8003-${String(index).padStart(12, '0')}`,
      domain: ({ domain }) => domain,
      category: 'ms-Exch-Accepted-Domain',
      classes: ['top', 'msExchAcceptedDomain'],
      changedAt: () => 0,
      createdAt: () => 0,
    }),
  ],
};

/** A server of the organization. */
export interface LabExchangeServer {
  readonly name: string;
  readonly domain: string;
  readonly guid: string;
}

/** The two servers every lab organization has. */
export function exchangeServers(domain: string): readonly LabExchangeServer[] {
  return ['EX1', 'EX2'].map((name, index) => ({
    name,
    domain,
    guid: `0a5e7715-0000-4000-8002-00000000000${index + 1}`,
  }));
}

/** Get-ExchangeServer. */
export const EXCHANGE_SERVER: Schema<LabExchangeServer> = {
  typeNames: presentationTypes('ExchangeServer'),
  text: ({ name }) => name,
  columns: [
    { name: 'Domain', kind: 'text', read: ({ domain }) => domain },
    { name: 'Edition', kind: 'text', read: () => 'Standard' },
    { name: 'Fqdn', kind: 'text', read: ({ name, domain }) => `${name.toLowerCase()}.${domain}` },
    { name: 'IsClientAccessServer', kind: 'bool', read: () => true },
    { name: 'IsMailboxServer', kind: 'bool', read: () => true },
    { name: 'IsHubTransportServer', kind: 'bool', read: () => true },
    { name: 'IsEdgeServer', kind: 'bool', read: () => false },
    { name: 'AdminDisplayVersion', kind: 'text', read: () => 'Version 15.2 (Build 1544.4)' },
    { name: 'Site', kind: 'text', read: ({ domain }) => `${domain}/Configuration/Sites/Default-First-Site-Name` },
    { name: 'ServerRole', kind: 'text', read: () => 'Mailbox' },
    ...directoryColumns<LabExchangeServer>({
      name: ({ name }) => name,
      distinguishedName: ({ name, domain }) =>
        configuration(domain, ['Exchange Administrative Group (FYDIBOHF23SPDLT)', 'Servers', name]).dn,
      identity: ({ name }) => name,
      guid: ({ guid }) => guid,
      domain: ({ domain }) => domain,
      category: 'ms-Exch-Exchange-Server',
      classes: ['top', 'server', 'msExchExchangeServer'],
      changedAt: () => 0,
      createdAt: () => 0,
    }),
  ],
};
