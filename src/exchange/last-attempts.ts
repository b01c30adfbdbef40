/** When the devices of one mailbox last tried to sync. */
import { foldEasId } from '../model/keys.ts';
import { isNotFound } from './cmdlet-error.ts';
import { getMobileDeviceStatistics } from './cmdlets/get-mobile-device-statistics.ts';
import type { MobileDeviceStatistics } from './cmdlets/get-mobile-device-statistics.ts';
import { checkGuid } from './cmdlets/identity.ts';
import { readWhole } from './restart-read.ts';
import type { CmdletOptions, CmdletTransport, Effort } from './transport.ts';

/** Of one EAS ID; a phone that syncs has tried to. */
export interface LastAttempt {
  /** As Exchange spells it. */
  readonly easId: string;
  /** ISO 8601 UTC; null: Exchange tells of none (no time, or the year 1). */
  readonly at: string | null;
}

/**
 * One call for the mailbox with this GUID. Of several partnerships with one EAS ID the latest attempt counts; a mailbox that is
 * no more has none.
 * @throws ERR_EXCHANGE_IDENTITY not a GUID; ERR_EXCHANGE_CMDLET_UNKNOWN the account lacks the cmdlet; what the transport throws
 */
export async function lastAttemptsOf(
  transport: CmdletTransport,
  mailboxId: string,
  options: CmdletOptions = {},
): Promise<LastAttempt[]> {
  const mailbox = checkGuid(mailboxId);
  const read = (effort: Effort) => getMobileDeviceStatistics(transport, { mailbox }, { ...options, effort });
  let statistics: MobileDeviceStatistics[];
  try {
    statistics = await readWhole(read);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
  const latest = new Map<string, LastAttempt>();
  for (const { deviceId, lastSyncAttemptAt, lastSuccessSyncAt } of statistics) {
    const folded = foldEasId(deviceId);
    const times = [latest.get(folded)?.at ?? null, lastSyncAttemptAt, lastSuccessSyncAt].filter((at) => at !== null);
    latest.set(folded, { easId: deviceId, at: times.sort().at(-1) ?? null });
  }
  return [...latest.values()];
}
