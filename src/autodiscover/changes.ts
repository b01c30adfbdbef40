/** Whether a report says anything new. No I/O here. */
import type { AutodiscoverReport } from './report.ts';

/** Domain, verdict and the headline's code of a report, and of the report of each of its domains: what was said, as one text. */
export function sayingOf(report: AutodiscoverReport): string {
  return [report, ...(report.domains ?? [])]
    .map(({ domain, overall, verdict }) => `${domain} ${overall} ${verdict ?? ''}`)
    .join('\n');
}

/** What a node said last: of each target, the oldest first. */
export type LastSaid = readonly (readonly [target: string, saying: string])[];

/** Targets that are remembered; messages may name any number. */
const MAX_TARGETS = 200;

/**
 * | changes only | said before about this target | now it says | says it |
 * |--------------|-------------------------------|-------------|---------|
 * | off          |                               |             | yes     |
 * | on           | no                            |             | yes     |
 * | on           | yes                           | the same    | no      |
 * | on           | yes                           | another     | yes     |
 */
export function saysIt(
  changesOnly: boolean,
  last: LastSaid,
  { target, saying }: { readonly target: string; readonly saying: string },
): boolean {
  return !changesOnly || last.find(([one]) => one === target)?.[1] !== saying;
}

/** What is remembered after it was said. */
export function afterSaying(last: LastSaid, target: string, saying: string): LastSaid {
  const others = last.filter(([one]) => one !== target);
  return [...others, [target, saying] as const].slice(-MAX_TARGETS);
}

/** What somebody kept, as far as it can be meant: anything else is forgotten, and the next check says. */
export function lastSaidIn(kept: unknown): LastSaid {
  if (!Array.isArray(kept)) return [];
  return kept.filter(
    (entry): entry is [string, string] =>
      Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'string',
  );
}
