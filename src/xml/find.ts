/** Finding elements: by namespace and name, or by local name where servers disagree about the namespace. */
import type { XmlElement } from './read-xml.ts';

/** The first child of that name, or undefined. */
export function child(element: XmlElement | undefined, uri: string, name: string): XmlElement | undefined {
  return element?.children.find((candidate) => candidate.uri === uri && candidate.name === name);
}

/** All children of that name. */
export function childrenOf(element: XmlElement | undefined, uri: string, name: string): readonly XmlElement[] {
  return element?.children.filter((candidate) => candidate.uri === uri && candidate.name === name) ?? [];
}

/** Trimmed text of the first child of that name, or null if it is absent or empty. */
export function childText(element: XmlElement | undefined, uri: string, name: string): string | null {
  const text = child(element, uri, name)?.text.trim();
  return text === undefined || text === '' ? null : text;
}

/**
 * The first descendant along a path of local names, or undefined. For answers whose servers disagree about namespaces.
 */
export function find(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce((at, name) => at?.children.find((candidate) => candidate.name === name), element);
}

/** Trimmed text at a path of local names; null if absent or empty. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string | null {
  return find(element, ...path)?.text.trim() || null;
}

/** The element and everything below it, in the order of the document. */
export function* descendants(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const below of element.children) yield* descendants(below);
}
