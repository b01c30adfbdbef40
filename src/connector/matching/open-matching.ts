/** The matcher over the last readings in the store: the one way to it, for a whole organization and for a few devices. */
import { EasIndex } from '../../match/eas-index.ts';
import { Matcher } from '../../match/matcher.ts';
import { MdmIndex } from '../../match/mdm-index.ts';
import { mdmState } from '../../match/mdm-state.ts';
import type { EasRecord, MdmRecord } from '../../model/records.ts';
import { mdmReadings, snapshotsOf } from '../../store/mdm-readings.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { SnapshotInfo, Store } from '../../store/store.ts';
import { inTurns } from '../in-turns.ts';
import type { MatchSettings } from './match-settings.ts';

/** Records that are read from the store at once. */
const READ_PAGE = 1000;

/** Room an index is made with at least. */
const LEAST_ROOM = 16;

/** A matcher that knows both sides. */
export interface OpenMatching {
  readonly eas: SnapshotInfo;
  /** Every MDM source that counts. */
  readonly mdm: readonly MdmReading[];
  readonly matcher: Matcher;
  /** Loads the MDM records that a page of device records shows. */
  readonly load: (keys: readonly string[]) => Promise<Map<string, MdmRecord>>;
}

/**
 * Builds the compact indexes and opens a matcher for one organization. Both readings are gone through whole: what a device
 * merges with depends on all others.
 * @param now milliseconds since 1970
 * @param onEas sees every page of EAS records as the index does
 * @param afterEas waited for before the MDMs' records are read
 * @returns null if the organization has no complete reading yet
 */
export async function openMatching(
  store: Store,
  organization: string,
  settings: MatchSettings,
  {
    now,
    signal,
    onEas,
    afterEas,
  }: { now: number; signal: AbortSignal; onEas?: (page: readonly EasRecord[]) => void; afterEas?: () => Promise<void> },
): Promise<OpenMatching | null> {
  const eas = await store.snapshots.latest('eas', organization);
  if (eas === null) return null;
  const easIndex = new EasIndex(eas.count);
  for await (const page of store.snapshots.read('eas', organization, { pageSize: READ_PAGE, signal })) {
    easIndex.add(page);
    onEas?.(page);
  }
  await afterEas?.();
  const mdm = await mdmReadings(store);
  const asked = await store.asked.list(organization);
  const { maxAgeHours, ...options } = settings;
  const matcher = new Matcher({
    mdm: await mdmIndexOf(store, mdm, signal),
    eas: easIndex,
    pairings: await store.pairings.list(),
    asked: new Map([...asked].map(([mailboxId, at]) => [mailboxId, Date.parse(at)])),
    options: {
      ...options,
      ...mdmState(
        mdm.map(({ snapshot }) => snapshot),
        now,
        maxAgeHours,
      ),
    },
  });
  await inTurns(await store.activations.list(), (some) => matcher.addActivations(some));
  return { eas, mdm, matcher, load: (keys) => store.snapshots.getMany<MdmRecord>(keys) };
}

async function mdmIndexOf(store: Store, mdm: readonly MdmReading[], signal: AbortSignal): Promise<MdmIndex> {
  const count = snapshotsOf(mdm).reduce((sum, snapshot) => sum + snapshot.count, 0);
  const index = new MdmIndex(Math.max(LEAST_ROOM, count));
  for await (const page of store.snapshots.read('mdm', undefined, { pageSize: READ_PAGE, signal })) index.add(page);
  return index;
}
