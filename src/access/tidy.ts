/** Our entries of partnerships that are no more: which are taken off, and how. Pure. */
import type { LedgerEntry } from './apply.ts';
import type { PlannedChange } from './plan.ts';
import { releaseOf } from './undo.ts';

/** Name under which it is planned, and under which the audit has it. */
export const TIDYING = 'Tidying';

/*
 *   our entry on the blocked list, and its partnership           then
 *   is in the reading                                            stays; the days begin anew when it is missed again
 *   is missed, not for tidyDays, or tidyDays is 0                stays
 *   is missed for tidyDays, and Exchange has it when asked       stays: the reading was of some mailboxes only
 *   is missed for tidyDays, and Exchange cannot be asked         stays, until it can
 *   is missed for tidyDays, and Exchange has it no more          is taken off
 *
 * Nothing is missed in a reading that is in doubt, and not by a sync that has not seen every device.
 */

/** Takes our entries of one device off. @param at ISO 8601 UTC */
export function planTidying(
  key: string,
  entries: readonly LedgerEntry[],
  { since, at }: { readonly since: string; readonly at: string },
): PlannedChange {
  const text = `Exchange has this device no more; it has been missed since ${since}. Our entry is taken off.`;
  return releaseOf(key, entries, { rule: TIDYING, code: 'partnership-gone', text, at });
}
