/**
 * The form of XML in which servers of SOAP write their answers, recognized without a general parser: elements, attributes in
 * double quotes, text, the five predefined entities; no prolog, comment, CDATA or character reference. Whatever is not
 * exactly of that form, well-formed or not, is left to the XML parser, which alone decides what is an error; so this scanner
 * may say no too often, but never yes to what the parser would refuse. No I/O here.
 */
import type { XmlElement, XmlLimits } from './xml-element.ts';

const NAME = String.raw`([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?`;
const START_TAG = new RegExp(`<${NAME}`, 'y');
const ATTRIBUTE = new RegExp(String.raw`[ \t\n]+${NAME}="([^"<\t\n\r]*)"`, 'y');
const START_END = /[ \t\n]*(\/?)>/y;
/** What XML has no character for, or reads as another one (a carriage return), or what only a pair means. */
const UNUSUAL = /[^\t\n\u0020-\ud7ff\ue000-\ufffd]/;
const NOT_BLANK = /[^ \t\n]/;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Names of namespaces by prefix; '' is the default one. */
type Scope = ReadonlyMap<string, string>;
// Namespaces in XML 1.0, 3: the one prefix that needs no declaration.
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const OUTERMOST: Scope = new Map([['xml', XML_NAMESPACE]]);
const RESERVED: ReadonlySet<string> = new Set([XML_NAMESPACE, 'http://www.w3.org/2000/xmlns/']);

interface Open {
  readonly element: { -readonly [K in keyof XmlElement]: XmlElement[K] } & { readonly children: XmlElement[] };
  /** As it was written. */
  readonly tag: string;
  readonly scope: Scope;
}

/** The root element, or null if the document is of another form. */
export function scanCommonXml(xml: string, limits: Required<XmlLimits>): XmlElement | null {
  return xml.length > limits.maxChars ? null : new CommonXmlScanner(xml).scan(limits);
}

class CommonXmlScanner {
  readonly #xml: string;
  #at = 0;
  #elements = 0;
  readonly #open: Open[] = [];

  constructor(xml: string) {
    this.#xml = xml;
  }

  scan({ maxDepth, maxElements }: Required<XmlLimits>): XmlElement | null {
    const xml = this.#xml;
    for (;;) {
      const top = this.#open.at(-1);
      if (top !== undefined && !this.#readText(top)) return null;
      if (top !== undefined && xml.startsWith('</', this.#at)) {
        if (!this.#skipEnd(top.tag)) return null;
        this.#open.pop();
        if (this.#open.length === 0) return this.#isEnd() ? top.element : null;
        continue;
      }
      if (++this.#elements > maxElements || this.#open.length >= maxDepth) return null;
      const element = this.#readElement(top);
      if (element === null) return null;
      if (this.#open.length === 0) return this.#isEnd() ? element : null;
    }
  }

  #isEnd(): boolean {
    return !NOT_BLANK.test(this.#xml.slice(this.#at));
  }

  /** The text before the next tag, which belongs to the element around it. */
  #readText({ element }: Open): boolean {
    const end = this.#xml.indexOf('<', this.#at);
    if (end < 0) return false;
    const text = this.#xml.slice(this.#at, end);
    this.#at = end;
    if (text === '') return true;
    if (UNUSUAL.test(text) || text.includes(']]>')) return false;
    const plain = unescape(text);
    if (plain === null) return false;
    element.text += plain;
    return true;
  }

  #skipEnd(tag: string): boolean {
    const end = this.#at + 2 + tag.length;
    if (!this.#xml.startsWith(tag, this.#at + 2) || this.#xml[end] !== '>') return false;
    this.#at = end + 1;
    return true;
  }

  /** An element up to the end of its start tag; it is open then, unless it is empty. */
  #readElement(parent: Open | undefined): XmlElement | null {
    START_TAG.lastIndex = this.#at;
    const start = START_TAG.exec(this.#xml);
    if (start === null) return null;
    this.#at = START_TAG.lastIndex;
    const written = this.#readAttributes();
    START_END.lastIndex = this.#at;
    const end = START_END.exec(this.#xml);
    if (written === null || end === null) return null;
    this.#at = START_END.lastIndex;
    const scope = scopeOf(parent?.scope ?? OUTERMOST, written);
    const attributes = scope === null ? null : attributesOf(scope, written);
    if (scope === null || attributes === null) return null;
    const [tag, first = '', second] = start;
    const uri = scope.get(second === undefined ? '' : first);
    if (uri === undefined && second !== undefined) return null;
    const element = { uri: uri ?? '', name: second ?? first, attributes, children: [], text: '' };
    parent?.element.children.push(element);
    if (end[1] === '') this.#open.push({ element, tag: tag.slice(1), scope });
    return element;
  }

  #readAttributes(): Written[] | null {
    const written: Written[] = [];
    ATTRIBUTE.lastIndex = this.#at;
    for (let found = ATTRIBUTE.exec(this.#xml); found !== null; found = ATTRIBUTE.exec(this.#xml)) {
      this.#at = ATTRIBUTE.lastIndex;
      const [, first = '', second, raw = ''] = found;
      const value = UNUSUAL.test(raw) ? null : unescape(raw);
      if (value === null) return null;
      written.push(second === undefined ? { prefix: '', name: first, value } : { prefix: first, name: second, value });
    }
    return written;
  }
}

/** An attribute as it was written. */
interface Written {
  readonly prefix: string;
  readonly name: string;
  readonly value: string;
}

function isDeclaration({ prefix, name }: Written): boolean {
  return prefix === 'xmlns' || (prefix === '' && name === 'xmlns');
}

/** The scope inside an element; null if its declarations are none that everybody reads alike. */
function scopeOf(outer: Scope, written: readonly Written[]): Scope | null {
  let scope: Map<string, string> | null = null;
  const declared = new Set<string>();
  for (const attribute of written) {
    if (!isDeclaration(attribute)) continue;
    const { value } = attribute;
    const prefix = attribute.prefix === '' ? '' : attribute.name;
    const isOdd = prefix === 'xml' || prefix === 'xmlns' || RESERVED.has(value) || value.trim() !== value;
    if (isOdd || declared.has(prefix) || (prefix !== '' && value === '')) return null;
    declared.add(prefix);
    scope ??= new Map(outer);
    scope.set(prefix, value);
  }
  return scope ?? outer;
}

/** The attributes by name; null if one comes twice or its prefix means nothing. */
function attributesOf(scope: Scope, written: readonly Written[]): ReadonlyMap<string, string> | null {
  const attributes = new Map<string, string>();
  for (const attribute of written) {
    if (isDeclaration(attribute)) continue;
    const { prefix, name, value } = attribute;
    const uri = prefix === '' ? '' : scope.get(prefix);
    if (uri === undefined) return null;
    const key = uri === '' ? name : `{${uri}}${name}`;
    if (attributes.has(key)) return null;
    attributes.set(key, value);
  }
  return attributes;
}

function unescape(text: string): string | null {
  if (!text.includes('&')) return text;
  if (text.replace(/&(?:amp|lt|gt|quot|apos);/g, '').includes('&')) return null;
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (found, name: string) => ENTITIES[name] ?? found);
}
