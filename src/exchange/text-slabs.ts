/** Texts kept as bytes outside the JavaScript heap, and numbers by row. */

/** Bytes taken at once: some thousands of texts. */
const SLAB_BYTES = 1 << 20;
/** Texts begin at multiples of this, so that a reference fits into 32 bits up to 16 GiB. */
const UNIT = 4;
const LENGTH_BYTES = 4;

/** Reference of a text in its slabs: never 0; counted in {@link UNIT}s from the begin of the first slab, which is slab 1. */
export type TextRef = number;

/** Texts that are never taken out again. */
export class TextSlabs {
  readonly #slabs: Buffer[] = [];
  #used = SLAB_BYTES;

  write(text: string): TextRef {
    const bytes = Buffer.byteLength(text) + LENGTH_BYTES;
    if (this.#used + bytes > SLAB_BYTES) {
      this.#slabs.push(Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes)));
      this.#used = 0;
    }
    const at = this.#used;
    const slab = this.#slabs.at(-1)!;
    slab.writeUInt32LE(bytes - LENGTH_BYTES, at);
    slab.write(text, at + LENGTH_BYTES, 'utf8');
    this.#used = at + Math.ceil(bytes / UNIT) * UNIT;
    return (this.#slabs.length * SLAB_BYTES + at) / UNIT;
  }

  read(ref: TextRef): string {
    const slab = this.#slabs[Math.floor((ref * UNIT) / SLAB_BYTES) - 1]!;
    const at = (ref * UNIT) % SLAB_BYTES;
    const from = at + LENGTH_BYTES;
    return slab.toString('utf8', from, from + slab.readUInt32LE(at));
  }
}

const CHUNK_ROWS = 1024;

/** Numbers of 32 bits by row; 0 where none was set. */
export class Refs {
  readonly #chunks: Uint32Array[] = [];

  get(row: number): number {
    return this.#chunks[Math.floor(row / CHUNK_ROWS)]?.[row % CHUNK_ROWS] ?? 0;
  }

  set(row: number, value: number): void {
    while (this.#chunks.length * CHUNK_ROWS <= row) this.#chunks.push(new Uint32Array(CHUNK_ROWS));
    this.#chunks[Math.floor(row / CHUNK_ROWS)]![row % CHUNK_ROWS] = value;
  }
}
