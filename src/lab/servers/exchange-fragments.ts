/**
 * Messages of the lab's Exchange straight into fragments (MS-PSRP 2.2.1, 2.2.4). A fleet is a hundred thousand small messages:
 * each is written once, into a shared slab, with its headers copied from a template. Long ones take the ordinary way.
 */
import { Destination, encodeMessage } from '../../psrp/index.ts';

const FRAGMENT_HEADER = 21;
const MESSAGE_HEADER = 40;
const HEADERS = FRAGMENT_HEADER + MESSAGE_HEADER;
const START = 1;
const END = 2;
const SLAB_BYTES = 256 * 1024;

/** Fragments of one pool's messages to the client; object ids count from 1 and are the pool's. */
export class ServerFragments {
  readonly #poolId: string;
  readonly #fragmentBytes: number;
  readonly #templates = new Map<string, Buffer>();
  #lastObjectId = 0;
  #slab = Buffer.alloc(0);
  #used = 0;

  /** @param fragmentBytes size of a fragment, header included */
  constructor(poolId: string, fragmentBytes: number) {
    this.#poolId = poolId;
    this.#fragmentBytes = fragmentBytes;
  }

  /** The fragments of one message, in order. @param pipelineId null for a message about the pool */
  fragment(type: number, pipelineId: string | null, data: string): Uint8Array[] {
    this.#lastObjectId += 1;
    const bytes = Buffer.byteLength(data);
    if (HEADERS + bytes <= Math.min(this.#fragmentBytes, SLAB_BYTES))
      return [this.#whole(type, pipelineId, data, bytes)];
    return this.#cut(encodeMessage({ destination: Destination.CLIENT, type, poolId: this.#poolId, pipelineId, data }));
  }

  #whole(type: number, pipelineId: string | null, data: string, bytes: number): Uint8Array {
    const size = HEADERS + bytes;
    if (this.#used + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const fragment = this.#slab.subarray(this.#used, this.#used + size);
    this.#used += size;
    this.#template(type, pipelineId).copy(fragment);
    // Object ids stay far below 2^32: the upper half of the field is the template's zero.
    fragment.writeUInt32BE(this.#lastObjectId, 4);
    fragment.writeUInt32BE(MESSAGE_HEADER + bytes, 17);
    fragment.write(data, HEADERS, 'utf8');
    return fragment;
  }

  /** Both headers with object id and length still to come. */
  #template(type: number, pipelineId: string | null): Buffer {
    const key = `${type} ${pipelineId ?? ''}`;
    const known = this.#templates.get(key);
    if (known !== undefined) return known;
    const header = Buffer.alloc(FRAGMENT_HEADER);
    header.writeUInt8(START | END, 16);
    const template = Buffer.concat([
      header,
      encodeMessage({ destination: Destination.CLIENT, type, poolId: this.#poolId, pipelineId, data: '' }),
    ]);
    this.#templates.set(key, template);
    return template;
  }

  /** Forgets what was kept for a pipeline that has ended. */
  forget(pipelineId: string): void {
    for (const key of this.#templates.keys()) if (key.endsWith(` ${pipelineId}`)) this.#templates.delete(key);
  }

  #cut(message: Uint8Array): Uint8Array[] {
    const room = this.#fragmentBytes - FRAGMENT_HEADER;
    const fragments: Uint8Array[] = [];
    for (let at = 0; at < message.length; at += room) {
      const data = message.subarray(at, at + room);
      const header = Buffer.alloc(FRAGMENT_HEADER);
      header.writeUInt32BE(this.#lastObjectId, 4);
      header.writeUInt32BE(fragments.length, 12);
      header.writeUInt8((at === 0 ? START : 0) | (at + room >= message.length ? END : 0), 16);
      header.writeUInt32BE(data.length, 17);
      fragments.push(Buffer.concat([header, data]));
    }
    return fragments;
  }
}
