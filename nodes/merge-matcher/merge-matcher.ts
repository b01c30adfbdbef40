import { DEFAULT_MATCH_SETTINGS } from '../../src/connector/matching/match-settings.ts';
import type { MatchSettings } from '../../src/connector/matching/match-settings.ts';
import { matchReadings } from '../../src/connector/matching/match-readings.ts';
import { forgetSource, pair, unpair } from '../../src/connector/matching/pairings.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import { mdmReadings } from '../../src/store/mdm-readings.ts';
import type { SnapshotRecord, Store } from '../../src/store/store.ts';
import { announceReading, forgetRemovedSources, onFlowsStarted } from '../announced-sources.ts';
import { connectionOf } from '../connections.ts';
import type { Outcome, Run } from '../on-input.ts';
import { onInput, showStatus } from '../on-input.ts';
import { isReading, onReadingEnded } from '../readings-under-way.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { flagOf, numberOf, registerNode, textOf } from '../red.ts';
import { carriedBy, sendPages } from '../send-pages.ts';
import { pageSyncOf, READING_PATIENCE_MS, Readings } from './readings.ts';
import type { PageSync } from './readings.ts';

/** After a source has ended, its last page has arrived this much later. */
const LAST_PAGE_MS = 1_000;

/** What the readings since the last match were: the match that follows takes after them. */
interface Pending {
  readonly kind: 'full' | 'quick';
  readonly dryRun: boolean;
  /** Whose reading has come to its end. */
  readonly complete: readonly Complete[];
}

type Complete = Pick<PageSync, 'source' | 'scope'>;

/** Keeps the pages of both sources in the store and, when a reading is complete, sends the merged device records. */
export default function mergeMatcher(RED: RED): void {
  registerNode(RED, 'merge-matcher', (node, definition) => {
    const readings = new Readings();
    // Messages that have arrived here and wait for their turn.
    const queued = new Set<Msg>();
    let pending: Pending | null = null;
    let patience: NodeJS.Timeout | null = null;

    const stopWaiting = (): void => {
      if (patience !== null) clearTimeout(patience);
      patience = null;
    };
    const match = async (msg: Msg, run: Run, store: Store): Promise<Outcome> => {
      const how: Pending = pending ?? { kind: 'full', dryRun: false, complete: [] };
      pending = null;
      stopWaiting();
      return matchAll(RED, settingsOf(definition), msg, run, store, how);
    };

    node.on('input', (msg) => queued.add(msg as Msg));
    onInput(RED, node, 'queue', async (msg, run) => {
      queued.delete(msg);
      const store = await connectionOf(RED, definition, 'store', 'connector-store').store();
      if (msg.topic === 'pair' || msg.topic === 'unpair' || msg.topic === 'forget') return takeSaying(msg, store);
      if (msg.topic === 'match') return match(msg, run, store);
      if (msg.topic === 'waited') {
        return pending === null
          ? { fill: 'grey', key: 'shared.status.ready' }
          : matchOrWait(msg, run, store, pending.complete);
      }

      const sync = pageSyncOf(msg);
      if (sync.source === 'mdm' && sync.page === 0) await announceReading(store, sync.scope);
      await storePage(store, sync, msg.payload as SnapshotRecord[], readings);
      if (!sync.last) {
        run.progress('storing', { count: (sync.page + 1) * (msg.payload as unknown[]).length });
        return { fill: 'grey', key: 'storing', values: { count: (msg.payload as unknown[]).length } };
      }
      pending = {
        kind: sync.kind === 'full' || pending?.kind === 'full' ? 'full' : 'quick',
        dryRun: sync.dryRun || pending?.dryRun === true,
        complete: [...(pending?.complete ?? []), { source: sync.source, scope: sync.scope }],
      };
      return matchOrWait(msg, run, store, pending.complete);
    });

    /** The other reading ends in a moment, or breaks off: then this one is matched alone. */
    const matchOrWait = async (msg: Msg, run: Run, store: Store, complete: Pending['complete']): Promise<Outcome> => {
      const other = readings.underWay() ?? (await otherUnderWay(store, complete, queued));
      if (other === null) return match(msg, run, store);
      stopWaiting();
      if (!run.signal.aborted)
        patience = setTimeout(() => node.receive({ topic: 'waited' } as never), READING_PATIENCE_MS);
      return { fill: 'grey', key: 'waiting', values: { source: other.toUpperCase() } };
    };
    const forgetEnded = onReadingEnded(() => {
      if (patience === null) return;
      stopWaiting();
      // Its last page may still be on its way here.
      patience = setTimeout(() => node.receive({ topic: 'waited' } as never), LAST_PAGE_MS);
    });
    node.on('close', () => {
      forgetEnded();
      stopWaiting();
    });
    watchStore(RED, node, definition);
    // A source that was taken off the canvas while Node-RED stood still has not said so itself.
    onFlowsStarted(RED, node, async () => {
      const store = await connectionOf(RED, definition, 'store', 'connector-store').store();
      await forgetRemovedSources(store, textOf(definition, 'store'));
    });
  });
}

/*
 *   has ended                     waited for
 *   nothing                       Exchange, and every MDM source of this store, if they are reading
 *   Exchange, any organization    every MDM source that is reading
 *   one MDM source                Exchange, and every other MDM source that is reading: each for itself
 *
 * As long as the store knows no source of a kind, any reading of that kind may be for it.
 */

/** A source that is reading for this store, or has a page waiting for its turn, and has not come to its end. */
async function otherUnderWay(
  store: Store,
  complete: Pending['complete'],
  queued: ReadonlySet<Msg>,
): Promise<'eas' | 'mdm' | null> {
  const hasEnded = (source: 'eas' | 'mdm', scope: unknown): boolean =>
    complete.some((ended) => ended.source === source && (source === 'eas' || ended.scope === scope));
  const waiting = [...queued].map(({ sync }) => (sync ?? {}) as { source?: unknown; organization?: unknown });
  for (const other of ['eas', 'mdm'] as const) {
    if (waiting.some(({ source, organization }) => source === other && !hasEnded(other, organization))) return other;
    const known = other === 'eas' ? await store.snapshots.list('eas') : await mdmReadings(store);
    const open = known.map(({ scope }) => scope).filter((scope) => !hasEnded(other, scope));
    const isUnderWay = known.length === 0 ? isReading(other) : open.length > 0 && isReading(other, open);
    if (isUnderWay) return other;
  }
  return null;
}

function settingsOf(definition: Definition): MatchSettings & { readonly pageSize: number } {
  const defaults = DEFAULT_MATCH_SETTINGS;
  return {
    pageSize: numberOf(definition, 'pageSize', 500),
    maxAgeHours: numberOf(definition, 'maxAge', defaults.maxAgeHours),
    sameUser: flagOf(definition, 'sameUser', defaults.sameUser),
    lateActivation: flagOf(definition, 'lateActivation', defaults.lateActivation),
    serialMatch: flagOf(definition, 'serialMatch', defaults.serialMatch),
  };
}

/** A matcher without a store shows it before the first page comes. */
function watchStore(RED: RED, node: Instance, definition: Definition): void {
  setImmediate(() => {
    try {
      connectionOf(RED, definition, 'store', 'connector-store');
    } catch {
      showStatus(RED, node, 'red', 'shared.error.ERR_CONFIG_MISSING');
    }
  });
}

async function storePage(
  store: Store,
  sync: PageSync,
  records: readonly SnapshotRecord[],
  readings: Readings,
): Promise<void> {
  const replaced = readings.page(sync);
  if (replaced !== null) await store.snapshots.abandon(replaced);
  try {
    await store.snapshots.begin(sync);
    await store.snapshots.putPage(sync, records);
    if (sync.last) await store.snapshots.commit(sync);
  } catch (error) {
    readings.drop(sync);
    await store.snapshots.abandon(sync.id).catch(() => undefined);
    throw error;
  }
}

async function matchAll(
  RED: RED,
  { pageSize, ...settings }: ReturnType<typeof settingsOf>,
  msg: Msg,
  run: Run,
  store: Store,
  cause: Pick<Pending, 'kind' | 'dryRun'>,
): Promise<Outcome> {
  const newId = RED.util.generateId;
  const outcome = await matchReadings({
    store,
    settings,
    cause,
    pageSize,
    now: Date.now,
    newId,
    signal: run.signal,
    to: {
      devices: async (pages, sync) => {
        await sendPages<DeviceRecord>(RED, run, pages, {
          start: msg,
          topic: 'device',
          sync,
          partsId: sync.id,
          emit: (page) => [page, null, null],
          onPage: (count) => run.progress('matching', { count }),
        });
      },
      mdmOnly: async (pages, sync) => {
        const emit = (page: Msg): (Msg | null)[] => [null, page, null];
        await sendPages<DeviceRecord>(RED, run, pages, { start: msg, topic: 'device', sync, partsId: newId(), emit });
      },
      report: (payload) => run.send([null, null, { ...carriedBy(RED, msg), topic: 'report', payload }]),
    },
  });
  if (outcome === null) return { fill: 'grey', key: 'waiting', values: { source: 'EAS' } };
  const { merged, total, fresh } = outcome;
  return { fill: fresh ? 'green' : 'yellow', key: fresh ? 'matched' : 'notFresh', values: { merged, total } };
}

/** What an administrator says about records. */
async function takeSaying(msg: Msg, store: Store): Promise<Outcome> {
  const payload = (typeof msg.payload === 'object' && msg.payload !== null ? msg.payload : {}) as Record<
    string,
    unknown
  >;
  const saying = { store, by: filled(payload['by']) ?? filled(msg['by']), now: Date.now };
  if (msg.topic === 'forget') {
    await forgetSource({ ...saying, source: typeof msg.payload === 'string' ? msg.payload.trim() : '' });
    return { key: 'forgotten' };
  }
  const [easKey, mdmKey, note] = [filled(payload['easKey']), filled(payload['mdmKey']), filled(payload['note'])];
  if (msg.topic === 'pair') {
    await pair({ ...saying, easKey, mdmKey, note });
    return { key: 'paired' };
  }
  await unpair({ ...saying, easKey, note });
  return { key: 'unpaired' };
}

/** A text that says something, or null. */
function filled(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
