/** Elements in, values out: the state machine under the two readers. No recursion; depth and size are counted. */
import type { ClixmlLimits } from './clixml-error.ts';
import { clixmlInvalid, clixmlLimit } from './clixml-error.ts';
import { PRIMITIVE_TAGS } from './clixml-scalar.ts';
import { decodeClixmlText } from './clixml-text.ts';

/** True for the elements that hold text and no elements. */
export function isLeafTag(tag: string): boolean {
  return tag === 'T' || tag === 'ToString' || PRIMITIVE_TAGS.has(tag);
}

/** How a reader builds its values `V`, with `F` its mutable collection of named fields. */
export interface ClixmlShape<V, F> {
  /** @param text character data, CLIXML escapes not yet decoded */
  scalar(tag: string, text: string): V;
  newFields(): F;
  setField(fields: F, name: string, value: V): void;
  newEntries(): V[];
  object(draft: Draft<V, F>, nested: boolean): V;
}

/** An `Obj` under construction. */
export interface Draft<V, F> {
  readonly parent: Draft<V, F> | null;
  /** Where the finished object goes: the context of the parent. */
  readonly outside: Context;
  readonly name: string | undefined;
  readonly refId: string | undefined;
  readonly elementsBefore: number;
  /** A member set: an `MS` with a name, inside an `MS`. */
  readonly memberSet: boolean;
  typeNames: readonly string[];
  text: string | null;
  value: V | undefined;
  items: V[] | null;
  itemsTag: 'LST' | 'IE' | 'STK' | 'QUE' | null;
  /** Keys and values in turn. */
  entries: V[] | null;
  properties: F | null;
  members: F | null;
  key: V | undefined;
  entryValue: V | undefined;
}

// What the next child element is a part of.
const DOCUMENT = 0;
const OBJECTS = 1;
const OBJECT = 2;
const PROPERTIES = 3;
const MEMBERS = 4;
const ITEMS = 5;
const DICTIONARY = 6;
const ENTRY = 7;
const TYPE_NAMES = 8;
const EMPTY = 9;
type Context = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

const NAMESPACE = 'http://schemas.microsoft.com/powershell/2004/04';
const NO_NAMES: readonly string[] = [];

/** Takes the events of an XML parser that checks well-formedness, and collects the values of one document. */
export class ClixmlBuilder<V, F> {
  /** The finished values, in document order. */
  readonly values: V[] = [];
  /** Whether the document is an `Objs`. */
  isDocument = false;

  readonly #shape: ClixmlShape<V, F>;
  readonly #limits: ClixmlLimits;
  /** Properties of the outermost object that are kept; null: all. */
  readonly #wanted: ReadonlySet<string> | null;
  /** MS-PSRP 2.2.5.2.1: both tables live as long as the document, that is one message. */
  readonly #references = new Map<string, { readonly value: V; readonly elements: number } | null>();
  readonly #typeNames = new Map<string, readonly string[]>();
  #context: Context = DOCUMENT;
  #draft: Draft<V, F> | null = null;
  #depth = 0;
  #elements = 0;
  /** The element whose text is being collected, or '' between elements. */
  #leaf = '';
  #leafName: string | undefined;
  #text = '';
  /** Element depth inside a dropped element; 0 = nothing is being dropped. */
  #dropped = 0;
  #newNames: string[] = [];
  #namesRefId: string | undefined;
  #emptyReturn: Context = DOCUMENT;

  /** @param wanted names of the properties that the outermost object is to have; others are checked and left out. Null: all */
  constructor(shape: ClixmlShape<V, F>, limits: ClixmlLimits, wanted: ReadonlySet<string> | null = null) {
    this.#shape = shape;
    this.#limits = limits;
    this.#wanted = wanted;
  }

  /**
   * An element begins. Of its attributes only these are read.
   * @param name `N`, CLIXML escapes not yet decoded
   */
  open(tag: string, name: string | undefined, refId: string | undefined, namespace?: string): void {
    if (++this.#elements > this.#limits.elements) throw clixmlLimit('elements', this.#limits.elements);
    if (this.#dropped > 0) {
      this.#dropped++;
      return;
    }
    if (this.#leaf !== '') throw clixmlInvalid(`an element inside ${this.#leaf}`);
    switch (tag) {
      case 'Obj':
        return this.#openObject(name, refId);
      case 'Props':
        this.#inObject(tag).properties ??= this.#shape.newFields();
        this.#context = PROPERTIES;
        return;
      case 'MS':
        return this.#openMembers(name, refId);
      case 'TN':
        this.#inObject(tag);
        this.#newNames = [];
        this.#namesRefId = refId;
        this.#context = TYPE_NAMES;
        return;
      case 'TNRef':
        this.#inObject(tag).typeNames = this.#knownNames(refId);
        return this.#openEmpty();
      case 'Ref':
        this.#placeReference(name, refId);
        return this.#openEmpty();
      case 'T':
        if (this.#context !== TYPE_NAMES) throw clixmlInvalid('T outside TN');
        return this.#openLeaf(tag, undefined);
      case 'ToString':
        this.#inObject(tag);
        return this.#openLeaf(tag, undefined);
      case 'LST':
      case 'IE':
      case 'STK':
      case 'QUE':
        return this.#openItems(tag);
      case 'DCT':
        this.#inObject(tag).entries ??= this.#shape.newEntries();
        this.#context = DICTIONARY;
        return;
      case 'En':
        return this.#openEntry();
      case 'Objs':
        return this.#openDocument(namespace);
      default:
        return this.#openPrimitive(tag, name);
    }
  }

  /** `open`, `text` and `close` of a {@link isLeafTag leaf} in one: the same, and faster. */
  leaf(tag: string, name: string | undefined, text: string): void {
    const plain = this.#dropped === 0 && this.#leaf === '' && tag !== 'T' && tag !== 'ToString';
    if (!plain || this.#isDropped(name)) {
      this.open(tag, name, undefined);
      this.text(text);
      this.close(tag);
      return;
    }
    if (++this.#elements > this.#limits.elements) throw clixmlLimit('elements', this.#limits.elements);
    this.#mayHoldValue(name);
    this.#place(name, this.#shape.scalar(tag, text));
  }

  /** @returns true if a primitive of any text is not wanted here: it counts, and needs no {@link leaf} */
  passOver(name: string | undefined): boolean {
    if (this.#dropped > 0 || !this.#isUnwanted(name)) return false;
    if (++this.#elements > this.#limits.elements) throw clixmlLimit('elements', this.#limits.elements);
    return true;
  }

  /** A TN with its T, in one. */
  typeNames(refId: string | undefined, names: readonly string[]): void {
    this.open('TN', undefined, refId);
    this.#elements += names.length;
    if (this.#elements > this.#limits.elements) throw clixmlLimit('elements', this.#limits.elements);
    if (this.#dropped > 0) this.#dropped--;
    else this.#setTypeNames(names);
  }

  /** @param text character data with XML references resolved; may come in pieces */
  text(text: string): void {
    if (this.#leaf !== '') {
      this.#text = this.#text === '' ? text : this.#text + text;
      return;
    }
    if (this.#dropped === 0 && /[^ \t\r\n]/.test(text)) throw clixmlInvalid('text between elements');
  }

  close(tag: string): void {
    if (this.#dropped > 0) {
      this.#dropped--;
      return;
    }
    if (this.#leaf !== '') return this.#closeLeaf(tag);
    switch (tag) {
      case 'Obj':
        return this.#closeObject();
      case 'MS':
        if (this.#current().memberSet) return this.#closeObject();
        break;
      case 'En':
        return this.#closeEntry();
      case 'TN':
        return this.#setTypeNames(this.#newNames);
      case 'Objs':
        return;
      case 'Ref':
      case 'TNRef':
        this.#context = this.#emptyReturn;
        return;
      default:
    }
    this.#context = OBJECT;
  }

  #setTypeNames(names: readonly string[]): void {
    this.#current().typeNames = names;
    if (this.#namesRefId !== undefined) this.#typeNames.set(this.#namesRefId, names);
    this.#context = OBJECT;
  }

  #openPrimitive(tag: string, name: string | undefined): void {
    if (!PRIMITIVE_TAGS.has(tag)) throw clixmlInvalid('an element it does not have');
    this.#mayHoldValue(name);
    if (this.#isDropped(name)) {
      this.#dropped = 1;
      return;
    }
    this.#openLeaf(tag, name);
  }

  /** A .NET BinaryFormatter blob that Exchange attaches at full serialization level: never read, only skipped. */
  #isDropped(name: string | undefined): boolean {
    return name === 'SerializationData' && (this.#context === MEMBERS || this.#context === PROPERTIES);
  }

  #isUnwanted(name: string | undefined): boolean {
    if (this.#wanted === null || this.#depth !== 1 || name === undefined) return false;
    return (this.#context === PROPERTIES || this.#context === MEMBERS) && !this.#wanted.has(decodeClixmlText(name));
  }

  #openLeaf(tag: string, name: string | undefined): void {
    this.#leaf = tag;
    this.#leafName = name;
    this.#text = '';
  }

  #closeLeaf(tag: string): void {
    const text = this.#text;
    this.#leaf = '';
    this.#text = '';
    if (tag === 'T') this.#newNames.push(decodeClixmlText(text));
    else if (tag === 'ToString') this.#current().text = decodeClixmlText(text);
    else this.#place(this.#leafName, this.#shape.scalar(tag, text));
  }

  #openObject(name: string | undefined, refId: string | undefined): void {
    this.#mayHoldValue(name);
    if (this.#isDropped(name)) {
      this.#dropped = 1;
      return;
    }
    this.#push(name, refId, false);
    this.#context = OBJECT;
  }

  #push(name: string | undefined, refId: string | undefined, memberSet: boolean): void {
    if (++this.#depth > this.#limits.depth) throw clixmlLimit('depth', this.#limits.depth);
    // While it is open, a reference to it would make a circle; it reads as null then.
    if (refId !== undefined) this.#references.set(refId, null);
    this.#draft = {
      parent: this.#draft,
      outside: this.#context,
      name,
      refId,
      elementsBefore: this.#elements,
      memberSet,
      typeNames: NO_NAMES,
      text: null,
      value: undefined,
      items: null,
      itemsTag: null,
      entries: null,
      properties: null,
      members: null,
      key: undefined,
      entryValue: undefined,
    };
  }

  #closeObject(): void {
    const draft = this.#current();
    const value = this.#shape.object(draft, this.#depth > 1);
    if (draft.refId !== undefined) {
      this.#references.set(draft.refId, { value, elements: this.#elements - draft.elementsBefore + 1 });
    }
    this.#depth--;
    this.#draft = draft.parent;
    this.#context = draft.outside;
    this.#place(draft.name, value);
  }

  #openMembers(name: string | undefined, refId: string | undefined): void {
    if (this.#context === MEMBERS) {
      this.#mayHoldValue(name);
      this.#push(name, refId, true);
      this.#current().members = this.#shape.newFields();
      return;
    }
    this.#inObject('MS').members ??= this.#shape.newFields();
    this.#context = MEMBERS;
  }

  #openItems(tag: 'LST' | 'IE' | 'STK' | 'QUE'): void {
    const draft = this.#inObject(tag);
    if (draft.items !== null) throw clixmlInvalid('an object with two collections');
    draft.items = [];
    draft.itemsTag = tag;
    this.#context = ITEMS;
  }

  #openEntry(): void {
    if (this.#context !== DICTIONARY) throw clixmlInvalid('En outside DCT');
    const draft = this.#current();
    draft.key = undefined;
    draft.entryValue = undefined;
    this.#context = ENTRY;
  }

  #closeEntry(): void {
    const draft = this.#current();
    if (draft.key === undefined || draft.entryValue === undefined) throw clixmlInvalid('an En without Key or Value');
    draft.entries?.push(draft.key, draft.entryValue);
    this.#context = DICTIONARY;
  }

  #openDocument(namespace: string | undefined): void {
    if (this.#context !== DOCUMENT) throw clixmlInvalid('Objs inside an object');
    if (namespace !== undefined && namespace !== NAMESPACE) throw clixmlInvalid('a foreign namespace');
    this.isDocument = true;
    this.#context = OBJECTS;
  }

  #openEmpty(): void {
    this.#emptyReturn = this.#context;
    this.#context = EMPTY;
  }

  #knownNames(refId: string | undefined): readonly string[] {
    const names = refId === undefined ? undefined : this.#typeNames.get(refId);
    if (names === undefined) throw clixmlInvalid('a TNRef to no TN');
    return names;
  }

  #placeReference(name: string | undefined, refId: string | undefined): void {
    this.#mayHoldValue(name);
    const known = refId === undefined ? undefined : this.#references.get(refId);
    if (known === undefined) throw clixmlInvalid('a Ref to no object');
    if (known === null) {
      this.#place(name, this.#shape.scalar('Nil', ''));
      return;
    }
    // References to references double the size of what is read: count it as if it were written out.
    this.#elements += known.elements;
    if (this.#elements > this.#limits.elements) throw clixmlLimit('elements', this.#limits.elements);
    this.#place(name, known.value);
  }

  #inObject(tag: string): Draft<V, F> {
    if (this.#context !== OBJECT) throw clixmlInvalid(`${tag} outside an object`);
    return this.#current();
  }

  #current(): Draft<V, F> {
    if (this.#draft === null) throw clixmlInvalid('a part outside an object');
    return this.#draft;
  }

  #mayHoldValue(name: string | undefined): void {
    switch (this.#context) {
      case PROPERTIES:
      case MEMBERS:
      case ENTRY:
        if (name === undefined) throw clixmlInvalid('a property without a name');
        return;
      case DOCUMENT:
      case OBJECTS:
      case ITEMS:
        return;
      case OBJECT:
        if (this.#current().value !== undefined) throw clixmlInvalid('an object with two values');
        return;
      default:
        throw clixmlInvalid('a value where none may be');
    }
  }

  #place(name: string | undefined, value: V): void {
    const draft = this.#draft;
    if (draft === null) {
      this.values.push(value);
      return;
    }
    if (this.#isUnwanted(name)) return;
    switch (this.#context) {
      case PROPERTIES:
        if (draft.properties !== null && name !== undefined) {
          this.#shape.setField(draft.properties, decodeClixmlText(name), value);
        }
        return;
      case MEMBERS:
        if (draft.members !== null && name !== undefined) {
          this.#shape.setField(draft.members, decodeClixmlText(name), value);
        }
        return;
      case ITEMS:
        draft.items?.push(value);
        return;
      case ENTRY:
        if (name === 'Key') draft.key = value;
        else if (name === 'Value') draft.entryValue = value;
        else throw clixmlInvalid('an En with something else than Key and Value');
        return;
      default:
        draft.value = value;
    }
  }
}
