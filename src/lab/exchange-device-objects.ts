/** Mobile devices as Exchange's cmdlets put them out, property by property as Exchange 2016 and 2019 name them. */
import { directoryColumns, MANAGEMENT, presentationTypes } from './exchange-directory-columns.ts';
import {
  DEVICE_ACCESS_STATE,
  DEVICE_ACCESS_STATE_REASON,
  DEVICE_POLICY_STATUS,
  DEVICE_STATUS,
  MOBILE_CLIENT_TYPE,
  OBJECT_STATE,
  reasonName,
  stateName,
} from './exchange-enums.ts';
import type { Schema } from './exchange-schema.ts';
import type { Partnership } from './mailboxes.ts';

/** Path of a device access rule's object; null if none decided. */
function rulePath(partnership: Partnership): string | null {
  return partnership.rule === null ? null : partnership.rule.name;
}

/** Get-MobileDevice (learn jj956905). */
export const MOBILE_DEVICE: Schema<Partnership> = {
  typeNames: presentationTypes('MobileDevice'),
  text: (device) => device.identity,
  columns: [
    { name: 'FriendlyName', kind: 'text', read: (device) => device.friendlyName },
    { name: 'DeviceId', kind: 'text', read: (device) => (device.hasLostId ? '' : device.deviceId) },
    { name: 'DeviceImei', kind: 'text', read: (device) => device.imei },
    { name: 'DeviceMobileOperator', kind: 'text', read: (device) => device.mobileOperator },
    { name: 'DeviceOS', kind: 'text', read: (device) => device.os },
    { name: 'DeviceOSLanguage', kind: 'text', read: (device) => device.osLanguage },
    { name: 'DeviceTelephoneNumber', kind: 'text', read: (device) => device.phoneNumber },
    { name: 'DeviceType', kind: 'text', read: (device) => device.deviceType },
    { name: 'DeviceUserAgent', kind: 'text', read: (device) => device.userAgent },
    { name: 'DeviceModel', kind: 'text', read: (device) => device.model },
    { name: 'FirstSyncTime', kind: 'utc', read: (device) => device.firstSyncAt },
    { name: 'UserDisplayName', kind: 'text', read: (device) => device.mailbox.canonicalName },
    { name: 'DeviceAccessState', kind: 'enum', type: DEVICE_ACCESS_STATE, read: (device) => stateName(device.state) },
    {
      name: 'DeviceAccessStateReason',
      kind: 'enum',
      type: DEVICE_ACCESS_STATE_REASON,
      read: (device) => reasonName(device.reason),
    },
    { name: 'DeviceAccessControlRule', kind: 'text', read: rulePath },
    {
      name: 'ClientVersion',
      kind: 'text',
      read: (device) => (device.clientType === 'EAS' ? device.clientVersion : '1.0'),
    },
    { name: 'ClientType', kind: 'enum', type: MOBILE_CLIENT_TYPE, read: (device) => device.clientType },
    { name: 'IsManaged', kind: 'bool', read: () => false },
    { name: 'IsCompliant', kind: 'bool', read: () => false },
    { name: 'IsDisabled', kind: 'bool', read: () => false },
    { name: 'AdminDisplayName', kind: 'text', read: () => '' },
    ...directoryColumns<Partnership>({
      name: (device) => device.name,
      distinguishedName: (device) => device.distinguishedName,
      identity: (device) => device.identity,
      guid: (device) => device.guid,
      domain: (device) => device.mailbox.domain,
      category: 'ms-Exch-Active-Sync-Device',
      classes: ['top', 'msExchActiveSyncDevice'],
      changedAt: (device) => device.changedAt,
      createdAt: (device) => device.firstSyncAt,
    }),
  ],
};

/** Get-MobileDeviceStatistics (learn jj974675). */
export const MOBILE_DEVICE_STATISTICS: Schema<Partnership> = {
  typeNames: [`${MANAGEMENT}.MobileDeviceConfiguration`, 'Microsoft.Exchange.Data.ConfigurableObject', 'System.Object'],
  text: () => `${MANAGEMENT}.MobileDeviceConfiguration`,
  columns: [
    { name: 'FirstSyncTime', kind: 'utc', read: (device) => device.firstSyncAt },
    { name: 'LastPolicyUpdateTime', kind: 'utc', read: (device) => device.lastSuccessfulSyncAt },
    { name: 'LastSyncAttemptTime', kind: 'utc', read: (device) => device.lastSyncAttemptAt },
    { name: 'LastSuccessSync', kind: 'utc', read: (device) => device.lastSuccessfulSyncAt },
    { name: 'DeviceType', kind: 'text', read: (device) => device.deviceType },
    { name: 'DeviceID', kind: 'text', read: (device) => device.deviceId },
    { name: 'DeviceUserAgent', kind: 'text', read: (device) => device.userAgent },
    { name: 'DeviceWipeSentTime', kind: 'utc', read: () => null },
    { name: 'DeviceWipeRequestTime', kind: 'utc', read: (device) => device.wipeRequestedAt },
    { name: 'DeviceWipeAckTime', kind: 'utc', read: () => null },
    { name: 'LastPingHeartbeat', kind: 'uint', read: (device) => (device.lastSuccessfulSyncAt === null ? null : 470) },
    { name: 'RecoveryPassword', kind: 'text', read: () => '********' },
    { name: 'DeviceModel', kind: 'text', read: (device) => device.model },
    { name: 'DeviceImei', kind: 'text', read: (device) => device.imei },
    { name: 'DeviceFriendlyName', kind: 'text', read: (device) => device.friendlyName },
    { name: 'DeviceOS', kind: 'text', read: (device) => device.os },
    { name: 'DeviceOSLanguage', kind: 'text', read: (device) => device.osLanguage },
    { name: 'DevicePhoneNumber', kind: 'text', read: (device) => device.phoneNumber },
    { name: 'MailboxLogReport', kind: 'text', read: () => null },
    { name: 'DeviceEnableOutboundSMS', kind: 'bool', read: () => false },
    { name: 'DeviceMobileOperator', kind: 'text', read: (device) => device.mobileOperator },
    { name: 'Identity', kind: 'text', read: (device) => device.identity },
    { name: 'Guid', kind: 'guid', read: (device) => device.guid },
    { name: 'IsRemoteWipeSupported', kind: 'bool', read: () => true },
    { name: 'Status', kind: 'enum', type: DEVICE_STATUS, read: deviceStatus },
    { name: 'StatusNote', kind: 'text', read: () => null },
    { name: 'DeviceAccessState', kind: 'enum', type: DEVICE_ACCESS_STATE, read: (device) => stateName(device.state) },
    {
      name: 'DeviceAccessStateReason',
      kind: 'enum',
      type: DEVICE_ACCESS_STATE_REASON,
      read: (device) => reasonName(device.reason),
    },
    { name: 'DeviceAccessControlRule', kind: 'text', read: rulePath },
    {
      name: 'DevicePolicyApplied',
      kind: 'text',
      read: (device) => (device.lastSuccessfulSyncAt === null ? null : 'Default'),
    },
    {
      name: 'DevicePolicyApplicationStatus',
      kind: 'enum',
      type: DEVICE_POLICY_STATUS,
      read: (device) => (device.lastSuccessfulSyncAt === null ? 'Unknown' : 'AppliedInFull'),
    },
    { name: 'LastDeviceWipeRequestor', kind: 'text', read: () => null },
    { name: 'ClientVersion', kind: 'text', read: (device) => device.clientVersion },
    {
      name: 'NumberOfFoldersSynced',
      kind: 'int',
      read: (device) => (device.lastSuccessfulSyncAt === null ? 0 : 12),
    },
    { name: 'ClientType', kind: 'enum', type: MOBILE_CLIENT_TYPE, read: (device) => device.clientType },
    { name: 'IsValid', kind: 'bool', read: () => true },
    { name: 'ObjectState', kind: 'enum', type: OBJECT_STATE, read: () => 'Unchanged' },
  ],
};

function deviceStatus(device: Partnership): string {
  if (device.wipeRequestedAt !== null) {
    return device.wipeAccountOnly ? 'AccountOnlyDeviceWipePending' : 'DeviceWipePending';
  }
  return device.state === 'blocked' ? 'DeviceBlocked' : 'DeviceOk';
}
