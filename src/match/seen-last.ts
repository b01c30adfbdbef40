/** Several MDM records of one user that have one EAS ID: which of them was seen last. Pure. */
import type { MdmIndex } from './mdm-index.ts';

/*
 * Not every MDM tells when it saw a device last, and not of each. A phone is enrolled in one place at a time, so a record that was
 * enrolled after all that is known of another one is the later of the two.
 *
 *   last seen of two records    the later one
 *   told of both                the one with the later time; at the same time neither
 *   not of both                 the one enrolled after the other was seen, or enrolled; else neither
 *
 *   records that none is later than     what they say of compliance     then
 *   one                                 –                               that one
 *   several, or each has a later one    the same                        one of them: told before untold, then by key
 *   the same                            not the same                    hold: which one counts would be a guess
 */

/** The record that counts; null: nobody can say, and `doubtful` are the rows among which it is. */
export function seenLast(
  mdm: MdmIndex,
  rows: readonly number[],
): { readonly row: number | null; readonly doubtful: readonly number[] } {
  const last = rows.filter(isLast(mdm, rows));
  const among = last.length === 0 ? rows : last;
  const [first] = among;
  if (among.some((row) => mdm.compliance(row) !== mdm.compliance(first!))) return { row: null, doubtful: among };
  // So that the order of adding does not matter.
  const [row] = mdm.byKeyOrder(among).sort((a, b) => (mdm.lastSeenAt(b) || 0) - (mdm.lastSeenAt(a) || 0));
  return { row: row!, doubtful: [] };
}

/** True for a row that none of the others is later than. Each is looked at once: an id that stands for none may be a thousand's. */
function isLast(mdm: MdmIndex, rows: readonly number[]): (row: number) => boolean {
  const never = Number.NEGATIVE_INFINITY;
  let [seenLast, enrolledLast, enrolledUntold] = [never, never, never];
  for (const row of rows) {
    const [seen, enrolled] = [mdm.lastSeenAt(row), mdm.enrolledAt(row) || never];
    enrolledLast = Math.max(enrolledLast, enrolled);
    if (Number.isNaN(seen)) enrolledUntold = Math.max(enrolledUntold, enrolled);
    else seenLast = Math.max(seenLast, seen);
  }
  return (row) => {
    const [seen, enrolled] = [mdm.lastSeenAt(row), mdm.enrolledAt(row)];
    if (Number.isNaN(seen)) return !(enrolledLast > enrolled);
    return seen >= seenLast && !(enrolledUntold > Math.max(seen, enrolled || seen));
  };
}
