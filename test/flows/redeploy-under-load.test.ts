/** Fifty deploys, each in the middle of readings, decisions, writes and mails: nothing of what was deployed before is kept. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { leftBehind, startFlow, stopFlow } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { aManagedPhone, people, still } from '../support/people.ts';

const DEPLOYS = 50;
/** Nodes that changed, one a deploy: each takes those along that hang on it. */
const CHANGING = [
  'store',
  'exchange',
  'eas',
  'tenant',
  'mdm',
  'matcher',
  'account',
  'switch',
  'notifier',
  'link',
  'check',
];

/** From the tenth deploy to the last, what the lab keeps of its mails included: a flow that is kept would be more with each. */
const GROWTH_MIB = 5;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Kinds of what keeps a process alive, timers left out: those that wait for nobody are counted by redeploy.test.ts. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo())
    if (kind !== 'Timeout' && kind !== 'Immediate') counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe('deploying under load', function () {
  this.timeout(1_200_000);
  let lab: Lab;
  let folder: string;

  beforeEach(async () => {
    lab = await startLab({ organization: aManagedPhone(people(still(), 20)) });
    folder = mkdtempSync(join(tmpdir(), 'redeploy-'));
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  const start = async (): Promise<{ flow: RunningFlow; nodes: readonly FlowNode[] }> => {
    const { nodes, credentials } = connectorFlow(lab, {
      store: { path: join(folder, 'store.sqlite') },
      eas: { pageSize: 3 },
      matcher: { pageSize: 3 },
    });
    const check = { id: 'check', type: 'autodiscover-check', account: 'account', internalResolvers: lab.dns.internal };
    const all = [...nodes, check];
    return { flow: await startFlow(all, credentials), nodes: all };
  };

  /** Begins everything that can be under way, and lets it get to another point each time. */
  const busy = async (flow: RunningFlow, turn: number): Promise<void> => {
    flow.receive('mdm');
    flow.receive('eas', { sync: { kind: turn % 3 === 0 ? 'full' : 'quick' } });
    flow.receive('check');
    flow.receive('notifier', { topic: 'check' });
    flow.receive('switch', { topic: 'retry' });
    const arrived = (): number => flow.arrived('matcher').length + flow.arrived('switch').length;
    const before = arrived();
    // From nothing to some pages in flight.
    if (turn % 4 !== 0) await flow.until(() => arrived() > before + (turn % 4) || rests(flow), 'pages are in flight');
  };

  const rests = (flow: RunningFlow): boolean =>
    ['mdm', 'eas', 'check', 'notifier', 'matcher', 'switch'].every((id) => {
      const { received, done } = flow.ended(id);
      return received === done;
    });

  /** What is in use after a collection, MiB. */
  const inUse = async (flow: RunningFlow): Promise<number> => {
    flow.forget();
    for (let turn = 0; turn < 5; turn += 1) {
      collect();
      await setImmediate();
    }
    return process.memoryUsage().heapUsed / 2 ** 20;
  };

  /** Nodes that were replaced and are kept by something, by type. */
  const keptOf = async (
    flow: RunningFlow,
    former: readonly (readonly [string, WeakRef<object>])[],
  ): Promise<string[]> => {
    await inUse(flow);
    const running = new Set(CHANGING.map((id) => flow.node(id)));
    return former.flatMap(([id, node]) => {
      const kept = node.deref();
      return kept === undefined || running.has(kept) ? [] : [id];
    });
  };

  /** Deploys again and again. @param deploy the n-th one */
  const deployOften = async (
    flow: RunningFlow,
    deploy: (turn: number) => Promise<void>,
    rest: () => Promise<void>,
  ): Promise<void> => {
    const settled = async (): Promise<void> => {
      await rest();
      await flow.until(() => rests(flow), 'every message is done, once');
    };
    await busy(flow, 1);
    await deploy(0);
    await settled();
    const shells = (): number => lab.servers.exchange.stats.shells;
    const inventory = () => ({ ...leftBehind(), ...resources(), layers: flow.layers(), shells: shells() });
    await flow.until(() => shells() === 0, 'the shells of the first deploys are closed');
    const before = inventory();
    const former: [string, WeakRef<object>][] = [];
    const heaps: number[] = [];
    for (let turn = 1; turn <= DEPLOYS; turn += 1) {
      await busy(flow, turn);
      for (const id of CHANGING) former.push([id, new WeakRef(flow.node(id) as object)]);
      await deploy(turn);
      if (turn % 10 === 0) heaps.push(await inUse(flow));
    }
    await settled();
    const grown = (): string[] =>
      Object.entries(inventory()).flatMap(([name, count]) => {
        const least = (before as Readonly<Record<string, number>>)[name] ?? 0;
        return count > least ? [`${name}: ${count} instead of ${least}`] : [];
      });
    await flow.until(() => grown().length === 0, 'nothing is left behind').catch(() => assert.deepEqual(grown(), []));
    let kept: string[] = [];
    for (let tries = 0; tries < 20; tries += 1) {
      kept = await keptOf(flow, former);
      if (kept.length === 0) break;
    }
    assert.deepEqual(kept, [], 'nodes of former deploys that are kept');
    const growth = (heaps.at(-1) ?? Number.NaN) - (heaps[0] ?? Number.NaN);
    assert.ok(growth < GROWTH_MIB, `${growth.toFixed(1)} MiB more after forty deploys`);
  };

  it('of everything leaves no socket, handle, listener, shell or node of before', async () => {
    const { flow, nodes } = await start();
    const atRest = nodes.map((node) => (node.id === 'notifier' ? { ...node, server: '' } : node));
    await deployOften(
      flow,
      () => flow.redeploy(nodes),
      () => flow.redeploy(atRest),
    );
    await stopFlow();
    assert.deepEqual(readdirSync(folder), ['store.sqlite'], 'the store is closed and leaves no journal');
  });

  it('of what was changed, each node and each configuration in turn, the store in the middle of a sync too, likewise', async () => {
    const { flow, nodes } = await start();
    const changed = new Map<string, number>();
    const now = (): FlowNode[] => nodes.map((node) => ({ ...node, name: `${node.id} ${changed.get(node.id) ?? 0}` }));
    await flow.redeploy(now());
    await deployOften(
      flow,
      (turn) => {
        changed.set(CHANGING[turn % CHANGING.length] ?? '', turn);
        return flow.redeploy(now(), 'nodes');
      },
      () => flow.redeploy(now().map((node) => (node.id === 'notifier' ? { ...node, server: '' } : node))),
    );
    await stopFlow();
    assert.deepEqual(readdirSync(folder), ['store.sqlite'], 'the store is closed and leaves no journal');
  });
});
