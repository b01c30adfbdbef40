/**
 * The daily care of a store: what is old and needed by nothing goes, see the table in retention.ts.
 * In: the store. Out: what went. Changes: old rows, in steps of a few hundred; nothing that anybody waits for.
 */
import { setTimeout } from 'node:timers/promises';
import { throwIfAborted } from '../../errors.ts';
import { easRecordKey, readEasRecordKey } from '../../model/keys.ts';
import type { Forgettable, OldActivation, Store } from '../../store/store.ts';
import type { Clock } from '../ports.ts';
import { fateOf, forgottenActivations, forgottenMails, isWhollyRead, oldBefore } from './retention.ts';

/** What went, by table; of the timeline: episodes. */
export type Forgotten = Readonly<Record<Forgettable, number>>;

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
  const { retention, timeline } = store;
  const before = (of: Forgettable): string => oldBefore(of, now());
  const rows = STEP_ROWS;
  // A first sync may have been cut off, and none come after it.
  store.listings.makeOrders('care');
  return {
    checks: await inSteps(parts, () => retention.removeChecks(before('checks'), { rows })),
    history: await inSteps(parts, () => retention.removeRuns(before('history'), { rows })),
    mails: await forgetMails(parts, before('mails')),
    timeline: await inSteps(parts, () => timeline.forget(before('timeline'), rows)),
    activations: await forgetActivations(parts, before('activations')),
    tokens: await inSteps(parts, () => retention.removeTokens(before('tokens'), { rows })),
    takenOff: await inSteps(parts, () => retention.removeTakenOff(before('takenOff'), { rows })),
    // Last: what was forgotten refers to no device any more.
    devices: await forgetDevices(parts, before('devices')),
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

/** @param step forgets some rows, and says how many */
async function inSteps({ signal }: CareParts, step: () => Promise<number>): Promise<number> {
  for (let removed = 0; ;) {
    throwIfAborted(signal);
    const some = await step();
    removed += some;
    if (some < STEP_ROWS) return removed;
    await setTimeout(PAUSE_MS);
  }
}

async function forgetMails({ store, signal }: CareParts, before: string): Promise<number> {
  const { retention } = store;
  for (let [after, removed] = ['', 0]; ;) {
    throwIfAborted(signal);
    const old = await retention.mails(before, { after, rows: STEP_ROWS });
    const devices = await neededDevices(
      store,
      old.flatMap(({ deviceKeys }) => deviceKeys),
    );
    const gone = forgottenMails(old, { devices });
    await retention.removeMails(gone.map(({ id }) => id));
    removed += gone.length;
    if (old.length < STEP_ROWS) return removed;
    after = old.at(-1)!.id;
    await setTimeout(PAUSE_MS);
  }
}

async function forgetActivations({ store, signal }: CareParts, before: string): Promise<number> {
  const { retention, snapshots } = store;
  const readings = await snapshots.list('eas');
  const keysOf = ({ mailbox, easId }: OldActivation): string[] =>
    readings.map(({ scope }) => easRecordKey(scope, mailbox, easId));
  for (let [after, removed] = [0, 0]; ;) {
    throwIfAborted(signal);
    const old = await retention.activations(before, { after, rows: STEP_ROWS });
    const keys = old.flatMap(keysOf);
    const inExchange = isWhollyRead(readings) ? new Set((await snapshots.getMany(keys)).keys()) : null;
    const gone = forgottenActivations(old, { devices: await neededDevices(store, keys), inExchange }, keysOf);
    await retention.removeActivations(gone.map(({ no }) => no));
    removed += gone.length;
    if (old.length < STEP_ROWS) return removed;
    after = old.at(-1)!.no;
    await setTimeout(PAUSE_MS);
  }
}

async function forgetDevices({ store, now, signal }: CareParts, before: string): Promise<number> {
  const { gone, snapshots } = store;
  const readings = await snapshots.list('eas');
  const known = new Set(readings.filter((one) => isWhollyRead([one])).map(({ scope }) => scope));
  for (let [after, removed] = ['', 0]; ;) {
    throwIfAborted(signal);
    const rows = await gone.undecided({ after, rows: STEP_ROWS });
    const inExchange = new Set((await snapshots.getMany(rows.map(({ key }) => key))).keys());
    const whose = (fate: ReturnType<typeof fateOf>): string[] =>
      rows
        .filter((one) => fateOf(one, { inExchange: known.has(one.organization) ? inExchange : null, before }) === fate)
        .map(({ key }) => key);
    await gone.mark(whose('is back'), null);
    await gone.mark(whose('is missed'), new Date(now()).toISOString());
    const old = whose('may go');
    const referredTo = await gone.referredTo(old);
    const free = old.filter((key) => !referredTo.has(key));
    await gone.remove(free);
    removed += free.length;
    if (rows.length < STEP_ROWS) return removed;
    after = rows.at(-1)!.key;
    await setTimeout(PAUSE_MS);
  }
}

/** Those of the devices that have an entry of ours on a list, or a change on its way there. */
async function neededDevices({ entries, outbox }: Store, keys: readonly string[]): Promise<Set<string>> {
  const needed = new Set<string>();
  for (let at = 0; at < keys.length; at += STEP_ROWS)
    for (const { key } of await outbox.getMany(keys.slice(at, at + STEP_ROWS))) needed.add(key);
  for (const key of new Set(keys)) {
    const device = readEasRecordKey(key);
    if (device !== null && (await entries.forDevice(device)).length > 0) needed.add(key);
  }
  return needed;
}
