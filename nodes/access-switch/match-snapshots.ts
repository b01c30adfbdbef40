/** Device records for a few EAS records of the last readings, matched as the merge matcher matches them. */
import { EasIndex } from '../../src/match/eas-index.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import { mdmState } from '../../src/match/mdm-state.ts';
import type { DeviceRecord, EasRecord, MdmRecord } from '../../src/model/records.ts';
import { mdmReadings } from '../../src/store/mdm-readings.ts';
import type { MdmReading } from '../../src/store/mdm-readings.ts';
import type { SnapshotInfo, Store } from '../../src/store/store.ts';

/** How the merge matcher is set. */
export interface MatcherSettings {
  readonly sameUser: boolean;
  readonly lateActivation: boolean;
  readonly serialMatch: boolean;
  readonly maxAgeHours: number;
}

/** What was found. */
export interface MatchedDevices {
  readonly devices: readonly DeviceRecord[];
  /** Devices that were wanted too but are over the limit. */
  readonly more: number;
  /** Null: Exchange has not been read yet. */
  readonly eas: SnapshotInfo | null;
  /** Every MDM source that counts. */
  readonly mdm: readonly MdmReading[];
}

/**
 * Matches the EAS records an organization's last reading has that are wanted. Both readings are gone through whole, as at
 * a sync: what a device merges with depends on all others.
 * @param limit device records at most
 */
export async function matchSnapshots(
  store: Store,
  organization: string,
  settings: MatcherSettings,
  wanted: (record: EasRecord) => boolean,
  limit: number,
  signal: AbortSignal,
): Promise<MatchedDevices> {
  const eas = await store.snapshots.latest('eas', organization);
  const mdm = await mdmReadings(store);
  if (eas === null) return { devices: [], more: 0, eas, mdm };
  const easIndex = new EasIndex(eas.count);
  const found: EasRecord[] = [];
  for await (const page of store.snapshots.read('eas', organization, { pageSize: 1000, signal })) {
    easIndex.add(page);
    found.push(...page.filter(wanted));
  }
  const shown = found.slice(0, limit);
  const more = found.length - shown.length;
  if (shown.length === 0) return { devices: [], more, eas, mdm };

  const mdmIndex = new MdmIndex(
    Math.max(
      16,
      mdm.reduce((sum, { snapshot }) => sum + (snapshot?.count ?? 0), 0),
    ),
  );
  for await (const page of store.snapshots.read('mdm', undefined, { pageSize: 1000, signal })) mdmIndex.add(page);
  const { maxAgeHours, ...options } = settings;
  const matcher = new Matcher({
    mdm: mdmIndex,
    eas: easIndex,
    activations: await store.activations.list(),
    pairings: await store.pairings.list(),
    options: {
      ...options,
      ...mdmState(
        mdm.map(({ snapshot }) => snapshot),
        Date.now(),
        maxAgeHours,
      ),
    },
  });
  const devices = await matcher.matchPage(shown, (keys) => store.snapshots.getMany<MdmRecord>(keys));
  return { devices, more, eas, mdm };
}
