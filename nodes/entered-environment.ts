/**
 * What `${NAME}` is for a node that is not deployed yet: as Node-RED would put it in, by what the editor has of groups and flow,
 * and what only the runtime has.
 */
import { ConnectorError } from '../src/errors.ts';
import type { SeenInEach } from '../src/errors.ts';
import { refusal } from '../src/model/refusals.ts';
import type { Properties, RED } from './red.ts';

/** One variable of a group, a flow or of all flows, as the editor has it. */
interface Variable {
  readonly name: string;
  readonly type: string;
  /** Empty for a secret. */
  readonly value: string;
}

/** The variables of one group or flow. `of` says whose: of a group, a flow (or subflow), or of all flows. */
interface Level {
  readonly of: 'group' | 'flow' | 'global';
  /** Of the group or flow. */
  readonly id: string;
  readonly variables: readonly Variable[];
}

/** What Node-RED puts a value of the environment in for. */
const ENVIRONMENT = /^\$(?:\{(\S+)\}|\((\S+)\))$/;

/** More of them than any flow has. */
const MOST_LEVELS = 100;
const MOST_VARIABLES = 1_000;

/** The name that a text asks for; null: it is a text of its own. */
export function variableIn(text: string): string | null {
  const found = ENVIRONMENT.exec(text);
  return found === null ? null : (found[1] ?? found[2] ?? null);
}

/*
 *   a variable is                                           its value
 *   text, number, boolean, JSON or bytes of a level         that, as text
 *   a variable's name of a level (`env`)                    what that one is, seen from there
 *   a secret of a level (`cred`)                            what a deployed node of the same group or flow has of it: the editor does
 *                                                           not know it, and a new one only deploying brings
 *   an expression (`jsonata`)                               only deploying evaluates it
 *   of no level                                             the process's, but for what `envVarExcludes` of the settings hides
 *   nowhere                                                 nothing: Node-RED would leave the field as it is written
 *
 *   The innermost group comes first, then those around it, the flow, all flows, and the process.
 */

/** Resolves names for a node that is not deployed, and knows which values the editor must not see. */
export class EnteredEnvironment {
  readonly #RED: Pick<RED, 'nodes' | 'settings' | 'util'>;
  readonly #levels: readonly Level[];
  /** Values that came from the runtime, with how they are written in the dialog. */
  readonly #hidden = new Map<string, string>();

  /** @param told `environment` of the request, whatever it is; absent: the process's variables alone */
  constructor(RED: Pick<RED, 'nodes' | 'settings' | 'util'>, told: unknown) {
    this.#RED = RED;
    this.#levels = levelsOf(told);
  }

  /** Throws ERR_CONFIG_MISSING for a name that nothing has, or whose value only deploying makes known. @param field that asks for it */
  valueOf(name: string, field: string): string {
    const value = this.#find(name, { from: 0, before: null });
    if (value !== null) return value;
    throw notKnown(refusal('environment-unset', { variable: `\${${name}}` }), field);
  }

  /** As {@link valueOf}; empty where that throws. */
  valueIfKnown(name: string): string {
    try {
      return this.valueOf(name, '');
    } catch {
      return '';
    }
  }

  /** A line for the editor, without values of the runtime: they are written as in the dialog. */
  hide<T>(line: T): T {
    if (this.#hidden.size === 0) return line;
    const clean = (value: unknown): unknown => {
      if (typeof value === 'string') return this.#without(value);
      if (Array.isArray(value)) return value.map(clean);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, clean(one)]));
    };
    return clean(line) as T;
  }

  #without(text: string): string {
    let clean = text;
    for (const [value, written] of this.#hidden)
      clean = clean.replace(new RegExp(value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'gi'), () => written);
    return clean;
  }

  /** @param seen.before of that level those that name others count only before this one: it may name one further out */
  #find(name: string, { from, before }: { readonly from: number; readonly before: number | null }): string | null {
    for (let at = from; at < this.#levels.length; at += 1) {
      const level = this.#levels[at]!;
      const isVisible = (type: string, no: number): boolean =>
        type !== 'env' || at > from || before === null || no < before;
      const index = level.variables.findLastIndex((one, no) => one.name === name && isVisible(one.type, no));
      if (index >= 0) return this.#valueOf(level, { at, index });
    }
    const excluded = this.#RED.settings.envVarExcludes;
    const isHidden = Array.isArray(excluded) && excluded.includes(name);
    const value = isHidden ? undefined : process.env[name];
    return value === undefined ? null : this.#known(value, name);
  }

  #valueOf(level: Level, { at, index }: { readonly at: number; readonly index: number }): string {
    const { name, type, value } = level.variables[index]!;
    const find = (other: string): string => this.#find(other, { from: at, before: index }) ?? '';
    if (type === 'cred') return this.#known(this.#secretOf(level, name), name);
    if (type === 'env')
      return value.includes('${') ? value.replaceAll(/\$\{([^}]+)\}/g, (_, one) => find(one)) : find(value);
    if (type !== 'jsonata') return value;
    throw notKnown(refusal('environment-expression', { variable: `\${${name}}` }), name);
  }

  /** The secret of a group or flow as the deployed one has it: a running node of it is asked, as Node-RED asks for it. */
  #secretOf({ of, id }: Level, name: string): string {
    let found = '';
    this.#RED.nodes.eachNode((definition) => {
      const { z = '', g = '' } = definition as { readonly z?: string; readonly g?: string };
      const belongs = of === 'group' ? g === id : g === '' && z === (of === 'flow' ? id : '');
      const node = found === '' && belongs ? this.#RED.nodes.getNode(definition.id) : null;
      if (node === null) return;
      const value = this.#RED.util.evaluateNodeProperty(`\${${name}}`, 'env', node, {});
      if (typeof value === 'string') found = value;
    });
    if (found !== '') return found;
    throw notKnown(refusal('environment-secret', { variable: `\${${name}}` }), name);
  }

  #known(value: string, name: string): string {
    // What is short or a number stands in texts for other things.
    for (const part of [value, ...passwordIn(value)])
      if (part.length > 4 && !/^[\d.]+$/.test(part)) this.#hidden.set(part, `\${${name}}`);
    return value;
  }
}

/** Of an address with one, as it is written there and as it is meant. */
function passwordIn(value: string): string[] {
  const password = URL.parse(value)?.password ?? '';
  return password === '' ? [] : [password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function levelsOf(told: unknown): Level[] {
  if (!Array.isArray(told)) return [];
  return told.slice(0, MOST_LEVELS).flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) return [];
    const { of, id, variables } = one as Properties;
    if (of !== 'group' && of !== 'flow' && of !== 'global') return [];
    return [{ of, id: typeof id === 'string' ? id : '', variables: variablesOf(variables) }];
  });
}

function variablesOf(told: unknown): Variable[] {
  if (!Array.isArray(told)) return [];
  return told.slice(0, MOST_VARIABLES).flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) return [];
    const { name, type, value } = one as Properties;
    if (typeof name !== 'string' || name === '' || typeof type !== 'string') return [];
    return [{ name, type, value: typeof value === 'string' ? value : '' }];
  });
}

function notKnown(text: SeenInEach, field: string): ConnectorError {
  return new ConnectorError('ERR_CONFIG_MISSING', text, { details: { field } });
}
