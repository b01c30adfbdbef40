/** A store in memory, and readings in it, for the tests of the use cases. */
import type { EasRecord, MdmRecord } from '../../src/model/records.ts';
import { OWN_CLOCK } from '../../src/model/server-clock.ts';
import type { ServerClock } from '../../src/model/server-clock.ts';
import type { Store } from '../../src/store/store.ts';
import { openEmptyStore as openStore } from '../store/records.ts';

/** What the clock of these tests shows. */
export const NOW = '2026-06-01T09:00:00.000Z';
export const now = (): number => Date.parse(NOW);

export const openEmptyStore = (): Promise<Store> => openStore({ now: () => new Date(NOW) });

/** Keeps a whole full reading. @param clock how the server's clock stands to ours; null: nobody knows */
export async function keepWhole(
  store: Store,
  source: 'eas' | 'mdm',
  scope: string,
  records: readonly (EasRecord | MdmRecord)[],
  startedAt = NOW,
  clock: ServerClock | null = OWN_CLOCK,
): Promise<void> {
  const reading = { id: `${source} ${scope} ${startedAt}`, source, scope, kind: 'full', startedAt } as const;
  await store.snapshots.begin(reading);
  await store.snapshots.putPage(reading, records);
  await store.snapshots.commit({ id: reading.id, clock });
}

/** All pages of a reading or a match. */
export async function allOf<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}
