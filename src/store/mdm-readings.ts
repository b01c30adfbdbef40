/** The MDM sources that count, and what each of them has read: the one list that matcher, guard and "Try it" go by. */
import type { SnapshotInfo, SourceNote, Store } from './store.ts';

/** One source's last whole reading. */
export interface MdmReading {
  readonly scope: string;
  /** What a person calls the source; its scope if nothing else is known. */
  readonly name: string;
  /** Null: it is deployed, and was never read to its end. */
  readonly snapshot: SnapshotInfo | null;
  /** Since when no deployed source reads it, ISO 8601 UTC; null: one does, or none ever did. */
  readonly goneAt: string | null;
  /** What is to be known of it; absent: nothing. */
  readonly notes?: readonly SourceNote[];
}

/*
 *   source                           snapshot    counts
 *   any                              there is    with it: what was read stays until `forget`
 *   taken off the canvas             there is    the same, and says since when it is gone
 *   deployed, asked by us (Intune)   none        as one that is missing
 *   deployed, fed by a flow (mapping) none       as one that is missing, if it is expected; else not: nobody knows whether it
 *                                               will ever be fed
 */

/** Every source that counts, by scope. */
export async function mdmReadings(store: Pick<Store, 'snapshots' | 'sources'>): Promise<MdmReading[]> {
  const readings = new Map<string, MdmReading>();
  for (const snapshot of await store.snapshots.list('mdm')) {
    readings.set(snapshot.scope, { scope: snapshot.scope, name: snapshot.scope, snapshot, goneAt: null });
  }
  for (const { scope, name, goneAt } of await store.sources.gone()) {
    const known = readings.get(scope);
    if (known !== undefined) readings.set(scope, { ...known, name: name ?? known.name, goneAt });
  }
  for (const { scope, name, provider, expected, notes } of await store.sources.list()) {
    const known = readings.get(scope);
    if (known === undefined && provider === 'mapping' && expected !== true) continue;
    const snapshot = known?.snapshot ?? null;
    const told = notes === undefined ? {} : { notes };
    readings.set(scope, { scope, name: name ?? known?.name ?? scope, snapshot, goneAt: null, ...told });
  }
  return [...readings.values()].sort((a, b) => (a.scope < b.scope ? -1 : 1));
}

/** The readings that there are. */
export function snapshotsOf(readings: readonly MdmReading[]): SnapshotInfo[] {
  return readings.flatMap(({ snapshot }) => (snapshot === null ? [] : [snapshot]));
}
