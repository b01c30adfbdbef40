/** The parts of Node-RED this package uses, typed once. The only file that names the `node-red` types. */
import type { Node as RedNode, NodeAPI, NodeCredentials, NodeDef, NodeMessage } from 'node-red';

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

/**
 * Registers a node type whose constructor may throw: a node that cannot start shows why and stays on the canvas.
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
      start(this, definition as Definition);
    } as never,
    { credentials: credentials as NodeCredentials<never> } as never,
  );
}

/** A text property, trimmed; `fallback` when unset. Node-RED has already put in `${ENV}` values. */
export function textOf(definition: Definition, property: string, fallback = ''): string {
  const value = definition[property];
  return typeof value === 'string' ? value.trim() || fallback : typeof value === 'number' ? String(value) : fallback;
}

/** A number property; `fallback` when unset or not a number. */
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

/** One of the allowed words; `fallback` when unset or another. */
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
