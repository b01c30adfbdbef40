/** Texts kept as bytes outside the JavaScript heap, and numbers by row. */

/** Bytes taken at once: some thousands of texts. */
const SLAB_BYTES = 1 << 20;

/** Reference of a text in its slabs: never 0; else slab and offset of its length and bytes. */
export type TextRef = number;

/** Texts that are never taken out again. */
export class TextSlabs {
  readonly #slabs: Buffer[] = [];
  #used = SLAB_BYTES;

  write(text: string): TextRef {
    const bytes = Buffer.byteLength(text) + 4;
    if (this.#used + bytes > SLAB_BYTES) {
      this.#slabs.push(Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes)));
      this.#used = 0;
    }
    const at = this.#used;
    const slab = this.#slabs.at(-1)!;
    slab.writeUInt32LE(bytes - 4, at);
    slab.write(text, at + 4, 'utf8');
    this.#used = at + bytes;
    return this.#slabs.length * SLAB_BYTES + at;
  }

  read(ref: TextRef): string {
    const slab = this.#slabs[Math.floor(ref / SLAB_BYTES) - 1]!;
    const at = ref % SLAB_BYTES;
    return slab.toString('utf8', at + 4, at + 4 + slab.readUInt32LE(at));
  }
}

/** Numbers by row; 0 where none was set. */
export class Refs {
  #values = new Float64Array(1024);

  get(row: number): number {
    return this.#values[row] ?? 0;
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) {
      const values = new Float64Array(this.#values.length * 2);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[row] = value;
  }
}
