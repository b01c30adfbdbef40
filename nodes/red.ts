/** The parts of Node-RED this package uses, typed once. The only file that names the `node-red` types. */
import type { Node as RedNode, NodeAPI, NodeCredentials, NodeDef, NodeMessage } from 'node-red';
import { ConnectorError } from '../src/errors.ts';
import { findProblem, referencesOf } from './fields.ts';
import type { FieldProblem } from './fields.ts';

export type RED = NodeAPI;

/** A message on a wire. `payload`, `topic` and our own properties are unknown until checked. */
export interface Msg extends NodeMessage {
  parts?: { id: string; index: number; type: 'array'; len: number; count?: number };
  sync?: unknown;
  [property: string]: unknown;
}

/** Properties and credentials of one node, as the editor saved them; every value may be missing in an old flow. */
export type Definition = NodeDef & Readonly<Record<string, unknown>>;

/** A node instance; credentials are texts. */
export type Instance = RedNode<Record<string, string | undefined>>;

/** Why a node does not work, found when it started. */
interface Refusal {
  readonly error: ConnectorError;
  /** False if it is a config node's that this node uses: that one may be repaired without this one. */
  readonly own: boolean;
}

const refusals = new WeakMap<object, Refusal>();

/** What a field of this node holds that cannot be meant (ERR_CONFIG_INVALID); null if it may work. */
export function refusalOf(node: object): ConnectorError | null {
  const refusal = refusals.get(node);
  return refusal?.own === true ? refusal.error : null;
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
 */
export function registerNode(
  RED: RED,
  type: string,
  start: (node: Instance, definition: Definition) => void,
  credentials: Record<string, { type: 'text' | 'password' }> = {},
): void {
  RED.nodes.registerType(
    type,
    function constructNode(this: Instance, definition: NodeDef) {
      RED.nodes.createNode(this, definition);
      lookAt(RED, this, definition as Definition);
      start(this, definition as Definition);
    } as never,
    { credentials: credentials as NodeCredentials<never> } as never,
  );
}

function lookAt(RED: RED, node: Instance, definition: Definition): void {
  const problem = findProblem(RED.util, node.type, definition);
  if (problem !== null) {
    const error = new ConnectorError('ERR_CONFIG_INVALID', sayProblem(RED, node, problem), {
      details: { field: problem.property },
    });
    refusals.set(node, { error, own: true });
    node.error(error);
    return;
  }
  for (const id of referencesOf(node.type, definition)) {
    const used: object | null = RED.nodes.getNode(id);
    const error = used === null ? null : refusalOf(used);
    if (error !== null) return void refusals.set(node, { error, own: false });
  }
}

/** Node, field and what is expected, as the dialog says them. Never the value: it may have come from the environment. */
export function sayProblem(
  RED: RED,
  { type, name }: Pick<Instance, 'type'> & { readonly name?: string | undefined },
  { property, expected }: FieldProblem,
): string {
  const label = RED._(`${type}.label`);
  const what = RED._(`shared.invalid.${expected.key}`, (expected.values ?? {}) as never);
  return `${name ? `${label} “${name}”` : label}, “${RED._(`${type}.field.${property}`)}”: ${what}`;
}

/** A text property, trimmed; `fallback` when unset. Node-RED has already put in `${ENV}` values. */
export function textOf(definition: Definition, property: string, fallback = ''): string {
  const value = definition[property];
  return typeof value === 'string' ? value.trim() || fallback : typeof value === 'number' ? String(value) : fallback;
}

/** A number property; `fallback` when unset. One that is no number is refused before it gets here. */
export function numberOf(definition: Definition, property: string, fallback: number): number {
  const value = definition[property];
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  return Number.isFinite(number) ? number : fallback;
}

/** A check box; `fallback` when unset. */
export function flagOf(definition: Definition, property: string, fallback: boolean): boolean {
  const value = definition[property];
  return typeof value === 'boolean' ? value : value === 'true' ? true : value === 'false' ? false : fallback;
}

/** One of the allowed words; `fallback` when unset. Another one is refused before it gets here. */
export function choiceOf<const T extends string>(
  definition: Definition,
  property: string,
  choices: readonly T[],
  fallback: NoInfer<T>,
): T {
  const value = textOf(definition, property);
  return choices.find((choice) => choice === value) ?? fallback;
}

/** A list property written as text: separated by commas, blanks or new lines. */
export function listOf(definition: Definition, property: string): string[] {
  return textOf(definition, property)
    .split(/[\s,;]+/)
    .filter((entry) => entry !== '');
}
