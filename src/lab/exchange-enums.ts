/** Exchange's enums that the lab's objects carry, with their numbers, and how the lab's own words map to them. */
import type { AccessState } from '../model/records.ts';
import type { AccessLevel, AccessReason } from './access-evaluation.ts';
import type { EnumType } from './exchange-schema.ts';

/** Microsoft.Exchange.Data.Directory.SystemConfiguration.DeviceAccessState (learn ff343016). */
export const DEVICE_ACCESS_STATE: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.SystemConfiguration.DeviceAccessState',
  numbers: { Unknown: 0, Allowed: 1, Blocked: 2, Quarantined: 3, DeviceDiscovery: 4 },
};

/** DeviceAccessStateReason (learn ff324138; 6 to 11 by the Adaxes SDK; the numbers from 12 on are not documented). */
export const DEVICE_ACCESS_STATE_REASON: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.SystemConfiguration.DeviceAccessStateReason',
  numbers: {
    Unknown: 0,
    Global: 1,
    Individual: 2,
    DeviceRule: 3,
    Upgrade: 4,
    Policy: 5,
    UserAgentsChanges: 6,
    RecentCommands: 7,
    Watsons: 8,
    OutOfBudgets: 9,
    SyncCommands: 10,
    EnableNotificationEmail: 11,
    CommandFrequency: 12,
    ExternallyManaged: 13,
  },
};

/** ClientType of a mobile device; its numbers are not documented. */
export const MOBILE_CLIENT_TYPE: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.MobileClientType',
  numbers: { EAS: 0, MOWA: 1, Outlook: 2, REST: 3 },
};

/** ObjectState of every configurable object (seen in dumps of Exchange 2016 and 2019). */
export const OBJECT_STATE: EnumType = {
  typeName: 'Microsoft.Exchange.Data.ObjectState',
  numbers: { New: 0, Unchanged: 1, Changed: 2, Deleted: 3 },
};

/** DefaultAccessLevel and AccessLevel. */
export const DEVICE_ACCESS_LEVEL: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.SystemConfiguration.DeviceAccessLevel',
  numbers: { Allow: 0, Block: 1, Quarantine: 2 } satisfies Record<AccessLevel, number>,
};

/** DomainType of an accepted domain; the numbers are those of msExchAcceptedDomainFlags. */
export const ACCEPTED_DOMAIN_TYPE: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.SystemConfiguration.AcceptedDomainType',
  numbers: { Authoritative: 0, ExternalRelay: 1, InternalRelay: 2 },
};

/** Characteristic of a device access rule. */
export const DEVICE_ACCESS_CHARACTERISTIC: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.SystemConfiguration.DeviceAccessCharacteristic',
  numbers: { DeviceType: 0, DeviceModel: 1, DeviceOS: 2, UserAgent: 3, XMSWLHeader: 4 },
};

/** Status of Get-MobileDeviceStatistics. */
export const DEVICE_STATUS: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.Management.DeviceRemoteWipeStatus',
  numbers: {
    DeviceOk: 0,
    DeviceBlocked: 1,
    DeviceWipePending: 2,
    DeviceWipeSucceeded: 3,
    AccountOnlyDeviceWipePending: 4,
  },
};

/** DevicePolicyApplicationStatus of Get-MobileDeviceStatistics. */
export const DEVICE_POLICY_STATUS: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.Management.DevicePolicyApplicationStatus',
  numbers: { Unknown: 0, NotApplied: 1, AppliedInFull: 2, PartiallyApplied: 3, ExternallyManaged: 4 },
};

/** RecipientType and RecipientTypeDetails (the latter a flags enum of 64 bits; these fit 32). */
export const RECIPIENT_TYPE: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.Recipient.RecipientType',
  numbers: { Invalid: 0, User: 1, UserMailbox: 2, MailUniversalDistributionGroup: 8, DynamicDistributionGroup: 11 },
};
export const RECIPIENT_TYPE_DETAILS: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.Recipient.RecipientTypeDetails',
  numbers: {
    None: 0,
    UserMailbox: 1,
    LinkedMailbox: 2,
    SharedMailbox: 4,
    RoomMailbox: 16,
    EquipmentMailbox: 32,
    MailUniversalDistributionGroup: 256,
    DynamicDistributionGroup: 2_048,
    User: 65_536,
    DiscoveryMailbox: 536_870_912,
  },
};

const STATE_NAMES: Readonly<Record<AccessState, string>> = {
  allowed: 'Allowed',
  blocked: 'Blocked',
  quarantined: 'Quarantined',
  discovery: 'DeviceDiscovery',
  unknown: 'Unknown',
};

/** Our word for a state → Exchange's. */
export function stateName(state: AccessState): string {
  return STATE_NAMES[state];
}

/** Our word for a reason → Exchange's. */
export function reasonName(reason: AccessReason): string {
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}

/** ThrottlingPolicyScope; its numbers are not documented. */
export const THROTTLING_POLICY_SCOPE: EnumType = {
  typeName: 'Microsoft.Exchange.Data.Directory.SystemConfiguration.ThrottlingPolicyScopeType',
  numbers: { Regular: 0, Organization: 1, Global: 2 },
};

/** CommandType of PowerShell (System.Management.Automation.CommandTypes). */
export const COMMAND_TYPE: EnumType = {
  typeName: 'System.Management.Automation.CommandTypes',
  numbers: { Alias: 1, Function: 2, Filter: 4, Cmdlet: 8 },
};
