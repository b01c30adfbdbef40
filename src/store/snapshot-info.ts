/** The row of what is shown of a source, and what is told of it. Pure. */
import { readKeptView } from '../model/forest-view.ts';
import type { KeptView } from '../model/forest-view.ts';
import { gapsTogether, readGaps } from '../model/reading-gaps.ts';
import type { ReadingGaps } from '../model/reading-gaps.ts';
import type { ReadingContent } from '../model/reading-content.ts';
import { readClock } from '../model/server-clock.ts';
import type { ServerClock } from '../model/server-clock.ts';
import { differencesOf } from './generations.ts';
import type { Reading } from './reading-rows.ts';
import type { Schema } from './schema.ts';
import type { SnapshotInfo } from './store.ts';

/** What is told of it. */
export function toInfo(row: Schema['snapshots']): SnapshotInfo {
  const { source, scope, syncId, kind, startedAt, completedAt, fullStartedAt, count, previousCount, content } = row;
  const info = { source, scope, syncId, kind, startedAt, completedAt, fullStartedAt, count, previousCount };
  const clock = row.clock === null ? null : readClock(JSON.parse(row.clock));
  const gaps = gapsOf(row);
  const view = row.view === null ? null : readKeptView(JSON.parse(row.view));
  return {
    ...info,
    ...(content === null ? {} : { content: JSON.parse(content) as ReadingContent }),
    ...(clock === null ? {} : { clock }),
    ...(gaps === null ? {} : { gaps }),
    ...(view === null ? {} : { view }),
  };
}

/** The gaps that stand once a reading is shown. @param own those of the reading */
export function gapsAfter(
  { kind, no }: Pick<Reading, 'kind' | 'no'>,
  own: ReadingGaps | null,
  current: Schema['snapshots'] | undefined,
): ReadingGaps | null {
  // What a quick reading found that began after a full one and was shown before it stays as well.
  const isFirstWord = kind === 'full' && !(current && differencesOf(current).some((difference) => difference > no));
  return isFirstWord ? own : gapsTogether(gapsOf(current), own);
}

/** Those that stand; null: none. */
export function gapsOf(row: Pick<Schema['snapshots'], 'gaps'> | undefined): ReadingGaps | null {
  return row === undefined || row.gaps === null ? null : (readGaps(JSON.parse(row.gaps)) ?? null);
}

/** As it is kept. */
export function jsonText(value: ReadingGaps | KeptView | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** As it is kept. @param clock absent: as it was */
export function clockText(clock: ServerClock | null | undefined, before: string | null): string | null {
  if (clock === undefined) return before;
  return clock === null ? null : JSON.stringify(clock);
}
