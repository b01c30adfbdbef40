/** Whether a full reading of Exchange that had no error has believably few devices. Pure. */
import type { FewerDevices } from './reading-gaps.ts';

/** A reading with so much less than was known is not believed at once: what it lacks may come back. */
export const PLAUSIBLE_SHARE = 0.8;
/** Of a few devices a few may go in a day. */
const MANY = 10;
const DOUBTED_MS = 3 * 86_400_000;

/*
 *   a full reading has, against the devices that are known    doubted since          then
 *   fewer than 80 %, and 10 fewer at least                    not yet                doubted: what it lacks stays as it was
 *   the same                                                  less than three days   doubted, since then
 *   the same                                                  three days             believed: what it lacks is gone
 *   more                                                      any                    believed
 *
 * What stays is known still, so the readings of these three days are measured by the same number.
 */

/** What is doubted; null: it is believed. @param known.fewer what was doubted of the reading before */
export function fewerDevices(
  known: { readonly count: number; readonly fewer: FewerDevices | undefined },
  { count: is, startedAt }: { readonly count: number; readonly startedAt: string },
): FewerDevices | null {
  const { count: was, fewer } = known;
  if (was - is < MANY || is >= was * PLAUSIBLE_SHARE) return null;
  const since = fewer?.since ?? startedAt;
  return Date.parse(startedAt) - Date.parse(since) >= DOUBTED_MS ? null : { was, is, since };
}
