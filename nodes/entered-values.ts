/** What a dialog's fields hold, together with what only the deployed node knows: stored secrets and environment values. */
import { ConnectorError } from '../src/errors.ts';
import { EnteredEnvironment, variableIn } from './entered-environment.ts';
import { FIELDS, findProblem } from './fields.ts';
import type { Definition, Instance, Properties, RED, SecretPlaces } from './red.ts';
import { inDialogs } from './dialog-words.ts';
import { sayProblem } from './red.ts';
import { refusal } from '../src/model/refusals.ts';
import type { SeenInEach } from '../src/errors.ts';

/** How Node-RED's editor names a secret that it does not have and that nobody touched. */
const UNTOUCHED = '__PWRD__';

/** All of it texts. */
export type Credentials = Readonly<Record<string, string>>;

/** A type of node that is tested from its dialog as it is entered there. */
export interface TestedType {
  readonly type: string;
  /** Names of its credentials. */
  readonly credentials: readonly string[];
  /** What goes nowhere is left out of the test. */
  readonly goesTo: SecretPlaces;
}

/** What was entered: all of it texts. */
export interface EnteredNode {
  readonly definition: Definition;
  readonly credentials: Credentials;
  /** True if a deployed node has the same in these fields; without names, in every one. */
  readonly isDeployed: (properties?: readonly string[]) => boolean;
  /** What the editor may be told: values that only the runtime has are written as in the dialog. */
  readonly hide: <T>(told: T) => T;
}

/*
 *   entered in a field   the deployed node has there   counts as
 *   no ${NAME}           anything                      itself
 *   ${NAME}              the same text                 its value for that node
 *   ${NAME}              another text, or no node      its value where the node will be (entered-environment.ts)
 *
 *   entered as a secret      it would go                          counts as
 *   anything                 nowhere                              nothing
 *   a text                   anywhere                             itself
 *   untouched, or ${NAME}    where the deployed one goes          what is stored, or the value for that node
 *   untouched, or ${NAME}    elsewhere as well                    refused: enter it again, or deploy first
 *   untouched                there is no node                     refused: deploy first
 *   ${NAME}                  there is no node                     its value where the node will be: no place is its own yet
 */

/**
 * @param entered `{ fields, credentials, environment }` of the request, whatever they are
 * @param node the deployed one, null if there is none
 * @throws ConnectorError ERR_INPUT_INVALID, ERR_CONFIG_INVALID for a field that cannot be meant, ERR_CONFIG_MISSING for what only
 *   deploying makes known
 */
export function enteredNode(RED: RED, tested: TestedType, entered: Properties, node: Instance | null): EnteredNode {
  const { type } = tested;
  const label = inDialogs(RED, type, 'label');
  const texts = textsOf(entered['fields']);
  const saved = node === null ? {} : savedOf(RED, node.id);
  const valueOf = (text: string): string => {
    const written = text.replace(/^\$\((.+)\)$/, '${$1}');
    const value: unknown = RED.util.evaluateNodeProperty(written, 'env', node ?? {}, {});
    return typeof value === 'string' ? value : '';
  };
  const environment = new EnteredEnvironment(RED, entered['environment']);
  const fields = mapValues(ofDialog(texts, Object.keys(FIELDS[type] ?? {})), (text, property) => {
    const name = variableIn(text);
    if (name === null) return text;
    return node !== null && saved[property] === text ? valueOf(text) : environment.valueOf(name, property);
  });
  const definition = { ...fields, id: node?.id ?? '', type, name: fields['name'] ?? '', z: '' } as Definition;
  const problem = findProblem(RED.util, type, definition);
  if (problem !== null)
    throw new ConnectorError('ERR_CONFIG_INVALID', sayProblem(RED, { type, name: definition.name }, problem), {
      details: { field: problem.property },
    });
  const stored = mapValues<unknown>(node?.credentials ?? {}, plainText);
  const deployed = mapValues(saved, (value) => {
    const text = plainText(value);
    return variableIn(text) === null ? text : valueOf(text);
  });
  const typed = ofDialog(textsOf(entered['credentials'] ?? {}), tested.credentials);
  const known = mapValues(typed, (text, name) => {
    if (text === UNTOUCHED) return stored[name] ?? '';
    const variable = variableIn(text);
    if (variable === null) return text;
    return node === null ? environment.valueIfKnown(variable) : valueOf(text);
  });
  const credentials = mapValues(typed, (text, name) => {
    const places = tested.goesTo(name, definition, known);
    if (places.length === 0) return '';
    const variable = variableIn(text);
    if (text !== UNTOUCHED && variable === null) return text;
    const field = inDialogs(RED, type, `field.${name}`);
    if (node === null && variable !== null) return environment.valueOf(variable, name);
    if (node === null) throw notYet(refusal('not-yet-secret', { field, label }), name);
    const allowed = tested.goesTo(name, deployed, stored);
    if (!places.every((place) => allowed.includes(place))) throw notYet(refusal('other-address', { field }), name);
    return text === UNTOUCHED ? (stored[name] ?? '') : valueOf(text);
  });
  const isDeployed = (properties: readonly string[] = Object.keys(texts)): boolean =>
    node !== null && properties.every((property) => plainText(saved[property]) === (texts[property] ?? ''));
  return { definition, credentials, isDeployed, hide: (told) => environment.hide(told) };
}

/** A saved value as a dialog's field has it. */
function plainText(value: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
}

/** A node's properties as its flow file has them. */
function savedOf(RED: Pick<RED, 'nodes'>, id: string): Properties {
  let found: Properties = {};
  RED.nodes.eachNode((node) => {
    if (node.id === id) found = node;
  });
  return found;
}

/** The origins of web addresses, as places a secret goes to; what is no address is a place of its own. */
export function originsOf(urls: readonly string[]): string[] {
  return urls.map((url) => (URL.canParse(url) ? new URL(url).origin : `no address: ${url}`));
}

/** Places as a way to sign in uses them: who gets a password by Basic sees it, which is another thing than the others. */
export function seenBy(auth: string, places: readonly string[]): string[] {
  return auth === 'basic' ? [...places, ...places.map((place) => `${place} by Basic`)] : [...places];
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-fields'));
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function ofDialog(texts: Credentials, names: readonly string[]): Credentials {
  return Object.fromEntries(Object.entries(texts).filter(([name]) => names.includes(name)));
}

function mapValues<T>(
  values: Readonly<Record<string, T>>,
  map: (value: T, property: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([property, value]) => [property, map(value, property)]));
}

function notYet(seen: SeenInEach, field: string): ConnectorError {
  return new ConnectorError('ERR_CONFIG_MISSING', seen, { details: { field } });
}
