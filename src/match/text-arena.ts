/** Texts in flat memory, outside the garbage collector's sight. */

const CHUNK_BITS = 20;
const CHUNK_BYTES = 1 << CHUNK_BITS;
/** Of the first chunk: who has few texts takes little. Each next one has room for as many again. */
const FIRST_BYTES = 4096;
const LENGTH_BYTES = 4;

/**
 * Texts by place, up to 4 GiB of them. A place is a 32-bit number: chunk, and offset in the chunk.
 * Each text lies behind its length, so that reading one touches one spot of memory.
 */
export class TextArena {
  #chunks: Buffer[] = [];
  #used = CHUNK_BYTES;
  /** Bytes of the last chunk that a place can name. */
  #room = 0;
  #lastNumber = -1;

  /** Keeps a text and returns its place. */
  push(text: string): number {
    const room = LENGTH_BYTES + text.length * 3; // UTF-8 needs at most three bytes a UTF-16 unit
    if (this.#used + room > this.#room) this.#addChunk(room);
    const number = this.#lastNumber;
    const chunk = this.#chunks[number]!;
    const at = this.#used;
    const length = chunk.write(text, at + LENGTH_BYTES);
    chunk.writeUInt32LE(length, at);
    this.#used = at + LENGTH_BYTES + length;
    return ((number << CHUNK_BITS) | at) >>> 0;
  }

  /** The text at a place. */
  at(place: number): string {
    const chunk = this.#chunks[place >>> CHUNK_BITS]!;
    const start = (place & (CHUNK_BYTES - 1)) + LENGTH_BYTES;
    return chunk.toString('utf8', start, start + chunk.readUInt32LE(start - LENGTH_BYTES));
  }

  // A text longer than a chunk gets a larger one of its own.
  #addChunk(room: number): void {
    const bytes = Math.max(Math.min(CHUNK_BYTES, this.#room * 2 || FIRST_BYTES), room);
    this.#chunks.push(Buffer.allocUnsafeSlow(bytes));
    this.#room = Math.min(CHUNK_BYTES, bytes);
    this.#lastNumber = this.#chunks.length - 1;
    this.#used = 0;
  }
}
