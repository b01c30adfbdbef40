/** A map from 64-bit hashes to row numbers, several rows a hash, in flat memory: 16 bytes an entry and 4 a bucket. */
import { grownInt32, grownRoom } from './flat-memory.ts';

/** Entries there is room for at first: whoever has few of them makes many maps, and who has many lets them grow. */
const FEW = 16;
const STRIDE = 4;
const LO = 0;
const HI = 1;
const ROW = 2;
const NEXT = 3;

/** Entries are numbered from 0 in the order of adding; -1 is "none". */
export class HashRows {
  // One entry's four numbers lie together: a look-up costs one cache line.
  #entries: Int32Array<ArrayBuffer>;
  // Holds entry + 1, so that fresh zeroed memory means "empty".
  #buckets: Int32Array<ArrayBuffer>;
  #mask: number;
  #count = 0;
  // Entries before this one are in their buckets. The others wait for the first look-up: adding alone touches memory in
  // order, and buckets are made once, at their final size.
  #linked = 0;

  /** @param expected entries to make room for; it grows beyond */
  constructor(expected = FEW) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(FEW, expected)));
    this.#entries = new Int32Array(size * STRIDE);
    this.#buckets = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** How many entries there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds a row under a hash and returns its entry. The same row may be added under several hashes. */
  add(lo: number, hi: number, row: number): number {
    const entry = this.#count++;
    const at = entry * STRIDE;
    if (at === this.#entries.length) this.#entries = grownInt32(this.#entries, grownRoom(entry) * STRIDE);
    this.#entries[at + LO] = lo;
    this.#entries[at + HI] = hi;
    this.#entries[at + ROW] = row;
    return entry;
  }

  /** The entry added last under a hash, or -1. */
  first(lo: number, hi: number): number {
    if (this.#linked < this.#count) this.#link();
    return this.#seek(this.#buckets[lo & this.#mask]! - 1, lo, hi);
  }

  /** The entry added last under the hash of an entry. */
  firstLike(entry: number): number {
    const at = entry * STRIDE;
    return this.first(this.#entries[at + LO]!, this.#entries[at + HI]!);
  }

  /** The entry under the same hash added before `entry`, or -1. */
  next(entry: number): number {
    const at = entry * STRIDE;
    return this.#seek(this.#entries[at + NEXT]! - 1, this.#entries[at + LO]!, this.#entries[at + HI]!);
  }

  /** The row of an entry. */
  row(entry: number): number {
    return this.#entries[entry * STRIDE + ROW]!;
  }

  /** True if an entry was added under this hash. */
  is(entry: number, lo: number, hi: number): boolean {
    return this.#entries[entry * STRIDE + LO] === lo && this.#entries[entry * STRIDE + HI] === hi;
  }

  #seek(from: number, lo: number, hi: number): number {
    let entry = from;
    while (entry >= 0) {
      const at = entry * STRIDE;
      if (this.#entries[at + LO] === lo && this.#entries[at + HI] === hi) return entry;
      entry = this.#entries[at + NEXT]! - 1;
    }
    return -1;
  }

  #link(): void {
    if (this.#count > this.#buckets.length) {
      const size = 2 ** Math.ceil(Math.log2(this.#count));
      this.#buckets = grownInt32(this.#buckets, size).fill(0);
      this.#mask = size - 1;
      this.#linked = 0;
    }
    const entries = this.#entries;
    const buckets = this.#buckets;
    for (let entry = this.#linked; entry < this.#count; entry++) {
      const at = entry * STRIDE;
      const bucket = entries[at + LO]! & this.#mask;
      entries[at + NEXT] = buckets[bucket]!;
      buckets[bucket] = entry + 1;
    }
    this.#linked = this.#count;
  }
}
