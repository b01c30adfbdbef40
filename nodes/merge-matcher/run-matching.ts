/** One run of the matcher over the snapshots in the store: device records in pages, then what only the MDM knows. */
import { EasIndex } from '../../src/match/eas-index.ts';
import type { MatchReport } from '../../src/match/match-report.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import { mdmState } from '../../src/match/mdm-state.ts';
import type { DeviceRecord, MdmRecord } from '../../src/model/records.ts';
import { isFresh } from '../../src/model/reading-age.ts';
import { mdmReadings, snapshotsOf } from '../../src/store/mdm-readings.ts';
import type { MdmReading } from '../../src/store/mdm-readings.ts';
import type { SnapshotInfo, Store } from '../../src/store/store.ts';
import type { Page } from '../send-pages.ts';

export interface MatchingSettings {
  readonly pageSize: number;
  /** How long an MDM reading stays usable. */
  readonly maxAgeHours: number;
  readonly sameUser: boolean;
  readonly lateActivation: boolean;
  readonly serialMatch: boolean;
}

/** What is known of the MDM side: the oldest of its readings counts. */
export interface MdmState {
  readonly startedAt: string | null;
  readonly complete: boolean;
  readonly fresh: boolean;
  readonly count: number;
  readonly sources: readonly {
    readonly source: string;
    /** Null: it is deployed, and was never read to its end. */
    readonly startedAt: string | null;
    readonly fresh: boolean;
    readonly count: number;
  }[];
}

/** A run, ready to be read page by page: `devices` first, then `mdmOnly`, then `report`. */
export interface MatchingRun {
  readonly eas: SnapshotInfo;
  readonly mdm: MdmState;
  devices(): AsyncGenerator<Page<DeviceRecord>>;
  mdmOnly(): AsyncGenerator<Page<DeviceRecord>>;
  report(): MatchReport;
}

/** The state of all MDM sources that count, at `now` (milliseconds since 1970). */
export function mdmStateOf(readings: readonly MdmReading[], maxAgeHours: number, now: number): MdmState {
  const state = mdmState(
    readings.map(({ snapshot }) => snapshot),
    now,
    maxAgeHours,
  );
  return {
    startedAt: state.mdmStartedAt,
    complete: state.mdmComplete,
    fresh: state.mdmFresh,
    count: snapshotsOf(readings).reduce((sum, { count }) => sum + count, 0),
    sources: readings.map(({ scope, snapshot }) => ({
      source: scope,
      startedAt: snapshot?.startedAt ?? null,
      fresh: snapshot !== null && isFresh(snapshot, now, maxAgeHours),
      count: snapshot?.count ?? 0,
    })),
  };
}

/**
 * Prepares a run for one organization: builds the compact indexes from the store. Null if the organization has no
 * complete reading yet.
 */
export async function prepareMatching(
  store: Store,
  organization: string,
  settings: MatchingSettings,
  signal: AbortSignal,
): Promise<MatchingRun | null> {
  const eas = await store.snapshots.latest('eas', organization);
  if (eas === null) return null;
  const mdm = mdmStateOf(await mdmReadings(store), settings.maxAgeHours, Date.now());

  const mdmIndex = new MdmIndex(Math.max(16, mdm.count));
  for await (const page of store.snapshots.read('mdm', undefined, { pageSize: 1000, signal })) mdmIndex.add(page);
  const easIndex = new EasIndex(eas.count);
  for await (const page of store.snapshots.read('eas', organization, { pageSize: 1000, signal })) easIndex.add(page);

  const matcher = new Matcher({
    mdm: mdmIndex,
    eas: easIndex,
    activations: await store.activations.list(),
    pairings: await store.pairings.list(),
    options: {
      sameUser: settings.sameUser,
      lateActivation: settings.lateActivation,
      serialMatch: settings.serialMatch,
      mdmStartedAt: mdm.startedAt,
      mdmComplete: mdm.complete,
      mdmFresh: mdm.fresh,
    },
  });
  const load = (keys: readonly string[]): Promise<Map<string, MdmRecord>> => store.snapshots.getMany<MdmRecord>(keys);

  async function* matched(): AsyncGenerator<DeviceRecord[]> {
    for await (const page of store.snapshots.read('eas', organization, { pageSize: settings.pageSize, signal })) {
      yield await matcher.matchPage(page, load);
    }
  }
  return {
    eas,
    mdm,
    devices: () => markLast(matched()),
    mdmOnly: () => markLast(matcher.mdmOnly(load, settings.pageSize)),
    report: () => matcher.report(),
  };
}

/** Marks the page that ends a sequence; an empty sequence is one empty page. */
export async function* markLast<T>(pages: AsyncIterable<readonly T[]>): AsyncGenerator<Page<T>> {
  let held: readonly T[] | null = null;
  let total = 0;
  for await (const page of pages) {
    if (held !== null) yield { records: held, last: false };
    held = page;
    total += page.length;
  }
  yield { records: held ?? [], last: true, total };
}
