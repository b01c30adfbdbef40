/** Which ids were seen, in a set that stays small: what a reading keeps of every device until its end. */

import { randomBytes } from 'node:crypto';

/** Characters of a GUID as Graph writes it; nothing else is packed, and upper and lower case are two ids, as they are in Graph's keys. */
const GUID_LENGTH = 36;
const DASH = 45;
const DASHES = [8, 13, 18, 23];
/** Where four digits begin. */
const FOURS = [0, 4, 9, 14, 19, 24, 28, 32];
/** Digit by character code; -1 for what is none. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)));
/** 32-bit words of a GUID. */
const WORDS = 4;
const FIRST_CAPACITY = 1024;
const TWO_TO_32 = 2 ** 32;
/** A server may say any number; more than this comes as it comes. */
const MOST_BELIEVED = 1_500_000;
/** Another one in each process, so that no server can choose ids that all want the same place. */
const SEED = randomBytes(4).readInt32LE();

/**
 * A set of ids. GUIDs take 16 bytes and are compared whole, in a table that is at most three quarters full; a `Set` of their
 * texts takes five times as much. Any other id is kept as text.
 */
export class IdSet {
  #table: Int32Array;
  #capacity: number;
  #packed = 0;
  readonly #texts = new Set<string>();
  readonly #words = new Int32Array(WORDS);

  /** @param expected how many there may be: a table that need not grow leaves nothing to collect; no more than that is believed */
  constructor(expected = 0) {
    this.#capacity = Math.max(FIRST_CAPACITY, Math.ceil((Math.min(expected, MOST_BELIEVED) * 4) / 3) + 1);
    this.#table = new Int32Array(this.#capacity * WORDS);
  }

  /** How many are in it. */
  get size(): number {
    return this.#packed + this.#texts.size;
  }

  /** Puts an id in. @returns false if it was in already */
  add(id: string): boolean {
    if (!this.#pack(id)) {
      const before = this.#texts.size;
      return this.#texts.add(id).size > before;
    }
    if (this.#packed * 4 >= this.#capacity * 3) this.#grow();
    const index = place(this.#table, this.#capacity, this.#words);
    if (index < 0) return false;
    this.#table.set(this.#words, index);
    this.#packed += 1;
    return true;
  }

  /** False for what is no GUID, and for the one of zeros, which stands for an empty place. */
  #pack(id: string): boolean {
    if (id.length !== GUID_LENGTH) return false;
    for (const at of DASHES) if (id.charCodeAt(at) !== DASH) return false;
    const words = this.#words;
    let isGuid = true;
    let any = 0;
    for (let word = 0; word < WORDS; word += 1) {
      const first = fourDigits(id, FOURS[2 * word]!);
      const second = fourDigits(id, FOURS[2 * word + 1]!);
      isGuid &&= first >= 0 && second >= 0;
      words[word] = (first << 16) | second;
      any |= words[word]!;
    }
    return isGuid && any !== 0;
  }

  #grow(): void {
    const old = this.#table;
    this.#capacity *= 2;
    this.#table = new Int32Array(this.#capacity * WORDS);
    const words = new Int32Array(WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      for (let word = 0; word < WORDS; word += 1) words[word] = old[at + word]!;
      if (isEmpty(words, 0)) continue;
      this.#table.set(words, place(this.#table, this.#capacity, words));
    }
  }
}

/** The number of four digits, or a negative one. */
function fourDigits(id: string, at: number): number {
  const digit = (place: number): number => DIGITS[id.charCodeAt(at + place)] ?? -1;
  return (digit(0) << 12) | (digit(1) << 8) | (digit(2) << 4) | digit(3);
}

/** Where the words would go; negative if they are there. Open addressing, one place after the other. */
function place(table: Int32Array, capacity: number, words: Int32Array): number {
  let hash = SEED;
  for (let word = 0; word < WORDS; word += 1) {
    hash = Math.imul(hash ^ words[word]!, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  // Its share of all hashes is its share of the table, which need not be a power of two.
  const first = Math.floor(((hash >>> 0) / TWO_TO_32) * capacity);
  for (let slot = first; ; slot = slot + 1 === capacity ? 0 : slot + 1) {
    const index = slot * WORDS;
    if (isEmpty(table, index)) return index;
    if (
      table[index] === words[0] &&
      table[index + 1] === words[1] &&
      table[index + 2] === words[2] &&
      table[index + 3] === words[3]
    )
      return -1;
  }
}

function isEmpty(table: Int32Array, index: number): boolean {
  return table[index] === 0 && table[index + 1] === 0 && table[index + 2] === 0 && table[index + 3] === 0;
}
