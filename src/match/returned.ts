/** Known devices under a new EAS ID (factory reset, restored backup, new profile: Microsoft KB 3013802). Pure. */
import type { EasClient } from '../model/eas-client.ts';
import { foldEasId } from '../model/keys.ts';
import type { EasRecord } from '../model/records.ts';
import { compareModels } from './device-model.ts';
import type { EasEntry } from './eas-index.ts';

/** A return that was believed. */
export interface PastReturn {
  /** Folded. */
  readonly mailboxId: string;
  /** The record that the device is known by. */
  readonly mdmKey: string;
  /** The EAS record that it came back as. */
  readonly easKey: string;
  /** When that synced first, milliseconds since 1970. */
  readonly at: number;
}

/** Reads the returns to mailboxes of an organization that were believed last. */
export type LoadReturns = (organization: string, mailboxIds: readonly string[]) => Promise<readonly PastReturn[]>;

/**
 * How long a device may be taken for a known one that came back under a new EAS ID. An MDM hears of the new id when the
 * device checks in, within hours; a device it has not heard of after this long is another one of the same model.
 */
export const RETURN_GRACE_MS = 3 * 24 * 3_600_000;

/** A device is believed to come back once in so long: its model is what the phone says of itself. */
export const RETURN_AGAIN_MS = 30 * 24 * 3_600_000;

/** A record that may have come back, and what it is compared with. */
export interface ReturnScene {
  readonly record: EasRecord;
  readonly client: EasClient;
  /** Milliseconds since 1970. */
  readonly firstSyncAt: number;
  /** First syncs from here on are in the future: not told. NaN: none is. */
  readonly future: number;
  /** All records of the mailbox. */
  readonly entries: readonly EasEntry[];
  /** The live rows of the mailbox's user that report an EAS ID, and what they are called. */
  readonly reporting: (easId: string) => readonly number[];
  readonly keyOf: (row: number) => string;
  /** Returns to this mailbox that were believed. */
  readonly past: readonly PastReturn[];
}

/*
 * An older EAS record of this mailbox, of the same platform and model, whose EAS ID an MDM record of this user still reports:
 *
 *   the older one                       the return, of this MDM record                                   then
 *   has synced since the new one first  –                                                                no return: they are two phones
 *   has not                             is older than three days, by the time of the MDM reading         no return: the MDM would know by now
 *   has not                             is the one believed last                                         returned
 *   has not                             another was believed within 30 days of it, before or after       again: not believed
 *   has not                             another new record of the mailbox would be one, too: within 30
 *                                       days before it                                                   again: the first one is
 *   has not                             none of these                                                    returned
 */

/** What it comes to; null: it is no return. */
export type ReturnFinding =
  | { readonly kind: 'returned'; readonly rows: readonly number[]; readonly from: string }
  | { readonly kind: 'again'; readonly rows: readonly number[] };

/** True for a record so new that it may have come back. */
export function mayReturn(firstSyncAt: number, mdmStartedAt: number): boolean {
  return !(mdmStartedAt - firstSyncAt > RETURN_GRACE_MS);
}

/** Looks for what it may have been before. @param scene of a record that {@link mayReturn} */
export function findReturn(scene: ReturnScene): ReturnFinding | null {
  const { record, client, firstSyncAt, entries, reporting } = scene;
  const own = foldEasId(record.easId);
  const older = entries.filter(
    (entry) =>
      entry.easId !== own &&
      entry.firstSyncAt < firstSyncAt &&
      !(entry.lastSyncAt > firstSyncAt) &&
      isLike(entry, { ...client, model: record.device.model }),
  );
  // The youngest of the older ones; equal times are settled by id.
  const ordered = older.sort((a, b) => b.firstSyncAt - a.firstSyncAt || (a.easId < b.easId ? -1 : 1));
  let again: number[] = [];
  for (const { easId } of ordered) {
    const rows = reporting(easId);
    const believed = rows.filter((row) => isBelieved(scene, own, row));
    if (believed.length > 0) return { kind: 'returned', rows: believed, from: easId };
    if (again.length === 0) again = [...rows];
  }
  return again.length === 0 ? null : { kind: 'again', rows: again };
}

function isBelieved(scene: ReturnScene, own: string, row: number): boolean {
  const { record, firstSyncAt, past, keyOf } = scene;
  const last = past.find(({ mdmKey }) => mdmKey === keyOf(row));
  if (last !== undefined) {
    const isSame = last.easKey === record.key && last.at === firstSyncAt;
    if (!isSame && Math.abs(firstSyncAt - last.at) < RETURN_AGAIN_MS) return false;
  }
  return !isSecond(scene, own, row);
}

/** Another new record of the mailbox would be the return of this MDM record, and came before. */
function isSecond({ record, firstSyncAt, future, entries, reporting }: ReturnScene, own: string, row: number): boolean {
  const told = (at: number): number => (at >= future ? Number.NaN : at);
  const isUntold = Number.isNaN(told(Date.parse(record.firstSyncAt ?? '')));
  const former = entries.filter(({ easId }) => easId !== own && reporting(easId).includes(row));
  return entries.some((entry) => {
    if (entry.easId === own || reporting(entry.easId).length > 0) return false;
    const at = told(entry.firstSyncAt);
    const isNewer = former.some((old) => !(old.firstSyncAt >= entry.firstSyncAt) && isLike(entry, old));
    if (!isNewer || firstSyncAt - at >= RETURN_AGAIN_MS) return false;
    // Those that are told come first, then by time, then by id.
    if (Number.isNaN(at)) return isUntold && entry.easId < own;
    return isUntold || at < firstSyncAt || (at === firstSyncAt && entry.easId < own);
  });
}

/** One may be the other: of one platform and model, and no app of its own. */
function isLike(entry: EasEntry, { platform, model }: Pick<EasEntry, 'platform' | 'model'>): boolean {
  return entry.platform === platform && entry.native !== false && isSameText(platform, model, entry.model);
}

/** Both texts are Exchange's: what an MDM's text could not be compared with, a placeholder, still tells that nothing changed. */
function isSameText(platform: EasClient['platform'], one: string | null, other: string | null): boolean {
  return one !== null && (one === other || compareModels(platform, one, other) === 'same');
}
