/** A configuration that a node needs is deleted, disabled, or of another type: each node says so before a message comes. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';

const CONFIGS: readonly FlowNode[] = [
  { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
  { id: 'server', type: 'exchange-server', kind: 'remote-powershell', urls: 'https://mail.contoso.example/powershell' },
  { id: 'tenant', type: 'mdm-tenant', kind: 'intune', tenantId: 'contoso.example', clientId: 'connector' },
  { id: 'account', type: 'mail-account', transport: 'smtp', address: 'notify@contoso.example', host: 'mail' },
  { id: 'tls', type: 'tls-config', name: '', cert: '', key: '', servername: '' },
];

const wires = [[]];
const NODES: readonly FlowNode[] = [
  { id: 'eas', type: 'eas-source', server: 'server', store: 'store', wires },
  { id: 'fed', type: 'eas-source', from: 'message', server: 'server', wires },
  { id: 'mdm', type: 'mdm-source', tenant: 'tenant', store: 'store', wires },
  { id: 'matcher', type: 'merge-matcher', store: 'store', wires },
  { id: 'gate', type: 'access-switch', mode: 'simulate', server: 'server', store: 'store', directory: 'tenant', wires },
  {
    id: 'notifier',
    type: 'enrollment-notifier',
    account: 'account',
    store: 'store',
    server: 'server',
    linkBase: 'https://link.contoso.example',
    wires,
  },
  { id: 'link', type: 'activation-link', store: 'store', path: '/activate', wires },
  { id: 'autodiscover', type: 'autodiscover-check', account: 'account', store: 'store', exchange: 'server', wires },
];

/** What names each configuration; whoever may do without it is named by it all the same here. */
const USED_BY: Readonly<Record<string, readonly string[]>> = {
  store: ['autodiscover', 'eas', 'gate', 'link', 'matcher', 'mdm', 'notifier'],
  server: ['autodiscover', 'eas', 'fed', 'gate', 'notifier'],
  tenant: ['gate', 'mdm'],
  account: ['autodiscover', 'notifier'],
};

/** Those that may be left without a choice. */
const MAY_BE_EMPTY: readonly string[] = [
  'autodiscover store',
  'autodiscover server',
  'autodiscover account',
  'mdm store',
  'gate tenant',
  'notifier server',
];

describe('a configuration that is gone', () => {
  afterEach(() => stopFlow());

  /** The nodes whose last status is red, by what it says. */
  function red(flow: RunningFlow): Readonly<Record<string, string>> {
    const last = NODES.map(({ id }) => [id, flow.statuses(id).at(-1)] as const);
    const failing = last.flatMap(([id, status]) => (status?.fill === 'red' ? [[id, status.text] as const] : []));
    return Object.fromEntries(failing);
  }

  /** What the nodes say since the last look: red statuses are heard a moment after they are shown. */
  async function areRed(flow: RunningFlow, nodes: readonly string[]): Promise<void> {
    const said = flow.words().filter((text) => text === 'configuration missing');
    // Some say it twice: who announces itself to a store that is gone has seen so too.
    assert.equal(said.length > 0, nodes.length > 0, 'what is said at once');
    await flow.until(() => nodes.every((id) => id in red(flow)), `${nodes.join(', ')} are red`);
    await setImmediate();
    assert.deepEqual(red(flow), Object.fromEntries(nodes.map((id) => [id, MISSING])));
    flow.forget();
  }

  const MISSING = 'shared.error.ERR_CONFIG_MISSING';

  for (const [config, users] of Object.entries(USED_BY)) {
    it(`is said by each node that names the deleted ${config}, and no more once it is there again`, async () => {
      const flow = await startFlow([...CONFIGS, ...NODES]);
      await areRed(flow, []);
      await flow.redeploy([...CONFIGS.filter(({ id }) => id !== config), ...NODES]);
      await areRed(flow, users);
      await flow.redeploy([...CONFIGS, ...NODES], 'nodes');
      await areRed(flow, []);
    });

    it(`is said by each node that names something else as ${config}`, async () => {
      const flow = await startFlow([
        ...CONFIGS.map((node) => (node.id === config ? { ...CONFIGS[4]!, id: config } : node)),
        ...NODES,
      ]);
      await areRed(flow, users);
    });

    it(`is said by each node that needs a choice of ${config} and has none`, async () => {
      const without = NODES.map((node) =>
        Object.fromEntries(
          Object.entries(node).map(([name, value]) => [name, value === config && name !== 'id' ? '' : value]),
        ),
      ) as FlowNode[];
      const flow = await startFlow([...CONFIGS, ...without]);
      await areRed(
        flow,
        users.filter((id) => !MAY_BE_EMPTY.includes(`${id} ${config}`)),
      );
    });
  }

  for (const [config, simulated] of [
    ['server', { kind: 'simulated' }],
    ['tenant', { kind: 'simulated' }],
    ['account', { transport: 'simulated' }],
  ] as const)
    it(`is said by each node whose ${config} names a deleted TLS configuration, not where it is simulated`, async () => {
      const withTls = (changes: object): FlowNode[] => [
        ...CONFIGS.map((node) => (node.id === config ? { ...node, ...changes, tls: 'gone' } : node)),
        ...NODES,
      ];
      const flow = await startFlow(withTls({}));
      await areRed(flow, USED_BY[config]!);
      await flow.redeploy(withTls(simulated));
      await areRed(flow, []);
    });

  it('is named in the log, once, by what the dialog calls it', async () => {
    const gate = NODES.filter(({ id }) => id === 'gate');
    const others = CONFIGS.filter(({ id }) => id !== 'store');
    const flow = await startFlow([...others, ...gate]);
    await flow.redeploy([...others, ...gate], 'nodes');
    const said = flow.logged().filter((text) => text?.includes('The connector store chosen in'));
    assert.equal(said.length, 1);
    assert.match(said[0]!, /The connector store chosen in \\+"Store\\+" is missing, disabled or not started\./);
  });
});
