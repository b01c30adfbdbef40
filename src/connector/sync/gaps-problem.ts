/**
 * What a sync's report says of what Exchange could not give.
 * In: the readings of the sync. Out: lines of its problems. Changes: nothing.
 */
import type { ReadingGaps } from '../../model/reading-gaps.ts';
import type { ReadingOfSync } from './readings-of-sync.ts';

/** The reading of Exchange has gaps. */
export interface GapsProblem {
  readonly code: 'ERR_SNAPSHOT_GAPS' | 'ERR_SNAPSHOT_OUTSIDE';
  readonly text: string;
}

/*
 *   objects not given    other domains not seen    lines
 *   none                 no                        –
 *   some                 no                        ERR_SNAPSHOT_GAPS
 *   none                 yes                       ERR_SNAPSHOT_OUTSIDE
 *   some                 yes                       both
 */

/** A line for each kind of gap, or none. */
export function gapsProblem(readings: readonly ReadingOfSync[]): GapsProblem[] {
  const gaps = readings.find(({ source }) => source === 'eas')?.gaps;
  if (gaps === undefined) return [];
  return [...(gaps.count > 0 ? [unreadable(gaps)] : []), ...(gaps.outside === true ? [outside(gaps)] : [])];
}

function unreadable({ count, mailboxes, unnamed = 0, outside: isPart }: ReadingGaps): GapsProblem {
  const of = mailboxes.length === 0 || isPart === true ? '' : ` of ${mailboxes.length} mailboxes`;
  const whose = unnamed === 0 ? '' : ` Of ${unnamed} of them Exchange does not say whose they are.`;
  const text = `Exchange could not give ${count} objects${of}.${whose} Devices of these mailboxes stay as they were: none is lowered, deleted or tidied. The warnings of the EAS source name the objects.`;
  return { code: 'ERR_SNAPSHOT_GAPS', text };
}

function outside({ mailboxes }: ReadingGaps): GapsProblem {
  const many = mailboxes.length === 0 ? 'Mailboxes' : `${mailboxes.length} mailboxes`;
  const text = `${many} of other domains were read before and cannot be seen any more: the account may no longer widen its sessions to the whole forest. Their devices stay as they were: none is lowered, deleted or tidied. Everything else was read and decided.`;
  return { code: 'ERR_SNAPSHOT_OUTSIDE', text };
}
