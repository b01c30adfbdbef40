import { resolve } from 'node:path';
import { OwnReadingsUnderWay } from '../../src/connector/readings/readings-under-way.ts';
import { RequestsHere } from '../../src/connector/instances/requests-here.ts';
import { asConnectorError, ConnectorError } from '../../src/errors.ts';
import { loadStore } from '../../src/store/load-store.ts';
import type { Store } from '../../src/store/store.ts';
import { offerConnection, sharedConnection } from '../connections.ts';
import type { Instance, RED } from '../red.ts';
import { offerConsole } from './console-routes.ts';
import { nameOfNode } from './deployed-stores.ts';
import { choiceOf, registerNode, textOf } from '../red.ts';

/** 128 bits, if it is random. */
const SHORTEST_TOKEN = 16;

/** Config node: where snapshots, activations, our list entries and the audit are kept. */
export default function connectorStore(RED: RED): void {
  const stores = offerConsole(RED);
  registerNode(
    RED,
    'connector-store',
    (node, definition) => {
      const engine = choiceOf(definition, 'engine', ['sqlite', 'postgres'], 'sqlite');
      const userDir = RED.settings.userDir ?? process.cwd();

      const open = (): Promise<Store> => {
        const secret = node.credentials?.['linkSecret'];
        return loadStore({
          engine,
          path: fileIn(userDir, textOf(definition, 'path', 'exchange-connector.sqlite')),
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
    },
    { connection: { type: 'password' }, linkSecret: { type: 'password' }, metricsToken: { type: 'password' } },
  );
}

/** Null: measures are not handed out. A token that could be tried out is not taken. */
function metricsTokenOf(node: Instance): string | null {
  const token = node.credentials?.['metricsToken'] ?? '';
  if (token === '' || token.length >= SHORTEST_TOKEN) return token || null;
  const seen = `The "Metrics token" of the connector store is shorter than ${SHORTEST_TOKEN} characters.`;
  node.error(new ConnectorError('ERR_CONFIG_INVALID', seen));
  return null;
}

/** A relative path is meant inside Node-RED's user directory, wherever Node-RED was started from. */
function fileIn(userDir: string, path: string): string {
  return path === ':memory:' ? path : resolve(userDir, path);
}
