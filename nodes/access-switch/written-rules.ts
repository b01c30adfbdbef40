/**
 * Rules and other settings as they are written in a dialog: environment values are still `${NAME}`. Node-RED puts the values in when a node is
 * deployed; a dialog is open to everybody who may read flows, so it gets no more of the environment than the flow shows.
 */
import { checkRules } from '../../src/access/check-rules.ts';
import type { RuleProblem } from '../../src/access/check-rules.ts';
import type { Rule } from '../../src/access/rules.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { Definition, RED } from '../red.ts';
import { refusal } from '../../src/model/refusals.ts';

/** The problems of written rules; whatever an environment value may turn out to be is none yet. */
export function checkWrittenRules(rules: readonly Rule[]): RuleProblem[] {
  return checkRules(rules.map(withoutOpen)).filter(
    ({ rule, condition }) => condition === null || !namesEnvironment(rules[rule]?.when[condition]),
  );
}

/*
 *   text in the dialog   deployed node has there    counts as
 *   no ${NAME}           anything                   itself
 *   ${NAME}              the same text              its value for that node; the text itself if it has none
 *   ${NAME}              another text, or no node   refused: deploy first
 */

/**
 * A property with the environment values that the deployed node has in the same places.
 * @param dialog properties as the dialog has them, the node's id among them
 * @throws ConnectorError ERR_RULE_INVALID for a value that the deployed node does not have there
 */
export function withDeployedValues(RED: RED, dialog: Definition, property: string): unknown {
  const node = typeof dialog.id === 'string' ? RED.nodes.getNode(dialog.id) : null;
  return replaceEnvironment(dialog[property], deployed(RED, dialog.id)[property], (text) => {
    const value: unknown = RED.util.evaluateNodeProperty(text, 'env', node ?? {}, {});
    return value === '' || value === undefined ? text : value;
  });
}

/** A node's properties as its flow file has them; none if it is not deployed. */
function deployed(RED: RED, id: unknown): Readonly<Record<string, unknown>> {
  let found = {};
  RED.nodes.eachNode((node) => {
    if (node.id === id) found = node;
  });
  return found;
}

function replaceEnvironment(value: unknown, saved: unknown, valueOf: (text: string) => unknown): unknown {
  const below = (name: string | number): unknown =>
    typeof saved === 'object' && saved !== null ? (saved as Record<string | number, unknown>)[name] : undefined;
  if (Array.isArray(value)) return value.map((entry, at) => replaceEnvironment(entry, below(at), valueOf));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [name, replaceEnvironment(entry, below(name), valueOf)]),
    );
  }
  if (!isEnvironment(value)) return value;
  if (value === saved) return valueOf(value);
  throw new ConnectorError('ERR_RULE_INVALID', refusal('rule-value', { value }));
}

function isEnvironment(value: unknown): value is string {
  return typeof value === 'string' && /^\$\{[^}]+\}$/.test(value);
}

function namesEnvironment(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(namesEnvironment);
  return isEnvironment(value);
}

/** Without what of the rule itself only the environment tells. */
function withoutOpen(rule: Rule): Rule {
  if (typeof rule !== 'object' || rule === null) return rule;
  const known = Object.entries(rule).filter(([name, value]) => !OPEN.includes(name) || !isEnvironment(value));
  return Object.fromEntries(known) as unknown as Rule;
}

const OPEN: readonly string[] = ['until', 'disabled', 'report'];
