/** Nodes within a subflow, against the lab: Node-RED runs each instance's own, and the flow file has the pattern only. */
import assert from 'node:assert/strict';
import { DEFAULT_RULES } from '../../src/access/rules.ts';
import type { SyncReport } from '../../src/connector/sync/sync-report.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { API, startConsole } from '../support/console-flow.ts';
import type { ConsoleFlow } from '../support/console-flow.ts';
import type { Changes } from '../support/connector-flow.ts';
import { stopFlow } from '../support/node-red.ts';
import type { FlowNode } from '../support/node-red.ts';
import { aManagedPhone, anna, people, still } from '../support/people.ts';

/** Puts some nodes into a subflow of which the flow has one instance; the first takes its messages. Without x and y Node-RED takes a node for a configuration. */
function within(inside: readonly string[]): (nodes: readonly FlowNode[]) => readonly FlowNode[] {
  return (nodes) => {
    const wiresOf = ({ wires }: FlowNode): string[][] => (wires as string[][] | undefined) ?? [];
    const out = nodes
      .filter(({ id }) => inside.includes(id))
      .flatMap((node) => wiresOf(node).map((to, port) => ({ id: node.id, port, to })))
      .map(({ to, ...from }) => ({ from, to: to.filter((id) => !inside.includes(id)) }))
      .filter(({ to }) => to.length > 0);
    const moved = nodes.map((node): FlowNode => {
      const isInside = inside.includes(node.id);
      const wires = wiresOf(node).map((to) =>
        isInside ? to.filter((id) => inside.includes(id)) : to.map((id) => (inside.includes(id) ? 'instance' : id)),
      );
      return { ...node, wires, ...(isInside && { z: 'part', x: 0, y: 0 }) };
    });
    return [
      ...moved,
      {
        id: 'part',
        type: 'subflow',
        name: 'part',
        in: [{ x: 0, y: 0, wires: [{ id: inside[0] }] }],
        out: out.map(({ from }) => ({ x: 0, y: 0, wires: [from] })),
        env: [],
      },
      { id: 'instance', type: 'subflow:part', name: '', env: [], x: 0, y: 0, wires: out.map(({ to }) => to) },
    ];
  };
}

describe('nodes within a subflow', () => {
  let lab: Lab;
  let running: ConsoleFlow;

  beforeEach(async () => {
    lab = await startLab({ organization: aManagedPhone(people(anna(still()), 3)) });
  });
  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  const start = async (inside: readonly string[], changes: Changes = {}): Promise<void> => {
    running = await startConsole(lab, changes, {}, within(inside));
  };
  const report = (): SyncReport => running.flow.messages('switchReport').at(-1)?.['payload'] as SyncReport;

  it('let blocks wait whose mail cannot go, as the notifier there knows', async () => {
    await start(['notifier'], {
      notifier: { linkBase: '${NO_SUCH_LINK}' },
      switch: { name: 'Gate', brakeCount: 100, brakePercent: 100 },
    });
    running.flow.receive('instance', { topic: 'check' });
    await running.flow.until(() => running.flow.ended('instance-notifier').done > 0, 'the notifier has checked itself');
    await running.sync();
    const { counts, mail } = report();
    assert.deepEqual([counts.blocked, counts.forMail, mail?.verdict], [0, 4, 'unheard']);
  });

  it('are in the checklist: the access switch, its notifier and the page', async () => {
    await start(['switch', 'notifier', 'link'], { notifier: { name: 'Mails' } });
    await running.sync();
    const { json } = await running.ask(`${API}/readiness`);
    assert.deepEqual(json.switch, { id: 'instance-switch', name: 'Gate', mode: 'enforce' });
    const seen = (json.checklist.lines as { seen: { text: string } }[]).map(({ seen: { text } }) => text);
    assert.ok(
      seen.includes('It is not entered in Mails, activation link: users are not told whom to ask.'),
      seen.join(),
    );
  });

  it('do what a person asks for in the console: approve, mail again, try a device, sync without writing', async () => {
    await start(['matcher', 'switch', 'notifier']);
    await running.sync();
    const { json } = await running.ask(`${API}/plans`);
    const [plan] = json.plans as { id: string; changes: number }[];
    assert.equal(plan?.changes, 4);
    const approved = await running.act('approve', { plan: plan?.id });
    assert.deepEqual([approved.status, approved.json], [200, { state: 'ended', node: 'Gate' }]);
    await running.flow.until(() => running.flow.messages('sent').length === 4, 'all mails have gone');
    const { devices } = (await running.ask(`${API}/devices?decision=block`)).json;
    const tried = await running.ask(`${API}/try?key=${encodeURIComponent(devices[0].key)}`);
    assert.equal(tried.json.device.rule.sentence.startsWith(DEFAULT_RULES[6]?.name ?? '?'), true);
    const again = await running.act('resend', { device: devices[0].key });
    assert.deepEqual([again.status, again.json.state], [200, 'ended']);
  });

  it('are read by a dry run of the console', async () => {
    await start(['eas']);
    const asked = await running.act('dry-run', { organization: 'exchange' });
    assert.deepEqual([asked.status, asked.json.state], [200, 'ended']);
  });
});
