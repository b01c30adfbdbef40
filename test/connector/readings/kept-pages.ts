/** Pages of a reading of an MDM into a store, as the matcher keeps them. */
import type { TakenReading } from '../../../src/connector/readings/take-reading.ts';
import type { MdmRecord } from '../../../src/model/records.ts';
import type { Store } from '../../../src/store/store.ts';

/**
 * Keeps them. @param isLost it is given up right before its end, as one that was killed
 * @returns how many records came
 */
export async function keepReadingPages(
  store: Store,
  { info, pages }: Pick<TakenReading<MdmRecord>, 'info' | 'pages'>,
  isLost = false,
): Promise<number> {
  const sync = { ...info, scope: info.organization };
  let page = 0;
  let read = 0;
  await store.snapshots.begin(sync);
  for await (const { records, last, gone, clock } of pages) {
    await store.snapshots.putPage({ ...sync, page }, records);
    page += 1;
    read += records.length;
    if (last && isLost) await store.snapshots.abandon(info.id);
    else if (last) await store.snapshots.commit({ id: info.id, clock: clock ?? null }, gone);
  }
  return read;
}
