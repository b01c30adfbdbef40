/**
 * The daily care of a store: what is old and needed by nothing goes, see the table in retention.ts.
 * In: the store. Out: what went. Changes: old rows, in steps of a few hundred; nothing that anybody waits for.
 */
import { setTimeout } from 'node:timers/promises';
import { throwIfAborted } from '../../errors.ts';
import { easRecordKey } from '../../model/keys.ts';
import type { Forgettable, OldRow, Store } from '../../store/store.ts';
import type { Clock } from '../ports.ts';
import { forgotten, isWhollyRead, oldBefore } from './retention.ts';
import type { Needs } from './retention.ts';

/** What went, by table. */
export type Forgotten = Readonly<Record<Forgettable | 'tokens', number>>;

/** Rows that are looked at in one step. */
const STEP_ROWS = 500;
/** Between two steps everybody else has their turn. */
const PAUSE_MS = 20;
const DAY_MS = 86_400_000;
/** When the store was cared for last, ISO 8601 UTC: kept in the store, so that it is once a day, however many work with it. */
const CARED_AT = 'care.at';

export interface CareParts {
  readonly store: Store;
  readonly now: Clock;
  readonly signal: AbortSignal;
}

/** Cares for the store if that was not done within a day; null: it was. Throws ERR_ABORTED, ERR_STORE_…; the next day it goes on. */
export async function careForStore(parts: CareParts): Promise<Forgotten | null> {
  const { store, now } = parts;
  if (!(await isDue(store, now()))) return null;
  const needs = await needsOf(store);
  return {
    history: await forget(parts, 'history', () => Promise.resolve(needs)),
    notifications: await forget(parts, 'notifications', () => Promise.resolve(needs)),
    activations: await forget(parts, 'activations', (rows) => withExchange(store, needs, rows)),
    tokens: await forgetTokens(parts),
  };
}

/** True for the one who comes first; from then on it is not due for a day. A time that lies ahead was written by another clock. */
async function isDue(store: Store, now: number): Promise<boolean> {
  const isOver = (last: string | null): boolean => last === null || !(Math.abs(now - Date.parse(last)) < DAY_MS);
  // It is asked every minute: only who means to begin writes.
  if (!isOver(await store.settings.get<string>(CARED_AT))) return false;
  return store.together(async ({ settings }) => {
    if (!isOver(await settings.get<string>(CARED_AT))) return false;
    await settings.set(CARED_AT, new Date(now).toISOString());
    return true;
  });
}

async function forget(
  { store, now, signal }: CareParts,
  of: Forgettable,
  needsFor: (rows: readonly OldRow[]) => Promise<Needs>,
): Promise<number> {
  const before = oldBefore(of, now());
  let [after, removed] = [0, 0];
  for (;;) {
    throwIfAborted(signal);
    const rows = await store.retention.page(of, { after, rows: STEP_ROWS });
    const old = rows.filter(({ at }) => at < before);
    const gone = forgotten(of, old, old.length === 0 ? NOTHING_NEEDED : await needsFor(old), now());
    await store.retention.remove(
      of,
      gone.map(({ no }) => no),
    );
    removed += gone.length;
    // Rows come in the order of time: after a step without an old one there are none.
    if (rows.length < STEP_ROWS || old.length === 0) return removed;
    after = rows.at(-1)!.no;
    await setTimeout(PAUSE_MS);
  }
}

const NOTHING_NEEDED: Needs = { devices: new Set(), inExchange: null, keysOf: () => [] };

async function forgetTokens({ store, now, signal }: CareParts): Promise<number> {
  const before = oldBefore('tokens', now());
  for (let removed = 0; ;) {
    throwIfAborted(signal);
    const some = await store.retention.removeTokens(before, { rows: STEP_ROWS });
    removed += some;
    if (some < STEP_ROWS) return removed;
    await setTimeout(PAUSE_MS);
  }
}

/** Devices with an entry of ours on a list, or with a change on its way there. */
async function needsOf(store: Store): Promise<Needs> {
  const devices = new Set<string>();
  for (const { organization, mailboxId, easId } of await store.entries.list())
    devices.add(easRecordKey(organization, mailboxId, easId));
  for (const { key } of await store.outbox.list()) devices.add(key);
  const organizations = (await store.snapshots.list('eas')).map(({ scope }) => scope);
  const keysOf = (mailbox: string, easId: string): string[] =>
    organizations.map((organization) => easRecordKey(organization, mailbox, easId));
  return { devices, inExchange: null, keysOf };
}

/** Which of the devices that were activated Exchange still has. */
async function withExchange(store: Store, needs: Needs, rows: readonly OldRow[]): Promise<Needs> {
  if (!isWhollyRead(await store.snapshots.list('eas'))) return needs;
  const keys = rows.flatMap(({ mailbox = '', easId = '' }) => needs.keysOf(mailbox, easId));
  return { ...needs, inExchange: new Set((await store.snapshots.getMany(keys)).keys()) };
}
