/**
 * MDM sources tell the store that they are deployed. One that was never read to its end must be missed there: without it,
 * every phone it knows of looks unmanaged. What was told is a row, so it is known after a restart too.
 */
import type { LeasedReading } from '../src/connector/readings/reading-leases.ts';
import type { ReadingsUnderWay } from '../src/connector/readings/readings-under-way.ts';
import { asConnectorError, ConnectorError } from '../src/errors.ts';
import type { AnnouncedSource, Store } from '../src/store/store.ts';
import { connectionOf } from './connections.ts';
import type { StoreConnection } from './connections.ts';
import { endClose, showError } from './on-input.ts';
import type { Definition, Instance, RED } from './red.ts';
import { refusalOf, runningNodes, textOf } from './red.ts';

/** What a source knows of itself without reading; null: its configuration does not say yet which MDM it reads. */
export type SourceFacts = Pick<AnnouncedSource, 'scope' | 'provider' | 'name' | 'expected' | 'notes'> | null;

/** A source that runs in this process. */
interface Deployed {
  readonly source: Omit<AnnouncedSource, 'announcedAt'>;
  /** The configuration of the store it is announced in; null: not known before its pages reach a matcher. */
  readonly store: string | null;
}

const deployed = new Map<string, Deployed>();

/*
 *   property store   connector stores of the flows   announced in
 *   chosen           any                             the chosen one, when the flows have started
 *   empty            one                             that one, when the flows have started
 *   empty            none, or several                that of the matcher that gets its first page
 */

/** Another instance whose flows have no such source takes it for gone; it is missed after ten minutes only. */
const AGAIN_EVERY_MS = 5 * 60_000;

/**
 * Announces a source whenever flows have started and every few minutes from then on, and takes it back when the node is
 * removed.
 * @returns announces it again, before a reading: the store may have been away at the start, or another process may have
 * forgotten the source. Rejects as opening the store does, and with ERR_SOURCE_SECOND for a mapping whose scope another one
 * has.
 */
export function announceSource(
  RED: RED,
  node: Instance,
  definition: Definition,
  facts: () => SourceFacts,
): () => Promise<void> {
  const announce = async (): Promise<void> => {
    const known = facts();
    deployed.delete(node.id);
    if (known === null) return;
    const store = storeOf(RED, definition);
    const source = { nodeId: node.id, ...known };
    refuseSecond(source, store);
    deployed.set(node.id, { source, store });
    if (store !== null) await announceIn(await openStoreOf(RED, definition, store), source);
  };
  onFlowsStarted(RED, node, announce);
  const again = setInterval(() => void announce().catch((error: unknown) => node.debug(String(error))), AGAIN_EVERY_MS);
  again.unref();
  node.on('close', (removed: boolean, done: () => void) => {
    clearInterval(again);
    const store = deployed.get(node.id)?.store ?? null;
    deployed.delete(node.id);
    if (!removed || store === null) return done();
    // If the store is closing too, the matcher forgets the source when the flows have started anew.
    endClose(
      takeBack(RED, definition, store, node.id).catch((error: unknown) => node.debug(String(error))),
      done,
    );
  });
  return announce;
}

/*
 *   two sources with one scope and one store    then
 *   of one tenant                               welcome: they read the same
 *   a mapping among them                        the second one is refused: their records would replace each other
 */
function refuseSecond({ nodeId, scope, provider }: Deployed['source'], store: string | null): void {
  for (const { source, store: other } of deployed.values()) {
    if (source.nodeId === nodeId || source.scope !== scope || other !== store) continue;
    if (provider !== 'mapping' && source.provider !== 'mapping') continue;
    throw new ConnectorError(
      'ERR_SOURCE_SECOND',
      `Another MDM source (${source.nodeId}) has the records of "${scope}".`,
    );
  }
}

/**
 * Where an MDM source says that it reads: at the store it is announced in, or at every store as long as nobody knows which
 * one is its own.
 * @throws ConnectorError as {@link connectionOf}, for the chosen store
 */
export function readingsOf(
  RED: RED,
  definition: Definition,
): Pick<ReadingsUnderWay, 'begin' | 'end'> & {
  /** Takes the reading's lease in its own store; as long as that is not known, whoever gets its first page does. */
  lease(reading: LeasedReading): Promise<void>;
} {
  const own = storeOf(RED, definition);
  const mayWork = (id: string): boolean => {
    const node = RED.nodes.getNode(id);
    return node !== null && refusalOf(node) === null;
  };
  const stores = own === null ? storesOf(RED).filter(mayWork) : [own];
  const readings = stores.map((store) => storeConnection(RED, definition, store).readings);
  return {
    begin: (reading) => {
      for (const one of readings) one.begin(reading);
    },
    end: (id) => {
      for (const one of readings) one.end(id);
    },
    lease: async (reading) => {
      if (own === null) return;
      const connection = storeConnection(RED, definition, own);
      await connection.readings.lease(await connection.store(), reading);
    },
  };
}

/** Opens the store that an MDM source is announced in; null as long as nobody knows which one is its own. */
export async function sourceStore(RED: RED, definition: Definition): Promise<Store | null> {
  const own = storeOf(RED, definition);
  return own === null ? null : openStoreOf(RED, definition, own);
}

/** Who waits for flows to start, by the emitter that tells of it. */
const waiting = new WeakMap<RED['events'], { readonly calls: Set<() => void>; readonly tell: () => void }>();

/**
 * Calls back whenever flows have started, this node's among them; an error is shown in the node's status. Node-RED's emitter has
 * one listener for all nodes: Node.js warns of a leak from the eleventh on.
 */
export function onFlowsStarted(RED: RED, node: Instance, started: () => Promise<void>): void {
  let closed = false;
  const call = (): void => {
    void started().catch((error: unknown) => {
      if (!closed) showError(RED, node, asConnectorError(error));
    });
  };
  const leave = waitForFlows(RED.events, call);
  node.on('close', () => {
    closed = true;
    leave();
  });
}

/** @returns ends it */
function waitForFlows(events: RED['events'], call: () => void): () => void {
  const { calls, tell } = waiting.get(events) ?? listen(events);
  calls.add(call);
  return () => {
    calls.delete(call);
    if (calls.size > 0) return;
    events.off('flows:started', tell);
    waiting.delete(events);
  };
}

function listen(events: RED['events']): { readonly calls: Set<() => void>; readonly tell: () => void } {
  const calls = new Set<() => void>();
  const tell = (): void => {
    for (const call of calls) call();
  };
  events.on('flows:started', tell);
  waiting.set(events, { calls, tell });
  return { calls, tell };
}

/** A matcher got the first page of an MDM reading: whoever sends it and did not know where to is announced here. */
export async function announceReading(store: Store, scope: string): Promise<void> {
  for (const { source, store: known } of deployed.values()) {
    if (known === null && source.scope === scope) await announceIn(store, source);
  }
}

/**
 * Forgets the sources of a store that are not deployed any more, or not for this store.
 * @param storeId id of the store's configuration node
 */
export async function forgetRemovedSources(store: Store, storeId: string): Promise<void> {
  for (const { nodeId, scope } of await store.sources.list()) {
    const here = deployed.get(nodeId);
    const isStill = here?.source.scope === scope && (here.store ?? storeId) === storeId;
    if (!isStill) await store.sources.remove(nodeId, new Date().toISOString());
  }
}

async function announceIn(store: Store, source: Deployed['source']): Promise<void> {
  await store.sources.announce({ ...source, announcedAt: new Date().toISOString() });
}

async function takeBack(RED: RED, definition: Definition, storeId: string, nodeId: string): Promise<void> {
  const store = await openStoreOf(RED, definition, storeId);
  await store.sources.remove(nodeId, new Date().toISOString());
}

function openStoreOf(RED: RED, definition: Definition, store: string): Promise<Store> {
  return storeConnection(RED, definition, store).store();
}

function storeConnection(RED: RED, definition: Definition, store: string): StoreConnection {
  return connectionOf(RED, { ...definition, store }, 'store', 'connector-store');
}

/** Id of the store's configuration node, or null. */
function storeOf(RED: RED, definition: Definition): string | null {
  const chosen = textOf(definition, 'store');
  if (chosen !== '') return chosen;
  const stores = storesOf(RED);
  return stores.length === 1 ? stores[0]! : null;
}

/** Ids of the configuration nodes of all stores that run. */
function storesOf(RED: RED): string[] {
  return runningNodes(RED, 'connector-store').map(({ node }) => node.id);
}
