/** What the dialog's fields hold, together with what only the deployed node knows: stored secrets and environment values. */
import { ConnectorError } from '../../src/errors.ts';
import { CLOUDS } from '../../src/graph/clouds.ts';
import { findProblem } from '../fields.ts';
import type { Definition, Instance, Properties, RED } from '../red.ts';
import { sayProblem, textOf } from '../red.ts';
import { cloudOf, TENANT_CREDENTIALS } from './tenant-options.ts';

const TYPE = 'mdm-tenant';

/** How Node-RED's editor names a secret that it does not have and that nobody touched. */
const UNTOUCHED = '__PWRD__';
/** What Node-RED puts a value of the environment in for. */
const ENVIRONMENT = /^\$(\{\S+\}|\(\S+\))$/;

/** What was entered: all of it texts. */
export interface EnteredTenant {
  readonly definition: Definition;
  readonly credentials: Readonly<Record<string, string>>;
}

/*
 *   entered in a field   the deployed node has there   counts as
 *   no ${NAME}           anything                      itself
 *   ${NAME}              the same text                 its value for that node
 *   ${NAME}              another text, or no node      refused: deploy first
 *
 *   entered as a secret      the sign-in leads           counts as
 *   a text                   anywhere                    itself
 *   untouched, or ${NAME}    where the deployed one did  what is stored, or the value for that node
 *   untouched, or ${NAME}    elsewhere, or no node       refused: enter it again, or deploy first
 */

/**
 * @param entered `{ fields, credentials }` of the request, whatever they are
 * @param node the deployed one, null if there is none
 * @throws ConnectorError ERR_INPUT_INVALID, ERR_CONFIG_INVALID for a field that cannot be meant, ERR_CONFIG_MISSING for what only
 *   deploying makes known
 */
export function enteredTenant(RED: RED, entered: Properties, node: Instance | null): EnteredTenant {
  const saved = node === null ? {} : savedOf(RED, node.id);
  const valueOf = (text: string): string => {
    const written = text.replace(/^\$\((.+)\)$/, '${$1}');
    const value: unknown = RED.util.evaluateNodeProperty(written, 'env', node ?? {}, {});
    return typeof value === 'string' ? value : '';
  };
  const fields = mapValues(textsOf(entered['fields']), (text, property) => {
    if (!ENVIRONMENT.test(text)) return text;
    if (node !== null && saved[property] === text) return valueOf(text);
    throw notYet(`The value of ${text} is known here once the MDM tenant is deployed with it in this place.`, property);
  });
  const definition = { ...fields, id: node?.id ?? '', type: TYPE, name: fields['name'] ?? '', z: '' } as Definition;
  const problem = findProblem(RED.util, TYPE, definition);
  if (problem !== null)
    throw new ConnectorError('ERR_CONFIG_INVALID', sayProblem(RED, { type: TYPE, name: definition.name }, problem), {
      details: { field: problem.property },
    });
  const goesOn = node !== null && authorityOf(definition) === authorityOf(mapValues(saved, String));
  const credentials = mapValues(textsOf(entered['credentials']), (text, property) => {
    if (!Object.hasOwn(TENANT_CREDENTIALS, property)) return '';
    if (text !== UNTOUCHED && !ENVIRONMENT.test(text)) return text;
    const label = RED._(`${TYPE}.field.${property}`);
    if (node === null) throw notYet(`“${label}” is known here once the MDM tenant is deployed.`, property);
    if (!goesOn)
      throw notYet(
        `“${label}” was stored for another sign-in address and is not sent to this one. Enter it again.`,
        property,
      );
    return text === UNTOUCHED ? (node.credentials?.[property] ?? '') : valueOf(text);
  });
  return { definition, credentials };
}

/** Where the sign-in is; null: it cannot be said. */
function authorityOf(definition: Properties): string | null {
  const cloud = cloudOf(definition);
  const url = cloud === 'custom' ? textOf(definition, 'authorityUrl') : CLOUDS[cloud].authorityUrl;
  return URL.canParse(url) ? new URL(url).origin : null;
}

/** A node's properties as its flow file has them. */
function savedOf(RED: RED, id: string): Properties {
  let found: Properties = {};
  RED.nodes.eachNode((node) => {
    if (node.id === id) found = node;
  });
  return found;
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null)
    throw new ConnectorError('ERR_INPUT_INVALID', 'The request has no fields.');
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function mapValues<T>(
  values: Readonly<Record<string, T>>,
  map: (value: T, property: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([property, value]) => [property, map(value, property)]));
}

function notYet(text: string, field: string): ConnectorError {
  return new ConnectorError('ERR_CONFIG_MISSING', text, { details: { field } });
}
