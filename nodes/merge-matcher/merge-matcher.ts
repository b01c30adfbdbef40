import { DEFAULT_MATCH_SETTINGS } from '../../src/connector/matching/match-settings.ts';
import type { MatchSettings } from '../../src/connector/matching/match-settings.ts';
import { matchReadings } from '../../src/connector/matching/match-readings.ts';
import { forgetSource, pair, unpair } from '../../src/connector/matching/pairings.ts';
import { READING_PATIENCE_MS, ReadingKeeper, readName, readPage } from '../../src/connector/readings/keep-reading.ts';
import { afterReading, MATCH_AGAIN, waitsFor } from '../../src/connector/readings/match-turn.ts';
import type { PendingMatch } from '../../src/connector/readings/match-turn.ts';
import type { ReadingsUnderWay } from '../../src/connector/readings/readings-under-way.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import { mdmReadings } from '../../src/store/mdm-readings.ts';
import type { Store } from '../../src/store/store.ts';
import { announceReading, forgetRemovedSources, onFlowsStarted } from '../announced-sources.ts';
import { connectionOf } from '../connections.ts';
import type { Outcome, Run } from '../on-input.ts';
import { onInput, showStatus } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { flagOf, numberOf, registerNode, textOf } from '../red.ts';
import { carriedBy, sendPages } from '../send-pages.ts';
/** Keeps the pages of both sources in the store and, when a reading is complete, sends the merged device records. */
export default function mergeMatcher(RED: RED): void {
  registerNode(RED, 'merge-matcher', (node, definition) => {
    const keeper = new ReadingKeeper({ now: Date.now });
    let pending: PendingMatch | null = null;
    let stopWaiting = (): void => {};

    const match = async (msg: Msg, run: Run, store: Store): Promise<Outcome> => {
      const cause = pending ?? MATCH_AGAIN;
      pending = null;
      stopWaiting();
      return matchAll(RED, settingsOf(definition), msg, run, store, cause);
    };
    /** The other reading ends in a moment, or breaks off: then this one is matched alone. */
    const matchOrWait = async (msg: Msg, run: Run, store: Store, readings: ReadingsUnderWay): Promise<Outcome> => {
      const known = await knownScopes(store);
      const other = waitsFor({
        ended: pending?.ended ?? [],
        open: keeper.open(readings),
        arrived: run.waiting().flatMap(({ sync }) => readName(sync) ?? []),
        known,
        isUnderWay: (source, scopes) => readings.isUnderWay(source, scopes),
      });
      if (other === null) return match(msg, run, store);
      stopWaiting();
      if (!run.signal.aborted) stopWaiting = waitForEnd(readings, () => node.receive({ topic: 'waited' }));
      return { fill: 'grey', key: 'waiting', values: { source: other.toUpperCase() } };
    };

    onInput(RED, node, 'queue', async (msg, run) => {
      const connection = connectionOf(RED, definition, 'store', 'connector-store');
      const store = await connection.store();
      if (msg.topic === 'pair' || msg.topic === 'unpair' || msg.topic === 'forget') return takeSaying(msg, store);
      if (msg.topic === 'match') return match(msg, run, store);
      if (msg.topic === 'waited') return pending === null ? null : matchOrWait(msg, run, store, connection.readings);

      const page = readPage(msg.sync, msg.payload);
      const count = page.records.length;
      if (page.source === 'mdm' && page.page === 0) await announceReading(store, page.scope);
      await keeper.keep(store, connection.readings, page);
      if (!page.last) {
        run.progress('storing', { count: (page.page + 1) * count });
        return { fill: 'grey', key: 'storing', values: { count } };
      }
      stopWaiting();
      connection.readings.end(page.id);
      pending = afterReading(pending, page);
      return matchOrWait(msg, run, store, connection.readings);
    });
    node.on('close', () => stopWaiting());
    watchStore(RED, node, definition);
    // A source that was taken off the canvas while Node-RED stood still has not said so itself.
    onFlowsStarted(RED, node, async () => {
      const store = await connectionOf(RED, definition, 'store', 'connector-store').store();
      await forgetRemovedSources(store, textOf(definition, 'store'));
    });
  });
}

/** Every scope that the store knows. */
async function knownScopes(store: Store): Promise<Record<'eas' | 'mdm', string[]>> {
  const [eas, mdm] = [await store.snapshots.list('eas'), await mdmReadings(store)];
  return { eas: eas.map(({ scope }) => scope), mdm: mdm.map(({ scope }) => scope) };
}

/** Calls back once, when a reading has ended or one that only its pages tell of may be taken for dead; the answer stops that. */
function waitForEnd(readings: ReadingsUnderWay, ended: () => void): () => void {
  const stop = (): void => {
    clearTimeout(patience);
    forget();
  };
  const end = (): void => {
    stop();
    ended();
  };
  const forget = readings.onEnd(end);
  const patience = setTimeout(end, READING_PATIENCE_MS);
  return stop;
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

async function matchAll(
  RED: RED,
  { pageSize, ...settings }: ReturnType<typeof settingsOf>,
  msg: Msg,
  run: Run,
  store: Store,
  cause: PendingMatch,
): Promise<Outcome> {
  const newId = (): string => RED.util.generateId();
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
