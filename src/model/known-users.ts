/** Which users a reading names, in a few bits each: who was named is always found, and of the others very few. Pure. */
import { FoldedHash } from './folded-hash.ts';
import type { EasRecord, MdmRecord } from './records.ts';

/** While they are counted: two megabytes, in which two million names are as well apart as in a small site's few bytes. */
const MOST_BITS = 1 << 24;
/** Of a kept set: at least so many bits a name, so that of a hundred others one or two are taken for known. */
const BITS_PER_NAME = 12;
const LEAST_BITS = 64;
/** Bits that one name sets. */
const MARKS = 4;
/** So many names are kept as they come, before there is a table. */
const FEW_NAMES = 1024;

/** A Bloom filter (Bloom, 1970) of everything by which users are known: id, UPN and every address, folded. */
export class KnownUsers {
  /** Null: few names have come, and there is no table yet. */
  #bits: Uint8Array | null;
  /** The two hashes of each of the few. */
  #few: number[] = [];
  readonly #hash = new FoldedHash();
  /** Names that were added; null: the set was kept, and has the size that it needs. */
  #names: number | null;

  private constructor(bits: Uint8Array | null, names: number | null = null) {
    this.#bits = bits;
    this.#names = names;
  }

  /** An empty set, for as many names as may come. */
  static none(): KnownUsers {
    return new KnownUsers(null, 0);
  }

  /** A set that was kept; null if the text is none. */
  static fromText(text: unknown): KnownUsers | null {
    if (typeof text !== 'string') return null;
    const bits = new Uint8Array(Buffer.from(text, 'base64'));
    const size = bits.length * 8;
    return size >= LEAST_BITS && size <= MOST_BITS && (size & (size - 1)) === 0 ? new KnownUsers(bits) : null;
  }

  /** Adds the user that an MDM record names. */
  addUser({ id, upn, addresses }: MdmRecord['user']): void {
    for (const name of [id, upn, ...addresses]) this.add(name);
  }

  /** Adds one name; null and an empty one are none. */
  add(name: string | null): void {
    if (name === null || name === '') return;
    if (this.#names !== null) this.#names += 1;
    this.#hash.of(name);
    const { lo, hi } = this.#hash;
    if (this.#bits !== null) return setMarks(this.#bits, lo, hi);
    this.#few.push(lo, hi);
    if (this.#few.length < 2 * FEW_NAMES) return;
    this.#bits = this.#tableOfFew(MOST_BITS);
    this.#few = [];
  }

  /** False: none of the records named the owner of this mailbox. */
  hasOwner({ id, upn, address, addresses }: EasRecord['mailbox']): boolean {
    return [id, upn, address, ...addresses].some((name) => name !== null && name !== '' && this.#has(name));
  }

  /** Both together. */
  with(other: KnownUsers): KnownUsers {
    const [a, b] = [this.#inSize, other.#inSize];
    const [small, large] = a.length <= b.length ? [a, b] : [b, a];
    return new KnownUsers(large.map((byte, at) => byte | small[at % small.length]!));
  }

  /** As it is kept: base64, in the size that its names need. */
  toText(): string {
    return Buffer.from(this.#inSize).toString('base64');
  }

  /** The bits, as few as the names need. A place is the rest of its number by the size: halves lie on each other. */
  get #inSize(): Uint8Array {
    const needed = Math.max(LEAST_BITS, (this.#names ?? 0) * BITS_PER_NAME * 2);
    if (this.#bits === null) return this.#tableOfFew(2 ** Math.floor(Math.log2(needed)));
    if (this.#names === null) return this.#bits;
    let bits = this.#bits;
    while (bits.length * 8 > needed) {
      const half = bits.slice(0, bits.length / 2);
      for (let at = 0; at < half.length; at++) half[at]! |= bits[at + half.length]!;
      bits = half;
    }
    return bits;
  }

  #tableOfFew(bits: number): Uint8Array {
    const table = new Uint8Array(bits / 8);
    for (let at = 0; at < this.#few.length; at += 2) setMarks(table, this.#few[at]!, this.#few[at + 1]!);
    return table;
  }

  #has(name: string): boolean {
    this.#hash.of(name);
    const { lo, hi } = this.#hash;
    const bits = this.#bits;
    if (bits === null) return this.#few.some((hash, at) => at % 2 === 0 && hash === lo && this.#few[at + 1] === hi);
    for (let mark = 0; mark < MARKS; mark++) {
      const at = placeOf(bits, mark, lo, hi);
      if ((bits[at >>> 3]! & (1 << (at & 7))) === 0) return false;
    }
    return true;
  }
}

/** Kirsch and Mitzenmacher, 2006: two hashes give as many as are needed. */
function placeOf(bits: Uint8Array, mark: number, lo: number, hi: number): number {
  return (lo + Math.imul(mark, hi | 1)) & (bits.length * 8 - 1);
}

function setMarks(bits: Uint8Array, lo: number, hi: number): void {
  for (let mark = 0; mark < MARKS; mark++) {
    const at = placeOf(bits, mark, lo, hi);
    bits[at >>> 3]! |= 1 << (at & 7);
  }
}
