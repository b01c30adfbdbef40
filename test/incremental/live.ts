/** One history lived through, and compared at the end of each run. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { History, RunStep } from './histories.ts';
import { Life } from './life.ts';
import type { Compared } from './life.ts';

const LAST_RUN: RunStep = { do: 'run', end: 'whole', pageSize: 100, isAll: false, meanwhile: null };

/** Lives through a history, and says of each run that came to its end what is to be compared. */
export async function live({ steps, ...beginning }: History, compare: (compared: Compared) => void): Promise<void> {
  const life = new Life(beginning);
  for (const step of [...steps, LAST_RUN, LAST_RUN]) {
    const compared = await life.step(step);
    if (compared !== null) compare(compared);
  }
}

/** What was carried on is what everything comes to. */
export function assertSame({ carried, anew }: Compared): void {
  // Telling what differs takes long.
  if (!isDeepStrictEqual(carried, anew)) assert.deepEqual(carried, anew);
}
