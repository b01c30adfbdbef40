/** Which merges by activation stay: those that the past knows. Pure. */
import { easRecordKey } from '../model/keys.ts';
import type { EasRecord } from '../model/records.ts';
import type { MdmIndex } from './mdm-index.ts';
import type { PastMerge } from './past.ts';

/*
 *   EAS records of the mailbox whose last merge was by activation    the MDM record stays with
 *   one with it                                                      that one
 *   one is one with it still, others were                            the one that is
 *   several were                                                     the one that was last; at the same time, the first by EAS ID
 *
 * Whether the records contradict each other by now is for the claim to say.
 */

/** Rows by the EAS IDs (folded) that they stay with. @param pastOf the last merge of an EAS record, by its key */
export function keptClaims(
  { organization, mailbox }: EasRecord,
  easIds: Iterable<string>,
  mdm: MdmIndex,
  pastOf: (easKey: string) => PastMerge | null,
): Map<string, number> {
  const best = new Map<number, { readonly easId: string; readonly until: string }>();
  for (const easId of [...easIds].sort()) {
    const past = pastOf(easRecordKey(organization, mailbox.id, easId));
    if (past?.by !== 'activation') continue;
    const row = mdm.rowOfKey(past.mdmKey);
    if (row < 0 || mdm.key(row) !== past.mdmKey) continue;
    const until = past.until ?? STILL;
    const other = best.get(row);
    if (other === undefined || until > other.until) best.set(row, { easId, until });
  }
  return new Map([...best].map(([row, { easId }]) => [easId, row]));
}

/** Later than any time. */
const STILL = '~';
