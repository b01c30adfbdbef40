/** The primitive types of CLIXML (MS-PSRP 2.2.5.1): element text to value and back. */
import type { ClixmlScalar, ClixmlValue, PlainValue } from './value.ts';
import { clixmlInvalid } from './clixml-error.ts';
import { decodeClixmlText, encodeClixmlText } from './clixml-text.ts';

/** Every element name that holds a primitive. */
export const PRIMITIVE_TAGS: ReadonlySet<string> = new Set(
  'S C B DT TS By SB U16 I16 U32 I32 U64 I64 Sg Db D BA G URI Nil Version XD SBK SS'.split(' '),
);

/** Those whose text is checked. */
const CHECKED: ReadonlySet<string> = new Set('B By SB U16 I16 U32 I32 U64 I64 Sg Db BA'.split(' '));

/** True for a primitive that any text is a value of, so that one nobody reads need not be looked at. */
export function isFreeText(tag: string): boolean {
  return PRIMITIVE_TAGS.has(tag) && !CHECKED.has(tag);
}

const INTEGER = /^[+-]?\d{1,20}$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  By: [0, 0xff],
  SB: [-0x80, 0x7f],
  U16: [0, 0xffff],
  I16: [-0x8000, 0x7fff],
  U32: [0, 0xffffffff],
  I32: [-0x80000000, 0x7fffffff],
};

/**
 * The value of a primitive element.
 * @param tag element name, one of {@link PRIMITIVE_TAGS}
 * @param text its character data, XML references resolved, CLIXML escapes not
 * @throws ConnectorError ERR_CLIXML_INVALID if the text is none of that type
 */
export function readScalar(tag: string, text: string): ClixmlValue {
  switch (tag) {
    case 'S':
      return decodeClixmlText(text);
    case 'Nil':
      return null;
    case 'B':
      return readBoolean(text);
    case 'By':
    case 'SB':
    case 'U16':
    case 'I16':
    case 'U32':
    case 'I32':
      return readInteger(tag, text);
    case 'U64':
    case 'I64':
      return readBigInteger(tag, text);
    case 'Sg':
    case 'Db':
      return readFloat(text);
    case 'BA':
      return readBytes(text);
    default:
      return { kind: 'scalar', tag, text: decodeClixmlText(text) };
  }
}

/** XmlConvert.ToBoolean reads the four lexical forms of XML Schema. */
function readBoolean(text: string): boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  const trimmed = text.trim().toLowerCase();
  if (trimmed === 'true' || trimmed === '1') return true;
  if (trimmed === 'false' || trimmed === '0') return false;
  throw clixmlInvalid('a B that is neither true nor false');
}

function readInteger(tag: string, text: string): number {
  const trimmed = text.trim();
  const range = RANGES[tag];
  const number = INTEGER.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (range === undefined || !(number >= range[0] && number <= range[1]))
    throw clixmlInvalid(`a ${tag} out of its range`);
  return number === 0 ? 0 : number;
}

function readBigInteger(tag: string, text: string): bigint {
  const trimmed = text.trim();
  if (!INTEGER.test(trimmed)) throw clixmlInvalid(`a ${tag} that is no integer`);
  const number = BigInt(trimmed);
  const fits = tag === 'U64' ? BigInt.asUintN(64, number) === number : BigInt.asIntN(64, number) === number;
  if (!fits) throw clixmlInvalid(`a ${tag} out of its range`);
  return number;
}

function readFloat(text: string): number {
  const trimmed = text.trim();
  if (FLOAT.test(trimmed)) return Number(trimmed);
  switch (trimmed) {
    case 'NaN':
      return Number.NaN;
    // XmlConvert writes INF, double.ToString Infinity.
    case 'INF':
    case 'Infinity':
      return Number.POSITIVE_INFINITY;
    case '-INF':
    case '-Infinity':
      return Number.NEGATIVE_INFINITY;
    default:
      throw clixmlInvalid('a floating-point number that is none');
  }
}

function readBytes(text: string): Uint8Array {
  const base64 = text.replace(/\s+/g, '');
  if (base64.length % 4 !== 0 || !BASE64.test(base64)) throw clixmlInvalid('a BA that is not base64');
  // A copy of its own: a view on Node's buffer pool would keep strangers' bytes reachable.
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** What callers above the protocol see of a scalar without JavaScript twin: its text; a `C` as the character it codes. */
export function plainScalar(scalar: ClixmlScalar): PlainValue {
  if (scalar.tag !== 'C') return scalar.text;
  const code = Number(scalar.text);
  return Number.isInteger(code) && code >= 0 && code <= 0xffff ? String.fromCharCode(code) : scalar.text;
}

/**
 * Element name and text (CLIXML-encoded, not yet escaped for XML) of a value that is no object. Numbers go out as I32 if
 * they are 32-bit integers and as Db otherwise, bigints as I64 or, beyond it, U64.
 * @throws ConnectorError ERR_CLIXML_INVALID for a bigint beyond 64 bits and for a scalar of unknown tag
 */
export function writeScalar(value: Exclude<ClixmlValue, { kind: 'object' }>): readonly [tag: string, text: string] {
  if (value === null) return ['Nil', ''];
  switch (typeof value) {
    case 'string':
      return ['S', encodeClixmlText(value)];
    case 'boolean':
      return ['B', value ? 'true' : 'false'];
    case 'number':
      return writeNumber(value);
    case 'bigint':
      return writeBigInteger(value);
    default:
  }
  if (value instanceof Uint8Array) {
    return ['BA', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')];
  }
  if (!PRIMITIVE_TAGS.has(value.tag)) throw clixmlInvalid(`no primitive type ${JSON.stringify(value.tag)}`);
  return [value.tag, encodeClixmlText(value.text)];
}

function writeNumber(value: number): readonly [string, string] {
  // -0 is a double; an I32 would lose its sign.
  if ((value | 0) === value && !Object.is(value, -0)) return ['I32', String(value)];
  if (Object.is(value, -0)) return ['Db', '-0'];
  if (Number.isNaN(value)) return ['Db', 'NaN'];
  if (!Number.isFinite(value)) return ['Db', value > 0 ? 'INF' : '-INF'];
  return ['Db', String(value)];
}

function writeBigInteger(value: bigint): readonly [string, string] {
  if (BigInt.asIntN(64, value) === value) return ['I64', String(value)];
  if (BigInt.asUintN(64, value) === value) return ['U64', String(value)];
  throw clixmlInvalid('an integer beyond 64 bits');
}
