/** Which ids were seen, in a set that stays small: what a reading keeps of every device until its end. */

/** A GUID as Graph writes it; nothing else is packed, and upper and lower case are two ids, as they are in Graph's keys. */
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** 32-bit words of a GUID. */
const WORDS = 4;
const FIRST_CAPACITY = 1024;

/**
 * A set of ids. GUIDs take 16 bytes and are compared whole, in a table that is at most three quarters full; a `Set` of their
 * texts takes five times as much. Any other id is kept as text.
 */
export class IdSet {
  #table = new Int32Array(FIRST_CAPACITY * WORDS);
  #capacity = FIRST_CAPACITY;
  #packed = 0;
  readonly #texts = new Set<string>();
  readonly #words = new Int32Array(WORDS);

  /** How many are in it. */
  get size(): number {
    return this.#packed + this.#texts.size;
  }

  /** Puts an id in. @returns false if it was in already */
  add(id: string): boolean {
    if (!GUID.test(id) || !this.#pack(id)) {
      const before = this.#texts.size;
      return this.#texts.add(id).size > before;
    }
    if (this.#packed * 4 >= this.#capacity * 3) this.#grow();
    const { index, found } = place(this.#table, this.#capacity, this.#words);
    if (found) return false;
    this.#table.set(this.#words, index);
    this.#packed += 1;
    return true;
  }

  /** False for the GUID of zeros, which stands for an empty place. */
  #pack(id: string): boolean {
    const words = this.#words;
    words[0] = parseInt(id.slice(0, 8), 16);
    words[1] = parseInt(id.slice(9, 13) + id.slice(14, 18), 16);
    words[2] = parseInt(id.slice(19, 23) + id.slice(24, 28), 16);
    words[3] = parseInt(id.slice(28, 36), 16);
    return words.some((word) => word !== 0);
  }

  #grow(): void {
    const old = this.#table;
    this.#capacity *= 2;
    this.#table = new Int32Array(this.#capacity * WORDS);
    const words = new Int32Array(WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      for (let word = 0; word < WORDS; word += 1) words[word] = old[at + word]!;
      if (isEmpty(words, 0)) continue;
      this.#table.set(words, place(this.#table, this.#capacity, words).index);
    }
  }
}

/** Where the words are, or would go: open addressing, one place after the other. */
function place(
  table: Int32Array,
  capacity: number,
  words: Int32Array,
): { readonly index: number; readonly found: boolean } {
  // GUIDs of a server are random, those of a test are not: mixed, both are spread.
  let hash =
    Math.imul(words[0]! ^ Math.imul(words[3]!, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(words[1]! ^ words[2]!, 0xc2b2ae35);
  hash ^= hash >>> 15;
  for (let slot = hash & (capacity - 1); ; slot = (slot + 1) & (capacity - 1)) {
    const index = slot * WORDS;
    if (isEmpty(table, index)) return { index, found: false };
    if (
      table[index] === words[0] &&
      table[index + 1] === words[1] &&
      table[index + 2] === words[2] &&
      table[index + 3] === words[3]
    )
      return { index, found: true };
  }
}

function isEmpty(table: Int32Array, index: number): boolean {
  return table[index] === 0 && table[index + 1] === 0 && table[index + 2] === 0 && table[index + 3] === 0;
}
