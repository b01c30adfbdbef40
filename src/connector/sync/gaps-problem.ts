/**
 * What a sync's report says of what Exchange could not give.
 * In: the readings of the sync. Out: lines of its problems. Changes: nothing.
 */
import type { FewerDevices, ReadingGaps } from '../../model/reading-gaps.ts';
import { sayIn } from '../../model/sayings.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';
import type { ReadingOfSync } from './readings-of-sync.ts';

const say = sayIn(REPORT_SAYINGS_EN);

/** The reading of Exchange has gaps. */
export interface GapsProblem {
  readonly code: 'ERR_SNAPSHOT_GAPS' | 'ERR_SNAPSHOT_OUTSIDE' | 'ERR_SNAPSHOT_FEWER_DEVICES';
  readonly text: string;
}

/*
 *   objects not given    other domains not seen    lines
 *   none                 no                        –
 *   some                 no                        ERR_SNAPSHOT_GAPS
 *   none                 yes                       ERR_SNAPSHOT_OUTSIDE
 *   some                 yes                       both
 *
 *   Beside them ERR_SNAPSHOT_FEWER_DEVICES where far fewer devices came than are known, and ERR_SNAPSHOT_GAPS where none of the
 *   records names an owner any more.
 */

/** A line for each kind of gap, or none. */
export function gapsProblem(readings: readonly ReadingOfSync[]): GapsProblem[] {
  const gaps = readings.find(({ source }) => source === 'eas')?.gaps;
  if (gaps === undefined) return [];
  return [
    ...(gaps.count > 0 ? [unreadable(gaps)] : []),
    ...(gaps.outside === true ? [outside(gaps)] : []),
    ...(gaps.fewer === undefined ? [] : [fewer(gaps.fewer)]),
    ...(gaps.nameless === undefined ? [] : [nameless(gaps.nameless)]),
  ];
}

function unreadable({ count, mailboxes, unnamed = 0, ...others }: ReadingGaps): GapsProblem {
  const objects =
    mailboxes.length === 0 || Object.keys(others).length > 0
      ? say('gaps.objects', { count })
      : say('gaps.objects.mailboxes', { count, of: mailboxes.length });
  const whose = unnamed === 0 ? [] : [say('gaps.unnamed', { count: unnamed })];
  return { code: 'ERR_SNAPSHOT_GAPS', text: [objects, ...whose, say('gaps.stay')].join(' ') };
}

function outside({ mailboxes }: ReadingGaps): GapsProblem {
  const { length: count } = mailboxes;
  const lost = count === 0 ? say('gaps.outside') : say('gaps.outside.count', { count });
  return { code: 'ERR_SNAPSHOT_OUTSIDE', text: `${lost} ${say('gaps.outside.stay')}` };
}

function fewer({ was, is, since }: FewerDevices): GapsProblem {
  return {
    code: 'ERR_SNAPSHOT_FEWER_DEVICES',
    text: say('gaps.fewer', { count: is, of: was, few: was - is, time: since }),
  };
}

function nameless(count: number): GapsProblem {
  return { code: 'ERR_SNAPSHOT_GAPS', text: say('gaps.nameless', { count }) };
}
