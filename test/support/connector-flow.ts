/** The nodes of the workflow, pointed at a lab, for node tests. */
import type { Lab } from '../../src/lab/servers/lab.ts';
import type { FlowNode } from './node-red.ts';

export type Changes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * exchange, tenant, account, store (config), eas, mdm, matcher, switch, notifier, link; the helpers `easOut`, `mdmOut`,
 * `devices`, `report`, `blocked`, `allowed`, `attention`, `switchReport`, `sent`, `notSent`, `activated` see what comes out.
 *
 * @param changes properties to set, by node id; `{ disabled: true }` leaves the node out
 */
export function connectorFlow(
  lab: Lab,
  changes: Changes = {},
): { nodes: FlowNode[]; credentials: Record<string, Record<string, string>> } {
  const nodes: FlowNode[] = [
    {
      id: 'tls',
      type: 'tls-config',
      name: '',
      ca: lab.caFile,
      cert: '',
      key: '',
      servername: '',
      verifyservercert: true,
    },
    {
      id: 'exchange',
      type: 'exchange-server',
      kind: 'remote-powershell',
      urls: lab.exchange.url,
      auth: 'basic',
      sessions: 2,
      tls: 'tls',
    },
    {
      id: 'tenant',
      type: 'mdm-tenant',
      kind: 'intune',
      cloud: 'custom',
      graphUrl: lab.graph.url,
      authorityUrl: lab.authority.url,
      tenantId: lab.graph.tenantId,
      clientId: lab.graph.clientId,
      authMethod: 'secret',
      tls: 'tls',
    },
    {
      id: 'account',
      type: 'mail-account',
      transport: 'smtp',
      address: lab.smtp.address,
      host: lab.smtp.host,
      port: lab.smtp.port,
      security: 'starttls',
      tls: 'tls',
      ratePerMinute: 600,
    },
    { id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:' },
    {
      id: 'eas',
      type: 'eas-source',
      server: 'exchange',
      store: 'store',
      sync: 'full',
      pageSize: 500,
      scope: '{}',
      wires: [['matcher', 'easOut']],
    },
    {
      id: 'mdm',
      type: 'mdm-source',
      provider: 'intune',
      tenant: 'tenant',
      pageSize: 500,
      wires: [['matcher', 'mdmOut']],
    },
    {
      id: 'matcher',
      type: 'merge-matcher',
      store: 'store',
      pageSize: 500,
      maxAge: 26,
      sameUser: true,
      lateActivation: true,
      serialMatch: false,
      wires: [['switch', 'devices'], [], ['report']],
    },
    {
      id: 'switch',
      type: 'access-switch',
      mode: 'enforce',
      server: 'exchange',
      store: 'store',
      directory: 'tenant',
      rules: [],
      brakePercent: 100,
      brakeCount: 100,
      adoptEntries: false,
      wires: [['notifier', 'blocked'], ['allowed'], ['attention'], ['switchReport']],
    },
    {
      id: 'notifier',
      type: 'enrollment-notifier',
      account: 'account',
      store: 'store',
      server: 'exchange',
      linkBase: 'http://127.0.0.1:1880',
      language: 'en',
      reminderAfter: 24,
      reminders: 0,
      wires: [['sent'], ['notSent']],
    },
    { id: 'link', type: 'activation-link', store: 'store', path: '/activate', wires: [['activated']] },
    ...[
      'easOut',
      'mdmOut',
      'devices',
      'report',
      'blocked',
      'allowed',
      'attention',
      'switchReport',
      'sent',
      'notSent',
      'activated',
    ].map((id) => ({ id, type: 'helper' })),
  ];
  const changed = nodes
    .map((node) => ({ ...node, ...changes[node.id] }))
    .filter((node) => (node as { disabled?: unknown })['disabled'] !== true);
  return {
    nodes: changed,
    credentials: {
      exchange: { username: lab.exchange.username, password: lab.exchange.password },
      tenant: { clientSecret: lab.graph.clientSecret },
      account: { username: lab.smtp.username, password: lab.smtp.password },
    },
  };
}
