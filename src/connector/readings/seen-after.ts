/**
 * What of the forest a reading has seen, beside what one before had, and so what it lacks.
 * In: the reading before, as it is kept, and the last page. Out: what is kept with this one. Changes: nothing.
 */
import { fewerDevices } from '../../model/fewer-devices.ts';
import { viewAfter } from '../../model/forest-view.ts';
import type { ForestView, KeptView } from '../../model/forest-view.ts';
import { gapsTogether } from '../../model/reading-gaps.ts';
import type { ReadingGaps } from '../../model/reading-gaps.ts';
import type { SnapshotInfo } from '../../store/store.ts';

/** Mailboxes of other domains were there before and could not be seen: nothing is known of what was not seen. */
const OUTSIDE: ReadingGaps = { count: 0, mailboxes: [], outside: true };

/*
 *   a full reading that has far fewer devices (model/fewer-devices.ts)   then
 *   as other domains could not be seen                                   that is said already
 *   as one domain is wanted, where the forest was                        an administrator wants it so
 *   otherwise                                                            any device that it lacks may be there
 */

/** @param before null: there is no reading before @param read records that it has */
export function seenAfter(
  before: Pick<SnapshotInfo, 'view' | 'gaps' | 'count'> | null,
  page: {
    readonly kind: 'full' | 'quick';
    readonly startedAt: string;
    readonly view?: ForestView;
    readonly gaps?: ReadingGaps;
  },
  read: number,
): { readonly view: KeptView | null; readonly gaps: ReadingGaps | null } {
  const { kind, startedAt, view: seen = null, gaps = null } = page;
  const { view, isShrunk } = viewAfter(before?.view ?? null, { kind, startedAt, view: seen }, before === null);
  if (isShrunk) return { view, gaps: gapsTogether(OUTSIDE, gaps) };
  const isNarrowed = before?.view?.covers === 'forest' && view?.covers === 'domain';
  if (before === null || kind === 'quick' || isNarrowed) return { view, gaps };
  const fewer = fewerDevices({ count: before.count, fewer: before.gaps?.fewer }, { count: read, startedAt });
  return { view, gaps: fewer === null ? gaps : gapsTogether({ count: 0, mailboxes: [], fewer }, gaps) };
}
