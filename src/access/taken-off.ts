/** What we took off a list, and something still shows: ours from before, or an administrator's made since? Pure. */
import { foldEasId } from '../model/keys.ts';
import type { ListEntryKey, OwnedEntry, PersonalLists, TakenOff } from '../model/personal-lists.ts';
import { isOnList } from './list-edit.ts';
import { REPLICATION_MS } from './replication.ts';

/** An entry that we took off, as far as it counts for its device. */
export type TakenOffEntry = Pick<TakenOff, 'list' | 'takenOffAt'>;

/** An entry of the ledger, as far as it counts here. */
type Owned = Pick<OwnedEntry, 'list' | 'state' | 'writtenAt'>;

/*
 *   a list of the device has an entry        and that list was read             the entry is
 *   that we never took off                   at any time                        as the ledger says
 *   that is owned or removing                at any time                        ours: written anew since
 *   that we took off                         before we did                      gone: it was not yet
 *   that we took off                         up to 180 minutes after we did     gone, until isMadeAnew says otherwise: the domain
 *                                                                               controller may be behind
 *   that we took off                         later                              an administrator's
 *
 * One that is `adding` is on its way to a list from which it was taken off: what is shown is the one from before, or it.
 */

/**
 * What we took off of the device, if that is what a list still shows; else undefined.
 * @param readAt when the reading of the list began, ISO 8601 UTC
 */
export function shownFromBefore<Entry extends TakenOffEntry>(
  list: ListEntryKey['list'],
  { entries, takenOff }: { readonly entries: readonly Owned[]; readonly takenOff: readonly Entry[] },
  readAt: string,
): Entry | undefined {
  if (entries.some((entry) => entry.list === list && entry.state !== 'adding')) return undefined;
  return takenOff.find(
    (entry) => entry.list === list && Date.parse(readAt) - Date.parse(entry.takenOffAt) <= REPLICATION_MS,
  );
}

/*
 *   the mailbox's own lists      read                     and the entry of ours that was     what we took off
 *                                                         written with it, or after it, on
 *                                                         the other list
 *   lack it                      at any time              any                                is gone
 *   have it                      at any time              is there                           was made anew, by an administrator: what
 *                                                                                            answers has heard of our write
 *   have it                      over 180 minutes after   any                                the same: it has heard of it by now
 *   have it                      up to 180 minutes after  is not there, or none was written  cannot be told from a domain controller
 *                                                                                            that is behind
 */

/**
 * True if somebody has made an entry again that we took off, as the mailbox's own lists show.
 * @param entries ours of its device
 * @param readAt when the lists were read, or before, ISO 8601 UTC
 */
export function isMadeAnew(
  { list, easId, takenOffAt }: TakenOffEntry & Pick<TakenOff, 'easId'>,
  entries: readonly (Owned & Pick<OwnedEntry, 'easId'>)[],
  lists: PersonalLists,
  readAt: string,
): boolean {
  if (!isOnList(lists[list], easId)) return false;
  if (Date.parse(readAt) - Date.parse(takenOffAt) > REPLICATION_MS) return true;
  return entries.some(
    (entry) =>
      entry.list !== list &&
      entry.state === 'owned' &&
      foldEasId(entry.easId) === foldEasId(easId) &&
      Date.parse(entry.writtenAt) >= Date.parse(takenOffAt) &&
      isOnList(lists[entry.list], easId),
  );
}
