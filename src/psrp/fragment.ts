/** Packet fragments (MS-PSRP 2.2.4): messages cut to what one request carries, and put together again. No I/O here. */
import { ConnectorError } from '../errors.ts';

/** objectId, fragmentId, flags, length: all big-endian, unlike the message inside. */
export const FRAGMENT_HEADER_BYTES = 21;

/** PowerShell's own fragment size (BaseTransportManager.cs); with header and base64 far below any envelope limit. */
export const DEFAULT_FRAGMENT_BYTES = 32 * 1024;

const START = 1;
const END = 2;

/** Cuts messages into fragments. Object ids count from 1 and are shared by all pipelines of a pool. */
export class Fragmenter {
  /** Size of one fragment, header included; may change between messages. */
  fragmentBytes: number;
  #lastObjectId = 0n;

  constructor(fragmentBytes: number = DEFAULT_FRAGMENT_BYTES) {
    this.fragmentBytes = fragmentBytes;
  }

  /** @returns the fragments of one encoded message, in order, at least one, none larger than `fragmentBytes` */
  fragment(message: Uint8Array): Uint8Array[] {
    const room = Math.max(1, this.fragmentBytes - FRAGMENT_HEADER_BYTES);
    const objectId = ++this.#lastObjectId;
    const fragments: Uint8Array[] = [];
    for (let at = 0; at === 0 || at < message.length; at += room) {
      const data = message.subarray(at, at + room);
      const flags = (at === 0 ? START : 0) | (at + room >= message.length ? END : 0);
      fragments.push(encodeFragment(objectId, BigInt(fragments.length), flags, data));
    }
    return fragments;
  }
}

function encodeFragment(objectId: bigint, fragmentId: bigint, flags: number, data: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(FRAGMENT_HEADER_BYTES + data.length);
  bytes.writeBigUInt64BE(objectId, 0);
  bytes.writeBigUInt64BE(fragmentId, 8);
  bytes.writeUInt8(flags, 16);
  bytes.writeUInt32BE(data.length, 17);
  bytes.set(data, FRAGMENT_HEADER_BYTES);
  return bytes;
}

/** How much a {@link Defragmenter} holds. */
export interface FragmentLimits {
  /** Bytes of one message, and of all unfinished ones together. PSMaximumReceivedObjectSizeMB of Exchange's own server is 75. */
  readonly messageBytes: number;
  /** Messages begun and not ended. A server sends one after the other. */
  readonly openMessages: number;
}

/** 16 MiB a message, 16 messages under way. */
export const FRAGMENT_LIMITS: FragmentLimits = { messageBytes: 16 * 1024 * 1024, openMessages: 16 };

interface OpenMessage {
  nextFragmentId: bigint;
  bytes: number;
  readonly pieces: Uint8Array[];
}

interface FragmentHeader {
  readonly objectId: bigint;
  readonly flags: number;
  readonly length: number;
}

/**
 * Puts messages together from bytes cut anywhere: fragments, stream elements and Receives need not end together.
 * After an error it stays broken, as the position in the stream is lost.
 */
export class Defragmenter {
  readonly #limits: FragmentLimits;
  readonly #open = new Map<bigint, OpenMessage>();
  readonly #header = Buffer.alloc(FRAGMENT_HEADER_BYTES);
  #headerFilled = 0;
  #current: FragmentHeader | null = null;
  /** Data of the current fragment if it did not come in one piece. */
  #partial: Uint8Array | null = null;
  #partialFilled = 0;
  #held = 0;
  #failure: ConnectorError | null = null;

  constructor(limits: Partial<FragmentLimits> = {}) {
    this.#limits = { ...FRAGMENT_LIMITS, ...limits };
  }

  /** True if nothing is half received: the stream may end here. */
  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#headerFilled === 0 && this.#current === null;
  }

  /**
   * Takes the next bytes of the stream.
   * @returns the messages they complete, each to be given to `decodeMessage`; they may share memory with `bytes`
   * @throws ConnectorError ERR_PSRP_FRAGMENT: a gap, a fragment of no message, or a limit
   */
  receive(bytes: Uint8Array): Uint8Array[] {
    if (this.#failure !== null) throw this.#failure;
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length || this.#isFragmentComplete()) {
      if (this.#current === null) at = this.#readHeader(bytes, at);
      else at = this.#readData(this.#current, bytes, at, messages);
    }
    return messages;
  }

  /** A fragment without data is complete as soon as its header is. */
  #isFragmentComplete(): boolean {
    return this.#current !== null && this.#current.length === 0;
  }

  #readHeader(bytes: Uint8Array, at: number): number {
    const taken = Math.min(FRAGMENT_HEADER_BYTES - this.#headerFilled, bytes.length - at);
    this.#header.set(bytes.subarray(at, at + taken), this.#headerFilled);
    this.#headerFilled += taken;
    if (this.#headerFilled === FRAGMENT_HEADER_BYTES) {
      this.#headerFilled = 0;
      this.#current = this.#checkHeader();
    }
    return at + taken;
  }

  #checkHeader(): FragmentHeader {
    const objectId = this.#header.readBigUInt64BE(0);
    const fragmentId = this.#header.readBigUInt64BE(8);
    const flags = this.#header.readUInt8(16);
    const length = this.#header.readUInt32BE(17);
    if (flags > 3) throw this.#fail(`A fragment with flags ${flags}.`);
    const message = this.#messageOf(objectId, flags, fragmentId);
    if (fragmentId !== message.nextFragmentId) {
      throw this.#fail(`Fragment ${fragmentId} of object ${objectId} where ${message.nextFragmentId} was due.`);
    }
    // Checked before anything is allocated: a header may claim 4 GiB.
    if (message.bytes + length > this.#limits.messageBytes || this.#held + length > this.#limits.messageBytes) {
      throw this.#fail(`A message of more than ${this.#limits.messageBytes} bytes.`);
    }
    message.nextFragmentId++;
    message.bytes += length;
    this.#held += length;
    return { objectId, flags, length };
  }

  #messageOf(objectId: bigint, flags: number, fragmentId: bigint): OpenMessage {
    const known = this.#open.get(objectId);
    if ((flags & START) === 0) {
      if (known === undefined) throw this.#fail(`Fragment ${fragmentId} of object ${objectId}, which has not begun.`);
      return known;
    }
    if (known !== undefined) throw this.#fail(`Object ${objectId} begins twice.`);
    if (this.#open.size >= this.#limits.openMessages) {
      throw this.#fail(`More than ${this.#limits.openMessages} unfinished messages.`);
    }
    const message: OpenMessage = { nextFragmentId: 0n, bytes: 0, pieces: [] };
    this.#open.set(objectId, message);
    return message;
  }

  #readData(fragment: FragmentHeader, bytes: Uint8Array, at: number, messages: Uint8Array[]): number {
    const available = bytes.length - at;
    if (this.#partial === null && available >= fragment.length) {
      this.#endFragment(fragment, bytes.subarray(at, at + fragment.length), messages);
      return at + fragment.length;
    }
    this.#partial ??= new Uint8Array(fragment.length);
    const taken = Math.min(fragment.length - this.#partialFilled, available);
    this.#partial.set(bytes.subarray(at, at + taken), this.#partialFilled);
    this.#partialFilled += taken;
    if (this.#partialFilled === fragment.length) this.#endFragment(fragment, this.#partial, messages);
    return at + taken;
  }

  #endFragment(fragment: FragmentHeader, data: Uint8Array, messages: Uint8Array[]): void {
    this.#current = null;
    this.#partial = null;
    this.#partialFilled = 0;
    const message = this.#open.get(fragment.objectId);
    if (message === undefined) return;
    if ((fragment.flags & END) === 0) {
      // A copy: the caller's buffer may be large and is not ours to keep.
      if (data.length > 0) message.pieces.push(Uint8Array.prototype.slice.call(data));
      return;
    }
    this.#open.delete(fragment.objectId);
    this.#held -= message.bytes;
    messages.push(message.pieces.length === 0 ? data : Buffer.concat([...message.pieces, data], message.bytes));
  }

  #fail(seen: string): ConnectorError {
    this.#failure = new ConnectorError('ERR_PSRP_FRAGMENT', seen);
    this.#open.clear();
    this.#partial = null;
    return this.#failure;
  }
}
