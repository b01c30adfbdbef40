/**
 * How long people wait, in syncs: the demo plays in seconds what takes minutes, but the syncs between are the same.
 * What happens while a sync is under way may be seen by it or by the next one: one sync at least.
 */
import type { Milestone } from './observed.ts';

/** Minutes from one reading of new phones to the next in the example. */
const MINUTES = 2;
/** Length of the longest bar, in characters. */
const BAR = 24;

/** In which syncs things befell one phone. */
export type Milestones = Readonly<Partial<Record<Milestone, number>>>;

/** Median and worst, in syncs. */
export interface Delay {
  readonly median: number;
  readonly worst: number;
}

/**
 * The delays of phones that were blocked as they were not enrolled, of those that were enrolled then.
 * @returns in syncs, the shortest first
 */
export function delaysBetween(phones: Iterable<Milestones>, from: Milestone, to: Milestone): number[] {
  return [...phones]
    .filter((at) => at.enrolled === undefined || at.blocked === undefined || at.enrolled >= at.blocked)
    .flatMap((at) => (at[from] === undefined || at[to] === undefined ? [] : [Math.max(1, at[to] - at[from])]))
    .sort((a, b) => a - b);
}

/** Median and worst of delays that are in order; null: there are none. */
export function summaryOf(delays: readonly number[]): Delay | null {
  return delays.length === 0 ? null : { median: delays[Math.ceil(delays.length / 2) - 1]!, worst: delays.at(-1)! };
}

/** One sentence about delays; none, if there are none. */
export function sentenceOf(what: string, delays: readonly number[]): string[] {
  const summary = summaryOf(delays);
  if (summary === null) return [];
  const { median, worst } = summary;
  const minutes = `${median * MINUTES} and ${worst * MINUTES} minutes with the times of the example`;
  return [`${what}: ${median} of its syncs at the median, ${worst} at worst; at most ${minutes}.`];
}

/** A bar for each number of syncs from one to the worst, with how many phones waited so long. */
export function histogramOf(delays: readonly number[]): string[] {
  const worst = delays.at(-1) ?? 0;
  const counts = Array.from({ length: worst }, (_, at) => delays.filter((delay) => delay === at + 1).length);
  const most = Math.max(1, ...counts);
  return counts.map((count, at) => {
    const bar = '█'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * BAR)));
    return `  ${String(at + 1).padStart(2)} ${at === 0 ? 'sync ' : 'syncs'}  ${bar}${bar === '' ? '' : ' '}${count}`;
  });
}
