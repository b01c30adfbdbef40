/** A reading that was staged is shown: as the first of its source, or as a difference to what is shown (ADR 0038). */
import type { Transaction } from 'kysely';
import { ConnectorError } from '../errors.ts';
import { changeSnapshot, differencesOf, viewOf } from './generations.ts';
import { addUnknown, forgetSeen } from './known-records.ts';
import { refuseClosed, setState } from './reading-rows.ts';
import type { Reading } from './reading-rows.ts';
import type { Schema } from './schema.ts';
import { numberOf, unknownRows } from './seen-records.ts';
import type { SeenRecords } from './seen-records.ts';
import { anyRow, hashesOf, isThere, rowsOf } from './snapshot-rows.ts';

/** A reading at its end, within the transaction that shows it. */
export interface Showing {
  readonly transaction: Transaction<Schema>;
  readonly reading: Reading;
  /** What a full reading has seen, if its pages came to this process; null: they did not, or it is a quick one. */
  readonly seen: SeenRecords | null;
  readonly now: Date;
  /** Of the store: see {@link numberOf}. */
  readonly salt: string;
}

/** The first reading of a scope is its base. */
export async function showFirst(
  showing: Showing,
  { clock, gaps, view }: Pick<Schema['snapshots'], 'clock' | 'gaps' | 'view'>,
): Promise<Schema['snapshots']> {
  const { transaction, reading, now } = showing;
  if (reading.kind === 'quick')
    throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'The full reading it would change is gone.');
  await setState(transaction, reading.no, 'current');
  const snapshot: Schema['snapshots'] = {
    source: reading.source,
    scope: reading.scope,
    generation: reading.no,
    differences: '[]',
    folded: 0,
    fullRead: reading.no,
    lastRead: reading.no,
    devicesOf: 0,
    seen: reading.no,
    syncId: reading.syncId,
    kind: 'full',
    startedAt: reading.startedAt,
    completedAt: now.toISOString(),
    fullStartedAt: reading.startedAt,
    count: seenBy(showing).size,
    previousCount: null,
    content: reading.content,
    clock,
    gaps,
    view,
  };
  await transaction.insertInto('snapshots').values(snapshot).execute();
  return snapshot;
}

/** From here on what the reading staged is seen. */
export async function showDifference(showing: Showing, current: Schema['snapshots']): Promise<Schema['snapshots']> {
  const { transaction, reading, now } = showing;
  const isNone = (await anyRow(transaction, reading.no)) === undefined;
  await setState(transaction, reading.no, isNone ? 'merged' : 'difference');
  const differences = isNone ? differencesOf(current) : [...differencesOf(current), reading.no].sort((a, b) => a - b);
  const snapshot: Schema['snapshots'] = {
    ...current,
    differences: JSON.stringify(differences),
    lastRead: Math.max(current.lastRead, reading.no),
    syncId: reading.syncId,
    kind: reading.kind,
    // A quick reading may begin and end while a full one goes on: what is known is as young as the younger of them.
    startedAt: reading.startedAt > current.startedAt ? reading.startedAt : current.startedAt,
    completedAt: now.toISOString(),
    ...(reading.kind === 'full'
      ? await afterFull(showing, current)
      : { count: current.count + (await afterQuick(showing, current)) }),
  };
  await changeSnapshot(transaction, reading, snapshot);
  return snapshot;
}

async function afterFull(showing: Showing, current: Schema['snapshots']): Promise<Partial<Schema['snapshots']>> {
  const { transaction, reading } = showing;
  const seen = seenBy(showing);
  if (current.seen !== null) await forgetSeen(transaction, current.seen);
  return {
    fullRead: reading.no,
    seen: reading.no,
    fullStartedAt: reading.startedAt,
    count: seen.size + (await changeByLater(showing, current)),
    previousCount: current.count,
    content: reading.content,
  };
}

/** Says of what a quick reading brought that the last full one does not know it. By how many records it changes what is shown. */
async function afterQuick(
  { transaction, reading: { no }, salt }: Showing,
  current: Schema['snapshots'],
): Promise<number> {
  const { generations, seen } = viewOf(current);
  const brought: string[] = [];
  let change = 0;
  for await (const rows of rowsOf(transaction, no)) {
    const keys = rows.map(({ key }) => key);
    const known = await hashesOf(transaction, generations, keys);
    for (const { key, hash } of rows) {
      const before = known.get(key);
      const after = before !== undefined && before.generation > no ? before : { hash };
      change += Number(isThere(after)) - Number(isThere(before));
    }
    brought.push(...keys);
  }
  if (seen !== null) await addUnknown(transaction, seen, unknownRows(salt, brought));
  return change;
}

/**
 * By how many records readings that began after a full one, and were shown before it, change what it has seen; of what they
 * brought it knows nothing.
 */
async function changeByLater(showing: Showing, current: Schema['snapshots']): Promise<number> {
  const {
    transaction,
    reading: { no },
    salt,
  } = showing;
  const seen = seenBy(showing);
  const later = differencesOf(current).filter((difference) => difference > no);
  const latest = new Map<string, { readonly hash: string }>();
  for (const difference of later) {
    for await (const rows of rowsOf(transaction, difference)) for (const row of rows) latest.set(row.key, row);
  }
  let change = 0;
  for (const [key, row] of latest) change += Number(isThere(row)) - Number(seen.has(numberOf(salt, key)));
  if (latest.size > 0) await addUnknown(transaction, no, unknownRows(salt, latest.keys()));
  return change;
}

function seenBy({ reading, seen }: Showing): SeenRecords {
  return seen ?? refuseClosed(reading.syncId);
}
