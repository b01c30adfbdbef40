/** Runs a flow of this package's nodes inside Node-RED's test runtime, on real sockets towards a lab. */
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
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
import { PATIENCE_MS } from './eventually.ts';
import { passTurns } from './turns.ts';

const require = createRequire(import.meta.url);
helper.init(require.resolve('node-red'), { userDir: '/nonexistent', functionGlobalContext: {} } as never);

const core = (path: string): never => require(`@node-red/nodes/core/${path}`) as never;
const { hooks, events } = createRequire(require.resolve('node-red'))('@node-red/util') as {
  hooks: Red['hooks'];
  events: EventEmitter;
};
/** The part of RED that page credits need, for tests without a node around them. */
export const RED_HOOKS = { hooks } as never;

/** The folder that Node-RED keeps its files in, for nodes that put theirs beside them. */
export function useUserDir(folder: string): void {
  helper.settings({ userDir: folder, fileWorkingDirectory: folder, functionGlobalContext: {} } as never);
}

/** Under which path Node-RED serves pages of nodes, as `settings.js` has it; absent: as at first. */
export function useNodeRoot(httpNodeRoot?: string | false): void {
  const root = httpNodeRoot === undefined ? {} : { httpNodeRoot };
  helper.settings({ userDir: '/nonexistent', functionGlobalContext: {}, ...root } as never);
}

/** Listeners on Node-RED's own events, and messaging hooks of page sequences: what a leaking node would leave there. */
export function leftBehind(): { listeners: number; hooks: number } {
  const listeners = events.eventNames().reduce((sum, name) => sum + events.listenerCount(name), 0);
  const names = ['preDeliver', 'onComplete'].filter((name) => hooks.has(`${name}.eas-connector-pages`));
  return { listeners, hooks: names.length };
}

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
  /** Messages a node got and answers (`done`) it gave: equal, once it rests. */
  ended(id: string): { received: number; done: number };
  /** Every message on every wire, whoever got it. Each is frozen: who changes a sent message, throws. */
  sent(): Record<string, unknown>[];
  /** Messages that reached a node of any type. */
  arrived(id: string): Record<string, unknown>[];
  /** Most messages of sequences that nodes had at the same time: on their way to one, or not done. */
  mostUnderWay(): number;
  /** Every status text in words, oldest first: the catalogue's, with its values. */
  words(): string[];
  /** A running node, for what config nodes offer to others. */
  node(id: string): unknown;
  /** What was logged, as text. */
  logged(): string[];
  /** Deploys the flow anew, or another one: every node (full), or only what changed and what hangs on it. */
  redeploy(nodes?: readonly FlowNode[], kind?: 'full' | 'nodes'): Promise<void>;
  /** Forgets what was seen, so that only the nodes themselves keep anything. */
  forget(): void;
  /** The flow as Node-RED would save it. */
  exported(): unknown;
  /** Number of handlers in Node-RED's web application that pages of nodes are served on. */
  layers(): number;
  /** Resolves when the condition holds; checked on every event of the flow. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Resolves when no message is handed over and no node is done any more, by turns of the event loop: for flows that wait for nothing outside. */
  rests(): Promise<void>;
  url: string;
}

/** Core nodes that change what they get: that is what they are for, a link notes where it came from, a file its name, a request its answer. */
const CHANGING = /^(link|split|join|csv|template|switch|change|file|http|function|delay|rbe)\b/;
const TAB = 'tab';
const NODES = fileURLToPath(new URL('../../nodes/', import.meta.url));
const catalogues = new Map<string, unknown>();

/** A text of the en-US catalogue, as an administrator reads it; a missing one is a mistake. */
function wordsOf(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  const [type = '', ...path] = key.split('.');
  // Core nodes have catalogues of their own.
  if (type !== 'shared' && !existsSync(`${NODES}${type}`)) return key;
  const folder = type === 'shared' ? 'locales' : `${type}/locales`;
  let catalogue = catalogues.get(type);
  if (catalogue === undefined) {
    catalogue = JSON.parse(readFileSync(`${NODES}${folder}/en-US/${type}.json`, 'utf8'));
    catalogues.set(type, catalogue);
  }
  const steps = type === 'shared' ? path : [type, ...path];
  const text = steps.reduce<unknown>(
    (found, step) => (found as Record<string, unknown> | undefined)?.[step],
    catalogue,
  );
  if (typeof text !== 'string') throw new Error(`The catalogue has no text ${key}.`);
  return text.replace(/__(\w+)__/g, (_all, name: string) => {
    if (values[name] === undefined) throw new Error(`The text ${key} wants ${name}.`);
    return String(values[name]);
  });
}

type Hook = (event: {
  msg: Record<string, unknown>;
  node?: { id: string };
  destination?: { id: string; node?: { type: string } };
}) => void;

/** What a node of type "consumer" does with a message: stands for any node of others. */
export type Consumer = (
  msg: Record<string, unknown>,
  send: (msg: Record<string, unknown>) => void,
  done: () => void,
) => void;

interface Red {
  comms?: { publish(): void };
  _(key: string, values?: Readonly<Record<string, string | number>>): string;
  /** An Express application; version 4 keeps its handlers here. */
  httpNode: { _router?: { stack: unknown[] } };
  hooks: { add(name: string, hook: Hook): void; remove(name: string): void; has(name: string): boolean };
  nodes: {
    createNode(node: unknown, definition: unknown): void;
    registerType(type: string, constructor: (this: FlowListener, definition: { id: string }) => void): void;
  };
}

interface FlowListener {
  on(event: 'input', handler: Consumer): void;
}

interface TestRuntime {
  _sandbox: { resetHistory(): void };
  _app: { use(handler: unknown): void };
  _redNodes: {
    setFlows(flow: unknown, credentials: unknown, type: string): Promise<void>;
    getFlows(): unknown;
  };
  log(): { args: unknown[][] };
}

const runtime = helper as unknown as TestRuntime;
let removeHooks = (): void => {};

/**
 * Starts a flow; {@link stopFlow} ends it.
 * @param consumers what nodes of type "consumer" do, by node id
 */
export async function startFlow(
  nodes: readonly FlowNode[],
  credentials: Record<string, Record<string, string>> = {},
  consumers: Readonly<Record<string, Consumer>> = {},
): Promise<RunningFlow> {
  // Typed as if it took a callback only; it returns a promise as well.
  await (helper.startServer() as unknown as Promise<void>);
  const onTab = (own: readonly FlowNode[]): FlowNode[] => [
    { id: TAB, type: 'tab', label: 'test' },
    { id: 'watch-errors', z: TAB, type: 'catch', scope: null, wires: [['seen-errors']] },
    { id: 'seen-errors', z: TAB, type: 'helper' },
    { id: 'watch-status', z: TAB, type: 'status', scope: null, wires: [['seen-status']] },
    { id: 'seen-status', z: TAB, type: 'helper' },
    {
      id: 'watch-complete',
      z: TAB,
      type: 'complete',
      scope: own.filter(isOnCanvas).map(({ id }) => id),
      wires: [['seen-complete']],
    },
    { id: 'seen-complete', z: TAB, type: 'helper' },
    ...own.map((node) => (isOnCanvas(node) ? { z: TAB, wires: [], ...node } : node)),
  ];
  const flow = onTab(nodes);
  const modules = [
    ...TYPES,
    core('common/25-catch.js'),
    core('common/25-status.js'),
    core('common/24-complete.js'),
    core('network/05-tls.js'),
    core('network/06-httpproxy.js'),
    core('common/20-inject.js'),
    core('common/21-debug.js'),
    core('common/60-link.js'),
    core('common/90-comment.js'),
    core('function/15-change.js'),
    core('storage/10-file.js'),
    core('function/10-switch.js'),
    core('function/80-template.js'),
    core('parsers/70-CSV.js'),
    core('sequence/17-split.js'),
    core('function/rbe.js'),
    core('network/21-httpin.js'),
    core('network/21-httprequest.js'),
    core('function/10-function.js'),
    core('function/89-delay.js'),
  ];
  const seen = new Map<string, Record<string, unknown>[]>();
  const words: string[] = [];
  const waiting = new Set<() => void>();
  const check = (): void => {
    for (const waiter of waiting) waiter();
  };
  // The helper serves httpAdmin only; pages of nodes are on httpNode, which a module gets to see.
  let red: Red | undefined;
  const seeRed = (RED: Red): void => {
    red = RED;
    // The debug node sends to the editor, which is not there.
    red.comms ??= { publish: () => {} };
    // The test runtime leaves them out; Node-RED itself gives them to every node.
    red.hooks ??= hooks;
    red._ = (key, values) => {
      words.push(wordsOf(key, values));
      return key;
    };
    RED.nodes.registerType('consumer', function construct(definition) {
      RED.nodes.createNode(this, definition);
      this.on('input', consumers[definition.id] ?? ((_msg, _send, done) => done()));
    });
  };
  await helper.load([seeRed, ...modules] as never, flow as never, credentials as never);
  if (red === undefined) throw new Error('Node-RED did not load the modules.');
  const { httpNode } = red;
  runtime._app.use(httpNode);
  const counts = countMessages(check);
  const listen = (all: readonly FlowNode[]): void => {
    for (const { id, type } of all) {
      if (type !== 'helper') continue;
      const list = seen.get(id) ?? [];
      seen.set(id, list);
      helper.getNode(id).on('input', ((msg: Record<string, unknown>, _send: unknown, done: () => void) => {
        list.push(msg);
        check();
        done();
      }) as never);
    }
  };
  listen(flow);
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
    ended: (id) => ({ received: counts.received.get(id) ?? 0, done: counts.done.get(id) ?? 0 }),
    sent: () => counts.sent,
    arrived: (id) => counts.arrived.get(id) ?? [],
    mostUnderWay: () => counts.mostUnderWay(),
    words: () => words,
    node: (id) => helper.getNode(id),
    logged: () => runtime.log().args.map(([entry]) => textOfLog(entry)),
    redeploy: async (anew = nodes, kind = 'full') => {
      const started = once(events, 'flows:started');
      await runtime._redNodes.setFlows(onTab(anew), credentials, kind);
      await started;
      if (kind === 'full') listen(onTab(anew));
    },
    forget: () => {
      runtime._sandbox.resetHistory();
      for (const list of [...seen.values(), ...counts.arrived.values(), counts.sent, words]) list.length = 0;
    },
    exported: () => runtime._redNodes.getFlows(),
    layers: () => httpNode._router?.stack.length ?? 0,
    until: (condition, what) =>
      new Promise((resolve, reject) => {
        const finish = (end: () => unknown): void => {
          clearTimeout(patience);
          clearInterval(poll);
          waiting.delete(look);
          end();
        };
        const look = (): void => {
          if (condition()) finish(() => delivered().then(resolve));
        };
        const patience = setTimeout(
          () => finish(() => reject(new Error(`Waited in vain until ${what}.`))),
          PATIENCE_MS,
        );
        // Some conditions change outside the flow, in the lab.
        const poll = setInterval(look, 20);
        waiting.add(look);
        look();
      }),
    rests: async () => {
      const happened = (): number =>
        [...counts.received.values(), ...counts.done.values()].reduce((sum, n) => sum + n, 0);
      let before: number;
      do {
        before = happened();
        await passTurns(20);
      } while (happened() !== before);
    },
    url: helper.url(),
  };
}

/** Node-RED hands each message over in a turn of its own: what was sent by now has arrived some turns later. */
const delivered = (): Promise<void> => passTurns(10);

/** Counts what goes over the wires, and freezes it: what was sent is never changed. */
function countMessages(check: () => void): {
  arrived: Map<string, Record<string, unknown>[]>;
  sent: Record<string, unknown>[];
  received: Map<string, number>;
  done: Map<string, number>;
  mostUnderWay(): number;
} {
  const received = new Map<string, number>();
  const done = new Map<string, number>();
  const sent: Record<string, unknown>[] = [];
  const arrived = new Map<string, Record<string, unknown>[]>();
  const ofSequences = new WeakSet<object>();
  let [underWay, most] = [0, 0];
  const count = (counts: Map<string, number>, id: string | undefined): void => {
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  };
  hooks.add('preDeliver.test', ({ msg, destination }) => {
    if (msg['parts'] !== undefined) {
      ofSequences.add(msg);
      underWay += 1;
      most = Math.max(most, underWay);
    }
    sent.push(CHANGING.test(destination?.node?.type ?? '') ? msg : freeze(msg));
  });
  hooks.add('onReceive.test', ({ destination, msg }) => {
    const id = destination?.id ?? '';
    const { _inputCallback: one, _inputCallbacks: many } = (destination?.node ?? {}) as ClosedNode;
    // Node-RED hands a message to a node that is closed, too, and it is lost there.
    if (one !== null || many !== null) count(received, id);
    arrived.set(id, [...(arrived.get(id) ?? []), msg]);
    setImmediate(check);
  });
  hooks.add('onComplete.test', ({ msg, node }) => {
    if (ofSequences.has(msg)) underWay -= 1;
    count(done, node?.id);
    setImmediate(check);
  });
  removeHooks = () => hooks.remove('*.test');
  return { arrived, sent, received, done, mostUnderWay: () => most };
}

/** Node-RED's own fields: both null once a node is closed. */
interface ClosedNode {
  readonly _inputCallback?: unknown;
  readonly _inputCallbacks?: unknown;
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Uint8Array) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}

function textOfLog(entry: unknown): string {
  const { msg } = entry as { msg: unknown };
  return msg instanceof Error
    ? `${msg.stack} ${JSON.stringify(msg)}`
    : typeof msg === 'string'
      ? msg
      : JSON.stringify(msg);
}

/** Ends the flow: every node is closed, the server too. */
export async function stopFlow(): Promise<void> {
  removeHooks();
  removeHooks = () => {};
  await helper.unload();
  await new Promise<void>((resolve) => {
    helper.stopServer(resolve as never);
  });
}

const CONFIG_TYPES = new Set([
  'tab',
  'subflow',
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
