/**
 * What a mapping reads for the fields that decide about access: the names in its JSONata that lead to them, also by way of
 * variables and functions. By the expression alone, as JSONata gives it (`ast()`, docs.jsonata.org/embedding-extending). Pure.
 */
import { DECIDING_FIELDS } from '../model/told-fields.ts';
import type { DecidingField, Reads } from '../model/told-fields.ts';

type Node = Readonly<Record<string, unknown>>;

/*
 *   in the expression of a field                   reads
 *   a, a.b                                         a; b within a
 *   $x, where something is assigned to $x          what that reads
 *   $f("a"), as $lookup($, "a")                    a, beside what the function reads
 *   a[b = 1], a.(b & c)                            a, b; a, b, c
 *   *, **                                          nothing that can be told
 */

/**
 * @param ast of the mapping
 * @param managedIsEnough a reason by itself keeps a record from being compliant, see told-compliance.ts
 */
export function decidingPaths(ast: unknown, managedIsEnough: boolean): Reads {
  const bound = new Map<string, unknown[]>();
  const found = new Map<DecidingField, Set<string>>(DECIDING_FIELDS.map((field) => [field, new Set()]));
  const values: (readonly [DecidingField, unknown])[] = [];
  for (const node of nodesIn(ast)) {
    const { type, lhs, rhs } = node;
    if (type === 'bind' && isNode(lhs) && typeof lhs['value'] === 'string')
      bound.set(lhs['value'], [...(bound.get(lhs['value']) ?? []), rhs]);
    for (const [key, value] of pairsOf(lhs)) {
      const field = key === 'complianceReason' && managedIsEnough ? 'compliance' : key;
      const known = DECIDING_FIELDS.find((one) => one === field);
      if (known !== undefined) values.push([known, value]);
    }
  }
  for (const [field, value] of values) for (const name of pathsIn(value, bound)) found.get(field)?.add(name);
  const namesOf = (field: DecidingField): readonly string[] => [...(found.get(field) ?? [])].sort();
  return { managed: namesOf('managed'), compliance: namesOf('compliance'), removal: namesOf('removal') };
}

/** Each node once, itself first: a parent operator makes rings. */
function* nodesIn(root: unknown): Generator<Node> {
  const seen = new Set<unknown>();
  const open = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== 'object' || node === null || seen.has(node)) continue;
    seen.add(node);
    if (isNode(node)) yield node;
    open.push(...Object.values(node));
  }
}

/** Of an object that is put together, the keys that are texts, and their expressions. */
function pairsOf(lhs: unknown): (readonly [string, unknown])[] {
  if (!Array.isArray(lhs)) return [];
  return (lhs as unknown[]).flatMap((pair) => {
    const [key, value] = Array.isArray(pair) ? (pair as unknown[]) : [];
    return isNode(key) && key['type'] === 'string' ? [[String(key['value']), value] as const] : [];
  });
}

function pathsIn(root: unknown, bound: ReadonlyMap<string, readonly unknown[]>): Set<string> {
  const paths = new Set<string>();
  const seen = new Set<unknown>();
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== 'object' || node === null || seen.has(node)) continue;
    seen.add(node);
    if (!isNode(node)) {
      open.push(...(Object.values(node) as unknown[]));
      continue;
    }
    const { type, value, steps, arguments: given } = node;
    if (type === 'path' && Array.isArray(steps)) for (const path of chainsOf(steps)) paths.add(path);
    else if (type === 'name') paths.add(String(value));
    else if (type === 'variable') open.push(...(bound.get(String(value)) ?? []));
    else if (type === 'function' && Array.isArray(given))
      for (const one of given as unknown[])
        if (isNode(one) && one['type'] === 'string') paths.add(String(one['value']));
    // Of a path the names are known by now; what stands in their brackets is not.
    const others = type === 'path' ? { ...node, steps: (steps as unknown[]).map(withoutName) } : node;
    open.push(...Object.values(others));
  }
  paths.delete('');
  return paths;
}

/** Names that follow each other, with dots. */
function chainsOf(steps: readonly unknown[]): string[] {
  const chains: string[][] = [[]];
  for (const step of steps) {
    if (isNode(step) && step['type'] === 'name') chains.at(-1)?.push(String(step['value']));
    else chains.push([]);
  }
  return chains.filter((names) => names.length > 0).map((names) => names.join('.'));
}

function withoutName(step: unknown): unknown {
  return isNode(step) && step['type'] === 'name' ? { ...step, type: 'seen' } : step;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
