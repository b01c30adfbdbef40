/** Texts in flat memory, outside the garbage collector's sight. */

const CHUNK_BITS = 20;
const CHUNK_BYTES = 1 << CHUNK_BITS;
/** Of the first chunk: who has few texts takes little. Each next one has room for as many again. */
const FIRST_BYTES = 4096;

/*
 *   the first byte   then
 *   0 to 253         so many bytes of UTF-8
 *   254              a number of what it begins with, and the 16 bytes of the GUID that it ends with: 18 bytes in place of some 50
 *   255              four bytes with their number, and the bytes of UTF-8
 */
const GUID = 254;
const LONG = 255;
const GUID_LENGTH = '01234567-89ab-cdef-0123-456789abcdef'.length;
const GUID_BYTES = 16;
/** Beginnings that are kept apart; keys of MDM records have one a source. */
const MOST_BEGINNINGS = 256;

/**
 * Texts by place, up to 4 GiB of them. A place is a 32-bit number: chunk, and offset in the chunk.
 * Each text lies behind its length, so that reading one touches one spot of memory.
 */
export class TextArena {
  readonly #chunks: Buffer[] = [];
  /** What texts that end with a GUID begin with, and room for the GUID behind it. */
  readonly #beginnings: {
    readonly text: string;
    readonly whole: Buffer;
    readonly bytes: number;
    /** ASCII is the same in it, and read faster. */
    readonly encoding: 'latin1' | 'utf8';
  }[] = [];
  #beginning = 0;
  #used = CHUNK_BYTES;
  /** Bytes of the last chunk that a place can name. */
  #room = 0;
  #lastNumber = -1;

  /** Keeps a text and returns its place. */
  push(text: string): number {
    const room = 5 + text.length * 3; // UTF-8 needs at most three bytes a UTF-16 unit
    if (this.#used + room > this.#room) this.#addChunk(room);
    const chunk = this.#chunks[this.#lastNumber]!;
    const at = this.#used;
    this.#used = this.#writeGuid(chunk, at, text) || writeText(chunk, at, text);
    return ((this.#lastNumber << CHUNK_BITS) | at) >>> 0;
  }

  /** The text at a place. */
  at(place: number): string {
    const chunk = this.#chunks[place >>> CHUNK_BITS]!;
    const at = place & (CHUNK_BYTES - 1);
    const first = chunk[at]!;
    if (first === GUID) return this.#guidAt(chunk, at);
    const start = first === LONG ? at + 5 : at + 1;
    return chunk.toString('utf8', start, start + (first === LONG ? chunk.readUInt32LE(at + 1) : first));
  }

  /** True if this text is at the place; most are told apart without making a text. */
  is(place: number, text: string): boolean {
    const chunk = this.#chunks[place >>> CHUNK_BITS]!;
    const at = place & (CHUNK_BYTES - 1);
    const first = chunk[at]!;
    if (first >= GUID) return this.at(place) === text;
    // No letter has less than a byte, and none more than three.
    if (text.length > first || text.length * 3 < first) return false;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return this.at(place) === text;
      if (chunk[at + 1 + i] !== code) return false;
    }
    return text.length === first;
  }

  /** Where it ends; 0: it ends with no GUID in lower case. */
  #writeGuid(chunk: Buffer, at: number, text: string): number {
    const from = text.length - GUID_LENGTH;
    if (from < 0 || text.charCodeAt(from + 8) !== 45 || text.charCodeAt(from + 23) !== 45) return 0;
    let digits = 0;
    let byte = 0;
    for (let i = 0; i < GUID_LENGTH; i++) {
      const code = text.charCodeAt(from + i);
      if (i === 8 || i === 13 || i === 18 || i === 23) {
        if (code !== 45) return 0;
        continue;
      }
      const digit = lowerHexDigit(code);
      if (digit < 0) return 0;
      byte = (byte << 4) | digit;
      if (++digits % 2 === 0) {
        chunk[at + 1 + digits / 2] = byte;
        byte = 0;
      }
    }
    const number = this.#beginningOf(text, from);
    if (number < 0) return 0;
    chunk[at] = GUID;
    chunk[at + 1] = number;
    return at + 2 + GUID_BYTES;
  }

  #guidAt(chunk: Buffer, at: number): string {
    const { whole, bytes, encoding } = this.#beginnings[chunk[at + 1]!]!;
    let to = bytes;
    for (let i = 0; i < GUID_BYTES; i++) {
      const byte = chunk[at + 2 + i]!;
      if (i === 4 || i === 6 || i === 8 || i === 10) to++;
      whole[to++] = HEX.charCodeAt(byte >> 4);
      whole[to++] = HEX.charCodeAt(byte & 15);
    }
    return whole.toString(encoding);
  }

  /** Nearly always it is the one of the text before. */
  #beginningOf(text: string, length: number): number {
    const last = this.#beginnings[this.#beginning]?.text;
    if (last?.length === length && text.startsWith(last)) return this.#beginning;
    const beginning = text.slice(0, length);
    let number = this.#beginnings.findIndex((one) => one.text === beginning);
    if (number < 0) {
      if (this.#beginnings.length === MOST_BEGINNINGS) return -1;
      const whole = Buffer.from(`${beginning}${NO_GUID}`);
      // Half of a surrogate pair is no UTF-8.
      if (whole.toString('utf8') !== `${beginning}${NO_GUID}`) return -1;
      const bytes = whole.length - GUID_LENGTH;
      const encoding = bytes === beginning.length ? 'latin1' : 'utf8';
      number = this.#beginnings.push({ text: beginning, whole, bytes, encoding }) - 1;
    }
    this.#beginning = number;
    return number;
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

const NO_GUID = '00000000-0000-0000-0000-000000000000';
const HEX = '0123456789abcdef';

/** Where it ends. Texts are short and nearly always ASCII: a call of the runtime for each costs more. */
function writeText(chunk: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length < GUID) {
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) break;
      chunk[at + 1 + i] = code;
    }
    if (i === length) {
      chunk[at] = length;
      return at + 1 + length;
    }
  }
  const bytes = Buffer.byteLength(text);
  const start = bytes < GUID ? at + 1 : at + 5;
  chunk.write(text, start);
  chunk[at] = bytes < GUID ? bytes : LONG;
  if (bytes >= GUID) chunk.writeUInt32LE(bytes, at + 1);
  return start + bytes;
}

function lowerHexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}
