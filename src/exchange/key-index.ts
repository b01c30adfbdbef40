/**
 * Numbers for names, in typed arrays: some 20 bytes a name, none of which the garbage collector looks at.
 * A reading knows by such a name what it has seen, so that its memory hardly grows with the fleet.
 */
import { hash, randomBytes } from 'node:crypto';

/** What is kept of a name, in numbers of 32 bits: 96 bits. */
const KEY_NUMBERS = 3;
/** Keys of one array; arrays are added, never copied. */
const CHUNK_KEYS = 1024;
const FIRST_SLOTS = 256;
/** Above this share of taken slots there will be half as many more. */
const FULL = 0.75;

/** Nobody can look for two names of one key before the process runs. */
const SALT = randomBytes(16).toString('base64');

/** Gives each name a row number, counting from 0. A name is known by 96 bits of its salted SHA-256: two never share them. */
export class KeyIndex {
  readonly #chunks: Int32Array[] = [];
  /** Row + 1 by the first number of the key, open addressing. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Row of the name, or -1. */
  find(name: string): number {
    return (this.#slots[this.#slotOf(saltedHash(name))] ?? 0) - 1;
  }

  /** Row of the name, which is `size` before the call if it is new. */
  add(name: string): number {
    const key = saltedHash(name);
    const slot = this.#slotOf(key);
    const known = this.#slots[slot] ?? 0;
    if (known > 0) return known - 1;
    const row = this.#size++;
    this.#slots[slot] = row + 1;
    if (row % CHUNK_KEYS === 0) this.#chunks.push(new Int32Array(CHUNK_KEYS * KEY_NUMBERS));
    const at = (row % CHUNK_KEYS) * KEY_NUMBERS;
    const chunk = this.#chunks.at(-1)!;
    for (let number = 0; number < KEY_NUMBERS; number++) chunk[at + number] = numberOf(key, number);
    if (this.#size > this.#slots.length * FULL) this.#grow();
    return row;
  }

  /** Slot of the key, or the free one where it belongs. */
  #slotOf(key: string): number {
    const [first, second, third] = [numberOf(key, 0), numberOf(key, 1), numberOf(key, 2)];
    const { length } = this.#slots;
    for (let slot = (first >>> 0) % length; ; slot = slot + 1 === length ? 0 : slot + 1) {
      const row = this.#slots[slot]! - 1;
      if (row < 0) return slot;
      const chunk = this.#chunks[Math.floor(row / CHUNK_KEYS)]!;
      const at = (row % CHUNK_KEYS) * KEY_NUMBERS;
      if (chunk[at] === first && chunk[at + 1] === second && chunk[at + 2] === third) return slot;
    }
  }

  #grow(): void {
    const length = Math.ceil(this.#slots.length * 1.5);
    const slots = new Uint32Array(length);
    for (let row = 0; row < this.#size; row++) {
      const first = this.#chunks[Math.floor(row / CHUNK_KEYS)]![(row % CHUNK_KEYS) * KEY_NUMBERS]!;
      let slot = (first >>> 0) % length;
      while (slots[slot] !== 0) slot = slot + 1 === length ? 0 : slot + 1;
      slots[slot] = row + 1;
    }
    this.#slots = slots;
  }
}

/**
 * SHA-256 of a name and the salt of this process, with a byte in each character: a Buffer of it would take three times as long
 * to make.
 */
export function saltedHash(name: string): string {
  return hash('sha256', SALT + name, 'binary');
}

/** One of the numbers of a key. */
function numberOf(key: string, number: number): number {
  const at = number * 4;
  return (
    key.charCodeAt(at) | (key.charCodeAt(at + 1) << 8) | (key.charCodeAt(at + 2) << 16) | (key.charCodeAt(at + 3) << 24)
  );
}
