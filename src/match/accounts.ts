/** Several Android accounts of one mailbox and model, whose EAS IDs no MDM tells: one phone, or several. Pure. */
import { compareModels } from './device-model.ts';
import type { EasEntry } from './eas-index.ts';
import type { KnownAttempt } from './past.ts';

/** A phone that is in use syncs at least so often, if it is the only one in use. */
const SILENT_MS = 3_600_000;

/** One that had an MDM record before the newest account was there may have been lying still, for a night and a day. */
const SILENT_HOLDER_MS = 24 * 3_600_000;

/** Where Exchange does not tell, it is asked again after so long. */
const ASK_AGAIN_MS = 24 * 3_600_000;

/*
 * Accounts of one mailbox on Android, of one model, whose EAS IDs no MDM record reports and of which Exchange tells when they
 * synced first. F: that time, as late as it may have been by our clock. Exchange is asked for the last attempts to
 * sync; those and first syncs are by Exchange's clock, when it was asked is by ours.
 *
 *   an account                                                                                is
 *   synced first later than all others (at the same time: the one with the last EAS ID)       newest
 *   has tried to sync since the newest one's first sync                                       tries
 *   has not since the first sync of a newer one; asked for an hour or more after its F        left
 *   Exchange told of no attempt, or may not be asked, an hour or more after the newest one's F  untold
 *   any other                                                                                 unknown
 *
 *   beside the newest and those that are left there are    the accounts are
 *   none                                                   one phone's
 *   untold ones only                                       untold: the last click wins
 *   any other                                              several phones'
 */
type AccountState = 'newest' | 'tries' | 'left' | 'untold' | 'unknown';

/** The accounts of one model. */
export interface AccountGroup {
  /** EAS ID (folded). */
  readonly newest: string;
  /** When the newest one synced first, milliseconds since 1970 by our clock, as late as it may have been. */
  readonly since: number;
  readonly whose: 'one' | 'several' | 'untold';
}

/** One account among others of its model. */
export interface Account {
  readonly group: AccountGroup;
  readonly state: AccountState;
  /** For one that is left: the account (EAS ID, folded) after which it has not tried any more. */
  readonly after: string | null;
  readonly firstSyncAt: number;
  readonly attempt: KnownAttempt | null;
}

/** What {@link accountsOf} looks at. */
export interface AccountScene {
  /** All EAS records of a mailbox. */
  readonly entries: readonly EasEntry[];
  /** An MDM record reports the EAS ID (folded). */
  readonly isReported: (easId: string) => boolean;
  readonly attemptOf: (easId: string) => KnownAttempt | null;
  /** What is added to a time of Exchange for the latest that it may be by our clock, milliseconds. */
  readonly toOurs: number;
  /** First syncs from here on are in the future: not told. NaN: none is. */
  readonly future: number;
}

/** By EAS ID (folded): accounts that are not the only one of their model. */
export function accountsOf(scene: AccountScene): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const members of groupsOf(scene)) {
    const newest = members.at(-1)!;
    const states = members.map((member, i) => stateOf(scene, member, members.slice(i + 1)));
    const rest = states.map(({ state }) => state).filter((state) => state !== 'newest' && state !== 'left');
    const whose = rest.length === 0 ? 'one' : rest.every((state) => state === 'untold') ? 'untold' : 'several';
    const group = { newest: newest.easId, since: newest.firstSyncAt + scene.toOurs, whose } as const;
    members.forEach(({ easId, firstSyncAt }, i) => {
      accounts.set(easId, { group, firstSyncAt, attempt: scene.attemptOf(easId), ...states[i]! });
    });
  }
  return accounts;
}

/** Two or more each, by their first syncs. */
function groupsOf({ entries, isReported, future }: AccountScene): EasEntry[][] {
  const groups: EasEntry[][] = [];
  for (const entry of entries) {
    const { easId, platform, native, model, firstSyncAt } = entry;
    if (platform !== 'android' || native === false || model === null) continue;
    if (Number.isNaN(firstSyncAt) || firstSyncAt >= future || isReported(easId)) continue;
    const alike = groups.filter((group) =>
      group.some((other) => compareModels('android', model, other.model) === 'same'),
    );
    for (const group of alike) groups.splice(groups.indexOf(group), 1);
    groups.push([...alike.flat(), entry]);
  }
  const byFirstSync = (a: EasEntry, b: EasEntry): number =>
    a.firstSyncAt - b.firstSyncAt || (a.easId < b.easId ? -1 : 1);
  return groups.filter(({ length }) => length > 1).map((group) => group.sort(byFirstSync));
}

/** @param newer by their first syncs */
function stateOf(
  { attemptOf, toOurs }: AccountScene,
  { easId }: EasEntry,
  newer: readonly EasEntry[],
): Pick<Account, 'state' | 'after'> {
  const newest = newer.at(-1);
  if (newest === undefined) return { state: 'newest', after: null };
  const attempt = attemptOf(easId);
  if (attempt === null) return { state: 'unknown', after: null };
  const { lastAttemptAt, toldAt, refusedAt } = attempt;
  if (lastAttemptAt > newest.firstSyncAt) return { state: 'tries', after: null };
  const isAskedAfter = (at: number, { firstSyncAt }: EasEntry): boolean => at >= firstSyncAt + toOurs + SILENT_MS;
  const after = newer.find((one) => lastAttemptAt <= one.firstSyncAt && isAskedAfter(toldAt, one));
  if (after !== undefined) return { state: 'left', after: after.easId };
  const isUntold = isAskedAfter(refusedAt, newest) || (Number.isNaN(lastAttemptAt) && isAskedAfter(toldAt, newest));
  return { state: isUntold ? 'untold' : 'unknown', after: null };
}

/** An MDM record that an account was merged with by a link, and nobody else since. */
export interface Holding {
  /** Since when, milliseconds since 1970. */
  readonly since: number;
}

/*
 * When Exchange is worth asking for an account, if it was not asked since:
 *
 *   the account                                                                      from
 *   unknown                                                                          an hour after the newest one's F
 *   untold, and a link of the group was opened                                       a day after it was asked
 *   left and holds nothing; its link was opened at or after the newest one's F       that click
 *   left, one phone, and holds an MDM record; a link of the group was opened at or   the last such click, and an hour after F;
 *   after F                                                                          a day after F if it held it before F
 *   any other                                                                        never
 */

/** Milliseconds since 1970 by our clock; null: never, or it was asked since. */
export function askFrom(
  account: Account,
  {
    holding,
    own,
    all,
  }: { readonly holding: Holding | null; readonly own: readonly number[]; readonly all: readonly number[] },
): number | null {
  const { state, group, attempt } = account;
  const asked = Math.max(attempt?.toldAt || 0, attempt?.refusedAt || 0);
  if (state === 'unknown') return group.since + SILENT_MS;
  if (state === 'untold') return all.length > 0 ? asked + ASK_AGAIN_MS : null;
  if (state !== 'left') return null;
  const at = holding === null ? own.findLast((click) => click >= group.since) : passesFrom(account, holding, all);
  return at === undefined || at === null || isToldSince(account, at) ? null : at;
}

/** When Exchange must have been asked at the earliest for the MDM record of a left account to pass to the newest; null: it stays. */
export function passesFrom({ group }: Account, { since }: Holding, clicks: readonly number[]): number | null {
  const click = clicks.findLast((at) => at >= group.since);
  if (group.whose !== 'one' || click === undefined) return null;
  return Math.max(click, group.since + (since < group.since ? SILENT_HOLDER_MS : SILENT_MS));
}

/** True if Exchange told of the account at that time or later. */
export function isToldSince({ attempt }: Account, at: number): boolean {
  return attempt !== null && attempt.toldAt >= at;
}
