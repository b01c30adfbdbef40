/**
 * The streams of an answer to Receive, which are little else than half a megabyte of base64: decoded from the bytes as they
 * came, and taken out before anything else reads the answer. No text of the whole is made: V8 keeps texts of more than some
 * 100 kB apart and makes a page of memory for each. No I/O here.
 */

/** An answer whose streams were taken out. */
export interface StreamsAside {
  /** The rest, with a mark in the place of each stream. */
  readonly envelope: Uint8Array;
  /** By the number in the mark. */
  readonly streams: readonly Buffer[];
}

/** Memory for the streams of one answer after the other. */
export class StreamRoom {
  #bytes = Buffer.alloc(0);

  /** @returns memory of at least this size; what was taken before is written over */
  take(size: number): Buffer {
    if (this.#bytes.length < size) this.#bytes = Buffer.allocUnsafeSlow(Math.ceil(size / ROUND) * ROUND);
    return this.#bytes;
  }
}

const ROUND = 64 * 1024;
/** Characters decoded at once, in whole groups of four: as many as V8 still keeps among the young. */
const PIECE = 32 * 1024;
/** Shorter texts stay where they are. */
const SHORTEST = 256;
const MOST_TAG = 512;

const LESS = 0x3c;
const GREATER = 0x3e;
const SLASH = 0x2f;

/** Private-use characters around a number. */
const MARK = /^\ue000(\d{1,6})\ue001$/;
const MARK_START = Buffer.from('\ue000');
/** An element with attributes and a content. In an attribute a `>` may stand as well, but no base64 up to a `<` behind it. */
const STREAM = /^<(?:[\w.-]+:)?Stream(?:[ \t\r\n][^<]*)?(?<!\/)>$/;
/** Comments, CDATA, DOCTYPE, processing instructions and character references may hide a stream or make a mark. */
const HIDES = ['<!', '&#'];

/*
 *   the answer                                                  its streams
 *   is of more than `most` bytes, or UTF-16                     stay
 *   has `<!`, `&#`, `<?` but at its start, or the mark's        stay
 *   first character
 *   otherwise: a Stream of 256 characters or more,              is taken out
 *   all of them strict base64, and nothing but its end behind
 *   any other Stream                                            stays, and its text says what is wrong
 */

/**
 * Takes the streams out.
 * @param most bytes of an answer that is not to be touched if it has more: whoever reads it says so
 * @returns null if none was taken out
 */
export function setStreamsAside(body: Uint8Array, room: StreamRoom, most: number): StreamsAside | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes.length < SHORTEST || bytes.length > most || mayHide(bytes)) return null;
  const target = room.take(bytes.length);
  const streams: Buffer[] = [];
  /** Where the text of each stream is. */
  const texts: (readonly [start: number, end: number])[] = [];
  let filled = 0;
  for (let open = bytes.indexOf(GREATER); open >= 0;) {
    const start = open + 1;
    const close = bytes.indexOf(LESS, start);
    if (close < 0) break;
    if (close - start >= SHORTEST && bytes[close + 1] === SLASH && isStream(bytes, open)) {
      const length = decode(bytes, start, close, target, filled);
      if (length !== null) {
        streams.push(target.subarray(filled, filled + length));
        texts.push([start, close]);
        filled += length;
      }
    }
    open = bytes.indexOf(GREATER, close);
  }
  if (streams.length === 0) return null;
  return { envelope: target.subarray(filled, copyRest(bytes, texts, target, filled)), streams };
}

/** Copies what is around the texts, and a mark for each: less than what base64 took more than its bytes. @returns where it ends */
function copyRest(
  bytes: Buffer,
  texts: readonly (readonly [start: number, end: number])[],
  target: Buffer,
  from: number,
): number {
  let at = from;
  let copied = 0;
  for (const [number, [start, end]] of texts.entries()) {
    at += bytes.copy(target, at, copied, start);
    at += target.write(`\ue000${number}\ue001`, at);
    copied = end;
  }
  return at + bytes.copy(target, at, copied);
}

/** The stream that a text stands for, or undefined for any other text. */
export function streamOf(aside: StreamsAside | null, text: string): Buffer | undefined {
  const number = aside === null ? undefined : MARK.exec(text)?.[1];
  return number === undefined ? undefined : aside?.streams[Number(number)];
}

function mayHide(bytes: Buffer): boolean {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  return isUtf16 || HIDES.some((text) => bytes.includes(text)) || bytes.includes('<?', 5) || bytes.includes(MARK_START);
}

/** True if the tag that ends at `open` begins a Stream. */
function isStream(bytes: Buffer, open: number): boolean {
  const start = bytes.lastIndexOf(LESS, open);
  return start >= 0 && open - start < MOST_TAG && STREAM.test(bytes.toString('latin1', start, open + 1));
}

/**
 * Decodes base64. Buffer skips what it does not know, stops at padding and takes base64url too; a result of the right length
 * proves that it did not.
 * @returns the number of bytes, or null if it is anything else than strict base64
 */
function decode(bytes: Buffer, start: number, end: number, target: Buffer, at: number): number | null {
  if ((end - start) % 4 !== 0) return null;
  let filled = at;
  for (let from = start; from < end; from += PIECE) {
    const to = Math.min(from + PIECE, end);
    const text = bytes.toString('latin1', from, to);
    const padding = to < end ? 0 : text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
    const wanted = ((to - from) / 4) * 3 - padding;
    if (text.includes('-') || text.includes('_') || target.write(text, filled, wanted, 'base64') !== wanted)
      return null;
    filled += wanted;
  }
  return filled - at;
}
