/** Old accounts of a phone that has a newer one: its MDM record, that one was merged with, reports the newer one's EAS ID. Pure. */
import { foldEasId } from '../model/keys.ts';
import type { EasRecord } from '../model/records.ts';
import type { EasIndex } from './eas-index.ts';
import type { MdmIndex } from './mdm-index.ts';
import type { PastMerge } from './past.ts';

/*
 *   the EAS record was one,     that MDM record    reports now                                  then
 *   last, with an MDM record
 *   by its EAS ID               is managed         the EAS ID of another record of the mailbox  superseded
 *   by its EAS ID               is managed         this one, none, or one that Exchange has     as if it had never been one
 *                                                  on another mailbox or not at all
 *   by its EAS ID               is gone, or not    anything                                     as if it had never been one
 *                               managed any more
 *   by another rule, or never   any                anything                                     as if it had never been one
 *
 * The MDM record has to be one that the other account merges with: its user's, unless users do not count.
 */

/** The other EAS ID (folded) and the row that reports it; null: it is not superseded. @param fits whether a row may merge here */
export function supersededBy(
  record: EasRecord,
  past: PastMerge | null,
  { mdm, eas, fits }: { readonly mdm: MdmIndex; readonly eas: EasIndex | undefined; fits: (row: number) => boolean },
): { readonly row: number; readonly easId: string } | null {
  if (past?.by !== 'eas-id' || eas === undefined) return null;
  const row = mdm.rowOfKey(past.mdmKey);
  if (row < 0 || !mdm.isUsable(row) || mdm.key(row) !== past.mdmKey || !fits(row)) return null;
  const own = foldEasId(record.easId);
  if (mdm.reports(row, own)) return null;
  const other = eas.ofMailbox(record.mailbox.id).find(({ easId }) => easId !== own && mdm.reports(row, easId));
  return other === undefined ? null : { row, easId: other.easId };
}
