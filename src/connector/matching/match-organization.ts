/** One run of the matcher over the readings in the store: device records in pages, then what only the MDM knows. */
import type { MatchReport } from '../../match/match-report.ts';
import { mdmState } from '../../match/mdm-state.ts';
import type { DeviceRecord } from '../../model/records.ts';
import { isFresh } from '../../model/reading-age.ts';
import { snapshotsOf } from '../../store/mdm-readings.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { SnapshotInfo, Store } from '../../store/store.ts';
import { markLast } from '../readings/page.ts';
import type { Page } from '../readings/page.ts';
import type { MatchSettings } from './match-settings.ts';
import { openMatching } from './open-matching.ts';
import { UsersToAsk } from './users-to-ask.ts';
import type { AskedReport, AskingParts } from './users-to-ask.ts';

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
export interface OrganizationMatch {
  readonly eas: SnapshotInfo;
  readonly mdm: MdmState;
  devices(): AsyncGenerator<Page<DeviceRecord>>;
  mdmOnly(): AsyncGenerator<Page<DeviceRecord>>;
  report(): MatchReport;
  /** For whom the MDMs were asked before it; null: for nobody, since no answer would tell or there is none to ask. */
  readonly asked: AskedReport | null;
}

/** Whom the MDMs are asked through, if they may be. */
export type Asking = Omit<AskingParts, 'store' | 'signal'>;

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
 * Matches one organization. Null if it has no complete reading yet.
 * @param options.now milliseconds since 1970
 * @param options.pageSize device records a page
 * @param options.asking absent: no MDM is asked
 */
export async function matchOrganization(
  store: Store,
  organization: string,
  settings: MatchSettings,
  { now, pageSize, signal, asking }: { now: number; pageSize: number; signal: AbortSignal; asking?: Asking },
): Promise<OrganizationMatch | null> {
  const users =
    asking === undefined ? null : await UsersToAsk.begin({ ...asking, store, signal }, organization, settings);
  let asked: AskedReport | null = null;
  const open = await openMatching(store, organization, settings, {
    now,
    signal,
    onEas: (page) => users?.see(page),
    afterEas: async () => {
      asked = (await users?.ask()) ?? null;
    },
  });
  if (open === null) return null;
  const { matcher, load } = open;
  async function* matched(): AsyncGenerator<DeviceRecord[]> {
    for await (const page of store.snapshots.read('eas', organization, { pageSize, signal })) {
      yield await matcher.matchPage(page, load);
    }
  }
  return {
    eas: open.eas,
    mdm: mdmStateOf(open.mdm, settings.maxAgeHours, now),
    devices: () => markLast(matched()),
    mdmOnly: () => markLast(matcher.mdmOnly(load, pageSize)),
    report: () => matcher.report(),
    asked,
  };
}
