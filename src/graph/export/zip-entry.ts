/**
 * The one file of a zip archive, inflated as the bytes come in: nothing is kept but the end of the archive.
 * Format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (its end,
 * zip64), 4.5.3 (zip64 sizes).
 */
import { crc32, createInflateRaw } from 'node:zlib';
import type { InflateRaw } from 'node:zlib';
import { exportError } from './export-error.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const LOCATOR64_BYTES = 20;
const IN_ZIP64 = 0xffffffff;
const DEFLATED = 8;
const ENCRYPTED = 0x1;
/** Sizes and checksum stand behind the data, and in the directory. */
const SIZES_FOLLOW = 0x8;
/** Descriptor, directory and its end, with names and comments; more is another file. */
const MAX_TAIL = 128 * 1024;

/**
 * The bytes of the file. Whoever reads them must come to the end: only there it is known that they are whole.
 * @param maxBytes most bytes of the file, as declared and as they come; more is taken for a bomb
 * @throws ConnectorError ERR_GRAPH_EXPORT; what `source` throws
 */
export async function* zipEntry(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  const input = new Input(source);
  const header = await readLocalHeader(input);
  if (header.declared !== null && header.declared > maxBytes) throw tooLarge(maxBytes);
  const start = input.taken;
  let bytes = 0;
  let crc = 0;
  const inflate = createInflateRaw({ chunkSize: 65_536 });
  const feeding = feed(inflate, input);
  // It is waited for below; until then nobody else looks at how it ends.
  feeding.catch(() => undefined);
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (error) {
    throw damagedUnlessOurs(error, input);
  } finally {
    inflate.destroy();
  }
  await feeding;
  const packed = inflate.bytesWritten;
  const tail = await input.rest(start + packed, MAX_TAIL);
  const told = readDirectory(tail, start + packed);
  if (told.crc !== crc) throw damaged('its checksum is another one');
  if (told.bytes !== bytes || told.packed !== packed) throw damaged('it has another size than its directory says');
  if (header.declared !== null && header.declared !== bytes) throw damaged('it has another size than its header says');
}

/** Chunks, with a memory of the last ones: where the file ends is known only when it was inflated. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** What came last, and where in the archive it begins. */
  #recent: Buffer[] = [];
  #recentStart = 0;
  #open: Buffer = Buffer.alloc(0);
  /** Bytes handed out. */
  taken = 0;
  error: unknown = null;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  async #pull(): Promise<Buffer | null> {
    try {
      const { done, value } = await this.#chunks.next();
      return done === true ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    } catch (error) {
      this.error = error;
      throw error;
    }
  }

  /** Exactly so many bytes. */
  async exactly(length: number): Promise<Buffer> {
    while (this.#open.length < length) {
      const chunk = await this.#pull();
      if (chunk === null) throw damaged('it ends too early');
      this.#open = Buffer.concat([this.#open, chunk]);
    }
    const bytes = this.#open.subarray(0, length);
    this.#open = this.#open.subarray(length);
    this.taken += length;
    return bytes;
  }

  /** Whatever is next; null at the end. */
  async some(): Promise<Buffer | null> {
    const bytes = this.#open.length > 0 ? this.#open : await this.#pull();
    this.#open = Buffer.alloc(0);
    if (bytes === null) return null;
    // Inflating may lag behind by what its stream holds; two chunks of a socket are far more.
    this.#recent.push(bytes);
    if (this.#recent.length === 1) this.#recentStart = this.taken;
    this.taken += bytes.length;
    return bytes;
  }

  /** Forgets what lies before a place that was inflated. */
  forget(before: number): void {
    let first = this.#recent[0];
    while (first !== undefined && this.#recentStart + first.length <= before) {
      this.#recentStart += first.length;
      this.#recent.shift();
      first = this.#recent[0];
    }
  }

  /** All bytes from a place to the end of the archive. */
  async rest(from: number, most: number): Promise<Buffer> {
    this.forget(from);
    for (let held = this.taken - from; held <= most; held = this.taken - from) {
      if ((await this.some()) === null) return Buffer.concat(this.#recent).subarray(from - this.#recentStart);
    }
    throw damaged('more follows its first file');
  }
}

/** Feeds the file to the inflater, which says by its end where the file ends. */
async function feed(inflate: InflateRaw, input: Input): Promise<void> {
  const start = input.taken;
  const closed = new Promise<void>((resolve) => {
    inflate.once('close', resolve);
  });
  while (!inflate.readableEnded && !inflate.destroyed) {
    const chunk = await input.some().catch((error: unknown) => {
      inflate.destroy(error as Error);
      throw error;
    });
    if (chunk === null) {
      inflate.end();
      break;
    }
    const written = new Promise<void>((resolve) => {
      inflate.write(chunk, () => resolve());
    });
    await Promise.race([written, closed]);
    input.forget(start + inflate.bytesWritten);
  }
}

interface LocalHeader {
  /** Bytes of the file; null: it says so at its end. */
  readonly declared: number | null;
}

async function readLocalHeader(input: Input): Promise<LocalHeader> {
  const head = await input.exactly(LOCAL_BYTES);
  if (head.readUInt32LE(0) !== LOCAL) throw damaged('it is no zip archive with a file');
  const flags = head.readUInt16LE(6);
  if ((flags & ENCRYPTED) !== 0) throw damaged('its file is encrypted');
  if (head.readUInt16LE(8) !== DEFLATED) throw damaged('its file is not deflated');
  await input.exactly(head.readUInt16LE(26));
  const extra = await input.exactly(head.readUInt16LE(28));
  if ((flags & SIZES_FOLLOW) !== 0) return { declared: null };
  const size = head.readUInt32LE(22);
  return { declared: size === IN_ZIP64 ? (zip64Sizes(extra)[0] ?? null) : size };
}

/** The sizes of a zip64 extra field, in their order: file, packed, offset; only those that did not fit are there. */
function zip64Sizes(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length;) {
    const length = extra.readUInt16LE(at + 2);
    const body = extra.subarray(at + 4, at + 4 + length);
    if (extra.readUInt16LE(at) === 1)
      return Array.from({ length: Math.min(3, Math.floor(body.length / 8)) }, (_, nth) => numberAt(body, nth * 8));
    at += 4 + length;
  }
  return [];
}

interface DirectoryEntry {
  readonly crc: number;
  readonly packed: number;
  readonly bytes: number;
}

/** What the directory says of the one file. @param tail what follows the file @param start where in the archive that begins */
function readDirectory(tail: Buffer, start: number): DirectoryEntry {
  const at = directoryOffset(tail, start) - start;
  if (at < 0 || at + CENTRAL_BYTES > tail.length || tail.readUInt32LE(at) !== CENTRAL)
    throw damaged('its directory is not where it says');
  const extraAt = at + CENTRAL_BYTES + tail.readUInt16LE(at + 28);
  const wide = zip64Sizes(tail.subarray(extraAt, extraAt + tail.readUInt16LE(at + 30)));
  const sizeAt = (offset: number): number => {
    const size = tail.readUInt32LE(at + offset);
    return size === IN_ZIP64 ? (wide.shift() ?? -1) : size;
  };
  const bytes = sizeAt(24);
  return { crc: tail.readUInt32LE(at + 16), bytes, packed: sizeAt(20) };
}

function directoryOffset(tail: Buffer, start: number): number {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END || at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const offset = tail.readUInt32LE(at + 16);
    const entries = tail.readUInt16LE(at + 10);
    if (offset !== IN_ZIP64 && entries !== 0xffff) return oneEntry(entries, offset);
    return offset64(tail, at - LOCATOR64_BYTES, start);
  }
  throw damaged('it has no directory');
}

function offset64(tail: Buffer, locator: number, start: number): number {
  if (locator < 0 || tail.readUInt32LE(locator) !== LOCATOR64) throw damaged('it has no directory');
  const at = numberAt(tail, locator + 8) - start;
  if (at < 0 || at + 56 > tail.length || tail.readUInt32LE(at) !== END64) throw damaged('it has no directory');
  return oneEntry(numberAt(tail, at + 32), numberAt(tail, at + 48));
}

function oneEntry(entries: number, offset: number): number {
  if (entries !== 1) throw damaged(`it has ${entries} files, not one`);
  return offset;
}

function numberAt(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

function damagedUnlessOurs(error: unknown, input: Input): unknown {
  if (input.error !== null) return input.error;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^(Z_|ERR_STREAM)/.test(code)
    ? damaged('its data are damaged or cut short')
    : error;
}

function tooLarge(maxBytes: number): Error {
  return exportError('archive', `is larger than ${maxBytes} bytes, which so many devices cannot fill`, { maxBytes });
}

function damaged(why: string): Error {
  return exportError('archive', `came in an archive that cannot be used: ${why}`);
}
