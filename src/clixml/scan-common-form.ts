/**
 * The one form of XML in which PowerShell's serializer writes messages, recognized without a general parser: no prolog,
 * no white space between elements, attributes `N` and `RefId` in this order, the five predefined entities. Every output
 * object takes this path. Whatever is not exactly of that form, well-formed or not, is left to the XML parser, which
 * alone decides what is an error; so this scanner may say no too often, but never yes to what the parser would refuse.
 */
import type { ClixmlBuilder } from './clixml-builder.ts';
import { isLeafTag } from './clixml-builder.ts';
import { PRIMITIVE_TAGS } from './clixml-scalar.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const SLASH = 0x2f;
const EQUALS = 0x3d;
const LESS = 0x3c;
const GREATER = 0x3e;
const CAPITAL_A = 0x41;
const CAPITAL_N = 0x4e;

// Control characters (line ends among them) and surrogates are written as _xHHHH_, so in this form there are none.
const UNUSUAL = /[^\u0020-\ud7ff\ue000-\ufffd]/;

const CONTAINERS = ['Obj', 'TN', 'TNRef', 'Ref', 'Props', 'MS', 'LST', 'IE', 'STK', 'QUE', 'DCT', 'En'];

interface Tag {
  readonly name: string;
  readonly isLeaf: boolean;
}

/** Tags by their letters as a number to base 75, digits '0' to 'z': exact for eight letters, and no string is made. */
const TAGS = new Map<number, Tag>(
  [...PRIMITIVE_TAGS, 'T', 'ToString', ...CONTAINERS].map((name) => [
    Array.from(name).reduce((number, letter) => number * 75 + letter.charCodeAt(0) - 0x30, 0),
    { name, isLeaf: isLeafTag(name) },
  ]),
);

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** A name of a property, and the one that came after it the last time: objects of one cmdlet have the same in the same order. */
interface KnownName {
  readonly name: string;
  next: KnownName | null;
}

/** Names as they are written, that is without escapes; each kept once, and found without being cut out of the text. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
/** Exchange has some hundred; a server that makes up names fills no memory. */
const MAX_NAMES = 2048;
const names = new Map<string, KnownName>();
const START: KnownName = { name: '', next: null };

/** Null for a name that is not kept. */
function knownName(name: string): KnownName | null {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= MAX_NAMES || !PLAIN_NAME.test(name)) return null;
  // A copy: what is cut out of a text keeps all of it.
  const added = { name: Buffer.from(name, 'latin1').toString('latin1'), next: null };
  names.set(added.name, added);
  return added;
}

/**
 * Feeds the builder with the elements of a document in the common form.
 * @returns false if it is of another form; the builder is of no use then
 * @throws what the builder throws
 */
export function scanCommonForm<V, F>(xml: string, builder: ClixmlBuilder<V, F>): boolean {
  if (UNUSUAL.test(xml) || xml.includes(']]>')) return false;
  return new CommonFormScanner(xml).scan(builder);
}

class CommonFormScanner {
  readonly #xml: string;
  readonly #hasEntities: boolean;
  #at = 0;
  /** Value of the attribute or text read last; undefined if it is not of the form. */
  #name: string | undefined;
  #refId: string | undefined;
  #isEmpty = false;
  /** The name that came last. */
  #lastName = START;

  constructor(xml: string) {
    this.#xml = xml;
    this.#hasEntities = xml.includes('&');
  }

  scan<V, F>(builder: ClixmlBuilder<V, F>): boolean {
    const xml = this.#xml;
    const open: string[] = [];
    do {
      if (xml.charCodeAt(this.#at) !== LESS) return false;
      this.#at++;
      if (xml.charCodeAt(this.#at) === SLASH) {
        const name = open.pop();
        this.#at++;
        if (name === undefined || !this.#skipEnd(name)) return false;
        builder.close(name);
        continue;
      }
      const tag = this.#readTag();
      if (tag === undefined || !this.#readAttributes()) return false;
      if (tag.isLeaf) {
        const text = this.#isEmpty ? '' : this.#readText(tag.name);
        if (text === undefined) return false;
        builder.leaf(tag.name, this.#name, text);
        continue;
      }
      builder.open(tag.name, this.#name, this.#refId);
      if (this.#isEmpty) builder.close(tag.name);
      else open.push(tag.name);
    } while (open.length > 0);
    return this.#at === xml.length;
  }

  /** The tag after `<`. */
  #readTag(): Tag | undefined {
    // A leading '0' would not change the number.
    if (this.#xml.charCodeAt(this.#at) < CAPITAL_A) return undefined;
    let number = 0;
    const end = this.#at + 8;
    for (; this.#at <= end; this.#at++) {
      const code = this.#xml.charCodeAt(this.#at);
      if (code === SPACE || code === GREATER || code === SLASH) return TAGS.get(number);
      if (!(code >= 0x30 && code <= 0x7a)) return undefined;
      number = number * 75 + code - 0x30;
    }
    return undefined;
  }

  /** The attributes and the end of the tag. */
  #readAttributes(): boolean {
    const xml = this.#xml;
    this.#name = undefined;
    this.#refId = undefined;
    if (
      xml.charCodeAt(this.#at) === SPACE &&
      xml.charCodeAt(this.#at + 1) === CAPITAL_N &&
      xml.charCodeAt(this.#at + 2) === EQUALS &&
      xml.charCodeAt(this.#at + 3) === QUOTE
    ) {
      this.#name = this.#readName(this.#at + 4);
      if (this.#name === undefined) return false;
    }
    if (xml.charCodeAt(this.#at) === SPACE && xml.startsWith('RefId="', this.#at + 1)) {
      this.#refId = this.#readValue(this.#at + 8);
      if (this.#refId === undefined) return false;
    }
    if (xml.charCodeAt(this.#at) === SPACE) this.#at++;
    this.#isEmpty = xml.charCodeAt(this.#at) === SLASH;
    if (this.#isEmpty) this.#at++;
    return xml.charCodeAt(this.#at++) === GREATER;
  }

  /** The value of `N` from `start` to the quote. */
  #readName(start: number): string | undefined {
    const expected = this.#lastName.next;
    if (expected !== null && this.#xml.startsWith(expected.name, start)) {
      const end = start + expected.name.length;
      if (this.#xml.charCodeAt(end) === QUOTE) {
        this.#at = end + 1;
        this.#lastName = expected;
        return expected.name;
      }
    }
    const name = this.#readValue(start);
    const known = name === undefined ? null : knownName(name);
    if (known === null) return name;
    this.#lastName.next = known;
    this.#lastName = known;
    return known.name;
  }

  /** An attribute's value from `start` to the quote. */
  #readValue(start: number): string | undefined {
    const end = this.#xml.indexOf('"', start);
    if (end === -1) return undefined;
    this.#at = end + 1;
    const value = this.#xml.slice(start, end);
    return value.includes('<') ? undefined : this.#unescape(value);
  }

  /** Text up to the end tag, and the end tag. */
  #readText(tag: string): string | undefined {
    const start = this.#at;
    const end = this.#xml.indexOf('<', start);
    if (end === -1 || this.#xml.charCodeAt(end + 1) !== SLASH) return undefined;
    this.#at = end + 2;
    return this.#skipEnd(tag) ? this.#unescape(this.#xml.slice(start, end)) : undefined;
  }

  #skipEnd(name: string): boolean {
    const end = this.#at + name.length;
    if (this.#xml.charCodeAt(end) !== GREATER || !this.#xml.startsWith(name, this.#at)) return false;
    this.#at = end + 1;
    return true;
  }

  #unescape(text: string): string | undefined {
    if (!this.#hasEntities || !text.includes('&')) return text;
    const plain = text.replace(/&(amp|lt|gt|quot|apos);/g, '');
    if (plain.includes('&')) return undefined;
    return text.replace(/&(amp|lt|gt|quot|apos);/g, (found, name: string) => ENTITIES[name] ?? found);
  }
}
