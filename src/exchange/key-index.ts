/**
 * Numbers for 16-byte keys, in typed arrays: about 30 bytes a key, none of which the garbage collector looks at.
 * A reading knows each mailbox and each device it has seen by such a key, so that its memory hardly grows with the fleet.
 */
import { hash } from 'node:crypto';

/** A GUID. */
const KEY_BYTES = 16;
/** Rows it begins with; it doubles when they are full. */
const FIRST_ROWS = 1024;

/** 128 bits of SHA-256: two names never share them, whoever chose the names. */
export function keyOf(name: string): Buffer {
  return hash('sha256', name, 'buffer').subarray(0, KEY_BYTES);
}

/** Gives each key a row number, counting from 0. */
export class KeyIndex {
  #keys = Buffer.alloc(FIRST_ROWS * KEY_BYTES);
  /** Row + 1 by hash, open addressing; at most half full. */
  #slots = new Uint32Array(FIRST_ROWS * 2);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Row of the key, or -1. @param key 16 bytes */
  find(key: Buffer): number {
    return (this.#slots[this.#slotOf(key, 0)] ?? 0) - 1;
  }

  /** Row of the key, which is `size` before the call if it is new. @param key 16 bytes, copied */
  add(key: Buffer): number {
    const slot = this.#slotOf(key, 0);
    const known = this.#slots[slot] ?? 0;
    if (known > 0) return known - 1;
    const row = this.#size++;
    this.#slots[slot] = row + 1;
    key.copy(this.#keys, row * KEY_BYTES, 0, KEY_BYTES);
    if (this.#size * 2 === this.#slots.length) this.#grow();
    return row;
  }

  /** Slot of the key at `start` of `bytes`, or the free one where it belongs. */
  #slotOf(bytes: Buffer, start: number): number {
    const mask = this.#slots.length - 1;
    let hash = 0;
    for (let at = start; at < start + KEY_BYTES; at += 4)
      hash = Math.imul(hash ^ bytes.readInt32LE(at), 0x9e3779b1) ^ (hash >>> 15);
    for (let slot = (hash ^ (hash >>> 16)) & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0 || this.#isKey(row, bytes, start)) return slot;
    }
  }

  #isKey(row: number, bytes: Buffer, start: number): boolean {
    const at = row * KEY_BYTES;
    return this.#keys.compare(bytes, start, start + KEY_BYTES, at, at + KEY_BYTES) === 0;
  }

  #grow(): void {
    const keys = Buffer.alloc(this.#keys.length * 2);
    this.#keys.copy(keys);
    this.#keys = keys;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let row = 0; row < this.#size; row++) this.#slots[this.#slotOf(keys, row * KEY_BYTES)] = row + 1;
  }
}
