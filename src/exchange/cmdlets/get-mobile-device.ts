/** Get-MobileDevice: device partnerships. */
import type { PlainObject } from '../../clixml/value.ts';
import { foreignEasId, foreignId, foreignTime } from '../../model/foreign.ts';
import type { AccessState } from '../../model/records.ts';
import type { CmdletTransport } from '../transport.ts';
import { checkIdentity } from './identity.ts';
import { distinguishedNameOf, guidOf, property, textOf } from './plain-record.ts';
import { queryParameters, readObjects } from './read-objects.ts';
import type { Identified, Query, ReadOptions } from './read-objects.ts';

/** What we read of a MobileDevice object. */
export interface MobileDevice extends Identified {
  readonly deviceId: string;
  readonly type: string | null;
  readonly model: string | null;
  readonly os: string | null;
  readonly userAgent: string | null;
  readonly friendlyName: string | null;
  readonly imei: string | null;
  readonly clientType: string | null;
  readonly protocolVersion: string | null;
  readonly state: AccessState;
  readonly reason: string;
  readonly firstSyncAt: string | null;
  readonly changedAt: string | null;
}

/** The devices of one mailbox, or as a {@link Query} says. */
export type MobileDeviceQuery = Query | { readonly mailbox: string };

/** What {@link toMobileDevice} reads: less than half of what Exchange sends. */
export const MOBILE_DEVICE_PROPERTIES: ReadonlySet<string> = new Set([
  'Guid',
  'DistinguishedName',
  'DeviceId',
  'DeviceType',
  'DeviceModel',
  'DeviceOS',
  'DeviceUserAgent',
  'FriendlyName',
  'DeviceImei',
  'ClientType',
  'ClientVersion',
  'DeviceActiveSyncVersion',
  'DeviceAccessState',
  'DeviceAccessStateReason',
  'FirstSyncTime',
  'WhenChangedUTC',
]);

/** Streams partnerships. Throws what the transport throws, and ERR_EXCHANGE_RECORD if another device came back than asked for. */
export function getMobileDevice(
  transport: CmdletTransport,
  query: MobileDeviceQuery,
  options?: ReadOptions,
): AsyncGenerator<MobileDevice, void, undefined> {
  const parameters =
    'mailbox' in query
      ? { Mailbox: checkIdentity(query.mailbox, 'Mailbox'), ResultSize: 'Unlimited' }
      : queryParameters(query);
  const properties = MOBILE_DEVICE_PROPERTIES;
  return readObjects(transport, 'Get-MobileDevice', parameters, toMobileDevice, { ...options, properties });
}

/** A MobileDevice object read; null without GUID, distinguished name or a device id that can be written back. */
export function toMobileDevice(record: PlainObject): MobileDevice | null {
  const id = guidOf(record, 'Guid');
  const distinguishedName = distinguishedNameOf(record);
  const deviceId = foreignEasId(property(record, 'DeviceId'));
  if (id === null || distinguishedName === null || deviceId === null) return null;
  return {
    id,
    distinguishedName,
    deviceId,
    type: textOf(record, 'DeviceType'),
    model: textOf(record, 'DeviceModel'),
    os: textOf(record, 'DeviceOS'),
    userAgent: textOf(record, 'DeviceUserAgent'),
    friendlyName: textOf(record, 'FriendlyName'),
    imei: foreignId(property(record, 'DeviceImei')),
    clientType: textOf(record, 'ClientType'),
    // ClientVersion since 2013; the name the filter documentation still uses before it.
    protocolVersion: textOf(record, 'ClientVersion') ?? textOf(record, 'DeviceActiveSyncVersion'),
    state: accessState(textOf(record, 'DeviceAccessState')),
    reason: accessReason(textOf(record, 'DeviceAccessStateReason')),
    firstSyncAt: foreignTime(property(record, 'FirstSyncTime')),
    changedAt: foreignTime(property(record, 'WhenChangedUTC')),
  };
}

/** DeviceAccessState by number, for servers that send enums bare (learn ff343016). */
const STATES = ['Unknown', 'Allowed', 'Blocked', 'Quarantined', 'DeviceDiscovery'];
/** DeviceAccessStateReason by number (learn ff324138). */
const REASONS = ['Unknown', 'Global', 'Individual', 'DeviceRule', 'Upgrade', 'Policy'];

/** Exchange's DeviceAccessState in our words; what we do not know is `unknown`. */
export function accessState(text: string | null): AccessState {
  const name = text !== null && /^\d+$/.test(text) ? STATES[Number(text)] : text;
  switch (name?.toLowerCase()) {
    case 'allowed':
      return 'allowed';
    case 'blocked':
      return 'blocked';
    case 'quarantined':
      return 'quarantined';
    case 'devicediscovery':
      return 'discovery';
    default:
      return 'unknown';
  }
}

/** Exchange's DeviceAccessStateReason with a small first letter: an open set, passed on as it is. */
export function accessReason(text: string | null): string {
  const name = text !== null && /^\d+$/.test(text) ? (REASONS[Number(text)] ?? text) : text;
  return name === null || name === '' ? 'unknown' : name.charAt(0).toLowerCase() + name.slice(1);
}
