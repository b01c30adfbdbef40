/** What activations were merged with before. Pure. */
import type { EasEntry } from './eas-index.ts';
import type { PastMerge } from './past.ts';

/** An MDM record that an EAS record was one with last, by an activation. */
export interface KeptClaim {
  readonly row: number;
  /** Until when: text that sorts; of one that is one with it still, behind every time. */
  readonly until: string;
}

/**
 * By EAS ID (folded). Whether it stays is for the claims to say.
 * @param pastOf the last merge of an EAS ID (folded)
 * @param rowOf the row of what it was one with, or of what that is by now; -1: none
 */
export function keptClaims(
  entries: ReadonlyMap<string, EasEntry>,
  pastOf: (easId: string) => PastMerge | null,
  rowOf: (past: PastMerge, entry: EasEntry) => number,
): Map<string, KeptClaim> {
  const kept = new Map<string, KeptClaim>();
  for (const [easId, entry] of entries) {
    const past = pastOf(easId);
    if (past?.by !== 'activation') continue;
    const row = rowOf(past, entry);
    if (row >= 0) kept.set(easId, { row, until: past.until ?? STILL });
  }
  return kept;
}

/** Later than any time. */
const STILL = '~';
