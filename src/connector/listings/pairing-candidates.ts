/**
 * Which MDM records a device may be, for a person who pairs them.
 * In: store, the device's key. Out: why it is one with none, and a few records. Changes: nothing.
 */
import { ConnectorError } from '../../errors.ts';
import { readEasRecordKey } from '../../model/keys.ts';
import type { MdmRecord } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import { findDevices } from '../matching/find-devices.ts';
import { keptMatchSettings } from '../matching/match-settings.ts';
import { refusal } from '../../model/refusals.ts';

/** One record that may be it. */
export interface PairingCandidate {
  readonly record: MdmRecord;
  /** Why it may be. */
  readonly why: string;
}

/** What is known before somebody pairs. */
export interface PairingCandidates {
  /** Why it is one with a record, or with none, by the last readings. */
  readonly reason: { readonly code: string; readonly text: string };
  readonly candidates: readonly PairingCandidate[];
}

/**
 * Matches the device by the last readings, which are read through for it: as long as *Try it* takes.
 * Throws ERR_INPUT_INVALID for a key that the last reading of Exchange does not have, ERR_STORE_….
 * @param now milliseconds since 1970
 */
export async function pairingCandidates(
  store: Store,
  key: string,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<PairingCandidates> {
  const organization = readEasRecordKey(key)?.organization ?? '';
  const found = await findDevices(
    store,
    organization,
    await keptMatchSettings(store),
    (record) => (record.key === key ? 'exact' : null),
    { now, limit: 1, signal },
  );
  const [device] = found.devices;
  if (device === undefined)
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('not-read-device'), {
      details: { key },
    });
  const suggestions = device.suggestions ?? [];
  const records = await store.snapshots.getMany<MdmRecord>(suggestions.map(({ mdmKey }) => mdmKey));
  return {
    reason: { code: device.reason.code, text: device.reason.text },
    candidates: suggestions.flatMap(({ mdmKey, why }) => {
      const record = records.get(mdmKey);
      return record === undefined ? [] : [{ record, why }];
    }),
  };
}
