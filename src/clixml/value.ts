/** The values CLIXML carries (MS-PSRP 2.2.5), as plain JavaScript. */

/** Primitive types that have no JavaScript twin keep their tag and text: C DT TS D G URI Version XD SBK SS. */
export interface ClixmlScalar {
  readonly kind: 'scalar';
  /** Element name of MS-PSRP 2.2.5.1, e.g. "DT". */
  readonly tag: string;
  readonly text: string;
}

/** An `Obj`: type names, a text form, and at most one of value, items, entries; properties beside any of them. */
export interface ClixmlObject {
  readonly kind: 'object';
  /** Most derived first; empty if the element carried none. */
  readonly typeNames: readonly string[];
  /** `ToString` element, or null. */
  readonly text: string | null;
  /** The primitive inside (an enum's number, a decorated string), undefined if none. */
  readonly value: ClixmlValue | undefined;
  /** LST, IE, STK or QUE content, or null. */
  readonly items: readonly ClixmlValue[] | null;
  /** Which element carried `items`. */
  readonly itemsTag: 'LST' | 'IE' | 'STK' | 'QUE' | null;
  /** DCT content in order, or null. */
  readonly entries: readonly (readonly [ClixmlValue, ClixmlValue])[] | null;
  /** `Props` (adapted properties), or null. */
  readonly properties: ReadonlyMap<string, ClixmlValue> | null;
  /** `MS` (extended properties), or null. */
  readonly members: ReadonlyMap<string, ClixmlValue> | null;
}

/** null = Nil, string = S, boolean = B, number = By SB U16 I16 U32 I32 Sg Db, bigint = U64 I64, Uint8Array = BA. */
export type ClixmlValue = null | string | boolean | number | bigint | Uint8Array | ClixmlScalar | ClixmlObject;

/** What callers above the protocol see: enums by name, value objects by their text, collections as arrays. */
export type PlainValue =
  | null
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

/** A record of plain values; made without a prototype, so hostile names are harmless. */
export type PlainObject = { readonly [name: string]: PlainValue };
