/** Node-RED inside this process, with this package's built nodes, for `npm start`, the demo and the browser tests. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** A flow file's entry. */
export type FlowEntry = Record<string, unknown> & { id: string; type: string };

/** A message on its way from a node. */
export interface SendEvent {
  msg: Record<string, unknown>;
  source: { id: string; port: number; node: { type: string; name?: string } };
  destination: { id: string };
}

interface NodeRedModule {
  init(server: http.Server, settings: Record<string, unknown>): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  httpAdmin: http.RequestListener;
  httpNode: http.RequestListener;
  hooks: { add(hook: string, handler: (event: never) => void): void; remove(hook: string): void };
  nodes: { getNode(id: string): { receive(msg?: Record<string, unknown>): void } | null };
  runtime: { events: { once(name: string, handler: () => void): void } };
}

export interface NodeRed {
  readonly url: string;
  /** Presses an inject node's button, or hands a message to any node. */
  receive(id: string, msg?: Record<string, unknown>): void;
  stop(): Promise<void>;
}

export interface NodeRedOptions {
  readonly userDir: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Seeds flows.json when there is none; a user's own flow is never overwritten. */
  readonly flow?: readonly FlowEntry[];
  /** Credentials of the seeded flow by node id; `${NAME}` of an environment variable is allowed. */
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Sees what every node sends. */
  readonly onSend?: (event: SendEvent) => void;
  /** Sees every `done()` and `done(error)`. */
  readonly onDone?: (node: { id: string; type: string }, error: Error | undefined) => void;
  readonly quiet?: boolean;
  /** Other modules' folders with nodes; default this package's. */
  readonly nodesDir?: readonly string[];
}

/** Starts Node-RED on loopback and resolves when its flows run. Throws Error if this package's nodes are wanted and not built. */
export async function startNodeRed(options: NodeRedOptions): Promise<NodeRed> {
  // It would wait for their types without end.
  if (options.nodesDir === undefined && !existsSync(join(root, 'dist', 'nodes')))
    throw new Error('The nodes are not built: run "npm run build".');
  seed(options);
  const RED = require('node-red') as NodeRedModule;
  const express = createRequire(require.resolve('node-red'))('express') as () => http.RequestListener & {
    use(path: string, handler: http.RequestListener): void;
  };
  const app = express();
  const server = http.createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  RED.init(server, {
    userDir: options.userDir,
    flowFile: 'flows.json',
    flowFilePretty: true,
    // The lab's credentials are worthless; kept readable, they can hold ${NAME} of environment variables.
    credentialSecret: false,
    nodesDir: [...(options.nodesDir ?? [root])],
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    uiHost: '127.0.0.1',
    uiPort: port,
    telemetry: { enabled: false, updateNotification: false },
    runtimeState: { enabled: false, ui: false },
    externalModules: {
      autoInstall: false,
      palette: { allowInstall: false, allowUpload: false },
      modules: { allowInstall: false },
    },
    editorTheme: { tours: false, projects: { enabled: false }, palette: { catalogues: [] } },
    logging: { console: { level: options.quiet === true ? 'off' : 'error', metrics: false, audit: false } },
  });
  app.use('/', RED.httpAdmin);
  app.use('/', RED.httpNode);
  const { onSend, onDone } = options;
  RED.hooks.add('onSend.watch', (events: SendEvent[]) => {
    if (onSend !== undefined) events.forEach(onSend);
  });
  RED.hooks.add('onComplete.watch', (event: { error?: Error; node: { node: { id: string; type: string } } }) => {
    onDone?.(event.node.node, event.error);
  });
  const running = new Promise<void>((resolve) => {
    RED.runtime.events.once('flows:started', resolve);
  });
  await RED.start();
  await running;
  return {
    url: `http://127.0.0.1:${port}`,
    receive(id, msg) {
      const node = RED.nodes.getNode(id);
      if (node === null) throw new Error(`No node ${id} runs.`);
      node.receive(msg);
    },
    async stop() {
      RED.hooks.remove('*.watch');
      await RED.stop();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function seed(options: NodeRedOptions): void {
  mkdirSync(options.userDir, { recursive: true });
  const flows = join(options.userDir, 'flows.json');
  if (options.flow === undefined || existsSync(flows)) return;
  writeFileSync(flows, `${JSON.stringify(options.flow, null, 4)}\n`);
  writeFileSync(join(options.userDir, 'flows_cred.json'), JSON.stringify(options.credentials ?? {}));
}
