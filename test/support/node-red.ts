/** Runs a flow of this package's nodes inside Node-RED's test runtime, on real sockets towards a lab. */
import { createRequire } from 'node:module';
import helper from 'node-red-node-test-helper';
import accessSwitch from '../../nodes/access-switch/access-switch.ts';
import activationLink from '../../nodes/activation-link/activation-link.ts';
import autodiscoverCheck from '../../nodes/autodiscover-check/autodiscover-check.ts';
import connectorStore from '../../nodes/connector-store/connector-store.ts';
import easSource from '../../nodes/eas-source/eas-source.ts';
import enrollmentNotifier from '../../nodes/enrollment-notifier/enrollment-notifier.ts';
import exchangeServer from '../../nodes/exchange-server/exchange-server.ts';
import mailAccount from '../../nodes/mail-account/mail-account.ts';
import mdmSource from '../../nodes/mdm-source/mdm-source.ts';
import mdmTenant from '../../nodes/mdm-tenant/mdm-tenant.ts';
import mergeMatcher from '../../nodes/merge-matcher/merge-matcher.ts';

const require = createRequire(import.meta.url);
helper.init(require.resolve('node-red'), { userDir: '/nonexistent', functionGlobalContext: {} } as never);

const core = (path: string): never => require(`@node-red/nodes/core/${path}`) as never;
const TYPES = [
  exchangeServer,
  mdmTenant,
  mailAccount,
  connectorStore,
  easSource,
  mdmSource,
  mergeMatcher,
  accessSwitch,
  enrollmentNotifier,
  activationLink,
  autodiscoverCheck,
] as unknown as never[];

/** A node of a flow under test; `z` is added. */
export type FlowNode = { id: string; type: string } & Record<string, unknown>;

export interface Status {
  readonly fill: string;
  readonly text: string;
}

/** What happened in the flow, oldest first. */
export interface RunningFlow {
  /** Hands a message to a node. */
  receive(id: string, msg?: Record<string, unknown>): void;
  /** Messages that reached a node of type "helper". */
  messages(id: string): Record<string, unknown>[];
  /** Statuses of a node. */
  statuses(id: string): Status[];
  /** Errors that Catch nodes see: `done(error)`. */
  errors(): { code: string | undefined; message: string; source: string }[];
  /** Messages that a node was done with. */
  completed(id: string): number;
  /** Resolves when the condition holds; checked on every event of the flow. */
  until(condition: () => boolean, what: string): Promise<void>;
  url: string;
}

const TAB = 'tab';
const PATIENCE_MS = 15_000;

/** Starts a flow; {@link stopFlow} ends it. */
export async function startFlow(
  nodes: readonly FlowNode[],
  credentials: Record<string, Record<string, string>> = {},
): Promise<RunningFlow> {
  await helper.startServer();
  const flow = [
    { id: TAB, type: 'tab', label: 'test' },
    { id: 'watch-errors', z: TAB, type: 'catch', scope: null, wires: [['seen-errors']] },
    { id: 'seen-errors', z: TAB, type: 'helper' },
    { id: 'watch-status', z: TAB, type: 'status', scope: null, wires: [['seen-status']] },
    { id: 'seen-status', z: TAB, type: 'helper' },
    {
      id: 'watch-complete',
      z: TAB,
      type: 'complete',
      scope: nodes.filter(isOnCanvas).map(({ id }) => id),
      wires: [['seen-complete']],
    },
    { id: 'seen-complete', z: TAB, type: 'helper' },
    ...nodes.map((node) => (isOnCanvas(node) ? { z: TAB, wires: [], ...node } : node)),
  ];
  const modules = [
    ...TYPES,
    core('common/25-catch.js'),
    core('common/25-status.js'),
    core('common/24-complete.js'),
    core('network/05-tls.js'),
    core('network/06-httpproxy.js'),
  ];
  const seen = new Map<string, Record<string, unknown>[]>();
  const waiting = new Set<() => void>();
  // The helper serves httpAdmin only; pages of nodes are on httpNode, which a module gets to see.
  let httpNode: unknown;
  const seeHttpNode = (RED: { httpNode: unknown }): void => {
    httpNode = RED.httpNode;
  };
  await helper.load([seeHttpNode, ...modules] as never, flow as never, credentials as never);
  (helper as unknown as { _app: { use(handler: unknown): void } })._app.use(httpNode);
  for (const { id, type } of flow) {
    if (type !== 'helper') continue;
    const list: Record<string, unknown>[] = [];
    seen.set(id, list);
    helper.getNode(id).on('input', ((msg: Record<string, unknown>) => {
      list.push(msg);
      for (const check of waiting) check();
    }) as never);
  }
  const of = (id: string): Record<string, unknown>[] => seen.get(id) ?? [];
  const sourceOf = (msg: Record<string, unknown>, property: string): string =>
    ((msg[property] as { source?: { id?: string } } | undefined)?.source?.id ?? '') as string;
  return {
    receive: (id, msg = {}) => helper.getNode(id).receive(msg as never),
    messages: of,
    statuses: (id) =>
      of('seen-status')
        .filter((msg) => sourceOf(msg, 'status') === id)
        .map((msg) => {
          const { fill, text } = msg['status'] as Status;
          return { fill, text };
        }),
    errors: () =>
      of('seen-errors').map((msg) => {
        const error = msg['error'] as { code?: string; message: string; source: { id: string } };
        return { code: error.code, message: error.message, source: error.source.id };
      }),
    completed: (id) => of('seen-complete').filter((msg) => sourceOf(msg, 'complete') === id).length,
    until: (condition, what) =>
      new Promise((resolve, reject) => {
        const finish = (end: () => void): void => {
          clearTimeout(patience);
          clearInterval(poll);
          waiting.delete(check);
          end();
        };
        const check = (): void => {
          if (condition()) finish(resolve);
        };
        const patience = setTimeout(
          () => finish(() => reject(new Error(`Waited in vain until ${what}.`))),
          PATIENCE_MS,
        );
        // Some conditions change outside the flow, in the lab.
        const poll = setInterval(check, 20);
        waiting.add(check);
        check();
      }),
    url: helper.url(),
  };
}

/** Ends the flow: every node is closed, the server too. */
export async function stopFlow(): Promise<void> {
  await helper.unload();
  await new Promise<void>((resolve) => {
    helper.stopServer(resolve as never);
  });
}

const CONFIG_TYPES = new Set([
  'exchange-server',
  'mdm-tenant',
  'mail-account',
  'connector-store',
  'tls-config',
  'http proxy',
]);

function isOnCanvas({ type }: { type: string }): boolean {
  return !CONFIG_TYPES.has(type);
}
