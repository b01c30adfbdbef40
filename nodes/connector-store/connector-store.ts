import { OwnReadingsUnderWay } from '../../src/connector/readings/readings-under-way.ts';
import { RequestsHere } from '../../src/connector/instances/requests-here.ts';
import { asConnectorError, ConnectorError } from '../../src/errors.ts';
import { loadStore } from '../../src/store/load-store.ts';
import type { Store } from '../../src/store/store.ts';
import { offerConnection, sharedConnection } from '../connections.ts';
import type { Instance, RED } from '../red.ts';
import { offerConsole } from './console-routes.ts';
import { nameOfNode } from './deployed-stores.ts';
import { registerNode } from '../red.ts';
import { offerChecks } from './check-now.ts';
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
        metricsToken: metricsTokenOf(node),
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
  );
}

/** Null: measures are not handed out. A token that could be tried out is not taken. */
function metricsTokenOf(node: Instance): string | null {
  const token = (node.credentials?.['metricsToken'] ?? '').trim();
  if (token === '' || token.length >= SHORTEST_TOKEN) return token || null;
  const seen = `The "Metrics token" of the connector store is shorter than ${SHORTEST_TOKEN} characters.`;
  node.error(new ConnectorError('ERR_CONFIG_INVALID', seen));
  return null;
}
