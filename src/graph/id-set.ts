/** Which ids were seen, in a set that stays small: what a reading keeps of every device until its end. */

import { randomBytes } from 'node:crypto';

/** Characters of a GUID as Graph writes it; nothing else is packed, and upper and lower case are two ids, as they are in Graph's keys. */
const GUID_LENGTH = 36;
const DASH = 45;
/** Where dashes are: one bit a place. None is at the first four, whose bits stand for the places from 32 on as well. */
const DASHES = (1 << 8) | (1 << 13) | (1 << 18) | (1 << 23);
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
    put(this.#table, index, this.#words);
    this.#packed += 1;
    return true;
  }

  /** False for what is no GUID, and for the one of zeros, which stands for an empty place. */
  #pack(id: string): boolean {
    if (id.length !== GUID_LENGTH) return false;
    let digits = 0;
    let word = 0;
    let any = 0;
    // One loop with one look at the text: what V8 compiles of it is small, and is compiled within each first reading.
    for (let at = 0; at < GUID_LENGTH; at += 1) {
      const code = id.charCodeAt(at);
      if (((DASHES >>> at) & 1) === 1) {
        if (code !== DASH) return false;
        continue;
      }
      const digit = DIGITS[code] ?? -1;
      if (digit < 0) return false;
      word = (word << 4) | digit;
      any |= digit;
      digits += 1;
      if ((digits & 7) === 0) this.#words[(digits >> 3) - 1] = word;
    }
    return any !== 0;
  }

  #grow(): void {
    const old = this.#table;
    this.#capacity *= 2;
    this.#table = new Int32Array(this.#capacity * WORDS);
    const words = new Int32Array(WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      let any = 0;
      for (let word = 0; word < WORDS; word += 1) {
        words[word] = old[at + word]!;
        any |= words[word]!;
      }
      if (any !== 0) put(this.#table, place(this.#table, this.#capacity, words), words);
    }
  }
}

/** Without a call of the engine's, as `set` is. */
function put(table: Int32Array, index: number, words: Int32Array): void {
  for (let word = 0; word < WORDS; word += 1) table[index + word] = words[word]!;
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
    let any = 0;
    let others = 0;
    for (let word = 0; word < WORDS; word += 1) {
      const kept = table[index + word]!;
      any |= kept;
      others |= kept ^ words[word]!;
    }
    if (any === 0) return index;
    if (others === 0) return -1;
  }
}
