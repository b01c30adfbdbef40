import { tenantPort } from '../../src/graph/tenant-port.ts';
import { openGraph } from '../../src/graph/open-graph.ts';
import { offerConnection, sharedConnection } from '../connections.ts';
import { joinSimulation } from '../join-simulation.ts';
import { nodeLogger } from '../on-input.ts';
import type { RED } from '../red.ts';
import { registerNode } from '../red.ts';
import { goesTo, offerChecks } from './check-now.ts';
import { isSimulated, TENANT_CREDENTIALS, tenantOptions } from './tenant-options.ts';

/** Config node: one MDM tenant and the application that reads it. */
export default function mdmTenant(RED: RED): void {
  const tenants = offerChecks(RED);
  registerNode(
    RED,
    'mdm-tenant',
    (node, definition) => {
      const simulation = isSimulated(definition) ? joinSimulation() : null;
      const { use: graph } = sharedConnection(
        node,
        'MDM tenant configuration',
        () =>
          simulation?.graph() ??
          openGraph({ ...tenantOptions(RED, definition, node.credentials ?? {}), logger: nodeLogger(node) }),
        () => simulation?.release(),
      );
      const port = tenantPort(graph, node.id, (text) => node.warn(text));
      const connection = { source: node.id, isSimulated: simulation !== null, graph, port };
      offerConnection(node, connection, 'mdm-tenant');
      tenants.add(node);
    },
    TENANT_CREDENTIALS,
    goesTo,
  );
}
