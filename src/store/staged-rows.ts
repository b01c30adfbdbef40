/**
 * What a reading has staged and not written yet, as bytes: as texts, a few megabytes of them that live longer than their page
 * cost the garbage collector more than all else that is done with them (ADR 0104).
 *
 * A row is four numbers of four bytes, the hash, and the record as JSON in UTF-8:
 *
 *   bytes of the hash · where the key begins in the record · bytes of the key · bytes of the record
 *
 * A key that is not in the record as it is (it has a quote, say) stands before it, as JSON in UTF-8; its place is then
 * {@link APART}.
 */

/** A row to be staged. */
export interface StagedRow {
  readonly key: string;
  readonly hash: string;
  /** JSON: a text, or its bytes in UTF-8. */
  readonly record: string | Buffer;
}

/** A row as a page brings it. */
export interface TextRow extends StagedRow {
  readonly record: string;
}

/** Where a row is. */
interface Place {
  readonly hash: string;
  readonly from: number;
  readonly to: number;
}

const FIRST_BYTES = 2 ** 16;
/** Of the four numbers. */
const HEAD_BYTES = 16;
const APART = 2 ** 32 - 1;
/** In UTF-8 a character that JavaScript counts as one has at most three bytes. */
const BYTES_A_CHARACTER = 3;

/** Rows by their keys: one that comes again replaces the one before. */
export class StagedRows {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #used = 0;
  #lastAt = 0;
  readonly #places = new Map<string, Place>();

  /** Rows. */
  get size(): number {
    return this.#places.size;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  hashOf(key: string): string | undefined {
    return this.#places.get(key)?.hash;
  }

  set({ key, hash, record }: TextRow): void {
    this.#makeRoom(HEAD_BYTES + (hash.length + key.length * 2 + record.length) * BYTES_A_CHARACTER);
    const bytes = this.#bytes;
    const from = this.#used;
    const hashBytes = bytes.write(hash, from + HEAD_BYTES, 'latin1');
    let start = from + HEAD_BYTES + hashBytes;
    let recordBytes = bytes.write(record, start);
    // Records of one kind have it at one place.
    let at = record.startsWith(key, this.#lastAt) ? this.#lastAt : record.indexOf(key);
    let keyBytes = key.length;
    // It is there if what will be read is the key: what is before it, or itself, may take other bytes than characters.
    if (at >= 0 && bytes.toString('latin1', start + at, start + at + keyBytes) === key) this.#lastAt = at;
    else {
      at = APART;
      keyBytes = bytes.write(JSON.stringify(key), start);
      start += keyBytes;
      recordBytes = bytes.write(record, start);
    }
    bytes.writeUInt32LE(hashBytes, from);
    bytes.writeUInt32LE(at, from + 4);
    bytes.writeUInt32LE(keyBytes, from + 8);
    bytes.writeUInt32LE(recordBytes, from + 12);
    this.#used = start + recordBytes;
    this.#places.set(key, { hash, from, to: this.#used });
  }

  #makeRoom(bytes: number): void {
    if (this.#used + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#used + bytes));
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }

  /** Forgets them all, and keeps the room that they had. */
  clear(): void {
    this.#places.clear();
    this.#used = 0;
  }

  /**
   * The rows in the order of their keys, as many at once as go into `bytes`, and a longer one by itself; each piece
   * is valid until the next one.
   */
  *pieces(bytes: Buffer): Generator<Uint8Array, void> {
    let used = 0;
    for (const { from, to } of this.#inOrder()) {
      if (used + to - from > bytes.length) {
        if (used > 0) yield bytes.subarray(0, used);
        used = 0;
      }
      if (to - from > bytes.length) yield this.#bytes.subarray(from, to);
      else used += this.#bytes.copy(bytes, used, from, to);
    }
    if (used > 0) yield bytes.subarray(0, used);
  }

  /** The rows in the order of their keys; their records are valid until rows are set or forgotten. */
  rows(): StagedRow[] {
    return this.#inOrder().map(({ from, to }) => {
      const { key, hash, recordFrom } = readRow(this.#bytes, from, to)!;
      return { key, hash, record: this.#bytes.subarray(recordFrom, to) };
    });
  }

  #inOrder(): Place[] {
    // Any order will do; JavaScript's own, without a function to compare by, is the fastest.
    return [...this.#places.keys()].sort().map((key) => this.#places.get(key)!);
  }
}

/** A row as it was read; its record is in the bytes from `recordFrom` to `to`. */
export interface ReadRow {
  readonly key: string;
  readonly hash: string;
  readonly recordFrom: number;
  readonly to: number;
}

/** The row that begins at a place; null: not all of it is before `end`. */
export function readRow(bytes: Buffer, from: number, end: number): ReadRow | null {
  const hashFrom = from + HEAD_BYTES;
  if (hashFrom > end) return null;
  const hashEnd = hashFrom + bytes.readUInt32LE(from);
  const at = bytes.readUInt32LE(from + 4);
  const keyBytes = bytes.readUInt32LE(from + 8);
  const recordFrom = at === APART ? hashEnd + keyBytes : hashEnd;
  const to = recordFrom + bytes.readUInt32LE(from + 12);
  if (to > end) return null;
  const key =
    at === APART
      ? (JSON.parse(bytes.toString('utf8', hashEnd, recordFrom)) as string)
      : bytes.toString('latin1', recordFrom + at, recordFrom + at + keyBytes);
  return { key, hash: bytes.toString('latin1', hashFrom, hashEnd), recordFrom, to };
}
