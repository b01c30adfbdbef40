/** What activations were merged with before. Pure. */
import type { MdmIndex } from './mdm-index.ts';
import type { PastMerge } from './past.ts';

/** An MDM record that an EAS record was one with last, by an activation. */
export interface KeptClaim {
  readonly row: number;
  /** Until when: text that sorts; of one that is one with it still, behind every time. */
  readonly until: string;
}

/** By EAS ID (folded). Whether it stays is for the claims to say. @param pastOf the last merge of an EAS ID (folded) */
export function keptClaims(
  easIds: Iterable<string>,
  mdm: MdmIndex,
  pastOf: (easId: string) => PastMerge | null,
): Map<string, KeptClaim> {
  const kept = new Map<string, KeptClaim>();
  for (const easId of easIds) {
    const past = pastOf(easId);
    if (past?.by !== 'activation') continue;
    const row = mdm.rowOfKey(past.mdmKey);
    if (row >= 0 && mdm.key(row) === past.mdmKey) kept.set(easId, { row, until: past.until ?? STILL });
  }
  return kept;
}

/** Later than any time. */
const STILL = '~';
