/** The organization's own rules for devices: Get-ActiveSyncOrganizationSettings, Get-ActiveSyncDeviceAccessRule. */
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { textOf, textsOf } from './plain-record.ts';

/** What Exchange does with a device that no list and no rule names. */
export interface ActiveSyncOrganizationSettings {
  /** Allow, Block or Quarantine. */
  readonly defaultAccessLevel: string | null;
  readonly adminMailRecipients: readonly string[];
  readonly userMailInsert: string | null;
}

/** A device access rule: exact text, no wildcards (New-ActiveSyncDeviceAccessRule). */
export interface DeviceAccessRule {
  readonly name: string | null;
  /** DeviceModel, DeviceType, DeviceOS, UserAgent, XMSWLHeader. */
  readonly characteristic: string | null;
  readonly queryString: string | null;
  readonly accessLevel: string | null;
}

/** The organization's ActiveSync settings, or null if the server returned none. Throws what the transport throws. */
export async function getActiveSyncOrganizationSettings(
  transport: CmdletTransport,
  options?: CmdletOptions,
): Promise<ActiveSyncOrganizationSettings | null> {
  for await (const record of transport.invoke(
    { cmdlet: 'Get-ActiveSyncOrganizationSettings', parameters: {} },
    options,
  )) {
    return {
      defaultAccessLevel: textOf(record, 'DefaultAccessLevel'),
      adminMailRecipients: textsOf(record, 'AdminMailRecipients'),
      userMailInsert: textOf(record, 'UserMailInsert'),
    };
  }
  return null;
}

/** Streams the device access rules. Throws what the transport throws. */
export async function* getActiveSyncDeviceAccessRule(
  transport: CmdletTransport,
  options?: CmdletOptions,
): AsyncGenerator<DeviceAccessRule, void, undefined> {
  for await (const record of transport.invoke({ cmdlet: 'Get-ActiveSyncDeviceAccessRule', parameters: {} }, options)) {
    yield {
      name: textOf(record, 'Name'),
      characteristic: textOf(record, 'Characteristic'),
      queryString: textOf(record, 'QueryString'),
      accessLevel: textOf(record, 'AccessLevel'),
    };
  }
}
