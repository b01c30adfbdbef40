/**
 * A map from 64-bit hashes to row numbers, several rows a hash, in flat memory: 8 bytes an entry, one or two for its bucket, and
 * one for what was added last. Of a hash 32 bits lie in the entry and six beside its row; those that name the bucket need no room.
 */
import { grownInt32 } from './flat-memory.ts';

/** Buckets there are at least; whoever expects many entries gets one for a few of them each. */
const FEWEST_BITS = 10;
const MOST_BITS = 26;
const ENTRIES_PER_BUCKET = 4;

/** Rows that a number beside six bits of a hash can name. */
const ROW_BITS = 26;
const ROWS = 2 ** ROW_BITS;

// An entry in its bucket: the higher half of the hash, then the row below the highest six bits of the lower half.
const STRIDE = 2;
const HI = 0;
const ROW = 1;
// One that was added since the buckets were filled has besides: its bucket, and the one added before it under the same head, + 1.
const LATE_STRIDE = 4;
const BUCKET = 2;
const NEXT = 3;

/** One in so many is late before they go to their buckets, so that each is moved some eight times. */
const LATE_SHIFT = 4;

/**
 * Entries are numbered, and -1 is "none": what a number says holds until the next one is added. A lookup that should find nothing
 * compares some four entries by 38 bits: in one of 60,000 cases there is one among a million such lookups that finds a row.
 */
export class HashRows {
  readonly #mask: number;
  /** Where each bucket begins; behind the last one, where it ends. In a bucket they lie in the order of adding. */
  readonly #starts: Int32Array<ArrayBuffer>;
  #sorted: Int32Array<ArrayBuffer>;
  #sortedCount = 0;
  #late: Int32Array<ArrayBuffer>;
  /** By the last bits of the bucket: the one added last, + 1. There are as many as there is room for late ones. */
  #heads: Int32Array<ArrayBuffer>;
  #lateCount = 0;

  /** @param expected entries to make room for; with many more its lookups take longer */
  constructor(expected = 0) {
    const bits = Math.ceil(Math.log2(Math.max(1, expected / ENTRIES_PER_BUCKET)));
    this.#mask = 2 ** Math.min(MOST_BITS, Math.max(FEWEST_BITS, bits)) - 1;
    this.#starts = new Int32Array(this.#mask + 2);
    this.#sorted = new Int32Array(expected * STRIDE);
    const room = ((this.#mask + 1) * ENTRIES_PER_BUCKET) >> LATE_SHIFT;
    this.#late = new Int32Array(room * LATE_STRIDE);
    this.#heads = new Int32Array(room);
  }

  /** How many entries there are. */
  get count(): number {
    return this.#sortedCount + this.#lateCount;
  }

  /** Adds a row under a hash. The same row may be added under several hashes. Throws RangeError for row 67,108,864 and above. */
  add(lo: number, hi: number, row: number): void {
    if (row >= ROWS) throw new RangeError(`An index has room for ${ROWS.toLocaleString('en-US')} rows.`);
    if (this.#lateCount === this.#heads.length) this.#sort();
    const bucket = lo & this.#mask;
    const head = bucket & (this.#heads.length - 1);
    const at = this.#lateCount * LATE_STRIDE;
    this.#late[at + HI] = hi;
    this.#late[at + ROW] = ((lo >>> ROW_BITS) << ROW_BITS) | row;
    this.#late[at + BUCKET] = bucket;
    this.#late[at + NEXT] = this.#heads[head]!;
    this.#heads[head] = ++this.#lateCount;
  }

  /** The entry added last under a hash, or -1. */
  first(lo: number, hi: number): number {
    const bucket = lo & this.#mask;
    if (this.#lateCount > 0) {
      const late = this.#seekLate(this.#heads[bucket & (this.#heads.length - 1)]! - 1, lo, hi);
      if (late >= 0) return this.#sortedCount + late;
    }
    return this.#seek(this.#starts[bucket + 1]! - 1, lo, hi);
  }

  /** The entry under the same hash added before `entry`, or -1. */
  next(entry: number, lo: number, hi: number): number {
    if (entry < this.#sortedCount) return this.#seek(entry - 1, lo, hi);
    const before = this.#late[(entry - this.#sortedCount) * LATE_STRIDE + NEXT]! - 1;
    const late = this.#seekLate(before, lo, hi);
    return late >= 0 ? this.#sortedCount + late : this.#seek(this.#starts[(lo & this.#mask) + 1]! - 1, lo, hi);
  }

  /** The row of an entry. */
  row(entry: number): number {
    return this.#wordOf(entry) & (ROWS - 1);
  }

  /** True if the row was added under the hash. */
  has(lo: number, hi: number, row: number): boolean {
    let entry = this.first(lo, hi);
    while (entry >= 0 && this.row(entry) !== row) entry = this.next(entry, lo, hi);
    return entry >= 0;
  }

  /** The rows that were added under a hash, the last one first. */
  under(lo: number, hi: number): number[] {
    const rows: number[] = [];
    for (let entry = this.first(lo, hi); entry >= 0; entry = this.next(entry, lo, hi)) rows.push(this.row(entry));
    return rows;
  }

  /** The higher halves of the hashes with this lower half under which a row was added. */
  higherHalves(lo: number, row: number): number[] {
    const word = ((lo >>> ROW_BITS) << ROW_BITS) | row;
    const bucket = lo & this.#mask;
    const found: number[] = [];
    for (let at = this.#starts[bucket]!; at < this.#starts[bucket + 1]!; at++)
      if (this.#sorted[at * STRIDE + ROW] === word) found.push(this.#sorted[at * STRIDE + HI]!);
    for (let at = this.#heads[bucket & (this.#heads.length - 1)]! - 1; at >= 0;) {
      const place = at * LATE_STRIDE;
      if (this.#late[place + BUCKET] === bucket && this.#late[place + ROW] === word)
        found.push(this.#late[place + HI]!);
      at = this.#late[place + NEXT]! - 1;
    }
    return found;
  }

  #wordOf(entry: number): number {
    const late = entry - this.#sortedCount;
    return late < 0 ? this.#sorted[entry * STRIDE + ROW]! : this.#late[late * LATE_STRIDE + ROW]!;
  }

  /** Downwards from an entry of the bucket, or from the one before it. */
  #seek(from: number, lo: number, hi: number): number {
    const sorted = this.#sorted;
    const bits = lo >>> ROW_BITS;
    const start = this.#starts[lo & this.#mask]!;
    let entry = from;
    while (
      entry >= start &&
      (sorted[entry * STRIDE + HI] !== hi || sorted[entry * STRIDE + ROW]! >>> ROW_BITS !== bits)
    )
      entry--;
    return entry >= start ? entry : -1;
  }

  #seekLate(from: number, lo: number, hi: number): number {
    const late = this.#late;
    const bucket = lo & this.#mask;
    const bits = lo >>> ROW_BITS;
    let entry = from;
    while (entry >= 0) {
      const at = entry * LATE_STRIDE;
      if (late[at + HI] === hi && late[at + BUCKET] === bucket && late[at + ROW]! >>> ROW_BITS === bits) return entry;
      entry = late[at + NEXT]! - 1;
    }
    return -1;
  }

  /** Brings the late ones to their buckets, behind those that are there: from the last bucket on what is there makes room. */
  #sort(): void {
    const late = this.#late;
    const starts = this.#starts;
    const places = new Int32Array(this.#mask + 1);
    for (let at = BUCKET; at < this.#lateCount * LATE_STRIDE; at += LATE_STRIDE) places[late[at]!]!++;
    const before = this.#sortedCount;
    this.#sortedCount += this.#lateCount;
    if (this.#sortedCount * STRIDE > this.#sorted.length)
      this.#sorted = grownInt32(this.#sorted, this.#sortedCount * STRIDE);
    const sorted = this.#sorted;
    let from = before * STRIDE;
    let to = this.#sortedCount * STRIDE;
    for (let bucket = this.#mask; bucket >= 0; bucket--) {
      const start = starts[bucket]! * STRIDE;
      starts[bucket + 1] = to / STRIDE;
      to -= places[bucket]! * STRIDE;
      places[bucket] = to / STRIDE;
      if (from === to) to = from = start;
      else while (from > start) sorted[--to] = sorted[--from]!;
    }
    for (let at = 0; at < this.#lateCount * LATE_STRIDE; at += LATE_STRIDE) {
      const place = places[late[at + BUCKET]!]!++ * STRIDE;
      sorted[place + HI] = late[at + HI]!;
      sorted[place + ROW] = late[at + ROW]!;
    }
    this.#lateCount = 0;
    if (this.#sortedCount >> LATE_SHIFT < this.#heads.length * 2) {
      this.#heads.fill(0);
      return;
    }
    const room = this.#heads.length * 2;
    this.#late = new Int32Array(room * LATE_STRIDE);
    this.#heads = new Int32Array(room);
  }
}
