import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import { tenantPort } from '../../src/graph/tenant-port.ts';
import { openGraph } from '../../src/graph/open-graph.ts';
import { offerConnection, proxyOf, sharedConnection, tlsOf } from '../connections.ts';
import { joinSimulation } from '../join-simulation.ts';
import { nodeLogger } from '../on-input.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { choiceOf, registerNode, textOf } from '../red.ts';

const KINDS = ['intune', 'simulated'] as const;
const CLOUDS = ['global', 'usgov', 'dod', 'china', 'custom'] as const;

function openTenant(RED: RED, node: Instance, definition: Definition): GraphTransport {
  const tls = tlsOf(RED, definition);
  const proxy = proxyOf(RED, definition);
  const graphUrl = textOf(definition, 'graphUrl');
  const authorityUrl = textOf(definition, 'authorityUrl');
  const secret = (name: string): string => node.credentials?.[name] ?? '';
  return openGraph({
    cloud: choiceOf(definition, 'cloud', CLOUDS, 'global'),
    ...(graphUrl === '' ? {} : { graphUrl }),
    ...(authorityUrl === '' ? {} : { authorityUrl }),
    tenantId: textOf(definition, 'tenantId'),
    clientId: textOf(definition, 'clientId'),
    authMethod: choiceOf(definition, 'authMethod', ['secret', 'certificate'], 'secret'),
    clientSecret: secret('clientSecret'),
    certificate: secret('certificate'),
    privateKey: secret('privateKey'),
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    logger: nodeLogger(node),
  });
}

/** Config node: one MDM tenant and the application that reads it. */
export default function mdmTenant(RED: RED): void {
  registerNode(
    RED,
    'mdm-tenant',
    (node, definition) => {
      const simulation = choiceOf(definition, 'kind', KINDS, 'intune') === 'simulated' ? joinSimulation() : null;
      const { use: graph } = sharedConnection(
        node,
        'MDM tenant configuration',
        () => simulation?.graph() ?? openTenant(RED, node, definition),
        () => simulation?.release(),
      );
      const isSimulated = simulation !== null;
      const port = tenantPort(graph, node.id, (text) => node.warn(text));
      offerConnection(node, { source: node.id, isSimulated, graph, port }, 'mdm-tenant');
    },
    { clientSecret: { type: 'password' }, certificate: { type: 'text' }, privateKey: { type: 'password' } },
  );
}
