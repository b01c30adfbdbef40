/**
 * Which devices a match is about: those that something touched since they were decided about, or all of an organization.
 * In: what was touched, what is known of the last run. Out: mailboxes, or all. Changes: what the run takes, and what the
 * matcher went by.
 */
import type { EasIndex } from '../../match/eas-index.ts';
import type { MdmIndex } from '../../match/mdm-index.ts';
import { recordsOfSharedHardware } from '../../match/shared-hardware.ts';
import { reachedByMdm } from '../../model/join-keys.ts';
import { readEasRecordKey } from '../../model/keys.ts';
import { isFresh, wholeSince } from '../../model/reading-age.ts';
import type { MdmRecord } from '../../model/records.ts';
import type { MdmReading } from '../../store/mdm-readings.ts';
import type { Store } from '../../store/store.ts';
import { EVERYTHING, MAILBOX, PAIRED } from '../../store/touched-keys.ts';
import { inTurns } from '../in-turns.ts';
import { readDecidedAll } from '../sync/decided-all.ts';
import { idTellers } from './id-tellers.ts';
import type { MatchSettings } from './match-settings.ts';
import { areMergesMade, isNothingMade, keepMergesMade } from './merges-made.ts';

/** So often every device is decided about, whatever was touched. */
const ALL_EVERY_MS = 24 * 3_600_000;

/** Of a larger part of the devices a run about all is no dearer. */
const LARGEST_PART = 0.25;
/** A run about so few is never dear. */
const FEW = 200;

/** What a match is asked for. */
export interface WantedScope {
  readonly organization: string;
  /** Names the run. */
  readonly id: string;
  readonly dryRun: boolean;
  /** Somebody wants all devices. */
  readonly all: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/*
 *   the run                                                    is about          takes what was touched
 *   is dry                                                     all               no
 *   was asked for all                                          all               yes
 *   follows a first reading, a source that was forgotten, too  all               yes
 *   many changes, an upgrade, other rules, an undo
 *   finds other settings of the matcher, or an MDM that came,  all               yes; everything is touched before, so that
 *   went, is away or back                                                        one that is cut off is followed by another
 *   finds that an MDM began or ceased to tell EAS IDs, or      all               the same
 *   that the merges of an older version are made by now
 *   finds that no switch has decided about all for a day       all               yes
 *   reaches a quarter of the devices                           all               yes
 *   otherwise                                                  what is reached   yes
 */

/** Begins a run. @returns the keys that were touched, and whether it is about every device whatever is reached over them */
export async function takeTouched(
  store: Store,
  { organization, id, dryRun, all, now }: WantedScope,
  by: { readonly settings: MatchSettings; readonly mdm: readonly MdmReading[] },
): Promise<{ readonly isAll: boolean; readonly keys: readonly string[] }> {
  // It writes nothing at all: whoever only looks may have opened the store to read.
  if (dryRun) return { isAll: true, keys: [] };
  const decided = await readDecidedAll(store, organization);
  const isMade = await areMergesMade(store, organization);
  if (!isMade && (decided !== null || (await isNothingMade(store, organization))))
    await keepMergesMade(store, organization);
  const context = { ...by, clickWindow: isMade || (await areMergesMade(store, organization)) };
  await touchIfOther(store, organization, contextOf(context, now));
  const keys = await store.touched.take(organization, id);
  const sinceAll = decided === null ? Number.NaN : now - Date.parse(decided.at);
  const isRecent = sinceAll >= 0 && sinceAll < ALL_EVERY_MS;
  return { isAll: all || !isRecent || keys.includes(EVERYTHING), keys };
}

/** So many mailboxes at most is a run about that is not about all: of more, one about all is no dearer. */
export function mostMailboxes(devices: number): number {
  return Math.max(FEW, Math.floor(devices * LARGEST_PART));
}

/**
 * The mailboxes that are reached over what was touched, and those of whose devices something is due by itself: folded, in
 * order. Null: more than `most`.
 */
export async function reachedMailboxes(
  store: Store,
  { organization, now }: Pick<WantedScope, 'organization' | 'now'>,
  keys: readonly string[],
  {
    eas,
    mdm,
    most = Number.POSITIVE_INFINITY,
  }: { readonly eas: EasIndex; readonly mdm: MdmIndex; readonly most?: number },
): Promise<string[] | null> {
  const mailboxes = new Set<string>();
  const reach = (some: readonly string[]): void => {
    for (const key of some) {
      // One that has no device any more, too: what is held of it is to go.
      if (key.startsWith(MAILBOX)) mailboxes.add(key.slice(MAILBOX.length));
      else for (const id of eas.mailboxesReachedBy(key)) mailboxes.add(id);
    }
  };
  await inTurns(keys, reach);
  await inTurns(await keysOfPaired(store, organization, keys), reach);
  await inTurns(await keysOfMerged(store, organization, keys), reach);
  await inTurns(await usersOf(store, recordsOfSharedHardware(keys, mdm)), reach);
  const due = await store.devices.due(organization, new Date(now).toISOString(), most + 1);
  if (due.length > most) return null;
  for (const id of due) mailboxes.add(id);
  for (const id of await store.outbox.mailboxes(organization)) mailboxes.add(id);
  return mailboxes.size > most ? null : [...mailboxes].sort();
}

/** The users of MDM records. */
async function usersOf(store: Store, mdmKeys: readonly string[]): Promise<string[]> {
  if (mdmKeys.length === 0) return [];
  const records = await store.snapshots.getMany<MdmRecord>(mdmKeys);
  return [...records.values()].flatMap((record) => reachedByMdm(record).filter((key) => key.startsWith(USER)));
}

const USER = 'user:';

/** Who is paired with a touched MDM record; and whom a record reaches that is paired by now, or was. */
async function keysOfPaired(store: Store, organization: string, keys: readonly string[]): Promise<string[]> {
  const paired = keys.filter((key) => key.startsWith(PAIRED)).map((key) => key.slice(PAIRED.length));
  const mdmKeys = new Set([...keys.filter((key) => key.startsWith('mdm:')), ...paired]);
  if (mdmKeys.size === 0) return [];
  const reached = new Set<string>();
  for (const { easKey, mdmKey } of await store.pairings.list()) {
    const named = mdmKeys.has(mdmKey) ? readEasRecordKey(easKey) : null;
    if (named?.organization === organization) reached.add(`${MAILBOX}${named.mailboxId}`);
  }
  const records = await store.snapshots.getMany<MdmRecord>(paired);
  for (const record of records.values()) for (const key of reachedByMdm(record)) reached.add(key);
  return [...reached];
}

/** Who is, or was last, one with a touched MDM record: its user may have changed since. */
async function keysOfMerged(store: Store, organization: string, keys: readonly string[]): Promise<string[]> {
  const mdmKeys = keys.filter((key) => key.startsWith('mdm:'));
  if (mdmKeys.length === 0) return [];
  const merged = await store.merges.withMdm(organization, mdmKeys);
  return merged.flatMap((key) => {
    const named = readEasRecordKey(key);
    return named === null ? [] : [`${MAILBOX}${named.mailboxId}`];
  });
}

/** What every outcome hangs on: by another one, every device is matched and decided about anew. */
function contextOf(
  {
    settings,
    mdm,
    clickWindow,
  }: { readonly settings: MatchSettings; readonly mdm: readonly MdmReading[]; readonly clickWindow: boolean },
  now: number,
): string {
  const sources = mdm.map(({ scope, snapshot }) => ({
    scope,
    isRead: snapshot !== null,
    // Times of its records mean others by another clock.
    clock: snapshot?.clock,
    // While one is away, decisions hang on when it was read last.
    away: snapshot === null || isFresh(snapshot, now, settings.maxAgeHours) ? null : wholeSince(snapshot),
  }));
  const isAnyAway = sources.some(({ isRead, away }) => !isRead || away !== null);
  const since = isAnyAway ? mdm.map(({ snapshot }) => (snapshot === null ? null : wholeSince(snapshot))) : [];
  const { sameUser, lateActivation, serialMatch, maxAgeHours } = settings;
  const tellers = idTellers(mdm);
  return JSON.stringify({ sameUser, lateActivation, serialMatch, maxAgeHours, clickWindow, tellers, sources, since });
}

async function touchIfOther(store: Store, organization: string, context: string): Promise<void> {
  const name = `match.context.${organization}`;
  if ((await store.settings.get(name)) === context) return;
  await store.together(async (parts) => {
    await parts.touched.addEverything(organization);
    await parts.settings.set(name, context);
  });
}
