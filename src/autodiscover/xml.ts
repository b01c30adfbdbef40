/** Reading the small XML answers of Autodiscover: no DOCTYPE, bounded, by local name. No I/O here. */
import { SaxesParser } from 'saxes';
import { ConnectorError } from '../errors.ts';

/** One element. Namespaces are checked to be well-formed and then left aside: servers disagree about the inner ones. */
export interface AnswerElement {
  /** Local name. */
  readonly name: string;
  /** Namespace URI, '' for none. */
  readonly uri: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly AnswerElement[];
  /** Its own character data, trimmed. */
  readonly text: string;
}

const MAX_DEPTH = 32;
const MAX_ELEMENTS = 5_000;

type OpenElement = {
  name: string;
  uri: string;
  attributes: Map<string, string>;
  children: AnswerElement[];
  text: string;
};

/** Reads a document to its root. Throws ERR_XML_INVALID: not well-formed, a DOCTYPE, too deep or too many elements. */
export function readAnswer(xml: string): AnswerElement {
  try {
    return parse(xml);
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    throw new ConnectorError('ERR_XML_INVALID', 'The answer is not well-formed XML.', { cause: error });
  }
}

function refuse(seen: string): never {
  throw new ConnectorError('ERR_XML_INVALID', seen);
}

function parse(xml: string): AnswerElement {
  const parser = new SaxesParser({ xmlns: true, position: false });
  const open: OpenElement[] = [];
  let root: OpenElement | undefined;
  let count = 0;
  const addText = (text: string): void => {
    const top = open.at(-1);
    if (top !== undefined) top.text += text;
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => refuse('The answer has a DOCTYPE, which is never read.'));
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('opentag', (tag) => {
    count += 1;
    if (count > MAX_ELEMENTS || open.length >= MAX_DEPTH)
      refuse('The answer is larger or deeper than any Autodiscover answer.');
    const attributes = new Map(Object.values(tag.attributes).map(({ local, value }) => [local, value]));
    const element: OpenElement = { name: tag.local, uri: tag.uri, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed !== undefined) closed.text = closed.text.trim();
    if (open.length === 0) root = closed;
  });
  parser.write(xml.replace(/^\ufeff/, '')).close();
  return root ?? refuse('The answer has no element.');
}

/** The first descendant along a path of local names, or undefined. */
export function find(element: AnswerElement | undefined, ...path: readonly string[]): AnswerElement | undefined {
  return path.reduce((at, name) => at?.children.find((child) => child.name === name), element);
}

/** Trimmed text at a path of local names; null if absent or empty. */
export function textAt(element: AnswerElement | undefined, ...path: readonly string[]): string | null {
  return find(element, ...path)?.text || null;
}

/** Text for an element or attribute: addresses may contain `&` and `'`. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
