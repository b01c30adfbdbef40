/**
 * The one form of XML in which PowerShell's serializer writes messages, recognized without a general parser: no prolog,
 * no white space between elements, attributes `N` and `RefId` in this order, the five predefined entities. Every output
 * object takes this path. Whatever is not exactly of that form, well-formed or not, is left to the XML parser, which
 * alone decides what is an error; so this scanner may say no too often, but never yes to what the parser would refuse.
 */
import type { ClixmlBuilder } from './clixml-builder.ts';
import { isLeafTag } from './clixml-builder.ts';
import { isFreeText, PRIMITIVE_TAGS } from './clixml-scalar.ts';
import { decodeClixmlText } from './clixml-text.ts';

const SPACE = 0x20;
const SLASH = 0x2f;
const LESS = 0x3c;
const GREATER = 0x3e;
const CAPITAL_A = 0x41;

// Control characters (line ends among them) and surrogates are written as _xHHHH_, so in this form there are none.
// Named one by one, since a class of what is not these takes twice as long.
const UNUSUAL = /[\u0000-\u001f\ud800-\udfff\ufffe\uffff]/;

const CONTAINERS = ['Obj', 'TN', 'TNRef', 'Ref', 'Props', 'MS', 'LST', 'IE', 'STK', 'QUE', 'DCT', 'En'];

interface Tag {
  readonly name: string;
  readonly end: string;
  readonly isLeaf: boolean;
  /** True if any text is a value of it. */
  readonly isFree: boolean;
}

function tagOf(name: string): Tag {
  return { name, end: `</${name}>`, isLeaf: isLeafTag(name), isFree: isFreeText(name) };
}

/** Tags by their letters as a number to base 75, digits '0' to 'z': exact for eight letters, and no string is made. */
const TAGS = new Map<number, Tag>(
  [...PRIMITIVE_TAGS, 'T', 'ToString', ...CONTAINERS].map((name) => [
    Array.from(name).reduce((number, letter) => number * 75 + letter.charCodeAt(0) - 0x30, 0),
    tagOf(name),
  ]),
);

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** A start tag with a name, as it is written. Objects of one cmdlet have the same ones in the same order. */
interface KnownStart {
  /** Up to the quote behind the name, of a leaf up to the end of the tag: `<S N="DeviceId">`, `<Obj N="ClientType"`. */
  readonly written: string;
  readonly tag: Tag;
  readonly name: string;
  readonly isEmpty: boolean;
  /** What came after it the last time, and another time: a property may be a text in one object and nothing in the next. */
  next: KnownStart | null;
  other: KnownStart | null;
  /** The type names that came after it the last time. */
  types: KnownTypes | null;
}

/** The content of a TN with its end tag. */
interface KnownTypes {
  readonly written: string;
  readonly names: readonly string[];
}

/** Names as they are written, that is without escapes. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
/** Exchange has some hundred; a server that makes up names fills no memory. */
const MAX_STARTS = 2048;
const MAX_TYPES_LENGTH = 4096;
/** By what is {@link KnownStart.written written}. */
const starts = new Map<string, KnownStart>();
const START: KnownStart = {
  written: '',
  tag: tagOf(''),
  name: '',
  isEmpty: false,
  next: null,
  other: null,
  types: null,
};

/** Null for one that is not kept. @param written part of a document */
function knownStart(
  written: string,
  { tag, name, isEmpty }: Pick<KnownStart, 'tag' | 'name' | 'isEmpty'>,
): KnownStart | null {
  const known = starts.get(written);
  if (known !== undefined) return known;
  if (starts.size >= MAX_STARTS || !PLAIN_NAME.test(name)) return null;
  const added = { written: copyOf(written), tag, name: copyOf(name), isEmpty, next: null, other: null, types: null };
  starts.set(added.written, added);
  return added;
}

/** What is cut out of a text keeps all of it. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/**
 * Feeds the builder with the elements of a document in the common form.
 * @returns false if it is of another form; the builder is of no use then
 * @throws what the builder throws
 */
export function scanCommonForm<V, F>(xml: string, builder: ClixmlBuilder<V, F>): boolean {
  if (UNUSUAL.test(xml) || xml.includes(']]>')) return false;
  return new CommonFormScanner(xml, builder).scan();
}

class CommonFormScanner<V, F> {
  readonly #xml: string;
  readonly #builder: ClixmlBuilder<V, F>;
  readonly #hasEntities: boolean;
  #at = 0;
  /** Of the start tag read last; a name or number is undefined if there is none. */
  #tag: Tag = START.tag;
  #name: string | undefined;
  #refId: string | undefined;
  #isEmpty = false;
  /** The start tag with a name that came last. */
  #last = START;

  constructor(xml: string, builder: ClixmlBuilder<V, F>) {
    this.#xml = xml;
    this.#builder = builder;
    this.#hasEntities = xml.includes('&');
  }

  scan(): boolean {
    const xml = this.#xml;
    const open: Tag[] = [];
    do {
      if (xml.charCodeAt(this.#at) !== LESS) return false;
      if (xml.charCodeAt(this.#at + 1) === SLASH) {
        const tag = open.pop();
        if (tag === undefined || !this.#skip(tag.end)) return false;
        this.#builder.close(tag.name);
        continue;
      }
      if (!(this.#isExpected() ? this.#tag.isLeaf || this.#readRest() : this.#readStart())) return false;
      const tag = this.#tag;
      if (tag.isLeaf) {
        if (!this.#readLeaf(tag)) return false;
      } else if (tag.name === 'TN' && !this.#isEmpty) {
        if (!this.#readTypes()) return false;
      } else {
        this.#builder.open(tag.name, this.#name, this.#refId);
        if (this.#isEmpty) this.#builder.close(tag.name);
        else open.push(tag);
      }
    } while (open.length > 0);
    return this.#at === xml.length;
  }

  /** True for a start tag that came after the last one before; it is read then, up to the name if it is none of a leaf. */
  #isExpected(): boolean {
    const last = this.#last;
    let known = last.next;
    if (known === null) return false;
    if (!this.#xml.startsWith(known.written, this.#at)) {
      known = last.other;
      if (known === null || !this.#xml.startsWith(known.written, this.#at)) return false;
      last.other = last.next;
      last.next = known;
    }
    this.#last = known;
    this.#at += known.written.length;
    this.#tag = known.tag;
    this.#name = known.name;
    this.#refId = undefined;
    this.#isEmpty = known.isEmpty;
    return true;
  }

  #readStart(): boolean {
    const start = this.#at++;
    const tag = this.#readTag();
    if (tag === undefined) return false;
    this.#tag = tag;
    this.#name = undefined;
    this.#refId = undefined;
    if (!this.#xml.startsWith(' N="', this.#at)) return this.#readRest();
    this.#name = this.#readValue(this.#at + 4);
    const quote = this.#at;
    if (this.#name === undefined || !this.#readRest()) return false;
    // A leaf has no number in this form; one that has is read, and not kept.
    if (tag.isLeaf && this.#refId !== undefined) return true;
    const written = this.#xml.slice(start, tag.isLeaf ? this.#at : quote);
    const known = knownStart(written, { tag, name: this.#name, isEmpty: tag.isLeaf && this.#isEmpty });
    if (known === null) return true;
    this.#name = known.name;
    if (this.#last.next !== known) {
      this.#last.other = this.#last.next;
      this.#last.next = known;
    }
    this.#last = known;
    return true;
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

  /** What is behind the name: a number, and the end of the tag. */
  #readRest(): boolean {
    const xml = this.#xml;
    if (xml.charCodeAt(this.#at) === SPACE && xml.startsWith('RefId="', this.#at + 1)) {
      this.#refId = this.#readValue(this.#at + 8);
      if (this.#refId === undefined) return false;
    }
    if (xml.charCodeAt(this.#at) === SPACE) this.#at++;
    this.#isEmpty = xml.charCodeAt(this.#at) === SLASH;
    if (this.#isEmpty) this.#at++;
    return xml.charCodeAt(this.#at++) === GREATER;
  }

  /** An attribute's value from `start` to the quote. */
  #readValue(start: number): string | undefined {
    const end = this.#xml.indexOf('"', start);
    if (end === -1) return undefined;
    this.#at = end + 1;
    const value = this.#xml.slice(start, end);
    return value.includes('<') ? undefined : this.#unescape(value);
  }

  /** The text of a leaf, and its end tag. */
  #readLeaf(tag: Tag): boolean {
    const start = this.#at;
    let end = start;
    if (!this.#isEmpty) {
      end = this.#xml.indexOf('<', start);
      if (end === -1 || !this.#xml.startsWith(tag.end, end)) return false;
      this.#at = end + tag.end.length;
    }
    if (tag.isFree && !this.#hasEntities && this.#builder.passOver(this.#name)) return true;
    const text = this.#unescape(this.#xml.slice(start, end));
    if (text === undefined) return false;
    this.#builder.leaf(tag.name, this.#name, text);
    return true;
  }

  /** What is in a TN, and its end tag. A cmdlet's objects have the same types. */
  #readTypes(): boolean {
    const start = this.#at;
    const refId = this.#refId;
    const known = this.#last.types;
    // Comparing a slice takes a twentieth of what startsWith takes for a text as long as these.
    if (known !== null && this.#xml.slice(start, start + known.written.length) === known.written) {
      this.#at = start + known.written.length;
      this.#builder.typeNames(refId, known.names);
      return true;
    }
    const names: string[] = [];
    while (!this.#xml.startsWith('</TN>', this.#at)) {
      if (!this.#xml.startsWith('<T>', this.#at)) return false;
      const from = this.#at + 3;
      const end = this.#xml.indexOf('<', from);
      const text = end === -1 ? undefined : this.#unescape(this.#xml.slice(from, end));
      this.#at = end;
      if (text === undefined || !this.#skip('</T>')) return false;
      names.push(decodeClixmlText(copyOf(text)));
    }
    this.#at += '</TN>'.length;
    const written = this.#xml.slice(start, this.#at);
    if (written.length <= MAX_TYPES_LENGTH) this.#last.types = { written: copyOf(written), names };
    this.#builder.typeNames(refId, names);
    return true;
  }

  #skip(end: string): boolean {
    if (!this.#xml.startsWith(end, this.#at)) return false;
    this.#at += end.length;
    return true;
  }

  #unescape(text: string): string | undefined {
    if (!this.#hasEntities || !text.includes('&')) return text;
    const plain = text.replace(/&(amp|lt|gt|quot|apos);/g, '');
    if (plain.includes('&')) return undefined;
    return text.replace(/&(amp|lt|gt|quot|apos);/g, (found, name: string) => ENTITIES[name] ?? found);
  }
}
