import { AskingPace } from '../../src/connector/matching/asking-pace.ts';
import { DEFAULT_MATCH_SETTINGS } from '../../src/connector/matching/match-settings.ts';
import type { MatchSettings } from '../../src/connector/matching/match-settings.ts';
import { matchReadings } from '../../src/connector/matching/match-readings.ts';
import { forgetOrganization } from '../../src/connector/organization/forget-organization.ts';
import { forgetSource, pair, unpair } from '../../src/connector/matching/pairings.ts';
import { paceText } from '../../src/connector/pace.ts';
import { readName, readPage } from '../../src/connector/readings/keep-reading.ts';
import type { ReadingPage } from '../../src/connector/readings/keep-reading.ts';
import { MatchTurns } from '../../src/connector/readings/match-turns.ts';
import type { DueMatch, Turn } from '../../src/connector/readings/match-turns.ts';
import type { ReadingName } from '../../src/connector/readings/readings-under-way.ts';
import { RefusedPieces } from '../../src/connector/readings/refused-pieces.ts';
import { matchSentence } from '../../src/connector/sentences/report-sentences.ts';
import type { DeviceRecord } from '../../src/model/records.ts';
import type { Store } from '../../src/store/store.ts';
import { announceReading, forgetRemovedSources, onFlowsStarted } from '../announced-sources.ts';
import { connectionOf, offeredConnection } from '../connections.ts';
import { mdmsOf } from '../deployed-mdms.ts';
import type { Outcome, Run } from '../on-input.ts';
import { onInput } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { flagOf, numberOf, registerNode, textOf } from '../red.ts';
import { carriedBy, sendPages } from '../send-pages.ts';
import { watchReferences } from '../watch-references.ts';

/** Keeps the pages of both sources in the store and, when a reading is complete, sends the merged device records. */
export default function mergeMatcher(RED: RED): void {
  registerNode(RED, 'merge-matcher', (node, definition) => {
    const turns = new MatchTurns({
      now: Date.now,
      ids: () => RED.util.generateId(),
      node: node.id,
      mayBeDue: () => node.receive({ topic: 'waited' }),
    });
    const pieces = new RefusedPieces();
    const asking = { mdms: mdmsOf(RED), pace: new AskingPace() };
    onInput(RED, node, 'queue', async (msg, run) => {
      const connection = connectionOf(RED, definition, 'store', 'connector-store');
      const store = await connection.store();
      const arrived = (): ReadingName[] => run.waiting().flatMap(({ sync }) => readName(sync) ?? []);
      const scope = { store, underWay: connection.readings, arrived };
      const match = (due: DueMatch): Promise<Outcome> =>
        matchDue(RED, settingsOf(definition), msg, run, store, { due, turns, asking });

      if (msg.topic === 'forget') return forget(msg, store);
      if (msg.topic === 'pair' || msg.topic === 'unpair') {
        const organization = await takePairing(msg, store);
        // What is said stands; a phone should not wait for the next reading to hear of it.
        const turn = organization === null ? null : await turns.matchAfter(organization, scope);
        return (await answer(turn, 0, match)) ?? { key: `${msg.topic}ed` };
      }
      if (msg.topic === 'match') return answer(await turns.matchNow(scope, msg.payload === 'all'), 0, match);
      if (msg.topic === 'waited') return answer(await turns.look(scope), 0, match);
      if (pieces.have(msg.parts)) return null;
      const page = reachedAs(RED, readPage(msg.sync, msg.payload));
      const count = page.records.length;
      if (page.source === 'mdm' && page.page === 0) await announceReading(store, page.scope);
      const turn = await turns.keep(page, scope);
      if (turn.state === 'storing') run.progress('storing', { count: (page.page + 1) * count });
      return answer(turn, count, match);
    });
    node.on('close', () => turns.close());
    watchReferences(RED, node, definition);
    watchRequests(RED, node, definition, turns);
    // A source that was taken off the canvas while Node-RED stood still has not said so itself.
    onFlowsStarted(RED, node, async () => {
      const store = await connectionOf(RED, definition, 'store', 'connector-store').store();
      await forgetRemovedSources(store, textOf(definition, 'store'));
    });
  });
}

/** What was left here by another instance, or by this one before it ended. */
function watchRequests(RED: RED, node: Instance, definition: Definition, turns: MatchTurns): void {
  let forget = (): void => {};
  onFlowsStarted(RED, node, async () => {
    const connection = connectionOf(RED, definition, 'store', 'connector-store');
    forget();
    forget = connection.requests.listen((seen) => {
      if (seen === null || turns.hasNews(seen)) node.receive({ topic: 'waited' });
    });
    const store = await connection.store();
    const left = await store.requests.list({ topic: 'match' });
    if (turns.hasNews(left)) node.receive({ topic: 'waited' });
  });
  node.on('close', () => forget());
}

/** What a turn leads to; null: nothing waits. */
async function answer(
  turn: Turn | null,
  count: number,
  match: (due: DueMatch) => Promise<Outcome>,
): Promise<Outcome | null> {
  if (turn === null) return null;
  if (turn.state === 'due') return match(turn);
  if (turn.state === 'handed-on') return { fill: 'grey', key: 'handedOn', values: { host: turn.host } };
  if (turn.state === 'storing') return { fill: 'grey', key: 'storing', values: { count } };
  return { fill: 'grey', key: 'waiting', values: { source: turn.source.toUpperCase() } };
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

/** How the MDMs are asked before a match. */
type AskedThrough = NonNullable<Parameters<typeof matchReadings>[0]['asking']>;

/** Matches, and settles what asked for it when whoever gets the devices is done with them. */
async function matchDue(
  RED: RED,
  settings: ReturnType<typeof settingsOf>,
  msg: Msg,
  run: Run,
  store: Store,
  { due, turns, asking }: { readonly due: DueMatch; readonly turns: MatchTurns; readonly asking: AskedThrough },
): Promise<Outcome> {
  const taken: Promise<void>[] = [];
  try {
    return await matchAll(RED, settings, msg, run, store, { due, taken, asking });
  } finally {
    // What a close has cut off is made anew after the next start.
    void Promise.all(taken)
      .then(() => (run.signal.aborted ? undefined : turns.done(store, due)))
      .catch(() => undefined);
  }
}

async function matchAll(
  RED: RED,
  { pageSize, ...settings }: ReturnType<typeof settingsOf>,
  msg: Msg,
  run: Run,
  store: Store,
  {
    due: { cause, elsewhere },
    taken,
    asking,
  }: { readonly due: DueMatch; readonly taken: Promise<void>[]; readonly asking: AskedThrough },
): Promise<Outcome> {
  const newId = (): string => RED.util.generateId();
  const outcome = await matchReadings({
    store,
    settings,
    cause,
    elsewhere,
    asking,
    pageSize,
    now: Date.now,
    newId,
    signal: run.signal,
    to: {
      devices: async (pages, sync) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        taken.push(promise);
        const began = performance.now();
        const devices = sync.scope === 'all' ? sync.known : null;
        await sendPages<DeviceRecord>(RED, run, pages, {
          onTaken: resolve,
          start: msg,
          topic: 'device',
          content: 'devices',
          sync,
          partsId: sync.id,
          emit: (page) => [page, null, null],
          onPage: (done) =>
            run.progress(...paceText('matching', { done, total: devices, elapsedMs: performance.now() - began })),
        });
      },
      mdmOnly: async (pages, sync) => {
        const emit = (page: Msg): (Msg | null)[] => [null, page, null];
        const sequence = { start: msg, topic: 'device', content: 'mdm-only', sync, partsId: newId(), emit } as const;
        await sendPages<DeviceRecord>(RED, run, pages, sequence);
      },
      report: (payload) => {
        const text = matchSentence(payload);
        run.send([null, null, { ...carriedBy(RED, msg), topic: 'report', payload, text }]);
      },
    },
  });
  if (outcome === null) return { fill: 'grey', key: 'waiting', values: { source: 'EAS' } };
  const { merged, total, matched, fresh, gone } = outcome;
  const values = { merged, total, matched };
  if (gone > 0) return { fill: 'yellow', key: 'sourceGone', values };
  if (!fresh) return { fill: 'yellow', key: 'notFresh', values };
  return { fill: 'green', key: matched < total ? 'matchedSome' : 'matched', values };
}

/** What an administrator says about two records. Answers with the organization it is of, see {@link unpair}. */
async function takePairing(msg: Msg, store: Store): Promise<string | null> {
  const payload = fieldsOf(msg.payload);
  const [easKey, mdmKey, note] = [filled(payload['easKey']), filled(payload['mdmKey']), filled(payload['note'])];
  const saying = { store, easKey, note, by: filled(payload['by']) ?? filled(msg['by']), now: Date.now };
  return msg.topic === 'pair' ? pair({ ...saying, mdmKey }) : unpair(saying);
}

/** An MDM is read no more, or an Exchange server is another organization's from now on. */
async function forget(msg: Msg, store: Store): Promise<Outcome> {
  const organization = filled(fieldsOf(msg.payload)['organization']);
  if (organization !== null) {
    await forgetOrganization({ store, organization: organization.trim(), by: filled(msg['by']), now: Date.now });
    return { key: 'forgotten' };
  }
  const source = typeof msg.payload === 'string' ? msg.payload.trim() : '';
  await forgetSource({ store, source, by: filled(msg['by']), now: Date.now });
  return { key: 'forgotten' };
}

/** EAS records that come by message do not say how their organization is reached; its configuration does. */
function reachedAs(RED: RED, page: ReadingPage): ReadingPage {
  if (page.source !== 'eas') return page;
  const kind = offeredConnection(RED, page.scope, 'exchange-server')?.port.kind;
  return kind === undefined ? page : { ...page, reached: kind };
}

function fieldsOf(payload: unknown): Record<string, unknown> {
  return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
}

/** A text that says something, or null. */
function filled(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
