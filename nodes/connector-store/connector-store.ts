import { join } from 'node:path';
import { asConnectorError, ConnectorError } from '../../src/errors.ts';
import type { Store } from '../../src/store/store.ts';
import { offerConnection } from '../connections.ts';
import type { RED } from '../red.ts';
import { choiceOf, registerNode, textOf } from '../red.ts';

/** node:sqlite came without a flag in 22.13, and the query builder is an ES module that CommonJS can load since 22.12. */
const NODE_FLOOR = [22, 13] as const;

function checkEngine(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])) return;
  throw new ConnectorError('ERR_ENGINE_UNSUPPORTED', `The connector store cannot run on Node.js ${process.versions.node}.`);
}

/** Config node: where snapshots, activations, our list entries and the audit are kept. */
export default function connectorStore(RED: RED): void {
  registerNode(
    RED,
    'connector-store',
    (node, definition) => {
      const engine = choiceOf(definition, 'engine', ['sqlite', 'postgres'], 'sqlite');
      const userDir = (RED.settings as { userDir?: string }).userDir ?? process.cwd();
      let opening: Promise<Store> | null = null;
      let closed = false;

      const open = async (): Promise<Store> => {
        checkEngine();
        const { openStore } = await import('../../src/store/open-store.ts');
        const secret = node.credentials?.['linkSecret'];
        return openStore({
          engine,
          path: textOf(definition, 'path') || join(userDir, 'exchange-connector.sqlite'),
          ...(node.credentials?.['connection'] ? { connection: node.credentials['connection'] } : {}),
          ...(secret ? { linkSecret: secret } : {}),
        });
      };

      offerConnection(
        node,
        {
          store: async () => {
            if (closed) throw new ConnectorError('ERR_ABORTED', 'The store was closed.');
            opening ??= open();
            try {
              return await opening;
            } catch (error) {
              opening = null;
              throw asConnectorError(error, 'ERR_STORE_OPEN');
            }
          },
        },
        'connector-store',
      );

      node.on('close', (_removed: boolean, done: () => void) => {
        closed = true;
        const finished = opening === null ? Promise.resolve() : opening.then((store) => store.close());
        void finished.catch(() => undefined).finally(done);
      });
    },
    { connection: { type: 'password' }, linkSecret: { type: 'password' } },
  );
}
