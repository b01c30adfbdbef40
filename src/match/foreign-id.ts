/** A device with the EAS ID of another user's: the phone says of itself which ID it has. Pure. */
import type { EasClient } from '../model/eas-client.ts';
import { compareModels } from './device-model.ts';
import type { MdmIndex } from './mdm-index.ts';

/*
 *   a device whose EAS ID only records of other users have
 *   was one with an MDM record by its EAS ID before                      held: other-user
 *   synced first before one of them was enrolled, or one of the times
 *   is not known                                                         held: other-user
 *   may be one of them: platform and model do not contradict             held: other-user (a shared mailbox, a renamed user)
 *   is another platform than each of them, or another model of the same
 *   kind of text                                                         is none of them: as if nobody had reported the EAS ID,
 *                                                                        and not-enrolled where nothing else merges it
 */

/** True if it is none of the devices of these rows, and came after each of them. @param firstSyncAt NaN: nobody knows */
export function isNoneOf(
  rows: readonly number[],
  { platform }: EasClient,
  { model, firstSyncAt }: { readonly model: string | null; readonly firstSyncAt: number },
  mdm: MdmIndex,
): boolean {
  return rows.every((row) => firstSyncAt > mdm.enrolledAt(row) && contradicts(mdm, row, platform, model));
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
