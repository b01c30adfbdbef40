/** Values to CLIXML (MS-PSRP 2.2.5). No I/O here. */
import { CLIXML_LIMITS, clixmlInvalid, clixmlLimit } from './clixml-error.ts';
import { writeScalar } from './clixml-scalar.ts';
import { encodeClixmlText, escapeXml } from './clixml-text.ts';
import type { ClixmlObject, ClixmlValue } from './value.ts';

/** Ids already given in this document: MS-PSRP 2.2.5.2.1 numbers objects and type name lists from 0 a document each. */
interface Tables {
  readonly objects: Map<ClixmlObject, number>;
  readonly typeNames: Map<string, number>;
}

/**
 * Writes one value as the bare element a PSRP message carries: no XML declaration, no namespace, no white space.
 * An object that occurs twice is written once and referred to; so are equal lists of type names.
 * @throws ConnectorError ERR_CLIXML_INVALID for what CLIXML cannot carry, ERR_CLIXML_LIMIT if nested too deep
 */
export function writeClixml(value: ClixmlValue): string {
  return element(value, undefined, { objects: new Map(), typeNames: new Map() }, 0);
}

/** Writes an `Objs` document as PSSerializer does. Errors as {@link writeClixml}. */
export function writeClixmlDocument(values: readonly ClixmlValue[]): string {
  const tables: Tables = { objects: new Map(), typeNames: new Map() };
  const body = values.map((value) => element(value, undefined, tables, 0)).join('');
  return `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">${body}</Objs>`;
}

function element(value: ClixmlValue, name: string | undefined, tables: Tables, depth: number): string {
  const attribute = name === undefined ? '' : ` N="${escapeXml(encodeClixmlText(name))}"`;
  if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array) && value.kind === 'object') {
    return objectElement(value, attribute, tables, depth);
  }
  const [tag, text] = writeScalar(value);
  return text === '' && tag !== 'S' ? `<${tag}${attribute} />` : `<${tag}${attribute}>${escapeXml(text)}</${tag}>`;
}

function objectElement(value: ClixmlObject, attribute: string, tables: Tables, depth: number): string {
  if (depth >= CLIXML_LIMITS.depth) throw clixmlLimit('depth', CLIXML_LIMITS.depth);
  const known = tables.objects.get(value);
  if (known !== undefined) return `<Ref${attribute} RefId="${known}" />`;
  const id = tables.objects.size;
  tables.objects.set(value, id);
  return `<Obj${attribute} RefId="${id}">${typeNames(value.typeNames, tables)}${text(value.text)}${content(value, tables, depth + 1)}</Obj>`;
}

function typeNames(names: readonly string[], tables: Tables): string {
  if (names.length === 0) return '';
  const key = names.join('\n');
  const known = tables.typeNames.get(key);
  if (known !== undefined) return `<TNRef RefId="${known}" />`;
  const id = tables.typeNames.size;
  tables.typeNames.set(key, id);
  const list = names.map((name) => `<T>${escapeXml(encodeClixmlText(name))}</T>`).join('');
  return `<TN RefId="${id}">${list}</TN>`;
}

function text(text: string | null): string {
  return text === null ? '' : `<ToString>${escapeXml(encodeClixmlText(text))}</ToString>`;
}

function content(value: ClixmlObject, tables: Tables, depth: number): string {
  let xml = '';
  if (value.value !== undefined) xml += element(value.value, undefined, tables, depth);
  if (value.items !== null) xml += itemsElement(value.items, value.itemsTag ?? 'LST', tables, depth);
  if (value.entries !== null) xml += dictionary(value.entries, tables, depth);
  if (value.properties !== null) xml += fields('Props', value.properties, tables, depth);
  if (value.members !== null) xml += fields('MS', value.members, tables, depth);
  return xml;
}

function itemsElement(items: readonly ClixmlValue[], tag: string, tables: Tables, depth: number): string {
  return `<${tag}>${items.map((item) => element(item, undefined, tables, depth)).join('')}</${tag}>`;
}

function dictionary(entries: NonNullable<ClixmlObject['entries']>, tables: Tables, depth: number): string {
  let xml = '';
  for (const [key, value] of entries) {
    if (key === null) throw clixmlInvalid('a dictionary key that is null');
    xml += `<En>${element(key, 'Key', tables, depth)}${element(value, 'Value', tables, depth)}</En>`;
  }
  return `<DCT>${xml}</DCT>`;
}

function fields(tag: string, values: ReadonlyMap<string, ClixmlValue>, tables: Tables, depth: number): string {
  let xml = '';
  for (const [name, value] of values) xml += element(value, name, tables, depth);
  return `<${tag}>${xml}</${tag}>`;
}
