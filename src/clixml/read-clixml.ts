/** CLIXML documents (MS-PSRP 2.2.5) to values, on a strict XML parser. No I/O here. */
import { SaxesParser } from 'saxes';
import type { SaxesTagPlain } from 'saxes';
import { isConnectorError } from '../errors.ts';
import type { ClixmlShape, Draft } from './clixml-builder.ts';
import { ClixmlBuilder } from './clixml-builder.ts';
import type { ClixmlLimits } from './clixml-error.ts';
import { CLIXML_LIMITS, clixmlInvalid, clixmlLimit } from './clixml-error.ts';
import { plainScalar, readScalar } from './clixml-scalar.ts';
import { decodeClixmlText, repairClixmlCharacters } from './clixml-text.ts';
import { scanCommonForm } from './scan-common-form.ts';
import { assemblePlain, plainKey, plainRecord } from './to-plain.ts';
import type { ClixmlValue, PlainValue } from './value.ts';

type ValueFields = Map<string, ClixmlValue>;
type PlainFields = { [name: string]: PlainValue };

const VALUE_SHAPE: ClixmlShape<ClixmlValue, ValueFields> = {
  scalar: readScalar,
  newFields: () => new Map(),
  setField: (fields, name, value) => void fields.set(name, value),
  newEntries: () => [],
  object: (draft) => ({
    kind: 'object',
    typeNames: draft.typeNames,
    text: draft.text,
    value: draft.value,
    items: draft.items,
    itemsTag: draft.itemsTag,
    entries: draft.entries === null ? null : pairs(draft.entries),
    properties: draft.properties,
    members: draft.members,
  }),
};

const PLAIN_SHAPE: ClixmlShape<PlainValue, PlainFields> = {
  scalar(tag, text) {
    if (tag === 'S') return decodeClixmlText(text);
    const value = readScalar(tag, text);
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
    return value.kind === 'scalar' ? plainScalar(value) : null;
  },
  newFields: plainRecord,
  setField: (fields, name, value) => void (fields[name] = value),
  newEntries: () => [],
  object: plainObject,
};

function pairs(flat: readonly ClixmlValue[]): [ClixmlValue, ClixmlValue][] {
  const entries: [ClixmlValue, ClixmlValue][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) entries.push([flat[at] ?? null, flat[at + 1] ?? null]);
  return entries;
}

function plainObject(draft: Draft<PlainValue, PlainFields>, nested: boolean): PlainValue {
  const { properties, members } = draft;
  if (properties !== null && members !== null) Object.assign(properties, members);
  return assemblePlain(
    {
      typeNames: draft.typeNames,
      text: draft.text,
      value: draft.value,
      items: draft.items,
      entries: draft.entries === null ? null : plainEntries(draft.entries),
      fields: properties ?? members,
    },
    nested,
  );
}

function plainEntries(flat: readonly PlainValue[]): PlainFields {
  const record = plainRecord();
  for (let at = 0; at + 1 < flat.length; at += 2) record[plainKey(flat[at] ?? null)] = flat[at + 1] ?? null;
  return record;
}

/**
 * Reads a document of one value: the bare element a PSRP message carries, or an `Objs` with one child.
 * References (`Ref`) share one object; a reference to an object around it reads as null, so a value is never circular.
 * SerializationData blobs are dropped unread.
 * @param xml the document, a leading BOM allowed
 * @throws ConnectorError ERR_CLIXML_INVALID (not well-formed, DOCTYPE, unknown element, not one value), ERR_CLIXML_LIMIT
 */
export function readClixml(xml: string, limits: Partial<ClixmlLimits> = {}): ClixmlValue {
  return single(read(xml, VALUE_SHAPE, limits).values);
}

/** Reads an `Objs` document (Export-Clixml, PSSerializer), or one bare element. Errors as {@link readClixml}. */
export function readClixmlDocument(xml: string, limits: Partial<ClixmlLimits> = {}): ClixmlValue[] {
  return read(xml, VALUE_SHAPE, limits).values;
}

/**
 * `toPlain(readClixml(xml))` without the steps between: the path every output object takes.
 * @param wanted properties that are read of the outermost object; the others are checked all the same, and not there. Null: all.
 *   Errors as {@link readClixml}, whatever is wanted
 */
export function readClixmlPlain(
  xml: string,
  limits: Partial<ClixmlLimits> = {},
  wanted: ReadonlySet<string> | null = null,
): PlainValue {
  return single(read(xml, PLAIN_SHAPE, limits, wanted).values);
}

function single<V>(values: readonly V[]): V {
  const [value] = values;
  if (value === undefined || values.length !== 1) throw clixmlInvalid(`${values.length} values where one was expected`);
  return value;
}

function read<V, F>(
  xml: string,
  shape: ClixmlShape<V, F>,
  bounds: Partial<ClixmlLimits>,
  wanted: ReadonlySet<string> | null = null,
): ClixmlBuilder<V, F> {
  const limits = { ...CLIXML_LIMITS, ...bounds };
  if (xml.length > limits.characters) throw clixmlLimit('characters', limits.characters);
  const newBuilder = (): ClixmlBuilder<V, F> => new ClixmlBuilder(shape, limits, wanted);
  const builder = newBuilder();
  return scanCommonForm(xml, builder) ? builder : parseAny(xml, newBuilder);
}

/** Any well-formed document, and what .NET writes that is almost one. */
function parseAny<V, F>(xml: string, newBuilder: () => ClixmlBuilder<V, F>): ClixmlBuilder<V, F> {
  try {
    return parse(xml, newBuilder);
  } catch (error) {
    if (isConnectorError(error)) throw error;
    const repaired = repairClixmlCharacters(xml);
    if (repaired === xml) throw clixmlInvalid('not well-formed', error);
    return parseRepaired(repaired, newBuilder);
  }
}

function parseRepaired<V, F>(xml: string, newBuilder: () => ClixmlBuilder<V, F>): ClixmlBuilder<V, F> {
  try {
    return parse(xml, newBuilder);
  } catch (error) {
    if (isConnectorError(error)) throw error;
    throw clixmlInvalid('not well-formed', error);
  }
}

function parse<V, F>(xml: string, newBuilder: () => ClixmlBuilder<V, F>): ClixmlBuilder<V, F> {
  const builder = newBuilder();
  // CLIXML uses one default namespace or none, and no prefixes: names are compared as they stand.
  const parser = new SaxesParser({ xmlns: false, position: false });
  parser.on('opentag', ({ name, attributes }: SaxesTagPlain) => {
    builder.open(name, attributes['N'], attributes['RefId'], attributes['xmlns']);
  });
  parser.on('closetag', (tag: SaxesTagPlain) => builder.close(tag.name));
  parser.on('text', (text) => builder.text(text));
  parser.on('cdata', (text) => builder.text(text));
  parser.on('doctype', () => {
    // .NET's reader prohibits DTDs as well (serialization.cs, DtdProcessing).
    throw clixmlInvalid('a document type declaration');
  });
  parser.write(xml).close();
  return builder;
}
