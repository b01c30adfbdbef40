/** A column of texts in flat memory, outside the garbage collector's sight. */

const CHUNK_BYTES = 1 << 20;

/** Texts by row number, in chunks of a megabyte. A text longer than a chunk gets a chunk of its own. */
export class TextColumn {
  #chunks: Buffer[] = [];
  #used = 0;
  // Where each row starts: chunk and offset, and its length in bytes.
  #chunkOf = new Int32Array(1024);
  #offsets = new Int32Array(1024);
  #lengths = new Int32Array(1024);
  #count = 0;

  /** How many texts there are. */
  get count(): number {
    return this.#count;
  }

  /** Appends a text as the next row. */
  push(text: string): void {
    const room = text.length * 3; // UTF-8 needs at most three bytes a UTF-16 unit
    if (this.#chunks.length === 0 || this.#used + room > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, room)));
      this.#used = 0;
    }
    if (this.#count === this.#offsets.length) this.#grow();
    const chunk = this.#chunks.length - 1;
    const length = this.#chunks[chunk]!.write(text, this.#used);
    this.#chunkOf[this.#count] = chunk;
    this.#offsets[this.#count] = this.#used;
    this.#lengths[this.#count] = length;
    this.#used += length;
    this.#count++;
  }

  /** The text of a row. */
  at(row: number): string {
    const offset = this.#offsets[row]!;
    return this.#chunks[this.#chunkOf[row]!]!.toString('utf8', offset, offset + this.#lengths[row]!);
  }

  #grow(): void {
    const size = this.#offsets.length * 2;
    this.#chunkOf = grown(this.#chunkOf, size);
    this.#offsets = grown(this.#offsets, size);
    this.#lengths = grown(this.#lengths, size);
  }
}

function grown(column: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(column);
  return larger;
}
