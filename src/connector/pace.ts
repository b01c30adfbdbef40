/** How far long work has come, against how much it was the last time, and how long it still takes. Pure. */

/** Earlier than that, a pace is a guess. */
const SURE_AFTER_MS = 5_000;
/** A part of the whole by which its pace is known. */
const SURE_SHARE = 0.02;

/** Work that goes on. */
export interface Work {
  readonly done: number;
  /** How much there was the last time; null: nobody knows. */
  readonly total: number | null;
  readonly elapsedMs: number;
}

/** The name of a text, and what belongs into it. */
export type PaceText = readonly [key: string, values: Readonly<Record<string, string | number>>];

/*
 *   there was    done by now                         said                   key
 *   not known    any                                 how much               step
 *   known        more than there was, or all of it   how much               step
 *   known        too little, or for too short        how much of how much   stepOf
 *   known        otherwise                           and the time left      stepLeft
 */

/** What is said of work that goes on. @param step names the text */
export function paceText(step: string, { done, total, elapsedMs }: Work): PaceText {
  const count = done;
  if (total === null || done >= total) return [step, { count }];
  if (elapsedMs < SURE_AFTER_MS || done < SURE_SHARE * total) return [`${step}Of`, { count, total }];
  return [`${step}Left`, { count, total, left: timeText(((total - done) * elapsedMs) / done) }];
}

/** `20 s`, `5 min`, `2 h`: rounded up. */
export function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds <= 90) return `${Math.ceil(seconds / 10) * 10} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 90 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
