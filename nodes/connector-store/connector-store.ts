import { resolve } from 'node:path';
import { OwnReadingsUnderWay } from '../../src/connector/readings/readings-under-way.ts';
import { RequestsHere } from '../../src/connector/instances/requests-here.ts';
import { asConnectorError } from '../../src/errors.ts';
import { loadStore } from '../../src/store/load-store.ts';
import type { Store } from '../../src/store/store.ts';
import { offerConnection, sharedConnection } from '../connections.ts';
import type { RED } from '../red.ts';
import { choiceOf, registerNode, textOf } from '../red.ts';

/** Config node: where snapshots, activations, our list entries and the audit are kept. */
export default function connectorStore(RED: RED): void {
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
      offerConnection(
        node,
        {
          readings,
          requests: new RequestsHere(),
          during: shared.during,
          store: async () => {
            const opening = shared.use();
            try {
              return await opening;
            } catch (error) {
              throw asConnectorError(error, 'ERR_STORE_OPEN');
            }
          },
        },
        'connector-store',
      );
    },
    { connection: { type: 'password' }, linkSecret: { type: 'password' } },
  );
}

/** A relative path is meant inside Node-RED's user directory, wherever Node-RED was started from. */
function fileIn(userDir: string, path: string): string {
  return path === ':memory:' ? path : resolve(userDir, path);
}
