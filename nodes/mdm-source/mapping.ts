/** Evaluating a mapping: by the node for its records, and for a preview before it is deployed. */
import { ConnectorError } from '../../src/errors.ts';
import type { RecordPlace } from '../../src/mdm/foreign-records.ts';
import { nameOfPlace } from '../../src/mdm/mapped-record.ts';
import type { RED } from '../red.ts';
import { refusal } from '../../src/model/refusals.ts';
import { english } from '../../src/model/say.ts';

export type PreparedMapping = ReturnType<RED['util']['prepareJSONataExpression']>;

/** @param node whose context and environment the expression sees. @throws ConnectorError ERR_CONFIG_INVALID for what is no JSONata */
export function prepareMapping(RED: RED, node: object, expression: string): PreparedMapping {
  try {
    return RED.util.prepareJSONataExpression(expression, node);
  } catch (cause) {
    throw new ConnectorError('ERR_CONFIG_INVALID', refusal('not-jsonata', { why: english(sayWhy(cause)) }), {
      cause,
      details: { field: 'mapping' },
    });
  }
}

/** JSONata throws plain objects with a message. */
function sayWhy(thrown: unknown): string {
  const { message } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(thrown);
}

/** What it makes of one record, as it comes. Rejects with ConnectorError ERR_MDM_MAPPING. @param place which record it is */
export function evaluateMapping(
  RED: RED,
  prepared: PreparedMapping,
  record: unknown,
  place: RecordPlace,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    RED.util.evaluateJSONataExpression(prepared, record, (error: Error | null, value: unknown) => {
      if (error === null || error === undefined) resolve(value);
      else
        reject(
          new ConnectorError('ERR_MDM_MAPPING', `${nameOfPlace(place)}: the mapping failed: ${sayWhy(error)}.`, {
            cause: error,
            details: { ...place },
          }),
        );
    });
  });
}
