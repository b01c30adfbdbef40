/** What is read of an XML document. */

/** One element. Namespaces are resolved; prefixes are gone. */
export interface XmlElement {
  /** Namespace URI, '' for none. */
  readonly uri: string;
  /** Local name. */
  readonly name: string;
  /** Value by local name, or by `{uri}local` if the attribute is in a namespace. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The element's own character data, its children's left out. */
  readonly text: string;
}

/** Bounds of a document. */
export interface XmlLimits {
  /** Characters of the whole document; default 4 Mi. A WSMan envelope is at most 500 KiB (PowerShell, WSManNativeAPI.cs). */
  readonly maxChars?: number;
  /** Nested elements; default 64. */
  readonly maxDepth?: number;
  /** Elements in all; default 20,000. */
  readonly maxElements?: number;
}
