/** Reading the properties of a cmdlet's output object: foreign values, checked once here. */
import type { PlainObject, PlainValue } from '../../clixml/value.ts';
import { foreignEasId, foreignText } from '../../model/foreign.ts';
import { isGuid } from './identity.ts';

/** A property's value; undefined for a name the object does not have of its own. */
export function property(record: PlainObject, name: string): PlainValue | undefined {
  const value = Object.hasOwn(record, name) ? record[name] : undefined;
  return typeof value === 'string' ? ownText(value) : value;
}

/**
 * The same text without the message around it: V8 cuts a text of 13 characters or more as a view that keeps the whole alive, and
 * records are kept by the page.
 */
function ownText(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1);
}

/** Text of a property, or null for unset. Numbers and booleans become text. */
export function textOf(record: PlainObject, name: string): string | null {
  const value = property(record, name);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return foreignText(value);
}

/** A GUID in lower case, or null. */
export function guidOf(record: PlainObject, name: string): string | null {
  const text = textOf(record, name)?.toLowerCase() ?? null;
  return text !== null && isGuid(text) ? text : null;
}

/** A boolean, also from "True" and "False"; null if it is neither. */
export function booleanOf(record: PlainObject, name: string): boolean | null {
  const text = textOf(record, name)?.toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : null;
}

/** The texts of a multi-valued property; a single text counts as one, null as none. */
export function textsOf(record: PlainObject, name: string): string[] {
  return valuesOf(record, name)
    .map(foreignText)
    .filter((text): text is string => text !== null);
}

function valuesOf(record: PlainObject, name: string): readonly (PlainValue | undefined)[] {
  const value = property(record, name);
  const values = Array.isArray(value) ? (value as readonly PlainValue[]) : [value];
  return values.map((one) => (typeof one === 'string' ? ownText(one) : one));
}

/** The EAS IDs of a personal list, exactly as they are spelled: that is how they are taken off again. */
export function easIdsOf(record: PlainObject, name: string): string[] {
  return valuesOf(record, name)
    .map(foreignEasId)
    .filter((id): id is string => id !== null);
}

/** A distinguished name as Exchange spells it: not cut, not cleaned, since it is joined and sent back. Null if it is not text. */
export function distinguishedNameOf(record: PlainObject): string | null {
  const value = property(record, 'DistinguishedName');
  return typeof value === 'string' && value !== '' && value.length <= 4096 ? value : null;
}

/**
 * SMTP addresses out of an EmailAddresses property (`SMTP:` primary, `smtp:` others, `X500:`, `SIP:` …),
 * the primary one first, without repeats. An address without prefix counts.
 */
export function smtpAddresses(primary: string | null, values: readonly string[]): string[] {
  const found = values
    .map((text) => /^(?:(smtp):)?([^:]+)$/i.exec(text))
    .filter((match) => match !== null)
    .sort((a, b) => Number(b[1] === 'SMTP') - Number(a[1] === 'SMTP'))
    .map((match) => (match[2] ?? '').trim())
    .filter((address) => address.includes('@'));
  const all = primary === null ? found : [primary, ...found];
  const seen = new Set<string>();
  return all.filter((address) => !seen.has(address.toLowerCase()) && seen.add(address.toLowerCase()));
}
