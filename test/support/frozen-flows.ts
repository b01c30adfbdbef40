/** The flows that released versions saved, which every later version loads: `test/fixtures/flows`, one a version, never changed. */
import { readdirSync, readFileSync } from 'node:fs';
import { dialogOf } from './dialog.ts';
import type { FlowNode } from './node-red.ts';

const FOLDER = new URL('../fixtures/flows/', import.meta.url);
const { 'node-red': own } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  'node-red': { nodes: Record<string, string> };
};

/** Every node type of the package. */
export const OWN_TYPES = Object.keys(own.nodes);

/** What Node-RED itself keeps of a node. */
const OF_NODE_RED = ['id', 'type', 'z', 'g', 'x', 'y', 'wires', 'name'];
/** Choices that are not the default in a flow that is simulated, and what no node runs without. */
const WITHOUT_DEFAULT = ['kind', 'transport', 'address', 'linkBase'];

/** A flow with the name that tests call it by. */
export interface FrozenFlow {
  readonly name: string;
  readonly nodes: readonly FlowNode[];
}

/**
 * A flow as a version would have saved it that had no property but the indispensable ones: all others came later.
 * References to config nodes stay.
 */
export function withoutLaterProperties(nodes: readonly FlowNode[]): FlowNode[] {
  return nodes.map((node) => {
    if (!OWN_TYPES.includes(node.type)) return node;
    const { defaults } = dialogOf(node.type);
    const stays = (property: string): boolean =>
      [...OF_NODE_RED, ...WITHOUT_DEFAULT].includes(property) || defaults[property]?.type !== undefined;
    return Object.fromEntries(Object.entries(node).filter(([property]) => stays(property))) as FlowNode;
  });
}

/** Each version's flow as it was saved, and without what a version may have added. */
export const FROZEN_FLOWS: readonly FrozenFlow[] = readdirSync(FOLDER)
  .filter((file) => /^\d+\.\d+\.\d+\.json$/.test(file))
  .flatMap((file) => {
    const nodes = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as FlowNode[];
    const version = file.replace('.json', '');
    return [
      { name: `the flow of ${version}`, nodes },
      { name: `the flow of ${version} without properties that have a default`, nodes: withoutLaterProperties(nodes) },
    ];
  });
