/**
 * What a reading has staged and not written yet, as lines of bytes: as texts, a few megabytes of them that live longer than
 * their page cost the garbage collector more than all else that is done with them.
 *
 * A line is `<hash> <where its key is in the record> <length of the key> <record>`, and a line feed, which the JSON of a
 * record has none of. A key that is not in the record as it is (it has a quote, say) stands before it, as JSON, and its
 * place is -1.
 */

/** A row to be staged. */
export interface StagedRow {
  readonly key: string;
  readonly hash: string;
  /** JSON on one line. */
  readonly record: string;
}

/** Where a line is. */
interface Place {
  readonly hash: string;
  readonly from: number;
  readonly to: number;
}

const FIRST_BYTES = 2 ** 16;
const LINE_FEED = 10;
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

  set({ key, hash, record }: StagedRow): void {
    // Records of one kind have it at one place.
    const at = record.startsWith(key, this.#lastAt) ? this.#lastAt : record.indexOf(key);
    this.#lastAt = Math.max(at, 0);
    const apart = at < 0 ? JSON.stringify(key) : '';
    const head = `${hash} ${at} ${at < 0 ? apart.length : key.length} ${apart}`;
    this.#makeRoom((head.length + record.length) * BYTES_A_CHARACTER + 1);
    const from = this.#used;
    let to = from + this.#bytes.write(head, from);
    to += this.#bytes.write(record, to);
    this.#bytes[to] = LINE_FEED;
    this.#used = to + 1;
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
   * The lines in the order of {@link compareRows}, as many at once as go into `bytes`, and a longer one by itself; each piece
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

  /** The rows in the order of {@link compareRows}. */
  rows(): StagedRow[] {
    return this.#inOrder().map(({ from, to }) => rowOf(this.#bytes.toString('utf8', from, to - 1)));
  }

  #inOrder(): Place[] {
    // JavaScript's own order, and without a function to compare by it is the fastest.
    return [...this.#places.keys()].sort().map((key) => this.#places.get(key)!);
  }
}

/** The order of rows: any will do, and JavaScript's own is the fastest. */
export function compareRows(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The rows of some lines, without the last line's end. */
export function rowsOfLines(lines: string): StagedRow[] {
  return lines.split('\n').map(rowOf);
}

function rowOf(line: string): StagedRow {
  const hashEnd = line.indexOf(' ');
  const atEnd = line.indexOf(' ', hashEnd + 1);
  const headEnd = line.indexOf(' ', atEnd + 1);
  const at = Number(line.slice(hashEnd + 1, atEnd));
  const length = Number(line.slice(atEnd + 1, headEnd));
  const start = headEnd + 1;
  const hash = line.slice(0, hashEnd);
  if (at < 0) {
    const key = JSON.parse(line.slice(start, start + length)) as string;
    return { key, hash, record: line.slice(start + length) };
  }
  return { key: line.slice(start + at, start + at + length), hash, record: line.slice(start) };
}
