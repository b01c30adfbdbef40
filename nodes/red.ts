/** The parts of Node-RED this package uses, typed once. The only file that names the `node-red` types. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node as RedNode, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { ConnectorError } from '../src/errors.ts';
import type { SeenInEach } from '../src/errors.ts';
import { refusal } from '../src/model/refusals.ts';
import { inDialogs } from './dialog-words.ts';
import { findProblem, referencesOf, unknownVariable } from './fields.ts';
import type { FieldProblem } from './fields.ts';

/** Values of a text in a catalogue: what `__name__` in it becomes. */
export type TextValues = Readonly<Record<string, string | number>>;

/** What Node-RED hands to a node's module, as far as this package asks for it. */
export interface RED {
  readonly nodes: {
    createNode(node: Instance, definition: NodeDef): void;
    registerType(
      type: string,
      start: (this: Instance, definition: NodeDef) => void,
      options: { readonly credentials: Readonly<Record<string, { readonly type: 'text' | 'password' }>> },
    ): void;
    /** Null for a node that is not there, disabled or not started. */
    getNode(id: string): RunningNode | null;
    /** Every node of the flows as it was saved, with those that do not run. */
    eachNode(visit: (definition: Definition) => void): void;
  };
  readonly events: NodeAPI['events'];
  readonly hooks: DeliveryHooks;
  readonly settings: { readonly userDir?: string; readonly envVarExcludes?: unknown; readonly httpNodeRoot?: unknown };
  readonly auth: { needsPermission(permission: string): WebHandler };
  /** The editor's web application. */
  readonly httpAdmin: WebApplication;
  /** The web application for everybody. */
  readonly httpNode: WebApplication;
  readonly util: Pick<NodeAPI['util'], 'generateId' | 'cloneMessage'> & {
    evaluateNodeProperty(value: string, type: 'env', node: object, msg: object): unknown;
    /** Throws an object with a message for what is no JSONata. */
    prepareJSONataExpression(expression: string, node: object): PreparedExpression;
    evaluateJSONataExpression(
      prepared: PreparedExpression,
      input: unknown,
      answer: (error: Error | null, value: unknown) => void,
    ): void;
  };
  /** A text of a catalogue; the key itself where there is none. */
  _(key: string, values?: TextValues): string;
}

type PreparedExpression = ReturnType<NodeAPI['util']['prepareJSONataExpression']>;

/** Any node that runs, ours or not; what else it has must be looked at. */
export interface RunningNode {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  readonly credentials?: Readonly<Record<string, string | undefined>>;
  /** Of a core `tls-config` node: adds what it holds to the options of a connection. */
  addTLSOptions?(options: Record<string, unknown>): Record<string, unknown>;
  /** Of a core `http proxy` node. */
  readonly url?: unknown;
  /** Hands a message to the node, as a wire does. */
  receive?(msg: object): void;
}

/** Node-RED's messaging hooks, those that tell of deliveries. A hook is named `<event>.<label>`; `*.<label>` removes all. */
export interface DeliveryHooks {
  add(hook: `preDeliver.${string}` | `onComplete.${string}`, handler: (event: DeliveryEvent) => void): void;
  remove(hook: `*.${string}`): void;
}

/** A message that goes to a node (`destination`), or that a node is done with (`node`), perhaps with an error. */
export interface DeliveryEvent {
  readonly msg?: Msg;
  readonly destination?: { readonly node?: Receiver };
  readonly node?: { readonly id?: string; readonly node?: Receiver };
  readonly error?: unknown;
}

/** The node that a message is for. `_expectedDoneCount` is Node-RED's own count of its handlers that take `done`. */
export interface Receiver {
  readonly _expectedDoneCount?: number;
}

/** A request to one of Node-RED's web applications, which are of Express. */
export interface WebRequest extends IncomingMessage {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  /** What a body parser before us has read, if one did. */
  readonly body?: unknown;
  /** The parts of the path that the route has named. */
  readonly params?: Readonly<Record<string, string | undefined>>;
  /** Who is signed in to the editor, as Node-RED has found out. */
  readonly user?: { readonly username?: unknown };
}

export interface WebResponse extends ServerResponse {
  status(code: number): this;
  json(body: unknown): this;
}

export type WebHandler = (request: WebRequest, response: WebResponse, next: () => void) => void;

export interface WebApplication {
  get(path: string, ...handlers: WebHandler[]): unknown;
  post(path: string, ...handlers: WebHandler[]): unknown;
  use(handler: WebHandler): unknown;
}

/** A message on a wire. `payload`, `topic` and our own properties are unknown until checked. */
export interface Msg extends NodeMessage {
  parts?: { id: string; index: number; type: 'array'; len: number; count?: number };
  sync?: unknown;
  [property: string]: unknown;
}

/** Properties as somebody saved or sent them; every value may be missing, or another than expected. */
export type Properties = Readonly<Record<string, unknown>>;

/** Properties of one node, as the editor saved them; every value may be missing in an old flow. */
export type Definition = NodeDef & Properties;

/**
 * Where a credential would go: texts that are the same for the same place. None: under these choices it goes nowhere.
 * @param credentials all of the node, as texts
 */
export type SecretPlaces = (
  credential: string,
  definition: Properties,
  credentials: Readonly<Record<string, string>>,
) => readonly string[];

/** A node instance; credentials are texts. */
export type Instance = RedNode<Record<string, string | undefined>>;

/** Why a node does not work, found when it started. */
interface Refusal {
  readonly error: ConnectorError;
  /** False if it is a config node's that this node uses: that one may be repaired without this one. */
  readonly own: boolean;
}

const ours = new WeakSet<object>();

/** A node of this package that runs, with its properties as it runs with them. */
export interface Running {
  readonly node: RunningNode;
  readonly definition: Definition;
}

/** Properties by the node's id, for each Node-RED. */
const running = new WeakMap<RED['events'], Map<string, Definition>>();

/**
 * The nodes of a type that run. Those within subflows are among them, which `eachNode` does not know: of a subflow the flow file
 * has the pattern, and Node-RED runs nodes of their own for each of its instances.
 */
export function runningNodes(RED: RED, type: string): Running[] {
  return [...(running.get(RED.events)?.values() ?? [])].flatMap((definition) => {
    const node = definition.type === type ? RED.nodes.getNode(definition.id) : null;
    return node === null ? [] : [{ node, definition }];
  });
}

function keepRunning(RED: RED, node: Instance, definition: Definition): void {
  const all = running.get(RED.events) ?? new Map<string, Definition>();
  running.set(RED.events, all);
  all.set(node.id, definition);
  node.on('close', () => {
    if (all.get(node.id) === definition) all.delete(node.id);
  });
}

/** True for a node of this package: it is done with every message, sooner or later. */
export function isOurs(node: object): boolean {
  return ours.has(node);
}

const refusals = new WeakMap<object, Refusal>();

/** What a field of this node holds that cannot be meant (ERR_CONFIG_INVALID); null if it may work. */
export function refusalOf(node: object): ConnectorError | null {
  const found = refusals.get(node);
  return found?.own === true ? found.error : null;
}

/** As {@link refusalOf}; else what a config node held, when this node started, that this node uses. For the first status. */
export function problemAtStart(node: object): ConnectorError | null {
  return refusals.get(node)?.error ?? null;
}

/**
 * Registers a node type. What its fields hold is looked at first: `fields.ts` says what they may. A node with a field that
 * cannot be meant starts all the same, but {@link refusalOf} answers every input, and every use of a config node.
 *
 * @param credentials names of the credential properties and how the editor treats them
 * @param goesTo where a credential goes ({@link SecretPlaces}); one that goes somewhere may not name a variable that there is not
 */
export function registerNode(
  RED: RED,
  type: string,
  start: (node: Instance, definition: Definition) => void,
  credentials: Record<string, { type: 'text' | 'password' }> = {},
  goesTo: SecretPlaces = () => [],
): void {
  RED.nodes.registerType(
    type,
    function constructNode(this: Instance, definition: NodeDef) {
      RED.nodes.createNode(this, definition);
      ours.add(this);
      keepRunning(RED, this, definition as Definition);
      lookAt(RED, this, definition as Definition, goesTo);
      start(this, definition as Definition);
    },
    { credentials },
  );
}

function lookAt(RED: RED, node: Instance, definition: Definition, goesTo: SecretPlaces): void {
  const problem = findProblem(RED.util, node.type, definition) ?? unknownSecret(node, definition, goesTo);
  if (problem !== null) {
    const error = new ConnectorError('ERR_CONFIG_INVALID', sayProblem(RED, node, problem), {
      details: { field: problem.property },
    });
    refusals.set(node, { error, own: true });
    node.error(error);
    return;
  }
  for (const { id } of referencesOf(node.type, definition)) {
    const used = RED.nodes.getNode(id);
    const error = used === null ? null : refusalOf(used);
    if (error !== null) return void refusals.set(node, { error, own: false });
  }
}

/** The first credential that counts and is still the name of a variable: it would be sent, or signed with, as it is written. */
export function unknownSecret(
  { credentials }: Instance,
  definition: Definition,
  goesTo: SecretPlaces,
): FieldProblem | null {
  const texts = Object.fromEntries(Object.entries(credentials ?? {}).map(([name, value]) => [name, value ?? '']));
  for (const [property, text] of Object.entries(texts)) {
    const name = unknownVariable(text);
    if (name !== null && goesTo(property, definition, texts).length > 0)
      return { property, expected: { key: 'variableUnknown', values: { name } } };
  }
  return null;
}

/** Node, field and what is expected, as the dialog says them in each language. Never the value: it may have come from the environment. */
export function sayProblem(
  RED: RED,
  { type, name }: Pick<Instance, 'type'> & { readonly name?: string | undefined },
  { property, expected }: FieldProblem,
): SeenInEach {
  const { each } = inDialogs(RED, type, 'label');
  const named = { en: `${each.en} “${name}”`, de: `${each.de} „${name}“` };
  return refusal('field-problem', {
    label: { each: name ? named : each },
    field: inDialogs(RED, type, `field.${property}`),
    expected: inDialogs(RED, type, `shared.invalid.${expected.key}`, expected.values),
  });
}

/** A text property, trimmed; `fallback` when unset. Node-RED has already put in `${ENV}` values. */
export function textOf(definition: Properties, property: string, fallback = ''): string {
  const value = definition[property];
  return typeof value === 'string' ? value.trim() || fallback : typeof value === 'number' ? String(value) : fallback;
}

/** A number property; `fallback` when unset. One that is no number is refused before it gets here. */
export function numberOf(definition: Properties, property: string, fallback: number): number {
  const value = definition[property];
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  return Number.isFinite(number) ? number : fallback;
}

/** A number; null when unset. */
export function optionalNumberOf(definition: Properties, property: string): number | null {
  const number = numberOf(definition, property, NaN);
  return Number.isNaN(number) ? null : number;
}

/** A check box; `fallback` when unset. */
export function flagOf(definition: Properties, property: string, fallback: boolean): boolean {
  const value = definition[property];
  if (typeof value === 'boolean') return value;
  const text = textOf(definition, property);
  return text === 'true' ? true : text === 'false' ? false : fallback;
}

/** One of the allowed words; `fallback` when unset. Another one is refused before it gets here. */
export function choiceOf<const T extends string>(
  definition: Properties,
  property: string,
  choices: readonly T[],
  fallback: NoInfer<T>,
): T {
  const value = textOf(definition, property);
  return choices.find((choice) => choice === value) ?? fallback;
}

/** A list property written as text: separated by commas, blanks or new lines. */
export function listOf(definition: Properties, property: string): string[] {
  return textOf(definition, property)
    .split(/[\s,;]+/)
    .filter((entry) => entry !== '');
}
