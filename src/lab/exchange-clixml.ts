/**
 * Exchange objects in the forms they are seen in: CLIXML text for the wire (written directly: a fleet is a million properties),
 * and the plain object a caller above the protocol gets.
 * At Exchange's default serialization level sizes, ids and addresses are plain strings; enums and lists are objects.
 */
import { encodeClixmlText, escapeXml } from '../clixml/clixml-text.ts';
import type { PlainObject, PlainValue } from '../clixml/value.ts';
import { DICTIONARY_TYPE_NAMES, enumTypeNames, localText, TEXT_LIST_TYPE_NAMES, utcText } from './exchange-schema.ts';
import type { Column, ExchangeObject, Schema } from './exchange-schema.ts';

/** What a caller above the protocol sees: enums by name, times as their DT text. */
export function plainExchangeObject<T>({ schema, entity }: ExchangeObject<T>): PlainObject {
  const record = Object.create(null) as { [name: string]: PlainValue };
  for (const column of schema.columns) record[column.name] = plainCell(column, entity);
  return record;
}

function plainCell<T>(column: Column<T>, entity: T): PlainValue {
  if (column.kind === 'dictionary') return Object.assign(Object.create(null) as PlainObject, column.read(entity));
  if (column.kind !== 'utc' && column.kind !== 'local') return column.read(entity);
  const ms = column.read(entity);
  return ms === null ? null : timeText(column.kind, ms);
}

function timeText(kind: 'utc' | 'local', ms: number): string {
  return kind === 'utc' ? utcText(ms) : localText(ms);
}

/** Writes an object as the one CLIXML element a PIPELINE_OUTPUT message carries. */
export function writeExchangeObject<T>({ schema, entity }: ExchangeObject<T>): string {
  const writer = writerOf(schema);
  let xml = `${writer.head}${clixmlText(schema.text(entity))}</ToString><Props>`;
  let nextObject = 1;
  let nextNames = 1;
  const given: number[] = [];
  for (const cell of writer.cells) {
    const { column } = cell;
    const value = column.read(entity);
    if (value === null) {
      xml += cell.nil;
      continue;
    }
    switch (column.kind) {
      case 'enum':
      case 'texts':
      case 'dictionary': {
        const known = given[cell.names];
        if (known === undefined) given[cell.names] = nextNames;
        const names =
          known === undefined ? `<TN RefId="${nextNames}">${cell.nameList}</TN>` : `<TNRef RefId="${known}" />`;
        if (known === undefined) nextNames += 1;
        xml += `${cell.open}${nextObject}">${names}${objectContent(column, value)}</Obj>`;
        nextObject += 1;
        break;
      }
      case 'utc':
      case 'local':
        xml += cell.open + timeText(column.kind, value as number) + cell.close;
        break;
      case 'text':
        xml += cell.open + clixmlText(value as string) + cell.close;
        break;
      default:
        xml += cell.open + String(value as boolean | number | string) + cell.close;
    }
  }
  return `${xml}</Props></Obj>`;
}

function objectContent<T>(column: Column<T>, value: ReturnType<Column<T>['read']>): string {
  if (column.kind === 'enum') {
    const number = column.type.numbers[value as string] ?? 0;
    return `<ToString>${clixmlText(value as string)}</ToString><I32>${number}</I32>`;
  }
  if (column.kind === 'dictionary')
    return `<DCT>${Object.entries(value as object)
      .map(dictionaryEntry)
      .join('')}</DCT>`;
  let items = '';
  for (const item of value as readonly string[]) items += `<S>${clixmlText(item)}</S>`;
  return items === '' ? '<LST />' : `<LST>${items}</LST>`;
}

function dictionaryEntry([key, value]: readonly [string, string]): string {
  return `<En><S N="Key">${clixmlText(key)}</S><S N="Value">${clixmlText(value)}</S></En>`;
}

// One test for the common case: nothing to escape, neither for XML nor for CLIXML.
const TO_ESCAPE = /[&<>"\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]|_[xX]/;

function clixmlText(text: string): string {
  return TO_ESCAPE.test(text) ? escapeXml(encodeClixmlText(text)) : text;
}

/** The constant parts of a column's element. `names` numbers the distinct type name lists of a schema. */
interface Cell<T> {
  readonly column: Column<T>;
  readonly open: string;
  readonly close: string;
  readonly nil: string;
  readonly names: number;
  readonly nameList: string;
}

interface Writer<T> {
  readonly head: string;
  readonly cells: readonly Cell<T>[];
}

const TAGS = { text: 'S', bool: 'B', int: 'I32', uint: 'U32', utc: 'DT', local: 'DT', guid: 'G' } as const;
const writers = new WeakMap<object, Writer<never>>();

function writerOf<T>(schema: Schema<T>): Writer<T> {
  const known = writers.get(schema);
  if (known !== undefined) return known as unknown as Writer<T>;
  const lists: string[] = [];
  const writer: Writer<T> = {
    head: `<Obj RefId="0"><TN RefId="0">${nameElements(schema.typeNames)}</TN><ToString>`,
    cells: schema.columns.map((column) => cellOf(column, lists)),
  };
  writers.set(schema, writer as unknown as Writer<never>);
  return writer;
}

function cellOf<T>(column: Column<T>, lists: string[]): Cell<T> {
  const name = escapeXml(encodeClixmlText(column.name));
  const nil = `<Nil N="${name}" />`;
  if (column.kind !== 'enum' && column.kind !== 'texts' && column.kind !== 'dictionary') {
    const tag = TAGS[column.kind];
    return { column, open: `<${tag} N="${name}">`, close: `</${tag}>`, nil, names: -1, nameList: '' };
  }
  const nameList = nameElements(typeNamesOf(column));
  if (!lists.includes(nameList)) lists.push(nameList);
  return { column, open: `<Obj N="${name}" RefId="`, close: '</Obj>', nil, names: lists.indexOf(nameList), nameList };
}

function typeNamesOf<T>(column: Column<T> & { readonly kind: 'enum' | 'texts' | 'dictionary' }): readonly string[] {
  if (column.kind === 'enum') return enumTypeNames(column.type);
  return column.kind === 'texts' ? TEXT_LIST_TYPE_NAMES : DICTIONARY_TYPE_NAMES;
}

function nameElements(names: readonly string[]): string {
  return names.map((name) => `<T>${escapeXml(name)}</T>`).join('');
}
