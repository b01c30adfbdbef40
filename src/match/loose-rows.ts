/** A map from 32 bits of a hash to row numbers, where one too many does no harm: 12 bytes an entry in flat memory, and 4 a bucket. */
import { grownInt32, grownRoom } from './flat-memory.ts';

/** Entries there is room for at least. */
const FEW = 16;
const STRIDE = 3;
const HASH = 0;
const ROW = 1;
const NEXT = 2;

/** Rows by hash: among three million names one question in 1,400 finds somebody else's, too. */
export class LooseRows {
  // NEXT and buckets hold entry + 1, so that fresh zeroed memory means "none".
  #entries: Int32Array<ArrayBuffer>;
  #buckets: Int32Array<ArrayBuffer>;
  #count = 0;
  // Entries before this one are in their buckets. The others wait for the first question.
  #linked = 0;

  /** @param expected entries to make room for; it grows beyond */
  constructor(expected: number) {
    const room = Math.max(FEW, expected);
    this.#entries = new Int32Array(room * STRIDE);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(room)));
  }

  /** Adds a row under a hash. The same row may be added under several. */
  add(hash: number, row: number): void {
    const at = this.#count * STRIDE;
    if (at + STRIDE > this.#entries.length) this.#entries = grownInt32(this.#entries, grownRoom(this.#count) * STRIDE);
    this.#entries[at + HASH] = hash;
    this.#entries[at + ROW] = row;
    this.#count++;
  }

  /** The rows that were added under a hash, the last one first. */
  under(hash: number): number[] {
    if (this.#linked < this.#count) this.#link();
    const rows: number[] = [];
    let entry = this.#buckets[hash & (this.#buckets.length - 1)]! - 1;
    while (entry >= 0) {
      const at = entry * STRIDE;
      if (this.#entries[at + HASH] === hash) rows.push(this.#entries[at + ROW]!);
      entry = this.#entries[at + NEXT]! - 1;
    }
    return rows;
  }

  #link(): void {
    if (this.#count > this.#buckets.length) {
      this.#buckets = grownInt32(this.#buckets, 2 ** Math.ceil(Math.log2(this.#count))).fill(0);
      this.#linked = 0;
    }
    const entries = this.#entries;
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    for (let entry = this.#linked; entry < this.#count; entry++) {
      const at = entry * STRIDE;
      const bucket = entries[at + HASH]! & mask;
      entries[at + NEXT] = buckets[bucket]!;
      buckets[bucket] = entry + 1;
    }
    this.#linked = this.#count;
  }
}
