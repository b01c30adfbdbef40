/** The content of messages: an object whose extended members are the fields (MS-PSRP 2.2.2). */
import { readClixml, toPlain } from '../clixml/index.ts';
import type { ClixmlObject, ClixmlValue, PlainValue } from '../clixml/index.ts';
import { ConnectorError } from '../errors.ts';
import { messageTypeName } from './message.ts';

/** Fields of one message or of an object inside, by name. */
export type MessageFields = ReadonlyMap<string, ClixmlValue>;

/**
 * The fields of a message's content.
 * @throws ConnectorError ERR_PSRP_MESSAGE if the content is no object with members, ERR_CLIXML_… if it is no CLIXML
 */
export function readFields(type: number, data: string): MessageFields {
  const fields = fieldsOf(readClixml(data));
  if (fields === null) throw unreadable(type, 'without fields');
  return fields;
}

/** Members, or properties where there are no members; null if the value is no object or has neither. */
export function fieldsOf(value: ClixmlValue | undefined): MessageFields | null {
  return isObject(value) ? (value.members ?? value.properties) : null;
}

/** True for an `Obj`. */
export function isObject(value: ClixmlValue | undefined): value is ClixmlObject {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && value.kind === 'object';
}

/** The text of a field: a string, a scalar's text, an object's text form; null if there is none. */
export function textField(fields: MessageFields, name: string): string | null {
  const value = fields.get(name);
  return value === undefined ? null : textOf(value);
}

/** The text of a value, or null: what {@link textField} does. */
export function textOf(value: ClixmlValue): string | null {
  if (isObject(value)) {
    if (value.text !== null) return value.text;
    return value.value === undefined ? null : textOf(value.value);
  }
  const plain: PlainValue = toPlain(value);
  return plain === null || typeof plain === 'object' ? null : String(plain);
}

/** The number of a field, an enum's number included; null if there is none. */
export function numberField(fields: MessageFields, name: string): number | null {
  let value = fields.get(name);
  if (isObject(value)) value = value.value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' ? value : null;
}

/** The number of a field that must be there. @throws ConnectorError ERR_PSRP_MESSAGE */
export function requiredNumber(type: number, fields: MessageFields, name: string): number {
  const number = numberField(fields, name);
  if (number === null) throw unreadable(type, `without ${name}`);
  return number;
}

/** A list's items, a lone value as a list of one, nothing as an empty list. */
export function itemsOf(value: ClixmlValue | undefined): readonly ClixmlValue[] {
  if (value === undefined || value === null) return [];
  if (isObject(value) && value.items !== null) return value.items;
  return [value];
}

/** ERR_PSRP_MESSAGE naming the message and what is wrong with it. */
export function unreadable(type: number, what: string): ConnectorError {
  return new ConnectorError('ERR_PSRP_MESSAGE', `A ${messageTypeName(type)} message ${what}.`);
}
