/** An object of the lab's Exchange built as a CLIXML value: what its text, which is written directly, must read back as. */
import { clixmlEnum, clixmlObject, clixmlScalar } from '../../src/clixml/clixml-object.ts';
import type { ClixmlValue } from '../../src/clixml/value.ts';
import { DICTIONARY_TYPE_NAMES, localText, TEXT_LIST_TYPE_NAMES, utcText } from '../../src/lab/exchange-schema.ts';
import type { Column, ExchangeObject } from '../../src/lab/exchange-schema.ts';

/** The CLIXML value of an object. */
export function clixmlExchangeObject<T>({ schema, entity }: ExchangeObject<T>): ClixmlValue {
  const properties = new Map(schema.columns.map((column) => [column.name, clixmlCell(column, entity)]));
  return clixmlObject({ typeNames: schema.typeNames, text: schema.text(entity), properties });
}

function clixmlCell<T>(column: Column<T>, entity: T): ClixmlValue {
  const value = column.read(entity);
  if (value === null) return null;
  switch (column.kind) {
    case 'utc':
    case 'local':
      return clixmlScalar('DT', timeText(column.kind, value as number));
    case 'guid':
      return clixmlScalar('G', value as string);
    case 'uint':
      return clixmlScalar('U32', String(value as number));
    case 'enum':
      return clixmlEnum(column.type.typeName, value as string, column.type.numbers[value as string] ?? 0);
    case 'texts':
      return clixmlObject({ typeNames: TEXT_LIST_TYPE_NAMES, items: value as readonly string[] });
    case 'dictionary': {
      const entries = Object.entries(value as Readonly<Record<string, string>>);
      return clixmlObject({ typeNames: DICTIONARY_TYPE_NAMES, entries });
    }
    default:
      return value as string | boolean | number;
  }
}

function timeText(kind: 'utc' | 'local', ms: number): string {
  return kind === 'utc' ? utcText(ms) : localText(ms);
}
