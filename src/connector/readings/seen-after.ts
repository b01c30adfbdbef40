/**
 * What of the forest a reading has seen, beside what one before had, and so what it lacks.
 * In: the reading before, as it is kept, and the last page. Out: what is kept with this one. Changes: nothing.
 */
import { viewAfter } from '../../model/forest-view.ts';
import type { ForestView, KeptView } from '../../model/forest-view.ts';
import { gapsTogether } from '../../model/reading-gaps.ts';
import type { ReadingGaps } from '../../model/reading-gaps.ts';
import type { SnapshotInfo } from '../../store/store.ts';

/** Mailboxes of other domains were there before and could not be seen: nothing is known of what was not seen. */
const OUTSIDE: ReadingGaps = { count: 0, mailboxes: [], outside: true };

/** @param before null: there is no reading before */
export function seenAfter(
  before: Pick<SnapshotInfo, 'view'> | null,
  page: {
    readonly kind: 'full' | 'quick';
    readonly startedAt: string;
    readonly view?: ForestView;
    readonly gaps?: ReadingGaps;
  },
): { readonly view: KeptView | null; readonly gaps: ReadingGaps | null } {
  const { kind, startedAt, view: seen = null, gaps = null } = page;
  const { view, isShrunk } = viewAfter(before?.view ?? null, { kind, startedAt, view: seen }, before === null);
  return { view, gaps: isShrunk ? gapsTogether(OUTSIDE, gaps) : gaps };
}
