/**
 * When a match is due: when a reading has ended, and no other is under way that would change what is matched.
 * In: what has ended, what is under way. Out: who is waited for. Changes: nothing.
 */
import type { ReadingName } from './readings-under-way.ts';
import type { WantedMatch } from './unmatched-ends.ts';

/** What the readings since the last match were: the match that follows takes after them. */
export interface PendingMatch {
  readonly kind: 'full' | 'quick';
  readonly dryRun: boolean;
  /** Whose reading has come to its end. */
  readonly ended: readonly ReadingName[];
  /** It is one of all devices, whatever was touched. */
  readonly all?: boolean;
}

/** A match that nobody's reading led to. */
export const MATCH_AGAIN: PendingMatch = { kind: 'full', dryRun: false, ended: [] };

/** One match for all that it is wanted for: full, dry, or of all devices, if one of them is. Null: for nothing. */
export function pendingOf(wanted: readonly WantedMatch[]): PendingMatch | null {
  if (wanted.length === 0) return null;
  const ended = new Map<string, ReadingName>();
  for (const { ended: one } of wanted) if (one !== null) ended.set(`${one.source}:${one.scope}`, one);
  return {
    kind: wanted.some(({ kind }) => kind === 'full') ? 'full' : 'quick',
    dryRun: wanted.some(({ dryRun }) => dryRun),
    ended: [...ended.values()],
    ...(wanted.some(({ all }) => all) ? { all: true } : {}),
  };
}

/** What is known when a match may be due. */
export interface TurnFacts {
  /** Readings that have come to their end since the last match. */
  readonly ended: readonly ReadingName[];
  /** Readings whose pages are coming in here. */
  readonly open: readonly ReadingName[];
  /** Pages that have arrived here and wait for their turn. */
  readonly arrived: readonly ReadingName[];
  /** Every scope that the store knows. */
  readonly known: Readonly<Record<'eas' | 'mdm', readonly string[]>>;
  /** Whether a source reads one of the scopes, or any. */
  readonly isUnderWay: (source: 'eas' | 'mdm', scopes?: readonly string[]) => boolean;
}

/*
 *   a reading that                                         is waited for
 *   is coming in here                                      yes
 *   has a page here that waits for its turn                if it has not ended
 *   a source is at, of a scope that the store knows        if it has not ended
 *   a source is at, of another scope                       no: it is for somebody else; yes as long as the store knows no
 *                                                          scope of its kind, for then any may be
 *
 *   has ended: Exchange     with one organization, all have: the others are matched when they end
 *              an MDM       each for itself
 */

/** Whose reading is waited for, or null: the match is due. */
export function waitsFor({ ended, open, arrived, known, isUnderWay }: TurnFacts): 'eas' | 'mdm' | null {
  if (open[0] !== undefined) return open[0].source;
  const hasEnded = ({ source, scope }: ReadingName): boolean =>
    ended.some((one) => one.source === source && (source === 'eas' || one.scope === scope));
  const isExpected = (source: 'eas' | 'mdm'): boolean => {
    if (arrived.some((page) => page.source === source && !hasEnded(page))) return true;
    const scopes = known[source];
    if (scopes.length === 0) return isUnderWay(source);
    return isUnderWay(
      source,
      scopes.filter((scope) => !hasEnded({ source, scope })),
    );
  };
  return (['eas', 'mdm'] as const).find(isExpected) ?? null;
}
