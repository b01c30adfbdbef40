/** Builders of CLIXML values for what we send. */
import { clixmlInvalid } from './clixml-error.ts';
import { PRIMITIVE_TAGS } from './clixml-scalar.ts';
import type { ClixmlObject, ClixmlScalar, ClixmlValue } from './value.ts';

/** Fields by name: an object literal, pairs, or a Map. */
export type ClixmlFields = ReadonlyMap<string, ClixmlValue> | Readonly<Record<string, ClixmlValue>>;

/** The parts of an `Obj`; what is left out is absent from it. See {@link ClixmlObject}. */
export interface ClixmlObjectParts {
  readonly typeNames?: readonly string[];
  readonly text?: string | null;
  readonly value?: ClixmlValue;
  readonly items?: readonly ClixmlValue[];
  /** Defaults to LST. */
  readonly itemsTag?: 'LST' | 'IE' | 'STK' | 'QUE';
  readonly entries?: readonly (readonly [ClixmlValue, ClixmlValue])[];
  readonly properties?: ClixmlFields;
  readonly members?: ClixmlFields;
}

/** An `Obj` (MS-PSRP 2.2.5.2) of the given parts. */
export function clixmlObject(parts: ClixmlObjectParts): ClixmlObject {
  return {
    kind: 'object',
    typeNames: parts.typeNames ?? [],
    text: parts.text ?? null,
    value: parts.value,
    items: parts.items ?? null,
    itemsTag: parts.items === undefined ? null : (parts.itemsTag ?? 'LST'),
    entries: parts.entries ?? null,
    properties: fieldMap(parts.properties),
    members: fieldMap(parts.members),
  };
}

function fieldMap(fields: ClixmlFields | undefined): ReadonlyMap<string, ClixmlValue> | null {
  if (fields === undefined) return null;
  return fields instanceof Map ? fields : new Map(Object.entries(fields));
}

/**
 * A primitive by its element name, for types without JavaScript twin, or where the width counts (`clixmlScalar('I64', '5')`).
 * @throws ConnectorError ERR_CLIXML_INVALID if no primitive has that name
 */
export function clixmlScalar(tag: string, text: string): ClixmlScalar {
  if (!PRIMITIVE_TAGS.has(tag)) throw clixmlInvalid(`no primitive type ${JSON.stringify(tag)}`);
  return { kind: 'scalar', tag, text };
}

/** An enum value as .NET serializes it: its name as text, its number inside (MS-PSRP 2.2.5.2.7). */
export function clixmlEnum(typeName: string, text: string, number: number): ClixmlObject {
  return clixmlObject({
    typeNames: [typeName, 'System.Enum', 'System.ValueType', 'System.Object'],
    text,
    value: number,
  });
}
