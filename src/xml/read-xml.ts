/** A strict reader of small XML documents on saxes: namespaces by URI, no DOCTYPE, bounded depth and size. No I/O here. */
import { SaxesParser } from 'saxes';
import { ConnectorError } from '../errors.ts';
import { scanCommonXml } from './scan-common-xml.ts';
import type { XmlElement, XmlLimits } from './xml-element.ts';

export type { XmlElement, XmlLimits } from './xml-element.ts';

/** WSMan envelopes have half a million bytes at most, Autodiscover and EWS answers some thousand; nothing nests deeper than twenty. */
export const XML_MAX_CHARS = 4 * 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_ELEMENTS = 20_000;

interface OpenElement {
  uri: string;
  name: string;
  attributes: Map<string, string>;
  children: XmlElement[];
  text: string;
}

function invalid(seen: string, cause?: unknown): ConnectorError {
  return new ConnectorError('ERR_XML_INVALID', seen, { cause });
}

/**
 * Reads a document to its root element.
 * @throws ConnectorError ERR_XML_INVALID: not well-formed, a DOCTYPE, or beyond a limit
 */
export function readXml(xml: string, limits: XmlLimits = {}): XmlElement {
  const { maxChars = XML_MAX_CHARS, maxDepth = MAX_DEPTH, maxElements = MAX_ELEMENTS } = limits;
  if (xml.length > maxChars) throw invalid(`The document has ${xml.length} characters, more than allowed.`);
  const text = xml.startsWith('\ufeff') ? xml.slice(1) : xml;
  const common = scanCommonXml(text, { maxChars, maxDepth, maxElements });
  if (common !== null) return common;
  try {
    return parse(text, maxDepth, maxElements);
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    throw invalid(
      `The document is not well-formed (${error instanceof Error ? error.message.slice(0, 200) : 'unknown'}).`,
      error,
    );
  }
}

function parse(xml: string, maxDepth: number, maxElements: number): XmlElement {
  const parser = new SaxesParser({ xmlns: true, position: false });
  const stack: OpenElement[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  const addText = (text: string): void => {
    const top = stack.at(-1);
    if (top !== undefined) top.text += text;
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw invalid('The document has a DOCTYPE, which is never read.');
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('opentag', (tag) => {
    elements += 1;
    if (elements > maxElements) throw invalid(`The document has more than ${maxElements} elements.`);
    if (stack.length >= maxDepth) throw invalid(`The document nests deeper than ${maxDepth} elements.`);
    const attributes = new Map<string, string>();
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.prefix === 'xmlns' || attribute.name === 'xmlns') continue;
      attributes.set(attribute.uri === '' ? attribute.local : `{${attribute.uri}}${attribute.local}`, attribute.value);
    }
    const element: OpenElement = { uri: tag.uri, name: tag.local, attributes, children: [], text: '' };
    stack.at(-1)?.children.push(element);
    stack.push(element);
  });
  parser.on('closetag', () => {
    const closed = stack.pop();
    if (stack.length === 0) root = closed;
  });
  parser.write(xml).close();
  if (root === undefined) throw invalid('The document has no element.');
  return root;
}
