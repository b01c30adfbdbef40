/** The matcher over the last readings in the store: the one way to it, for a whole organization and for a few devices. */
import { Matcher } from '../../match/matcher.ts';
import { isoTime } from '../../match/iso-time.ts';
import type { KnownAttempt } from '../../match/past.ts';
import { mdmState } from '../../match/mdm-state.ts';
import type { Activation, EasRecord, MdmRecord } from '../../model/records.ts';
import { clockOf } from '../../model/server-clock.ts';
import { mdmReadings, snapshotsOf } from '../../store/mdm-readings.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { SnapshotInfo, Store } from '../../store/store.ts';
import { inTurns } from '../in-turns.ts';
import { JoinedReadings } from './joined-readings.ts';
import { idTellers } from './id-tellers.ts';
import { mdmClocks } from './mdm-clocks.ts';
import type { Joined } from './joined-readings.ts';
import type { MatchSettings } from './match-settings.ts';
import { areMergesMade } from './merges-made.ts';

/** A matcher that knows both sides. */
export interface OpenMatching {
  readonly eas: SnapshotInfo;
  /** Every MDM source that counts. */
  readonly mdm: readonly MdmReading[];
  readonly matcher: Matcher;
  /** Loads the MDM records that a page of device records shows. */
  readonly load: (keys: readonly string[]) => Promise<Map<string, MdmRecord>>;
}

/** What a matcher is made with. */
export interface MatcherParts {
  readonly eas: SnapshotInfo;
  readonly joined: Joined;
  readonly mdm: readonly MdmReading[];
  readonly settings: MatchSettings;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A matcher of an organization. @param activations of the mailboxes that will be matched; absent: of all */
export async function matcherOf(
  store: Store,
  organization: string,
  { eas, joined, mdm, settings, now }: MatcherParts,
  activations?: readonly Activation[],
): Promise<Pick<OpenMatching, 'matcher' | 'load'>> {
  const asked = await store.asked.list(organization);
  const { maxAgeHours, ...options } = settings;
  const matcher = new Matcher({
    ...joined,
    pairings: await store.pairings.list(),
    firstRead: (keys) => store.devices.firstRead(keys),
    past: (keys) => store.merges.getMany(keys),
    attempts: (keys) => knownAttempts(store, keys),
    returns: (of, mailboxIds) => store.returns.of(of, mailboxIds),
    asked: new Map([...asked].map(([mailboxId, at]) => [mailboxId, Date.parse(at)])),
    options: {
      ...options,
      clickWindow: await areMergesMade(store, organization),
      idTellers: idTellers(mdm),
      at: new Date(now).toISOString(),
      easReadAt: eas.completedAt,
      easClock: clockOf(eas.clock),
      mdmClocks: mdmClocks(mdm),
      ...mdmState(
        mdm.map(({ snapshot }) => snapshot),
        now,
        maxAgeHours,
      ),
    },
  });
  await inTurns(activations ?? (await store.activations.list()), (some) => matcher.addActivations(some));
  return { matcher, load: (keys) => store.snapshots.getMany<MdmRecord>(keys) };
}

/** What Exchange said of last attempts to sync, by the keys of EAS records. */
export async function knownAttempts(
  { attempts }: Pick<Store, 'attempts'>,
  keys: readonly string[],
): Promise<Map<string, KnownAttempt>> {
  const rows = await attempts.of(keys);
  const known = [...rows].map(([key, { told, refusedAt }]): [string, KnownAttempt] => [
    key,
    { lastAttemptAt: isoTime(told?.lastAttemptAt), toldAt: isoTime(told?.toldAt), refusedAt: isoTime(refusedAt) },
  ]);
  return new Map(known);
}

/** How many records all MDMs have. */
export function countOf(mdm: readonly MdmReading[]): number {
  return snapshotsOf(mdm).reduce((sum, { count }) => sum + count, 0);
}

/**
 * Opens a matcher for some devices of one organization. What a device merges with depends on all others: without indexes that
 * are kept, both readings are gone through whole.
 * @param now milliseconds since 1970
 * @param onEas sees every page of EAS records
 * @returns null if the organization has no complete reading yet
 */
export async function openMatching(
  store: Store,
  organization: string,
  settings: MatchSettings,
  { now, signal, onEas }: { now: number; signal: AbortSignal; onEas: (page: readonly EasRecord[]) => void },
): Promise<OpenMatching | null> {
  const eas = await store.snapshots.latest('eas', organization);
  if (eas === null) return null;
  const mdm = await mdmReadings(store);
  // Of its own: whoever looks while a match runs does not wait for it, and leaves nothing behind.
  const joined = await new JoinedReadings().borrow().anew(store, eas, async () => countOf(mdm), { signal, onEas });
  return { eas, mdm, ...(await matcherOf(store, organization, { eas, joined, mdm, settings, now })) };
}
