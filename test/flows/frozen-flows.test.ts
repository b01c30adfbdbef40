/** A flow that an older version saved runs for ever, and does what it did: what it does not have has its default. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireSimulation } from '../../src/lab/simulation.ts';
import type { SimulationShare } from '../../src/lab/simulation.ts';
import { FROZEN_FLOWS, OWN_TYPES } from '../support/frozen-flows.ts';
import { startFlow, stopFlow, useUserDir } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';

interface SwitchReport {
  readonly mode: string;
  readonly counts: Readonly<Record<string, number>>;
}

describe('a flow of an older version', () => {
  let folder: string;
  let simulation: SimulationShare;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'frozen-flow-'));
    useUserDir(folder);
    simulation = acquireSimulation();
  });
  afterEach(async () => {
    await stopFlow();
    simulation.release();
    rmSync(folder, { recursive: true });
  });

  const idOf = (nodes: readonly FlowNode[], type: string, name: string): string =>
    nodes.find((node) => node.type === type && node['name'] === name)?.id ?? assert.fail(`no ${type} ${name}`);

  /** Imports it, with the address of this Node-RED, and what a test decides of the access switch. */
  async function start(nodes: readonly FlowNode[], own: Readonly<Record<string, unknown>> = {}): Promise<RunningFlow> {
    const flow = await startFlow([]);
    const changes: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      'access-switch': own,
      'enrollment-notifier': { linkBase: flow.url },
    };
    await flow.redeploy(nodes.map((node) => ({ ...node, ...changes[node.type] })));
    return flow;
  }

  async function sync(flow: RunningFlow, nodes: readonly FlowNode[]): Promise<SwitchReport> {
    const shown = (): Record<string, unknown>[] => flow.arrived(idOf(nodes, 'debug', 'sync report'));
    flow.receive(idOf(nodes, 'inject', 'full sync'));
    await flow.until(() => shown().length > 0, 'the report is shown');
    return shown().at(-1)?.['payload'] as SwitchReport;
  }

  it('is there for every node type', () => {
    assert.ok(FROZEN_FLOWS.length >= 2);
    for (const { name, nodes } of FROZEN_FLOWS)
      assert.deepEqual([name, OWN_TYPES.filter((type) => !nodes.some((node) => node.type === type))], [name, []]);
  });

  for (const { name, nodes } of FROZEN_FLOWS) {
    it(`${name}: a sync simulates, and no node complains`, async () => {
      const flow = await start(nodes);
      const { mode, counts } = await sync(flow, nodes);
      const { devices = 0, blocked = 0 } = counts;
      assert.ok(mode === 'simulate' && blocked > 0 && blocked < devices, JSON.stringify({ mode, counts }));
      assert.deepEqual(flow.errors(), []);
      const red = OWN_TYPES.flatMap((type) => nodes.filter((node) => node.type === type))
        .flatMap(({ id }) => flow.statuses(id))
        .filter(({ fill }) => fill === 'red');
      assert.deepEqual(red, []);
    });

    it(`${name}: once it enforces, owners of blocked devices are mailed`, async () => {
      const flow = await start(nodes, { mode: 'enforce' });
      await sync(flow, nodes);
      const sent = (): string[] => flow.arrived(idOf(nodes, 'debug', 'mail sent')).map(({ text }) => String(text));
      await flow.until(() => sent().length > 0, 'a mail is told of');
      assert.deepEqual(flow.errors(), []);
    });
  }
});
