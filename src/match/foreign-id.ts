/** A device with the EAS ID of another user's: the phone says of itself which ID it has. Pure. */
import type { EasClient } from '../model/eas-client.ts';
import { compareModels } from './device-model.ts';
import { mayBeSince } from '../model/server-clock.ts';
import type { ServerClock } from '../model/server-clock.ts';
import type { MdmClocks } from './mdm-clocks.ts';
import type { MdmIndex } from './mdm-index.ts';

/*
 *   a device whose EAS ID only records of other users have
 *   was one with an MDM record by its EAS ID before                      held: other-user
 *   may have synced first before one of them was enrolled, as far as
 *   the clocks of Exchange and the MDM are known, or one of the times
 *   is not known                                                         held: other-user. Nothing changes: an error to the
 *                                                                        other side would block
 *   may be one of them: platform and model do not contradict             held: other-user (a shared mailbox, a renamed user)
 *   is another platform than each of them, or another model of the same
 *   kind of text                                                         is none of them: as if nobody had reported the EAS ID,
 *                                                                        and not-enrolled where nothing else merges it
 */

/** True if it is none of the devices of these rows, and came after each of them. @param first by which clock it synced first; NaN: nobody knows when */
export function isNoneOf(
  rows: readonly number[],
  { platform }: EasClient,
  {
    model,
    first,
  }: { readonly model: string | null; readonly first: { readonly at: number; readonly clock: ServerClock } },
  { mdm, clocks }: { readonly mdm: MdmIndex; readonly clocks: MdmClocks },
): boolean {
  const isBefore = (row: number): boolean => !mayBeSince(mdm.enrolledAt(row), clocks.of(row), first.at, first.clock);
  return rows.every((row) => isBefore(row) && contradicts(mdm, row, platform, model));
}

/** True if a device of this platform and model is not the row's; a platform that is not told (null, `other`) proves nothing. */
export function contradicts(
  mdm: MdmIndex,
  row: number,
  platform: EasClient['platform'],
  model: string | null,
): boolean {
  const isTold = platform !== null && platform !== 'other' && mdm.platform(row) !== 'other';
  if (isTold && platform !== mdm.platform(row)) return true;
  return compareModels(mdm.platform(row), model, mdm.model(row)) === 'different';
}
