/**
 * What a sync's report says of objects that Exchange could not give.
 * In: the readings of the sync. Out: a line of its problems. Changes: nothing.
 */
import type { ReadingOfSync } from './readings-of-sync.ts';

/** The reading of Exchange has gaps. */
export interface GapsProblem {
  readonly code: 'ERR_SNAPSHOT_GAPS';
  readonly text: string;
}

/** One line, or none. */
export function gapsProblem(readings: readonly ReadingOfSync[]): GapsProblem[] {
  const gaps = readings.find(({ source }) => source === 'eas')?.gaps;
  if (gaps === undefined) return [];
  const { count, mailboxes, unnamed = 0 } = gaps;
  const of = mailboxes.length === 0 ? '' : ` of ${mailboxes.length} mailboxes`;
  const whose = unnamed === 0 ? '' : ` Of ${unnamed} of them Exchange does not say whose they are.`;
  const text = `Exchange could not give ${count} objects${of}.${whose} Devices of these mailboxes stay as they were: none is lowered, deleted or tidied. The warnings of the EAS source name the objects.`;
  return [{ code: 'ERR_SNAPSHOT_GAPS', text }];
}
