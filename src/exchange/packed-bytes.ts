/** Values one after the other in as few bytes as they need. Pure. */

const ROOM = 4096;
/** A number of 32 bits takes five at most. */
const NUMBER_BYTES = 5;
/** Of a text in UTF-8 a character takes three at most, in UTF-16 two. */
const CHARACTER_BYTES = 3;

/** Writes into memory of its own, which grows and is used again. */
export class PackedWriter {
  #bytes = Buffer.alloc(ROOM);
  #at = 0;

  /** Begins anew. */
  restart(): void {
    this.#at = 0;
  }

  /** What was written: to be copied before the next {@link restart}. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  byte(value: number): void {
    this.#take(1);
    this.#bytes[this.#at++] = value;
  }

  /** @param value of 32 bits: the smaller, the fewer bytes */
  number(value: number): void {
    this.#take(NUMBER_BYTES);
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  /** @param digits in pairs */
  hex(digits: string): void {
    this.#take(digits.length / 2);
    this.#at += this.#bytes.write(digits, this.#at, 'hex');
  }

  /** UTF-8; a text that it cannot hold (half of a surrogate pair) in UTF-16. */
  text(value: string): void {
    const isOdd = !value.isWellFormed();
    const encoding = isOdd ? 'utf16le' : 'utf8';
    this.number(Buffer.byteLength(value, encoding) * 2 + (isOdd ? 1 : 0));
    this.#take(value.length * CHARACTER_BYTES);
    this.#at += this.#bytes.write(value, this.#at, encoding);
  }

  texts(values: readonly string[]): void {
    this.number(values.length);
    for (const value of values) this.text(value);
  }

  #take(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = Buffer.alloc((this.#at + more) * 2);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Reads what a {@link PackedWriter} wrote, in the same order. */
export class PackedReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Where the next value is. */
  get at(): number {
    return this.#at;
  }

  byte(): number {
    return this.#bytes[this.#at++]!;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  /** @param pairs of digits */
  hex(pairs: number): string {
    const from = this.#at;
    this.#at += pairs;
    return this.#bytes.toString('hex', from, this.#at);
  }

  text(): string {
    const length = this.number();
    const from = this.#at;
    this.#at += length >>> 1;
    return this.#bytes.toString((length & 1) === 1 ? 'utf16le' : 'utf8', from, this.#at);
  }

  texts(): string[] {
    return Array.from({ length: this.number() }, () => this.text());
  }
}
