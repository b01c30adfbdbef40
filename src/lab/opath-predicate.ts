/** Turns a parsed OPATH filter into a test of one kind of Exchange object; checks property names, types and operators first. */
import { SERVER_UTC_OFFSET_MINUTES } from './exchange-schema.ts';
import type { Column, Schema } from './exchange-schema.ts';
import { OpathError, parseOpath } from './opath.ts';
import type { OpathComparison, OpathLiteral, OpathNode } from './opath.ts';

/**
 * The test a filter describes. Texts compare without regard to case; `*` is a wildcard at either end with -like, and an
 * ordinary character anywhere else. A list fits if one entry does.
 * @param filterable names of the properties the cmdlet allows in a filter, lower case
 * @throws OpathError
 */
export function opathPredicate<T>(
  filter: string,
  schema: Schema<T>,
  filterable: ReadonlySet<string>,
): (entity: T) => boolean {
  return predicateOf(parseOpath(filter), schema, filterable, filter);
}

function predicateOf<T>(
  node: OpathNode,
  schema: Schema<T>,
  filterable: ReadonlySet<string>,
  filter: string,
): (entity: T) => boolean {
  if (node.kind === 'not') {
    const inner = predicateOf(node.inner, schema, filterable, filter);
    return (entity) => !inner(entity);
  }
  if (node.kind !== 'comparison') {
    const left = predicateOf(node.left, schema, filterable, filter);
    const right = predicateOf(node.right, schema, filterable, filter);
    return node.kind === 'and' ? (entity) => left(entity) && right(entity) : (entity) => left(entity) || right(entity);
  }
  const name = node.property.toLowerCase();
  const column = schema.columns.find((candidate) => candidate.name.toLowerCase() === name);
  if (column === undefined || !filterable.has(name)) {
    throw new OpathError(
      `"${node.property}" is not a recognized filterable property. For a complete list of filterable properties see the command help.\r\n"${filter}" at position ${node.position}.`,
      node.position,
    );
  }
  return comparison(node, column);
}

/** What comparisons of a property work on. */
type Comparable = string | number | boolean;

function comparison<T>(node: OpathComparison, column: Column<T>): (entity: T) => boolean {
  if (node.value.kind === 'null') return nullTest(node, column);
  if (node.operator === 'like' || node.operator === 'notlike') return likeTest(node, column);
  const wanted = valueFor(column, node.value, node);
  const ordered = column.kind !== 'bool' && column.kind !== 'enum' && column.kind !== 'guid' && column.kind !== 'texts';
  if (node.operator !== 'eq' && node.operator !== 'ne' && !ordered) throw unsupported(node);
  const test = COMPARE[node.operator];
  if (node.operator === 'ne') return (entity) => !valuesOf(column, entity).includes(wanted);
  return (entity) => valuesOf(column, entity).some((value) => test(value, wanted));
}

const COMPARE: Readonly<
  Record<'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le', (value: Comparable, wanted: Comparable) => boolean>
> = {
  eq: (value, wanted) => value === wanted,
  ne: (value, wanted) => value !== wanted,
  gt: (value, wanted) => value > wanted,
  ge: (value, wanted) => value >= wanted,
  lt: (value, wanted) => value < wanted,
  le: (value, wanted) => value <= wanted,
};

/** An unset directory attribute is null, and the empty text stands for it too. */
function nullTest<T>(node: OpathComparison, column: Column<T>): (entity: T) => boolean {
  if (node.operator !== 'eq' && node.operator !== 'ne') throw unsupported(node);
  const isNull = (entity: T): boolean => valuesOf(column, entity).length === 0;
  return node.operator === 'eq' ? isNull : (entity) => !isNull(entity);
}

function likeTest<T>(node: OpathComparison, column: Column<T>): (entity: T) => boolean {
  if (
    (column.kind !== 'text' && column.kind !== 'texts') ||
    node.value.kind === 'boolean' ||
    node.value.kind === 'null'
  )
    throw unsupported(node);
  const pattern = node.value.text.toLowerCase();
  const starts = pattern.startsWith('*');
  const ends = pattern.length > 1 && pattern.endsWith('*');
  const core = pattern.slice(starts ? 1 : 0, ends ? -1 : undefined);
  const fits = (text: string): boolean => {
    if (starts && ends) return text.includes(core);
    if (starts) return text.endsWith(core);
    return ends ? text.startsWith(core) : text === core;
  };
  const positive = node.operator === 'like';
  return (entity) => valuesOf(column, entity).some((value) => fits(String(value))) === positive;
}

/** The property's values as they compare: folded texts, milliseconds, numbers; none if unset. */
function valuesOf<T>(column: Column<T>, entity: T): readonly Comparable[] {
  const value = column.read(entity);
  if (value === null || value === '') return [];
  if (typeof value === 'object') return Object.values(value).flatMap((text: string) => proxyForms(text.toLowerCase()));
  return [typeof value === 'string' ? value.toLowerCase() : value];
}

/** A proxy address is found with and without its prefix. */
function proxyForms(text: string): readonly string[] {
  return text.startsWith('smtp:') ? [text, text.slice(5)] : [text];
}

function valueFor<T>(
  column: Column<T>,
  literal: Exclude<OpathLiteral, { kind: 'null' }>,
  node: OpathComparison,
): Comparable {
  const text = literal.kind === 'boolean' ? String(literal.value) : literal.text;
  switch (column.kind) {
    case 'bool':
      if (!/^(true|false)$/i.test(text)) throw inconvertible(text, 'System.Boolean', node);
      return text.toLowerCase() === 'true';
    case 'int':
    case 'uint':
      if (!/^-?\d+$/.test(text)) throw inconvertible(text, 'System.Int32', node);
      return Number(text);
    case 'utc':
    case 'local':
      return timeFor(text, node);
    case 'enum':
      return enumFor(column, text, node);
    case 'guid':
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw inconvertible(text, 'System.Guid', node);
      return text.toLowerCase();
    default:
      return text.toLowerCase();
  }
}

function enumFor<T>(column: Column<T> & { readonly kind: 'enum' }, text: string, node: OpathComparison): string {
  const name = Object.keys(column.type.numbers).find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (name !== undefined) return name.toLowerCase();
  const byNumber = Object.entries(column.type.numbers).find(([, number]) => String(number) === text);
  if (byNumber === undefined) throw inconvertible(text, column.type.typeName, node);
  return byNumber[0].toLowerCase();
}

/** ISO 8601, or the server's en-US form `M/d/yyyy h:mm:ss AM`. A time without zone is the server's local time, as .NET reads it. */
function timeFor(text: string, node: OpathComparison): number {
  const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,7})?)?)?(Z|[+-]\d\d:\d\d)?$/i.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] = iso;
    const utc = Date.parse(
      `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${zone === undefined ? 'Z' : zone.toUpperCase()}`,
    );
    if (!Number.isNaN(utc)) return zone === undefined ? utc - SERVER_UTC_OFFSET_MINUTES * 60_000 : utc;
  }
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d\d)(?::(\d\d))?(?: (AM|PM))?)?$/i.exec(text);
  if (us === null) throw inconvertible(text, 'System.DateTime', node);
  const [, month, day, year, hour = '0', minute = '0', second = '0', half] = us;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), hours, Number(minute), Number(second));
  return local - SERVER_UTC_OFFSET_MINUTES * 60_000;
}

function inconvertible(text: string, type: string, node: OpathComparison): OpathError {
  return new OpathError(`The value "${text}" could not be converted to type ${type}.`, node.position);
}

function unsupported(node: OpathComparison): OpathError {
  return new OpathError(
    `The operator "-${node.operator}" isn't supported for the property "${node.property}".`,
    node.position,
  );
}
