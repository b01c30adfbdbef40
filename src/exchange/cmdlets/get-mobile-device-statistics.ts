/** Get-MobileDeviceStatistics: when devices of one mailbox last synced. Slow, one mailbox at a time; never looped over all. */
import type { PlainObject } from '../../clixml/value.ts';
import { foreignEasId, foreignTime } from '../../model/foreign.ts';
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { accessReason, accessState } from './get-mobile-device.ts';
import { checkIdentity } from './identity.ts';
import { property, textOf } from './plain-record.ts';

/** What we read of a MobileDeviceConfiguration object. Its Guid is the device's, where present. */
export interface MobileDeviceStatistics {
  readonly deviceId: string;
  readonly lastSyncAttemptAt: string | null;
  readonly lastSuccessSyncAt: string | null;
  readonly state: ReturnType<typeof accessState>;
  readonly reason: string;
  /** NotApplied, AppliedInFull, PartiallyApplied, ExternallyManaged, Unknown. */
  readonly policyStatus: string | null;
  readonly wipeRequestedAt: string | null;
  readonly wipeAcknowledgedAt: string | null;
}

/** Streams the statistics of one mailbox's devices, or of one device. Throws what the transport throws. */
export async function* getMobileDeviceStatistics(
  transport: CmdletTransport,
  query: { readonly mailbox: string } | { readonly identity: string },
  options?: CmdletOptions,
): AsyncGenerator<MobileDeviceStatistics, void, undefined> {
  const parameters =
    'mailbox' in query
      ? { Mailbox: checkIdentity(query.mailbox, 'Mailbox') }
      : { Identity: checkIdentity(query.identity) };
  for await (const record of transport.invoke({ cmdlet: 'Get-MobileDeviceStatistics', parameters }, options)) {
    const statistics = toMobileDeviceStatistics(record);
    if (statistics !== null) yield statistics;
  }
}

/** A statistics object read; null without device id. */
export function toMobileDeviceStatistics(record: PlainObject): MobileDeviceStatistics | null {
  const deviceId = foreignEasId(property(record, 'DeviceId') ?? property(record, 'DeviceID'));
  if (deviceId === null) return null;
  return {
    deviceId,
    lastSyncAttemptAt: foreignTime(property(record, 'LastSyncAttemptTime')),
    lastSuccessSyncAt: foreignTime(property(record, 'LastSuccessSync')),
    state: accessState(textOf(record, 'DeviceAccessState')),
    reason: accessReason(textOf(record, 'DeviceAccessStateReason')),
    policyStatus: textOf(record, 'DevicePolicyApplicationStatus'),
    wipeRequestedAt: foreignTime(property(record, 'DeviceWipeRequestTime')),
    wipeAcknowledgedAt: foreignTime(property(record, 'DeviceWipeAckTime')),
  };
}
