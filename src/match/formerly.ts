/** Which MDM record managed an unmatched EAS record before. Pure. */
import { foldEasId } from '../model/keys.ts';
import type { DeviceRecord, EasRecord, MdmRecord } from '../model/records.ts';
import { mdmName } from './explain.ts';
import type { MdmIndex } from './mdm-index.ts';
import type { PastMerge } from './past.ts';
import { isSameUser } from './same-user.ts';

/*
 *   it was one with    that is still read    an unmanaged record of the user     formerly
 *   an MDM record                            that has its EAS ID
 *   yes                yes                   any                                 the one it was one with
 *   yes                no                    yes                                 the unmanaged one
 *   yes                no                    no                                  the one it was one with, without a name
 *   no                 –                     yes                                 the unmanaged one; of several the one enrolled last
 *   no                 –                     no                                  none
 *
 * A pairing that was taken back never was.
 */

const NONE: readonly never[] = [];

/** Keys of MDM records to load for it, best first. */
export function formerKeys(record: EasRecord, past: PastMerge | null, mdm: MdmIndex): readonly string[] {
  const rows = mdm.unmanagedWithEasId(record.easId);
  if (rows.length === 0) return past === null ? NONE : [past.mdmKey];
  const unmanaged = mdm
    .byKeyOrder(rows)
    .sort((a, b) => (mdm.enrolledAt(b) || 0) - (mdm.enrolledAt(a) || 0))
    .map((row) => mdm.key(row));
  return past === null ? unmanaged : [past.mdmKey, ...unmanaged.filter((key) => key !== past.mdmKey)];
}

/** What the device record says of it. @param loaded the records of {@link formerKeys} that there are */
export function formerlyOf(
  eas: EasRecord,
  past: PastMerge | null,
  keys: readonly string[],
  loaded: ReadonlyMap<string, MdmRecord>,
): DeviceRecord['formerly'] {
  const records = keys.flatMap((key) => loaded.get(key) ?? []);
  const known = records.find((mdm) => mdm.key === past?.mdmKey || reportedIt(eas, mdm));
  if (known !== undefined) return { mdmKey: known.key, name: mdmName(known), removal: known.removal ?? null };
  return past === null ? undefined : { mdmKey: past.mdmKey, name: null, removal: null };
}

function reportedIt(eas: EasRecord, mdm: MdmRecord): boolean {
  return !mdm.managed && mdm.easIds.some((id) => foldEasId(id) === foldEasId(eas.easId)) && isSameUser(eas, mdm);
}
