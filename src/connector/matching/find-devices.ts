/** Device records for a few EAS records of the last readings, matched as a whole organization is. */
import type { DeviceRecord, EasRecord } from '../../model/records.ts';
import { mdmReadings } from '../../store/mdm-readings.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { SnapshotInfo, Store } from '../../store/store.ts';
import type { MatchSettings } from './match-settings.ts';
import { openMatching } from './open-matching.ts';

/** What was found. */
export interface FoundDevices {
  readonly devices: readonly DeviceRecord[];
  /** Devices that were wanted too but are over the limit. */
  readonly more: number;
  /** Null: Exchange has not been read yet. */
  readonly eas: SnapshotInfo | null;
  /** Every MDM source that counts. */
  readonly mdm: readonly MdmReading[];
}

/** How well a record fits what is looked for; null: not at all. */
export type Fit = 'exact' | 'part' | null;

/**
 * Finds the EAS records of an organization's last reading that fit, and matches them. Those that fit in part count only if
 * none fits exactly.
 * @param options.now milliseconds since 1970
 * @param options.limit device records at most
 */
export async function findDevices(
  store: Store,
  organization: string,
  settings: MatchSettings,
  fit: (record: EasRecord) => Fit,
  { now, limit, signal }: { now: number; limit: number; signal: AbortSignal },
): Promise<FoundDevices> {
  const found = { exact: new FirstFew<EasRecord>(limit), part: new FirstFew<EasRecord>(limit) };
  const onEas = (page: readonly EasRecord[]): void => {
    for (const record of page) {
      const how = fit(record);
      if (how !== null) found[how].add(record);
    }
  };
  const open = await openMatching(store, organization, settings, { now, signal, onEas });
  if (open === null) return { devices: [], more: 0, eas: null, mdm: await mdmReadings(store) };
  const { first, more } = found.exact.first.length > 0 ? found.exact : found.part;
  return { devices: await open.matcher.matchPage(first, open.load), more, eas: open.eas, mdm: open.mdm };
}

/** Keeps the first ones and counts the rest. */
class FirstFew<T> {
  readonly first: T[] = [];
  more = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(value: T): void {
    if (this.first.length < this.#limit) this.first.push(value);
    else this.more += 1;
  }
}
