import { OwnReadingsUnderWay } from '../../src/connector/readings/readings-under-way.ts';
import { RequestsHere } from '../../src/connector/instances/requests-here.ts';
import { asConnectorError, ConnectorError } from '../../src/errors.ts';
import { loadStore } from '../../src/store/load-store.ts';
import type { Store } from '../../src/store/store.ts';
import { offerConnection, sharedConnection } from '../connections.ts';
import type { Definition, Instance, RED, SecretPlaces } from '../red.ts';
import { offerConsole } from './console-routes.ts';
import { nameOfNode } from './deployed-stores.ts';
import { registerNode, sayProblem, unknownSecret } from '../red.ts';
import { goesTo, offerChecks } from './check-now.ts';
import { engineOf, STORE_CREDENTIALS, storePath } from './store-options.ts';

/** 128 bits, if it is random. */
const SHORTEST_TOKEN = 16;

/** Config node: where snapshots, activations, our list entries and the audit are kept. */
export default function connectorStore(RED: RED): void {
  const stores = offerConsole(RED);
  const tested = offerChecks(RED);
  registerNode(
    RED,
    'connector-store',
    (node, definition) => {
      const engine = engineOf(definition);
      const open = (): Promise<Store> => {
        const secret = node.credentials?.['linkSecret'];
        return loadStore({
          engine,
          path: storePath(RED, definition),
          ...(node.credentials?.['connection'] ? { connection: node.credentials['connection'] } : {}),
          ...(secret ? { linkSecret: secret } : {}),
        });
      };

      const shared = sharedConnection(node, 'store', open);
      const readings = new OwnReadingsUnderWay();
      node.on('close', () => readings.close());
      const opened = async (): Promise<Store> => {
        const opening = shared.use();
        try {
          return await opening;
        } catch (error) {
          throw asConnectorError(error, 'ERR_STORE_OPEN');
        }
      };
      stores.offer(node, {
        name: nameOfNode(node),
        metricsToken: metricsTokenOf(RED, node, definition),
        store: opened,
      });
      offerConnection(
        node,
        {
          readings,
          requests: new RequestsHere(),
          during: shared.during,
          store: opened,
        },
        'connector-store',
      );
      tested.add(node);
    },
    STORE_CREDENTIALS,
    mustBeKnown,
  );
}

/** The store works without measures. */
const mustBeKnown: SecretPlaces = (credential, definition) =>
  credential === 'metricsToken' ? [] : goesTo(credential, definition);
const isMetricsToken: SecretPlaces = (credential) => (credential === 'metricsToken' ? ['this process'] : []);

/** Null: measures are not handed out. A token that could be tried out, or is known to whoever knows the flow, is not taken. */
function metricsTokenOf(RED: RED, node: Instance, definition: Definition): string | null {
  const problem = unknownSecret(node, definition, isMetricsToken);
  if (problem !== null) {
    node.error(new ConnectorError('ERR_CONFIG_INVALID', sayProblem(RED, node, problem)));
    return null;
  }
  const token = (node.credentials?.['metricsToken'] ?? '').trim();
  if (token === '' || token.length >= SHORTEST_TOKEN) return token || null;
  const seen = `The "Metrics token" of the connector store is shorter than ${SHORTEST_TOKEN} characters.`;
  node.error(new ConnectorError('ERR_CONFIG_INVALID', seen));
  return null;
}
