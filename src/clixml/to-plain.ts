/** From protocol values to what callers above the protocol see. */
import { CLIXML_LIMITS, clixmlLimit } from './clixml-error.ts';
import { plainScalar } from './clixml-scalar.ts';
import type { ClixmlObject, ClixmlValue, PlainValue } from './value.ts';

/**
 * The parts of an `Obj` whose content is already plain. `text` and `typeNames` as in {@link ClixmlObject};
 * `fields` are properties and extended members in one record without prototype.
 */
export interface PlainParts {
  readonly typeNames: readonly string[];
  readonly text: string | null;
  readonly value: PlainValue | undefined;
  readonly items: readonly PlainValue[] | null;
  readonly entries: { readonly [name: string]: PlainValue } | null;
  readonly fields: { readonly [name: string]: PlainValue } | null;
}

/**
 * Normalizes a CLIXML value: enums by name; value objects (an object inside another one, with a text of its own) by
 * that text, so that Exchange's full and default serialization levels read the same; collections as arrays;
 * dictionaries and other objects as records without prototype, where an extended member goes before a property of its
 * name; primitives without JavaScript twin as text, a `C` as its character; 64-bit integers stay bigint.
 * The outermost object is a record whenever it has properties, whatever its text.
 * @throws ConnectorError ERR_CLIXML_LIMIT if nested deeper than the reader would allow
 */
export function toPlain(value: ClixmlValue): PlainValue {
  return plain(value, 0);
}

function plain(value: ClixmlValue, depth: number): PlainValue {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (value.kind === 'scalar') return plainScalar(value);
  if (depth >= CLIXML_LIMITS.depth) throw clixmlLimit('depth', CLIXML_LIMITS.depth);
  // A value object's properties are not needed, so they are not converted.
  if (depth > 0 && isValueObject(value)) return value.text;
  return assemblePlain(
    {
      typeNames: value.typeNames,
      text: value.text,
      value: value.value === undefined ? undefined : plain(value.value, depth + 1),
      items: value.items === null ? null : value.items.map((item) => plain(item, depth + 1)),
      entries: value.entries === null ? null : plainEntries(value.entries, depth + 1),
      fields: plainFields(value, depth + 1),
    },
    depth > 0,
  );
}

function isValueObject(value: ClixmlObject): boolean {
  return (
    value.value === undefined &&
    value.items === null &&
    value.entries === null &&
    value.text !== null &&
    value.text !== value.typeNames[0] &&
    !isPropertyBag(value.typeNames)
  );
}

function plainEntries(entries: NonNullable<ClixmlObject['entries']>, depth: number): { [name: string]: PlainValue } {
  const record = plainRecord();
  for (const [key, value] of entries) record[plainKey(plain(key, depth))] = plain(value, depth);
  return record;
}

function plainFields(value: ClixmlObject, depth: number): { [name: string]: PlainValue } | null {
  if (value.properties === null && value.members === null) return null;
  const record = plainRecord();
  for (const [name, field] of value.properties ?? []) record[name] = plain(field, depth);
  for (const [name, field] of value.members ?? []) record[name] = plain(field, depth);
  return record;
}

/** A record without prototype: `__proto__` and `constructor` are names like any other in it. */
export function plainRecord(): { [name: string]: PlainValue } {
  return Object.create(null) as { [name: string]: PlainValue };
}

/** A dictionary's key as a property name; a key that is an object has none and counts as its JSON-like kind. */
export function plainKey(key: PlainValue): string {
  return typeof key === 'object' && key !== null ? '[object]' : String(key);
}

/**
 * What an object with plain parts is, by the rules of {@link toPlain}.
 * @param nested whether it is inside another object
 */
export function assemblePlain(parts: PlainParts, nested: boolean): PlainValue {
  const { value, text, fields } = parts;
  if (value !== undefined) return text !== null && isEnum(value, parts.typeNames) ? text : value;
  if (parts.items !== null) return parts.items;
  if (parts.entries !== null) return parts.entries;
  // Object.ToString's default, the type's own name, says nothing; PSCustomObject's is its properties once more.
  const telling = text !== null && text !== parts.typeNames[0] && !isPropertyBag(parts.typeNames);
  if (telling && (nested || fields === null)) return text;
  return fields ?? text ?? plainRecord();
}

/** A number with a text is an enum, unless its type says that it is a decorated number. */
function isEnum(value: PlainValue, typeNames: readonly string[]): boolean {
  if (typeof value !== 'number' && typeof value !== 'bigint') return false;
  return (
    typeNames.length === 0 || typeNames.some((name) => name === 'System.Enum' || name === 'Deserialized.System.Enum')
  );
}

function isPropertyBag(typeNames: readonly string[]): boolean {
  return typeNames.some((name) => name.endsWith('System.Management.Automation.PSCustomObject'));
}
